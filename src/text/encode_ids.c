/* encode_ids.c: text to ids in one pass, where nobody asks for offsets: the path that training and
 * prediction take. Words are collected in a small buffer as they are normalised; nothing else is
 * written but ids. encode_text.c does the same in steps, and more; a test holds the two together.
 *
 * Runs of ASCII letters and digits, nearly all of most texts, go 16 bytes at a time. */
#include "text/tokenizer.h"
#include "text/unicode.h"

#ifdef __SSE2__
#    include <emmintrin.h>
#endif

typedef struct {
    const levin_tokenizer *t;
    const unsigned char *at, *end;
    char *word;  // normalised so far
    size_t n;    // its bytes
    size_t full; // more bytes than this are never a word that has pieces
    levin_pieces *out;
} stream;

static void put(levin_pieces *out, int32_t id) { out->ids[out->n++] = id; }

static void end_word(stream *s)
{
    if (!s->n)
        return;
    const levin_wordpiece *w = &s->t->wordpiece;
    int32_t id = -1;
    /* With no more bytes than the limit has characters, it cannot be too long. */
    if (s->n <= w->max_chars_per_word && s->n <= w->vocab->longest[0])
        id = levin__vocab_find(w->vocab, s->word, s->n, 0);
    if (id >= 0)
        put(s->out, id);
    else if (s->n > s->full)
        put(s->out, w->unknown);
    else
        s->out->n += levin__wordpiece(w, s->word, s->n, s->out->ids + s->out->n, NULL);
    s->n = 0;
}

/* Adds bytes to the word. Beyond full only their number matters, so n stays there. */
static void add_bytes(stream *s, const char *bytes, size_t n)
{
    if (s->n + n > s->full) {
        s->n = s->full + 1;
        return;
    }
    memcpy(s->word + s->n, bytes, n);
    s->n += n;
}

static void add_char(stream *s, uint32_t c)
{
    char bytes[4];
    uint8_t flags = levin__char(c)->flags;
    if (flags & LEVIN_CHAR_SPACE) {
        end_word(s);
        return;
    }
    if (flags & LEVIN_CHAR_PUNCTUATION)
        end_word(s);
    add_bytes(s, bytes, levin__utf8_encode(bytes, c));
    if (flags & LEVIN_CHAR_PUNCTUATION)
        end_word(s);
}

/* One character beyond ASCII; false if its marks could have to be sorted. */
static bool add_high(stream *s)
{
    uint32_t c, chars[LEVIN_CHAR_GROWTH];
    const levin_normalizer *z = &s->t->normalizer;
    s->at += levin__utf8_decode((const char *)s->at, (size_t)(s->end - s->at), &c);
    uint8_t flags = levin__char(c)->flags;
    if (z->strip_accents && (flags & LEVIN_CHAR_KEPT_MARK))
        return false;
    bool blanks = z->handle_chinese_chars && (flags & LEVIN_CHAR_CJK);
    unsigned n = levin__normalize_char(z, c, chars);
    if (blanks)
        end_word(s);
    for (unsigned i = 0; i < n; i++)
        add_char(s, chars[i]);
    if (blanks)
        end_word(s);
    return true;
}

#ifdef __SSE2__
enum { STRIDE = 16 };

/* Copies STRIDE bytes to out, letters in lower case if asked; returns how many of them, from the
 * start, are letters and digits. */
static unsigned take_letters(const unsigned char *from, char *out, bool lowercase)
{
    __m128i bytes, letters, digits, capitals;
    bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    /* x - low < n, unsigned, is min(x - low, n - 1) == x - low. */
    letters = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    letters = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(25)), letters);
    digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    digits = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    capitals = _mm_and_si128(letters, _mm_set1_epi8(lowercase ? 0x20 : 0));
    _mm_storeu_si128((__m128i *)(void *)out, _mm_or_si128(bytes, capitals));
    unsigned others = ~(unsigned)_mm_movemask_epi8(_mm_or_si128(letters, digits));
    return (unsigned)__builtin_ctz(others); // bit 16 and above are set
}
#endif

/* Adds the letters and digits that come next; false if it added none. */
static bool add_letters(stream *s)
{
#ifdef __SSE2__
    if (s->n + STRIDE > s->full)
        return false;
    const unsigned char *from = s->at;
    unsigned char last[STRIDE] = { 0 };
    if (s->end - s->at < STRIDE)
        from = memcpy(last, s->at, (size_t)(s->end - s->at));
    unsigned n = take_letters(from, s->word + s->n, s->t->normalizer.lowercase);
    s->at += n;
    s->n += n;
    return n > 0;
#else
    (void)s;
    return false;
#endif
}

static bool step(stream *s)
{
    const levin_normalizer *z = &s->t->normalizer;
    unsigned char c = *s->at;
    switch (z->byte_kind[c]) {
    case LEVIN_BYTE_WORD:
        if (!add_letters(s)) {
            add_bytes(s, &z->byte_lower[c], 1);
            s->at++;
        }
        return true;
    case LEVIN_BYTE_SPACE:
        end_word(s);
        break;
    case LEVIN_BYTE_PUNCTUATION:
        end_word(s);
        add_bytes(s, &z->byte_lower[c], 1);
        end_word(s);
        break;
    case LEVIN_BYTE_HIGH:
        return add_high(s);
    default:
        break;
    }
    s->at++;
    return true;
}

size_t levin__word_room(const levin_tokenizer *t, size_t n)
{
    size_t chars = t->wordpiece.max_chars_per_word;
    return 4 * (chars < n ? chars : n) + 4 * LEVIN_WORD_PADDING;
}

bool levin__encode_ids(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out)
{
    int64_t before = out->n;
    stream s = { .t = t, .word = out->word_bytes, .out = out };
    s.at = (const unsigned char *)text;
    s.end = s.at + n;
    s.full = levin__word_room(t, n) - LEVIN_WORD_PADDING;
    while (s.at < s.end && out->n < out->enough)
        if (!step(&s)) {
            out->n = before;
            return false;
        }
    end_word(&s);
    return true;
}
