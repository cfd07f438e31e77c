/* pieces.h: what a text becomes before special tokens are put around it. */
#ifndef LEVIN_TEXT_PIECES_H
#define LEVIN_TEXT_PIECES_H

#include "text/normalizer.h"

/* Arrays with room for one piece a byte of text. starts, ends and words are NULL together. */
typedef struct levin_pieces {
    int32_t *ids;
    int32_t *starts, *ends; // bytes of the text
    int32_t *words;
    int64_t n;
    int64_t enough; // may stop after the word that reaches so many
    int32_t word;   // number of the next word
    bool one_word;  // the number stays: the text is itself one of several words

    size_t room;             // bytes of text there is room for
    char *word_bytes;        // scratch of encode_ids.c
    levin_normalized normal; // scratch of encode_text.c, reserved when it is needed
} levin_pieces;

#endif
