/* ascii.h: 64 bytes of text at once, as bit masks: where words, punctuation and spaces of ASCII
 * stand. Bit i is byte i. What the options of a normaliser change (capitals, control characters,
 * everything from 0x7F on) is no business of this file: the former is one OR, see
 * levin__fold_case, the latter is `odd`.
 *
 * SSE2 is part of every x86-64; wider vectors would not pay, since most time goes into the words.
 */
#ifndef LEVIN_TEXT_ASCII_H
#define LEVIN_TEXT_ASCII_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    LEVIN_ASCII_BLOCK = 64,
    LEVIN_ASCII_READABLE = 80, // a word that begins in a block may be read 16 bytes at a time
};

typedef struct levin_ascii {
    uint64_t words; // letters and digits
    uint64_t marks; // punctuation: other characters from ! to ~
    uint64_t odd;   // neither of them, nor space, \t, \n or \r
} levin_ascii;

/** The bit that tells small letters from capitals. Digits have it too, so that a word of ASCII
 * letters and digits is in lower case once it is set in all its bytes. */
#define LEVIN_CASE_BIT 0x20

/* Which bytes lie in [low, low + n]: unsigned, x <= n is min(x, n) == x. */
static inline __m128i levin__bytes_within(__m128i bytes, char low, char n)
{
    __m128i from_low = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(from_low, _mm_set1_epi8(n)), from_low);
}

static inline uint64_t levin__byte_mask(__m128i yes, unsigned at)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(yes) << at;
}

/** Looks at the LEVIN_ASCII_BLOCK bytes at p. */
static inline levin_ascii levin__ascii(const char *p)
{
    uint64_t words = 0, graphic = 0, spaces = 0;
    for (unsigned at = 0; at < LEVIN_ASCII_BLOCK; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(LEVIN_CASE_BIT));
        __m128i letters = levin__bytes_within(small, 'a', 'z' - 'a');
        __m128i digits = levin__bytes_within(bytes, '0', '9' - '0');
        __m128i blank = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
        blank = _mm_or_si128(blank, levin__bytes_within(bytes, '\t', '\n' - '\t'));
        words |= levin__byte_mask(_mm_or_si128(letters, digits), at);
        graphic |= levin__byte_mask(levin__bytes_within(bytes, '!', '~' - '!'), at);
        spaces |= levin__byte_mask(blank, at);
    }
    return (levin_ascii){ words, graphic & ~words, ~(graphic | spaces) };
}

/** Copies the n bytes of a word of letters and digits, and up to 15 more, in lower case if fold. */
static inline void levin__copy_word(char *to, const char *from, size_t n, bool fold)
{
    __m128i bit = _mm_set1_epi8(fold ? LEVIN_CASE_BIT : 0);
    for (size_t i = 0; i < n; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
        _mm_storeu_si128((__m128i *)(void *)(to + i), _mm_or_si128(bytes, bit));
    }
}

#endif
