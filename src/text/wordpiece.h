/* wordpiece.h: one normalised word into pieces by greedy longest match (Wu et al. 2016). */
#ifndef LEVIN_TEXT_WORDPIECE_H
#define LEVIN_TEXT_WORDPIECE_H

#include "text/vocab.h"

typedef struct levin_wordpiece {
    levin_vocab *vocab;
    int32_t unknown;           // id of [UNK]
    size_t max_chars_per_word; // a longer word is unknown
} levin_wordpiece;

/** Pieces of a word of n > 0 bytes (LEVIN_WORD_PADDING more are readable): ids, and unless ends is
 * NULL where each piece ends, in bytes. Room for a piece a character. Returns how many. */
int64_t levin__wordpiece(const levin_wordpiece *w, const char *word, size_t n, int32_t *ids,
                         int32_t *ends);

#endif
