/* file.c: see file.h. Every message names the path first. */
#include "base/file.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does not wait for whoever writes into a pipe: none is read here. */
static int open_file(const char *path, struct stat *info)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        levin__error_system(errno, "%s: cannot open", path);
        return -1;
    }
    if (fstat(fd, info) != 0) {
        levin__error_system(errno, "%s: cannot stat", path);
    } else if (!S_ISREG(info->st_mode)) {
        levin__error_set(LEVIN_EIO, "%s: not a regular file", path);
    } else {
        return fd;
    }
    close(fd);
    return -1;
}

static bool read_all(int fd, char *to, size_t n, const char *path)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, to + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            levin__error_system(errno, "%s: cannot read", path);
            return false;
        }
        if (got == 0) {
            levin__error_set(LEVIN_EIO, "%s: became shorter while it was read", path);
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

char *levin__file_read(const char *path, size_t max_bytes, size_t *size)
{
    struct stat info;
    int fd = open_file(path, &info);
    if (fd < 0)
        return NULL;
    char *text = NULL;
    size_t n = (size_t)info.st_size;
    if (n > max_bytes)
        levin__error_set(LEVIN_EFORMAT, "%s: %zu bytes, more than the limit of %zu", path, n,
                         max_bytes);
    else
        text = levin__alloc(n + 1);
    if (text && !read_all(fd, text, n, path)) {
        levin__free(text);
        text = NULL;
    }
    close(fd);
    if (text)
        text[n] = '\0';
    if (text && size)
        *size = n;
    return text;
}

/* Adds what there is until the end. */
static bool read_stream(levin_buffer *out, int fd, size_t max_bytes, const char *path)
{
    char piece[1 << 14];
    ssize_t got;
    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            levin__error_system(errno, "%s: cannot read", path);
        else if ((size_t)got > max_bytes - out->size)
            levin__error_set(LEVIN_EFORMAT, "%s: more than the limit of %zu bytes", path,
                             max_bytes);
        if (levin_error() || !levin__buffer_add(out, piece, (size_t)got))
            return false;
    }
    return levin__buffer_add(out, "", 0);
}

char *levin__stream_read(const char *path, size_t max_bytes, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        levin__error_system(errno, "%s: cannot open", path);
        return NULL;
    }
    levin_buffer text = LEVIN_BUFFER(max_bytes);
    bool good = read_stream(&text, fd, max_bytes, path);
    close(fd);
    if (good) {
        *size = text.size;
        return levin__buffer_take(&text);
    }
    levin__buffer_free(&text);
    return NULL;
}

int levin__file_map(levin_mapping *out, const char *path)
{
    *out = (levin_mapping){ 0 };
    struct stat info;
    int fd = open_file(path, &info);
    if (fd < 0)
        return levin_error();
    size_t n = (size_t)info.st_size;
    int result = LEVIN_OK;
    if (n) {
        void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            result = levin__error_system(errno, "%s: cannot map", path);
        else
            *out = (levin_mapping){ .data = p, .size = n };
    }
    close(fd);
    return result;
}

void levin__file_unmap(levin_mapping *mapping)
{
    if (mapping->data)
        munmap(mapping->data, mapping->size);
    *mapping = (levin_mapping){ 0 };
}

static const size_t PIECE = (size_t)1 << 22; // bytes of one write(2)

struct levin_writer {
    char *path, *temporary;
    int fd;
    int failed; // errno of the first failure
    size_t buffered;
    char buffer[1 << 16];
};

static void writer_free(levin_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    levin__free(w->path);
    levin__free(w->temporary);
    levin__free(w);
}

levin_writer *levin__writer_open(const char *path)
{
    levin_writer *w = levin__calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->path = levin__strdup(path);
    w->temporary = levin__temporary_name(path);
    w->fd = -1;
    if (w->path && w->temporary) {
        w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (w->fd < 0)
            levin__error_system(errno, "%s: cannot create", path);
        else
            levin__temporary_claim(w->fd);
    }
    if (w->fd < 0) {
        writer_free(w);
        return NULL;
    }
    return w;
}

static bool (*asked)(void);

void levin__writers_ask(bool (*give_up)(void)) { asked = give_up; }

bool levin__writers_give_up(void) { return asked && asked(); }

static void put(levin_writer *w, const char *bytes, size_t n)
{
    while (n && !w->failed) {
        if (levin__writers_give_up()) {
            w->failed = EINTR;
            return;
        }
        ssize_t put = write(w->fd, bytes, n < PIECE ? n : PIECE);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            w->failed = put < 0 ? errno : EIO;
            return;
        }
        bytes += put;
        n -= (size_t)put;
    }
}

static void flush(levin_writer *w)
{
    put(w, w->buffer, w->buffered);
    w->buffered = 0;
}

bool levin__writer_add(levin_writer *w, const void *bytes, size_t n)
{
    if (!w)
        return false;
    if (n > sizeof w->buffer - w->buffered)
        flush(w);
    if (n >= sizeof w->buffer) {
        put(w, bytes, n);
    } else if (n) {
        memcpy(w->buffer + w->buffered, bytes, n);
        w->buffered += n;
    }
    return !w->failed;
}

bool levin__writer_patch(levin_writer *w, const void *bytes, size_t n, int64_t offset)
{
    if (!w)
        return false;
    flush(w);
    if (!w->failed && lseek(w->fd, offset, SEEK_SET) < 0)
        w->failed = errno;
    put(w, bytes, n);
    if (!w->failed && lseek(w->fd, 0, SEEK_END) < 0)
        w->failed = errno;
    return !w->failed;
}

/* Nothing is allocated, so that this cannot fail late. */
void levin__sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); // some file systems refuse; the rename itself has already happened
        close(fd);
    }
}

/* fsync, rename and close, in that order, so that the file is claimed while it can be taken for a
 * leftover; failed is what went wrong before. On failure the
 * temporary file is gone. path is cut to its folder on the way. fd may be -1. */
static int publish(int fd, int failed, const char *temporary, char *path)
{
    if (fd >= 0 && !failed && fsync(fd) != 0)
        failed = errno;
    if (!failed && rename(temporary, path) != 0)
        failed = errno;
    if (fd >= 0)
        close(fd); // all of it is on the disk
    if (!failed) {
        levin__sync_folder_of(path);
        return LEVIN_OK;
    }
    unlink(temporary);
    return levin__error_system(failed, "%s: cannot write", path);
}

int levin__writer_commit(levin_writer *w)
{
    if (!w)
        return levin_error();
    flush(w);
    int result = publish(w->fd, w->failed, w->temporary, w->path);
    w->fd = -1;
    writer_free(w);
    return result;
}

void levin__writer_abort(levin_writer *w)
{
    if (!w)
        return;
    unlink(w->temporary);
    writer_free(w);
}

int levin__file_publish(const char *temporary, const char *path)
{
    char *copy = levin__strdup(path);
    if (!copy) {
        unlink(temporary);
        return levin_error();
    }
    int fd = open(temporary, O_WRONLY | O_CLOEXEC);
    int result = publish(fd, fd < 0 ? errno : 0, temporary, copy);
    levin__free(copy);
    return result;
}

int levin__file_write(const char *path, const void *bytes, size_t n)
{
    levin_writer *w = levin__writer_open(path);
    levin__writer_add(w, bytes, n);
    return levin__writer_commit(w);
}

int levin__make_dirs(const char *path)
{
    char *part = levin__strdup(path);
    if (!part)
        return LEVIN_ENOMEM;
    int result = LEVIN_OK;
    for (char *p = part + (*part == '/'); result == LEVIN_OK; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (*part && mkdir(part, 0777) != 0 && errno != EEXIST)
            result = levin__error_system(errno, "%s: cannot make the folder", part);
        *p = kept;
        if (!kept)
            break;
    }
    if (result == LEVIN_OK && !levin__is_dir(path))
        result = levin__error_set(LEVIN_EIO, "%s: not a folder", path);
    levin__free(part);
    return result;
}

void levin__remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        unlinkat(dirfd(folder), entry->d_name, 0); // does nothing to folders
    closedir(folder);
    rmdir(path);
}

int levin__folder_write(const char *path, int (*fill)(void *context, const char *folder),
                        void *context)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *own = levin__strndup(path, n);
    char *temporary = own ? levin__temporary_name(own) : NULL;
    levin__free(own);
    if (!temporary)
        return levin_error();
    int result = fill(context, temporary);
    if (result == LEVIN_OK && rename(temporary, path) != 0)
        result = levin__error_system(errno, "%s: cannot make the folder", path);
    if (result < 0)
        levin__remove_folder(temporary);
    else
        levin__sync_folder_of(temporary);
    levin__free(temporary);
    return result;
}

bool levin__is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool levin__is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool levin__same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

char *levin__path_join(const char *a, const char *b)
{
    size_t n = strlen(a);
    if (!n || strcmp(a, ".") == 0)
        return levin__strdup(b);
    return levin__format("%s%s%s", a, a[n - 1] == '/' ? "" : "/", b);
}

char *levin__path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return levin__strdup(".");
    return levin__strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

const char *levin__path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
