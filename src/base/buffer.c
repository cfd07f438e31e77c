/* buffer.c: see buffer.h. */
#include "base/buffer.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool fail(levin_buffer *b)
{
    levin__buffer_free(b);
    b->failed = true;
    return false;
}

bool levin__buffer_reserve(levin_buffer *b, size_t bytes)
{
    if (b->failed)
        return false;
    if (bytes > b->limit || b->size > b->limit - bytes) {
        levin__error_set(LEVIN_EINVAL, "text longer than the limit of %zu bytes", b->limit);
        return fail(b);
    }
    size_t need = b->size + bytes + 1;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < need)
        capacity += capacity / 2;
    char *grown = levin__realloc(b->data, b->size, capacity);
    if (!grown)
        return fail(b);
    b->data = grown;
    b->capacity = capacity;
    return true;
}

bool levin__buffer_add(levin_buffer *b, const void *bytes, size_t n)
{
    if (!levin__buffer_reserve(b, n))
        return false;
    if (n)
        memcpy(b->data + b->size, bytes, n);
    b->size += n;
    b->data[b->size] = '\0';
    return true;
}

bool levin__buffer_add_text(levin_buffer *b, const char *text)
{
    return levin__buffer_add(b, text, strlen(text));
}

bool levin__buffer_add_char(levin_buffer *b, char c) { return levin__buffer_add(b, &c, 1); }

bool levin__buffer_addf(levin_buffer *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool ok = n >= 0 && levin__buffer_reserve(b, (size_t)n);
    if (ok) {
        vsnprintf(b->data + b->size, (size_t)n + 1, fmt, again);
        b->size += (size_t)n;
    }
    va_end(again);
    return ok;
}

void levin__buffer_clear(levin_buffer *b)
{
    b->size = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

void levin__buffer_free(levin_buffer *b)
{
    levin__free(b->data);
    b->data = NULL;
    b->size = b->capacity = 0;
}

char *levin__buffer_take(levin_buffer *b)
{
    if (b->failed || (!b->data && !levin__buffer_add(b, "", 0)))
        return NULL;
    char *taken = b->data;
    b->data = NULL;
    b->size = b->capacity = 0;
    return taken;
}
