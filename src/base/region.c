/* region.c: chunks that are filled from one end to the other and unmapped with their last block; a
 * block that was freed before leaves a hole. A chunk begins at a multiple of its size, so that a
 * block knows its chunk. The system is asked for pages of 2 MB (Linux,
 * admin-guide/mm/transhuge.rst): a CPU remembers too few of 4 KB for a model.
 *
 * The child of a fork begins a chunk of its own: the thread that was filling one did not come with
 * it. */
#include "base/region.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

static const size_t PAGE = (size_t)2 << 20;
static const size_t CHUNK = (size_t)16 << 20;  // taken from the system as it is written to
static const size_t LARGEST = (size_t)4 << 20; // a larger block is mapped alone

typedef struct {
    size_t used;
    int64_t blocks;
} chunk;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static chunk *filling;

static void begin_anew(void)
{
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    filling = NULL;
}

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) & ~(unit - 1); }
/* In a chunk. Never nothing: a block must lie within its chunk. */
static size_t room_of(size_t bytes) { return bytes ? round_up(bytes, LEVIN_ALIGN) : LEVIN_ALIGN; }

/* Whole large pages at a multiple of align, which is one of PAGE. */
static void *map_pages(size_t bytes, size_t align)
{
    if (bytes > SIZE_MAX / 2)
        return levin__map_zeros(bytes); // which says what is wrong
    bytes = round_up(bytes, PAGE);
    char *from = levin__map_zeros(bytes + align);
    if (!from)
        return NULL;
    char *to = (char *)round_up((uintptr_t)from, align);
    if (to != from)
        levin__unmap(from, (size_t)(to - from));
    if (to != from + align)
        levin__unmap(to + bytes, (size_t)(from + align - to));
    madvise(to, bytes, MADV_HUGEPAGE);
    return to;
}

static chunk *new_chunk(void)
{
    static bool prepared;
    if (!prepared)
        prepared = pthread_atfork(NULL, NULL, begin_anew) == 0;
    chunk *c = map_pages(CHUNK, CHUNK);
    if (c)
        c->used = room_of(sizeof *c);
    return c;
}

void *levin__region_alloc(size_t bytes)
{
    if (bytes > LARGEST)
        return map_pages(bytes, PAGE);
    void *block = NULL;
    pthread_mutex_lock(&mutex);
    if (!filling || CHUNK - filling->used < room_of(bytes))
        filling = new_chunk();
    if (filling) {
        block = (char *)filling + filling->used;
        filling->used += room_of(bytes);
        filling->blocks++;
    }
    pthread_mutex_unlock(&mutex);
    return block;
}

void levin__region_free(void *block, size_t bytes)
{
    if (bytes > LARGEST) {
        levin__unmap(block, round_up(bytes, PAGE));
        return;
    }
    if (!block)
        return;
    chunk *c = (chunk *)((uintptr_t)block & ~(CHUNK - 1));
    pthread_mutex_lock(&mutex);
    bool last = --c->blocks == 0;
    if (last && c == filling)
        filling = NULL;
    pthread_mutex_unlock(&mutex);
    if (last)
        levin__unmap(c, CHUNK);
}
