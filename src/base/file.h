/* file.h: reading whole files, mapping them, and writing them so that nobody ever sees half of one.
 */
#ifndef LEVIN_BASE_FILE_H
#define LEVIN_BASE_FILE_H

#include <levin/base.h>

/** The whole file, closed by a NUL, the caller's to free; its size in *size (size may be NULL).
 *  NULL with LEVIN_EIO, or LEVIN_EFORMAT if it is larger than max_bytes. */
char *levin__file_read(const char *path, size_t max_bytes, size_t *size);

/** The same of whatever can be read to an end: a pipe, too, whose writer is waited for. */
char *levin__stream_read(const char *path, size_t max_bytes, size_t *size);

/* A file in memory. Writable pages are private: a write never reaches the file. */
typedef struct levin_mapping {
    void *data; // NULL for an empty file
    size_t size;
} levin_mapping;

int levin__file_map(levin_mapping *out, const char *path);
void levin__file_unmap(levin_mapping *mapping);

/* A file in the making: bytes go to a temporary neighbour, commit makes it appear at its path as a
 * whole (fsync, rename, fsync of the folder). Errors stick: write on, look at commit's result. */
typedef struct levin_writer levin_writer;

levin_writer *levin__writer_open(const char *path);
bool levin__writer_add(levin_writer *w, const void *bytes, size_t n);
/** Writes over n bytes at offset, all of them added before. */
bool levin__writer_patch(levin_writer *w, const void *bytes, size_t n, int64_t offset);
/** 0 when the file stands under its name. Frees w; on failure the old file, if any, is untouched
 * and the temporary one is gone. NULL gives the pending error. */
int levin__writer_commit(levin_writer *w);
/** Gives up: the temporary file is gone. Frees w; NULL is allowed. */
void levin__writer_abort(levin_writer *w);

/** From here on writers ask, between pieces of a few megabytes, whether to give up, as after a
 *  signal: commit then fails with EINTR. For a program's own beginning; NULL takes it back. */
void levin__writers_ask(bool (*give_up)(void));
/** Whether they would; for a library that writes itself. */
bool levin__writers_give_up(void);

/** Makes a file that another library wrote under a temporary name appear at its path, as commit
 *  does; on failure it is gone. */
int levin__file_publish(const char *temporary, const char *path);

/** Makes a rename to path, or to a neighbour of it, outlast a power cut. The name is cut off path.
 */
void levin__sync_folder_of(char *path);

/** open, add, commit. */
int levin__file_write(const char *path, const void *bytes, size_t n);

/** Makes the folder and those above it; 0 if it stands afterwards. */
int levin__make_dirs(const char *path);
/** Takes away a folder and the files in it, as far as that is possible; folders in it stay, and
 * so does what holds them. For tidying up after an error: records none. */
void levin__remove_folder(const char *path);
/** Makes the folder path, which is not there yet, as a whole or not at all: fill makes a
 *  folder of another name with all its files, and gives 0 or an error. The rename is synced. */
int levin__folder_write(const char *path, int (*fill)(void *context, const char *folder),
                        void *context);
bool levin__is_file(const char *path);
bool levin__is_dir(const char *path);
/** What stands before the last slash: "." where there is none, "/" of "/a". The caller's. */
char *levin__path_folder(const char *path);
/** Whether both paths lead to one file that is there. */
bool levin__same_file(const char *a, const char *b);
/** "a/b", without doubling the slash; b where a is "" or ".". The caller's. */
char *levin__path_join(const char *a, const char *b);
/** What follows the last slash. */
const char *levin__path_name(const char *path);

#endif
