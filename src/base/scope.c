/* scope.c: a stack of arenas for each thread.
 *
 * Each scope has its own chunks, so that a result may be kept in the scope around it while the
 * inner one ends. Chunks go back to the thread's spare list, never to the heap before the thread
 * ends. */
#include "base/scope.h"

#include "base/error.h"
#include "base/memory.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum { MAX_DEPTH = 64 };
static const size_t SMALLEST_CHUNK = (size_t)1 << 20;
static const size_t LARGEST_GROWTH = (size_t)64 << 20;

typedef struct chunk {
    struct chunk *next;
    size_t size, used; // of the bytes that follow the header
} chunk;

enum { HEADER = (sizeof(chunk) + LEVIN_ALIGN - 1) / LEVIN_ALIGN * LEVIN_ALIGN };

struct levin_scope {
    chunk *chunks; // the one being filled first
    void *attachment;
    size_t bytes;
    int depth;
};

typedef struct {
    levin_scope scopes[MAX_DEPTH];
    int depth; // index of the innermost scope; 0 is the root
    chunk *spare;
    size_t bytes, peak, chunk_bytes;
    bool registered;
} stack;

static _Thread_local stack self;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_chunks(chunk *c)
{
    while (c) {
        chunk *next = c->next;
        levin__free(c);
        c = next;
    }
}

static void end_thread(void *unused)
{
    (void)unused;
    for (int i = 0; i <= self.depth; i++)
        free_chunks(self.scopes[i].chunks);
    free_chunks(self.spare);
    memset(&self, 0, sizeof self);
}

static void make_key(void) { pthread_key_create(&at_thread_end, end_thread); }

/* The smallest spare chunk that is large enough, so that large ones stay for large tensors. */
static chunk *take_spare(size_t bytes)
{
    chunk **best = NULL;
    for (chunk **c = &self.spare; *c; c = &(*c)->next)
        if ((*c)->size >= bytes && (!best || (*c)->size < (*best)->size))
            best = c;
    if (!best)
        return NULL;
    chunk *taken = *best;
    *best = taken->next;
    return taken;
}

static chunk *new_chunk(size_t bytes)
{
    size_t growth = self.chunk_bytes < SMALLEST_CHUNK ? SMALLEST_CHUNK : self.chunk_bytes;
    size_t size = growth > LARGEST_GROWTH ? LARGEST_GROWTH : growth;
    if (size < bytes)
        size = bytes;
    chunk *c = size > SIZE_MAX - HEADER ? NULL : levin__alloc(HEADER + size);
    if (!c) {
        levin__error_set(LEVIN_ENOMEM, "out of memory: %zu bytes wanted for a step", bytes);
        return NULL;
    }
    if (size >= SMALLEST_CHUNK * 2)
        madvise((void *)(((uintptr_t)c + 4095) & ~(uintptr_t)4095), size - 4096, MADV_HUGEPAGE);
    c->size = size;
    self.chunk_bytes += size;
    return c;
}

void *levin__scope_alloc_in(levin_scope *scope, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        levin__error_set(LEVIN_ENOMEM, "out of memory: %zu bytes wanted for a step", bytes);
        return NULL;
    }
    bytes = (bytes + LEVIN_ALIGN - 1) / LEVIN_ALIGN * LEVIN_ALIGN;
    chunk *c = scope->chunks;
    if (!c || c->size - c->used < bytes) {
        c = take_spare(bytes);
        if (!c)
            c = new_chunk(bytes);
        if (!c)
            return NULL;
        c->used = 0;
        c->next = scope->chunks;
        scope->chunks = c;
    }
    void *p = (char *)c + HEADER + c->used;
    c->used += bytes;
    scope->bytes += bytes;
    self.bytes += bytes;
    if (self.bytes > self.peak)
        self.peak = self.bytes;
    return p;
}

levin_scope *levin__scope_current(void)
{
    if (!self.registered) {
        pthread_once(&once, make_key);
        pthread_setspecific(at_thread_end, &self);
        self.registered = true;
    }
    return &self.scopes[self.depth];
}

void *levin__scope_alloc(size_t bytes)
{
    return levin__scope_alloc_in(levin__scope_current(), bytes);
}

levin_scope *levin__scope_parent(levin_scope *scope)
{
    return scope->depth > 0 ? &self.scopes[scope->depth - 1] : NULL;
}

void **levin__scope_attachment(levin_scope *scope) { return &scope->attachment; }

levin_scope *levin_scope_begin(void)
{
    levin_scope *around = levin__scope_current();
    if (around->depth == MAX_DEPTH - 1) {
        levin__error_set(LEVIN_ESTATE, "scopes nested deeper than %d: one was never ended",
                         MAX_DEPTH);
        return NULL;
    }
    levin_scope *scope = &self.scopes[++self.depth];
    *scope = (levin_scope){ .depth = self.depth };
    return scope;
}

void levin_scope_end(levin_scope *scope)
{
    if (!scope)
        return;
    while (self.depth >= scope->depth && self.depth > 0) {
        levin_scope *top = &self.scopes[self.depth--];
        while (top->chunks) {
            chunk *c = top->chunks;
            top->chunks = c->next;
            c->next = self.spare;
            self.spare = c;
        }
        self.bytes -= top->bytes;
        top->bytes = 0;
        top->attachment = NULL;
    }
}

size_t levin__scope_bytes(void) { return self.bytes; }
size_t levin__scope_peak_bytes(void) { return self.peak; }
void levin__scope_forget_peak(void) { self.peak = self.bytes; }
