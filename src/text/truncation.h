/* truncation.h: how many pieces of each text may stay, and which pieces the overflowing parts hold;
 * numbers only. The rules are those of `tokenizers` (utils/truncation.rs, Encoding::truncate). */
#ifndef LEVIN_TEXT_TRUNCATION_H
#define LEVIN_TEXT_TRUNCATION_H

#include <levin/tokenizer.h>

/* One text's pieces, cut into parts: the first stays, the others overflow. */
typedef struct levin_cut {
    int64_t n;     // pieces before
    int64_t keep;  // at most so many a part
    int64_t step;  // from the start of one part to that of the next
    int64_t parts; // at least 1
    bool left;     // parts are counted from the end
} levin_cut;

/** Checks what can be checked before a text is known; special tokens are counted for one text. */
int levin__truncation_check(const levin_encode_opts *opts, int specials_single);
/** Decides on texts of n[0] and n[1] pieces (n[1] < 0: one text) with so many special tokens. 0,
 * or LEVIN_EINVAL where the strategy cannot reach the length. */
int levin__truncate(const levin_encode_opts *opts, const int64_t n[2], int specials,
                    levin_cut cuts[2]);
/** The pieces [*start, *stop) of a part. */
void levin__cut_part(const levin_cut *cut, int64_t part, int64_t *start, int64_t *stop);

#endif
