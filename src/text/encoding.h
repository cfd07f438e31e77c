/* encoding.h: the memory of encodings. One block holds all arrays of an encoding; the encodings of
 * a batch share larger blocks, which end with the last of them. */
#ifndef LEVIN_TEXT_ENCODING_H
#define LEVIN_TEXT_ENCODING_H

#include <levin/tokenizer.h>

typedef struct levin_shared_block levin_shared_block;

/* Where encodings that are made one after the other get their memory. Start with zeros, or { .more
 * }; finish with levin__encoding_room_end. */
typedef struct levin_encoding_room {
    levin_shared_block *block; // being filled
    size_t used;
    int users;    // encodings in it
    int64_t more; // so many encodings are still to come; 0: each has its own memory
} levin_encoding_room;

/** Arrays for n tokens, not yet filled; room may be NULL. 0 or LEVIN_ENOMEM. */
int levin__encoding_alloc(levin_encoding *e, int64_t n, bool offsets, levin_encoding_room *room);
void levin__encoding_room_end(levin_encoding_room *room);
/** Gives e room for n tokens and moves its own to begin at shift; the others hold nothing yet. */
int levin__encoding_resize(levin_encoding *e, int64_t n, int64_t shift);

#endif
