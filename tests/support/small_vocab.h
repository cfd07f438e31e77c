/* small_vocab.h: a vocabulary small enough to count ids by hand. */
#ifndef LEVIN_TESTS_SUPPORT_SMALL_VOCAB_H
#define LEVIN_TESTS_SUPPORT_SMALL_VOCAB_H

#include <levin/tokenizer.h>

/* Ids: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then the letters a to e 5 to 9, ##a to ##e 10
 * to 14, "ab" 15, "cab" 16, "." 17, "," 18, "'" 19, "bad" 20. */
enum {
    PAD,
    UNK,
    CLS,
    SEP,
    MASK,
    A,
    B,
    C,
    D,
    E,
    AA,
    BB,
    CC,
    DD,
    EE,
    AB,
    CAB,
    DOT,
    COMMA,
    TICK,
    BAD
};
extern const char SMALL_VOCAB[];

/** A tokenizer with that vocabulary; fails the test if it cannot be made. */
levin_tokenizer *small_tokenizer(const levin_tokenizer_opts *opts);

#endif
