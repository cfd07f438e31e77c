/* normalizer.h: BertNormalizer of `tokenizers`: clean, blanks around Chinese characters, strip
 * accents, lower case, in that order. */
#ifndef LEVIN_TEXT_NORMALIZER_H
#define LEVIN_TEXT_NORMALIZER_H

#include <levin/base.h>

/* What a byte below 0x80 is once it is normalised. */
enum {
    LEVIN_BYTE_WORD,
    LEVIN_BYTE_SPACE,
    LEVIN_BYTE_PUNCTUATION,
    LEVIN_BYTE_REMOVED,
    LEVIN_BYTE_HIGH // 0x80 and above: decode it first
};

typedef struct levin_normalizer {
    bool clean_text, handle_chinese_chars, strip_accents, lowercase;
    uint8_t byte_kind[256];
    char byte_lower[256];
} levin_normalizer;

void levin__normalizer_init(levin_normalizer *z);

enum {
    LEVIN_CHAR_GROWTH = 3
}; // a character becomes at most so many, and at most so many times longer

/** What becomes of code point c on its own, blanks around it and order of marks left aside: writes
 * at most LEVIN_CHAR_GROWTH code points, returns how many. */
unsigned levin__normalize_char(const levin_normalizer *z, uint32_t c, uint32_t *out);

/* Normalised text. Every byte knows where in the original its character begins. */
typedef struct levin_normalized {
    char *bytes; // valid UTF-8; there is room for LEVIN_CHAR_GROWTH bytes for each original one
    int32_t *origins; // as many
    size_t n;
} levin_normalized;

/** Normalises n bytes of text into out, whose arrays are large enough. */
void levin__normalize(const levin_normalizer *z, const char *text, size_t n, levin_normalized *out);

#endif
