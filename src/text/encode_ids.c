/* encode_ids.c: text to ids in one pass, where nobody asks for offsets: the path that training and
 * prediction take. encode_text.c does the same in steps, and more; a test holds the two together.
 *
 * Most of most texts is ASCII. It goes 64 bytes at a time (ascii.h): masks say where words begin
 * and end, and a word of up to 8 bytes is one load, one table look-up and one store; nothing is
 * copied. What is odd, and the words that touch it, goes character by character through a small
 * buffer until a word ends where ASCII begins again. */
#include "text/ascii.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

typedef struct {
    const levin_tokenizer *t;
    levin_pieces *out;
    const char *at, *end;
    uint64_t fold;                    // the case bit in all bytes if letters go to lower case
    size_t short_limit, middle_limit; // words of so many bytes fit 8 or 16, and are never too long
    char *word;                       // scratch: one word, normalised
    size_t n;                         // its bytes so far
    size_t full;                      // more bytes than this are never a word that has pieces
    const char *tail_at;              // where the tail begins in the text; NULL: not copied yet
    char tail[2 * LEVIN_ASCII_READABLE];
} stream;

/* Bytes from s->at on, LEVIN_ASCII_READABLE of them: the text itself, or a copy of its last bytes
 * with spaces behind them. */
static const char *readable(stream *s)
{
    size_t left = (size_t)(s->end - s->at);
    if (left >= LEVIN_ASCII_READABLE)
        return s->at;
    if (!s->tail_at) {
        memset(s->tail, ' ', sizeof s->tail);
        memcpy(s->tail, s->at, left);
        s->tail_at = s->at;
    }
    return s->tail + (s->at - s->tail_at);
}

/* A word that is no short token. Returns how many pieces it has. */
static __attribute__((noinline)) int64_t put_long(stream *s, const char *p, size_t n, bool fold,
                                                  int32_t *ids)
{
    levin__copy_word(s->word, p, n, fold);
    return levin__wordpiece(&s->t->wordpiece, s->word, n, ids, NULL);
}

/* A word in a block, with fold in lower case. */
static inline int32_t *put_word(stream *s, const char *p, size_t n, uint64_t fold, int32_t *ids)
{
    const levin_vocab *v = s->t->wordpiece.vocab;
    int32_t id = -1;
    if (n <= s->short_limit)
        id = levin__vocab_short(v, levin__load64(p) | fold, n);
    else if (n <= s->middle_limit)
        id = levin__vocab_middle(v, levin__load64(p) | fold, levin__load64(p + n - 8) | fold, n);
    if (id < 0)
        return ids + put_long(s, p, n, fold, ids);
    *ids = id;
    return ids + 1;
}

/* The words and marks of a block. Capital letters and small ones differ by a bit, punctuation is
 * left as it is. */
static int32_t *put_words(stream *s, const char *p, uint64_t words, uint64_t marks, int32_t *ids)
{
    uint64_t first = marks | (words & ~(words << 1)), last = marks | (words & ~(words >> 1));
    for (; first; first &= first - 1, last &= last - 1) {
        unsigned at = (unsigned)__builtin_ctzll(first), to = (unsigned)__builtin_ctzll(last);
        ids = put_word(s, p + at, to - at + 1, s->fold & -(words >> at & 1), ids);
    }
    return ids;
}

/* The size of the character at p if it parts words whatever the options are: a blank, or
 * punctuation that normalises to itself. Else 0. */
static unsigned parts_words(const char *p, size_t n, bool *blank)
{
    uint32_t c;
    unsigned took = levin__utf8_decode(p, n, &c);
    const levin_char *info = levin__char(c);
    bool itself = !info->n_nfd && !info->lower;
    *blank = info->flags == (LEVIN_CHAR_SPACE | LEVIN_CHAR_BLANK);
    bool mark = (info->flags & ~LEVIN_CHAR_WORD) == LEVIN_CHAR_PUNCTUATION && itself;
    return *blank || mark ? took : 0;
}

/* Bits [from, to) of a block. */
static uint64_t bits(unsigned from, unsigned to)
{
    return to > from ? ~0ull >> (64 - (to - from)) << from : 0;
}

/* Takes the words that end in the next block, before anything really odd. False if it stopped there
 * or found that a word is longer than the block. */
static bool take_block(stream *s)
{
    const char *p = readable(s);
    levin_ascii b = levin__ascii(p);
    size_t left = (size_t)(s->end - s->at); // less than a block if the last spaces are the tail's
    int32_t *ids = s->out->ids + s->out->n;
    unsigned at = 0, stop;
    for (;;) {
        uint64_t odd = at < LEVIN_ASCII_BLOCK ? b.odd >> at << at : 0;
        stop = odd ? (unsigned)__builtin_ctzll(odd) : LEVIN_ASCII_BLOCK;
        bool blank;
        unsigned size = odd ? parts_words(p + stop, left - stop, &blank) : 0;
        if (!size)
            break;
        ids = put_words(s, p, b.words & bits(at, stop), b.marks & bits(at, stop), ids);
        if (!blank)
            ids = put_word(s, p + stop, size, 0, ids);
        at = stop + size;
    }
    uint64_t gaps = ~b.words & bits(at, stop); // the word behind the last of them may go on
    unsigned taken = gaps ? 64u - (unsigned)__builtin_clzll(gaps) : at;
    ids = put_words(s, p, b.words & bits(at, taken), b.marks & bits(at, taken), ids);
    s->out->n = ids - s->out->ids;
    s->at += taken < left ? taken : left;
    return taken > 0 && stop == LEVIN_ASCII_BLOCK;
}

static void end_word(stream *s)
{
    if (!s->n)
        return;
    int32_t *ids = s->out->ids + s->out->n;
    if (s->n > s->full) {
        *ids = s->t->wordpiece.unknown;
        s->out->n++;
    } else {
        s->out->n += levin__wordpiece(&s->t->wordpiece, s->word, s->n, ids, NULL);
    }
    s->n = 0;
}

/* Adds bytes to the word. Beyond full only their number matters, so n stays there. */
static void add_bytes(stream *s, const char *bytes, size_t n)
{
    if (s->n + n > s->full) {
        s->n = s->full + 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        s->word[s->n++] = bytes[i];
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

/* One character beyond ASCII; false, and nothing done, if its marks could have to be sorted. */
static bool add_high(stream *s)
{
    uint32_t c, chars[LEVIN_CHAR_GROWTH];
    const levin_normalizer *z = &s->t->normalizer;
    unsigned took = levin__utf8_decode(s->at, (size_t)(s->end - s->at), &c);
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
    s->at += took;
    return true;
}

static unsigned kind_at(const stream *s, const char *at)
{
    return s->t->normalizer.byte_kind[(unsigned char)*at];
}

/* One character, or some of ASCII, slowly; false, and nothing done, as in add_high. */
static bool step(stream *s)
{
    const char *lower = s->t->normalizer.byte_lower;
    unsigned kind = kind_at(s, s->at);
    if (kind == LEVIN_BYTE_HIGH)
        return add_high(s);
    if (kind == LEVIN_BYTE_SPACE || kind == LEVIN_BYTE_PUNCTUATION)
        end_word(s);
    do {
        if (kind == LEVIN_BYTE_WORD || kind == LEVIN_BYTE_PUNCTUATION)
            add_bytes(s, &lower[(unsigned char)*s->at], 1);
        s->at++;
    } while (kind == LEVIN_BYTE_WORD && s->at < s->end && kind_at(s, s->at) == kind);
    if (kind == LEVIN_BYTE_PUNCTUATION)
        end_word(s);
    return true;
}

/* All steps for the text from a place between two words to the next blank. No run of marks reaches
 * over a blank, so it may be normalised alone. */
static bool put_run_exactly(stream *s, const char *from)
{
    while (s->at < s->end && kind_at(s, s->at) != LEVIN_BYTE_SPACE)
        s->at++;
    s->n = 0;
    return levin__encode_exactly(s->t, from, (size_t)(s->at - from), s->out);
}

/* Goes on until a word has ended and what comes next is ASCII again. */
static bool take_odd(stream *s)
{
    const char *from = s->at; // the last place between two words, and what was found before it
    int64_t found = s->out->n;
    do {
        if (!step(s)) {
            s->out->n = found;
            return put_run_exactly(s, from);
        }
        if (!s->n) {
            from = s->at;
            found = s->out->n;
        }
    } while (s->at < s->end && (s->n || kind_at(s, s->at) == LEVIN_BYTE_HIGH));
    end_word(s);
    return true;
}

size_t levin__word_room(const levin_tokenizer *t, size_t n)
{
    size_t chars = t->wordpiece.max_chars_per_word;
    return 4 * (chars < n ? chars : n) + 2 * LEVIN_ASCII_BLOCK;
}

bool levin__encode_ids(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out)
{
    stream s;
    size_t chars = t->wordpiece.max_chars_per_word;
    s.t = t;
    s.out = out;
    s.at = text;
    s.end = text + n;
    s.fold = t->normalizer.lowercase ? LEVIN_CASE_BIT * (~0ull / 0xFF) : 0;
    s.short_limit = chars < 8 ? chars : 8;
    s.middle_limit = chars < 8 ? 0 : chars < 16 ? chars : 16;
    s.word = out->word_bytes;
    s.n = 0;
    s.full = levin__word_room(t, n) - LEVIN_WORD_PADDING;
    s.tail_at = NULL;
    while (s.at < s.end && out->n < out->enough)
        if (!take_block(&s) && s.at < s.end && !take_odd(&s))
            return false;
    return true;
}
