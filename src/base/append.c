/* append.c: see append.h. The memory is taken once and never grows: a full disk or a full heap in
 * the middle of a run costs no record that was there before. */
#include "base/append.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct levin_append {
    char *path;
    int fd;
    off_t size;     // of the file up to the end of its last whole record
    double flushed; // on levin__seconds
    double longest_wait;
    size_t pending; // bytes of records that are not in the file yet
    char bytes[1 << 16];
};

levin_append *levin__append_open(const char *path, int flags, double longest_wait)
{
    struct stat info;
    levin_append *a = levin__calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->path = levin__strdup(path);
    a->fd = a->path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666) : -1;
    if (a->fd >= 0 && fstat(a->fd, &info) == 0) {
        a->size = info.st_size;
        a->flushed = levin__seconds();
        a->longest_wait = longest_wait;
        return a;
    }
    if (a->path)
        levin__error_system(errno, "%s: cannot open", path);
    levin__append_close(a);
    return NULL;
}

/* Whole, or not at all: half a record would spoil the next one too. */
static int put(levin_append *a, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(a->fd, bytes + done, n - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put > 0) {
            done += (size_t)put;
            continue;
        }
        int why = put < 0 ? errno : ENOSPC;
        if (done && ftruncate(a->fd, a->size) != 0)
            a->size += (off_t)done; // it stays; there is nothing more to do about it
        levin__error_system(why, "%s: cannot write", a->path);
        return LEVIN_EIO;
    }
    a->size += (off_t)n;
    return LEVIN_OK;
}

int levin__append_flush(levin_append *a)
{
    if (!a)
        return levin_error();
    a->flushed = levin__seconds();
    if (a->pending && put(a, a->bytes, a->pending) < 0)
        return LEVIN_EIO;
    a->pending = 0;
    return LEVIN_OK;
}

int levin__append(levin_append *a, const void *record, size_t n)
{
    if (!a)
        return levin_error();
    if (n > sizeof a->bytes - a->pending && levin__append_flush(a) < 0)
        return LEVIN_EIO;
    if (n > sizeof a->bytes)
        return put(a, record, n);
    memcpy(a->bytes + a->pending, record, n);
    a->pending += n;
    return levin__seconds() - a->flushed < a->longest_wait ? LEVIN_OK : levin__append_flush(a);
}

int levin__append_close(levin_append *a)
{
    if (!a)
        return LEVIN_OK;
    int result = a->fd >= 0 ? levin__append_flush(a) : LEVIN_OK;
    if (a->fd >= 0)
        close(a->fd);
    levin__free(a->path);
    levin__free(a);
    return result;
}
