/* buffer.h: bytes that grow up to a stated limit (curl's dynbuf rule: the bound is part of the
 * type). After a failure the buffer is empty and every later call does nothing. */
#ifndef LEVIN_BASE_BUFFER_H
#define LEVIN_BASE_BUFFER_H

#include <levin/base.h>

typedef struct levin_buffer {
    char *data; // closed by a NUL after size bytes, once anything was added
    size_t size, capacity, limit;
    bool failed;
} levin_buffer;

/** A buffer of at most limit bytes. Nothing is allocated yet. */
#define LEVIN_BUFFER(max_bytes) ((levin_buffer){ .limit = (max_bytes) })

/** Makes room for bytes more; false after recording LEVIN_ENOMEM or, past the limit, LEVIN_EINVAL.
 */
bool levin__buffer_reserve(levin_buffer *b, size_t bytes);
bool levin__buffer_add(levin_buffer *b, const void *bytes, size_t n);
bool levin__buffer_add_text(levin_buffer *b, const char *text);
bool levin__buffer_add_char(levin_buffer *b, char c);
bool levin__buffer_addf(levin_buffer *b, const char *fmt, ...) LEVIN_FORMAT(2, 3);
void levin__buffer_clear(levin_buffer *b); // size 0, memory and limit kept, failure forgotten
void levin__buffer_free(levin_buffer *b);
/** The bytes, closed by a NUL, now the caller's; the buffer is empty after. NULL after a failure.
 */
char *levin__buffer_take(levin_buffer *b);

#endif
