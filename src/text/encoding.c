/* encoding.c: see encoding.h.
 *
 * Before the ids of each encoding stands the shared block they lie in, or NULL. A shared block
 * counts its encodings. So a text of a batch costs no call of the heap; whoever keeps one encoding
 * of a batch keeps at most SHARED_BYTES. Some blocks wait to be used again: fresh pages from the
 * system would cost a fifth of the time of a batch. */
#include "text/encoding.h"

#include "base/memory.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

enum { SHARED_BYTES = 1 << 16, SPARE_BLOCKS = 64 };

/* While a block is filled, users is UNKNOWN less the encodings that have left it again. */
enum { UNKNOWN = INT_MAX };

struct levin_shared_block {
    atomic_int users;
    size_t bytes; // that follow the header
    _Alignas(16) char rooms[];
};

static _Atomic(levin_shared_block *) spare[SPARE_BLOCKS];

typedef struct {
    levin_shared_block *block;
    _Alignas(16) int32_t arrays[];
} head;

static head *head_of(const levin_encoding *e)
{
    return (head *)(void *)((char *)e->ids - offsetof(head, arrays));
}

static const size_t LARGEST = SHARED_BYTES - sizeof(levin_shared_block);

static levin_shared_block *new_block(size_t bytes)
{
    for (int i = 0; bytes == LARGEST && i < SPARE_BLOCKS; i++) {
        levin_shared_block *block = atomic_load_explicit(&spare[i], memory_order_relaxed);
        if (block && (block = atomic_exchange(&spare[i], NULL)))
            return block;
    }
    levin_shared_block *block = levin__alloc(sizeof *block + bytes);
    if (block)
        block->bytes = bytes;
    return block;
}

static void end_block(levin_shared_block *block)
{
    for (int i = 0; block->bytes == LARGEST && i < SPARE_BLOCKS; i++) {
        levin_shared_block *none = NULL;
        if (!atomic_load_explicit(&spare[i], memory_order_relaxed) &&
            atomic_compare_exchange_strong(&spare[i], &none, block))
            return;
    }
    levin__free(block);
}

static void leave(levin_shared_block *block, int users)
{
    if (atomic_fetch_sub_explicit(&block->users, users, memory_order_acq_rel) == users)
        end_block(block);
}

static void free_arrays(const levin_encoding *e)
{
    if (!e->ids)
        return;
    head *h = head_of(e);
    if (h->block)
        leave(h->block, 1);
    else
        levin__free(h);
}

void levin__encoding_room_end(levin_encoding_room *room)
{
    if (room->block)
        leave(room->block, UNKNOWN - room->users);
    *room = (levin_encoding_room){ 0 };
}

/* A block as large as all encodings to come would fill if they were like this one. */
static bool begin_block(levin_encoding_room *room, size_t bytes)
{
    size_t size = LARGEST;
    if ((size_t)room->more < size / bytes)
        size = (size_t)room->more * bytes;
    levin_shared_block *block = new_block(size);
    if (!block)
        return false;
    int64_t more = room->more;
    levin__encoding_room_end(room);
    atomic_init(&block->users, UNKNOWN);
    *room = (levin_encoding_room){ .block = block, .more = more };
    return true;
}

/* bytes for an encoding and its head; one that is large does better alone. */
static head *take(levin_encoding_room *room, size_t bytes)
{
    if (!room || room->more <= 0 || bytes > SHARED_BYTES / 4) {
        head *own = levin__alloc_small(bytes);
        if (own)
            own->block = NULL;
        return own;
    }
    bytes = (bytes + 15) & ~(size_t)15;
    if ((!room->block || room->block->bytes - room->used < bytes) && !begin_block(room, bytes))
        return NULL;
    head *h = (head *)(void *)(room->block->rooms + room->used);
    h->block = room->block;
    room->users++;
    room->used += bytes;
    return h;
}

int levin__encoding_alloc(levin_encoding *e, int64_t n, bool offsets, levin_encoding_room *room)
{
    size_t count = (size_t)n;
    size_t bytes = sizeof(head) + count * (2 * sizeof(int32_t));
    if (offsets)
        bytes += count * (sizeof *e->offsets + sizeof(int32_t) + 2 * sizeof(int8_t));
    head *h = take(room, bytes);
    if (!h)
        return LEVIN_ENOMEM;
    int32_t *arrays = h->arrays;
    *e = (levin_encoding){ .n = n, .ids = arrays, .type_ids = arrays + count };
    if (offsets) {
        e->offsets = (int32_t(*)[2])(void *)(arrays + 2 * count);
        e->word_ids = arrays + 4 * count;
        e->sequence_ids = (int8_t *)(arrays + 5 * count);
        e->special_tokens_mask = e->sequence_ids + count;
    }
    return LEVIN_OK;
}

int levin__encoding_resize(levin_encoding *e, int64_t n, int64_t shift)
{
    levin_encoding wide;
    if (levin__encoding_alloc(&wide, n, e->offsets != NULL, NULL) != LEVIN_OK)
        return LEVIN_ENOMEM;
    size_t count = (size_t)e->n;
    memcpy(wide.ids + shift, e->ids, count * sizeof *e->ids);
    memcpy(wide.type_ids + shift, e->type_ids, count * sizeof *e->type_ids);
    if (e->offsets) {
        memcpy(wide.offsets + shift, e->offsets, count * sizeof *e->offsets);
        memcpy(wide.word_ids + shift, e->word_ids, count * sizeof *e->word_ids);
        memcpy(wide.sequence_ids + shift, e->sequence_ids, count);
        memcpy(wide.special_tokens_mask + shift, e->special_tokens_mask, count);
    }
    wide.n_overflowing = e->n_overflowing;
    wide.overflowing = e->overflowing;
    free_arrays(e);
    *e = wide;
    return LEVIN_OK;
}

void levin_encoding_free(levin_encoding *e)
{
    if (!e)
        return;
    for (int64_t i = 0; i < e->n_overflowing; i++)
        free_arrays(&e->overflowing[i]);
    levin__free(e->overflowing);
    free_arrays(e);
    *e = (levin_encoding){ 0 };
}
