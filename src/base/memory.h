/* memory.h: the one door to the heap, so that tests can count allocations and make them fail. */
#ifndef LEVIN_BASE_MEMORY_H
#define LEVIN_BASE_MEMORY_H

#include <levin/base.h>
#include <stdarg.h>

enum { LEVIN_ALIGN = 64 }; // a cache line, and the widest vector

/** Bytes from the heap, aligned to LEVIN_ALIGN, not cleared; NULL and LEVIN_ENOMEM if there are
 *  none. Zero bytes give a pointer that may be freed. */
void *levin__alloc(size_t bytes);
/** The same for small things that come in numbers: aligned as malloc aligns, and faster. */
void *levin__alloc_small(size_t bytes);
/** levin__alloc, cleared, for count things of size bytes; the product is checked. */
void *levin__calloc(size_t count, size_t size);
/** Grows or shrinks; on failure the old block stays and NULL is returned. */
void *levin__realloc(void *block, size_t old_bytes, size_t bytes);
void levin__free(void *block);
/** Zeros that take no memory until they are written to, aligned to a page; for large blocks of
 * which some parts may never be. */
void *levin__map_zeros(size_t bytes);
void levin__unmap(void *block, size_t bytes);
/** A copy of text that is the caller's; NULL stays NULL. */
char *levin__strdup(const char *text);
/** A copy of its first n bytes, closed by a NUL. */
char *levin__strndup(const char *text, size_t n);
/** Room for need elements of size bytes in the array at which array points: twice the capacity, 16
 * or need, whichever is most; not cleared. False after LEVIN_ENOMEM; then all is as before. */
bool levin__grow(void *array, int64_t need, int *capacity, size_t size);

/** A new string made as by printf, or by vprintf. */
char *levin__format(const char *fmt, ...) LEVIN_FORMAT(1, 2);
char *levin__vformat(const char *fmt, va_list args);

/** Allocations made so far by this process through these functions. */
int64_t levin__alloc_count(void);
/** Test door: the n-th allocation from now fails, once; 0 takes the order back. */
void levin__alloc_fail_at(int64_t n);

#endif
