/* unicode.h: UTF-8, and what the BERT normaliser and pre-tokeniser of `tokenizers` think of every
 * code point. The tables are measured, not taken from a Unicode version: the package mixes several.
 */
#ifndef LEVIN_TEXT_UNICODE_H
#define LEVIN_TEXT_UNICODE_H

#include <levin/base.h>

enum {
    LEVIN_CHAR_REMOVED = 1 << 0,     // clean_text drops it
    LEVIN_CHAR_BLANK = 1 << 1,       // clean_text makes it U+0020
    LEVIN_CHAR_CJK = 1 << 2,         // handle_chinese_chars puts blanks around it
    LEVIN_CHAR_MARK = 1 << 3,        // strip_accents drops it, after decomposition
    LEVIN_CHAR_SPACE = 1 << 4,       // parts words
    LEVIN_CHAR_PUNCTUATION = 1 << 5, // is a word of its own
    LEVIN_CHAR_WORD = 1 << 6,        // beside an added token, hinders single_word
    LEVIN_CHAR_KEPT_MARK = 1 << 7,   // is, or decomposes into, a mark that strip_accents keeps
};

/* One record per distinct behaviour. */
typedef struct levin_char {
    uint8_t flags;
    uint8_t combining_class; // of the first character of its decomposition
    uint8_t n_nfd;           // characters of the decomposition without its marks; 0: itself
    uint16_t nfd;            // their place in levin__nfd
    int32_t lower;           // what to add for lower case
} levin_char;

extern const uint8_t levin__char_blocks[];
extern const uint16_t levin__char_index[];
extern const levin_char levin__char_records[];
extern const uint32_t levin__nfd[];

/** The record of code point c, c <= 0x10FFFF. */
static inline const levin_char *levin__char(uint32_t c)
{
    return &levin__char_records[levin__char_index[levin__char_blocks[c >> 7] * 128u + (c & 127)]];
}

enum { LEVIN_REPLACEMENT = 0xFFFD };

/** Reads one code point from n > 0 bytes into *c; returns how many bytes it took. Bytes that are
 * not UTF-8 give U+FFFD and go by maximal subparts (Unicode, section 3.9), as Python decodes with
 * errors="replace". */
unsigned levin__utf8_decode(const char *text, size_t n, uint32_t *c);
/** The code point that ends before text[at], at > 0. */
uint32_t levin__utf8_before(const char *text, size_t at);
/** Writes code point c, up to 4 bytes; returns how many. */
unsigned levin__utf8_encode(char *to, uint32_t c);
/** How many code points n bytes of valid UTF-8 hold. */
size_t levin__utf8_count(const char *text, size_t n);
/** The first byte of text that is not valid UTF-8, or n. */
size_t levin__utf8_check(const char *text, size_t n);

#endif
