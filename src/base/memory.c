/* memory.c: aligned heap blocks, counted. */
#include "base/memory.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_int_least64_t made;
static atomic_int_least64_t fail_in;

static bool ordered_to_fail(void)
{
    if (atomic_load_explicit(&fail_in, memory_order_relaxed) <= 0)
        return false;
    return atomic_fetch_sub(&fail_in, 1) == 1;
}

void *levin__alloc(size_t bytes)
{
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    void *block = NULL;
    if (bytes <= SIZE_MAX - LEVIN_ALIGN && !ordered_to_fail()) {
        size_t rounded = (bytes + LEVIN_ALIGN - 1) & ~(size_t)(LEVIN_ALIGN - 1);
        block = aligned_alloc(LEVIN_ALIGN, rounded ? rounded : LEVIN_ALIGN);
    }
    if (!block)
        levin__error_set(LEVIN_ENOMEM, "out of memory: %zu bytes wanted", bytes);
    return block;
}

void *levin__alloc_small(size_t bytes)
{
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    void *block = ordered_to_fail() ? NULL : malloc(bytes ? bytes : 1);
    if (!block)
        levin__error_set(LEVIN_ENOMEM, "out of memory: %zu bytes wanted", bytes);
    return block;
}

void *levin__calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        levin__error_set(LEVIN_ENOMEM, "out of memory: %zu times %zu bytes wanted", count, size);
        return NULL;
    }
    void *block = levin__alloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void *levin__realloc(void *block, size_t old_bytes, size_t bytes)
{
    void *grown = levin__alloc(bytes);
    if (!grown)
        return NULL;
    if (block)
        memcpy(grown, block, old_bytes < bytes ? old_bytes : bytes);
    levin__free(block);
    return grown;
}

bool levin__grow(void *array, int64_t need, int *capacity, size_t size)
{
    enum { FEWEST = 16 };
    if (need <= *capacity)
        return true;
    int64_t more = 2 * (int64_t)*capacity;
    more = more < FEWEST ? FEWEST : more;
    more = more < need ? need : more;
    if (more > INT32_MAX)
        return levin__error_set(LEVIN_ENOMEM, "out of memory: %lld elements wanted",
                                (long long)more) == LEVIN_OK;
    void *block;
    memcpy(&block, array, sizeof block);
    block = levin__realloc(block, (size_t)*capacity * size, (size_t)more * size);
    if (!block)
        return false;
    memcpy(array, &block, sizeof block);
    *capacity = (int)more;
    return true;
}

void *levin__map_zeros(size_t bytes)
{
    atomic_fetch_add_explicit(&made, 1, memory_order_relaxed);
    void *block = MAP_FAILED;
    if (!ordered_to_fail())
        block = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
    if (block != MAP_FAILED)
        return block;
    levin__error_set(LEVIN_ENOMEM, "out of memory: %zu bytes wanted", bytes);
    return NULL;
}

void levin__unmap(void *block, size_t bytes)
{
    if (block)
        munmap(block, bytes ? bytes : 1);
}

void levin__free(void *block) { free(block); }
void levin_free(void *memory) { levin__free(memory); }

char *levin__strndup(const char *text, size_t n)
{
    char *copy = levin__alloc(n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *levin__strdup(const char *text) { return text ? levin__strndup(text, strlen(text)) : NULL; }

char *levin__vformat(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n < 0 ? NULL : levin__alloc((size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

char *levin__format(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = levin__vformat(fmt, args);
    va_end(args);
    return text;
}

int64_t levin__alloc_count(void) { return atomic_load(&made); }

void levin__alloc_fail_at(int64_t n) { atomic_store(&fail_in, n); }
