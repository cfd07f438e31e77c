/* region.c: chunks that are filled from one end to the other, and go back to the heap when their
 * last block is freed. A chunk begins at a multiple of its size, so that a block knows its chunk;
 * the system is asked for pages of 2 MB (Linux, admin-guide/mm/transhuge.rst), since a CPU
 * remembers too few of 4 KB for a model. */
#include "base/region.h"

#include "base/error.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

static const size_t CHUNK = (size_t)16 << 20;  // taken from the system as it is written to
static const size_t LARGEST = (size_t)4 << 20; // a larger block has pages of its own

typedef struct {
    size_t used;
    int64_t blocks;
} chunk;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static chunk *filling;

/* Never nothing: a block must lie within its chunk. */
static size_t whole(size_t bytes) { return (bytes / LEVIN_ALIGN + 1) * LEVIN_ALIGN; }

static chunk *new_chunk(void)
{
    chunk *c = levin__alloc_aligned(CHUNK, CHUNK);
    if (!c)
        return NULL;
    madvise(c, CHUNK, MADV_HUGEPAGE);
    *c = (chunk){ .used = whole(sizeof *c) };
    return c;
}

void *levin__region_alloc(size_t bytes)
{
    if (bytes > LARGEST)
        return levin__alloc(bytes);
    void *block = NULL;
    pthread_mutex_lock(&mutex);
    if (!filling || CHUNK - filling->used < whole(bytes))
        filling = new_chunk();
    if (filling) {
        block = (char *)filling + filling->used;
        filling->used += whole(bytes);
        filling->blocks++;
    }
    pthread_mutex_unlock(&mutex);
    return block;
}

void levin__region_free(void *block, size_t bytes)
{
    if (!block || bytes > LARGEST) {
        levin__free(block);
        return;
    }
    chunk *c = (chunk *)((uintptr_t)block & ~(CHUNK - 1));
    pthread_mutex_lock(&mutex);
    bool last = --c->blocks == 0;
    if (last && c == filling)
        filling = NULL;
    pthread_mutex_unlock(&mutex);
    if (last)
        levin__free(c);
}
