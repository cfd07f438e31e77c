/* append.h: a file that grows by whole records. They gather in memory and reach the file together:
 * when there are many, when the last time is long ago, and when somebody asks. */
#ifndef LEVIN_BASE_APPEND_H
#define LEVIN_BASE_APPEND_H

#include <levin/base.h>

typedef struct levin_append levin_append;

/** Opens the file to add behind what stands in it. flags are open(2)'s beyond O_WRONLY: O_CREAT and
 *  O_EXCL. A record that comes longest_wait seconds after the last flush brings all to the file.
 * NULL with LEVIN_EIO. */
levin_append *levin__append_open(const char *path, int flags, double longest_wait);
/** Adds a record; nothing is allocated. 0, or LEVIN_EIO where the file could not take what was
 * there: that is kept, this record only if there is room for it. NULL in place of a gives the error
 * that stands. */
int levin__append(levin_append *a, const void *record, size_t n);
/** Brings every record to the file. If that fails, the file ends with the last whole record that it
 * had, and the next call tries again. */
int levin__append_flush(levin_append *a);
/** Flushes, closes and frees; NULL is allowed. The result is the flush's. */
int levin__append_close(levin_append *a);

#endif
