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
    uint64_t fold;       // the case bit in all bytes if letters go to lower case
    size_t short_limit;  // words of so many bytes are never too long, and fit a register
    char *word;          // scratch: one word, normalised
    size_t n;            // its bytes so far
    size_t full;         // more bytes than this are never a word that has pieces
    const char *tail_at; // where the tail begins in the text; NULL: not copied yet
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

/* A word of ASCII that is no short token. Returns how many pieces it has. */
static __attribute__((noinline)) int64_t put_word(stream *s, const char *p, size_t n, bool fold,
                                                  int32_t *ids)
{
    const levin_wordpiece *w = &s->t->wordpiece;
    if (n > w->max_chars_per_word) {
        *ids = w->unknown;
        return 1;
    }
    levin__copy_word(s->word, p, n, fold);
    return levin__wordpiece(w, s->word, n, ids, NULL);
}

/* The words and marks of a block. Capital letters and small ones differ by a bit, punctuation is
 * left as it is. */
static void put_words(stream *s, const char *p, uint64_t words, uint64_t marks)
{
    const levin_vocab *v = s->t->wordpiece.vocab;
    uint64_t first = marks | (words & ~(words << 1)), last = marks | (words & ~(words >> 1));
    int32_t *ids = s->out->ids + s->out->n;
    while (first) {
        unsigned at = (unsigned)__builtin_ctzll(first);
        size_t n = (size_t)__builtin_ctzll(last) - at + 1;
        uint64_t letters = -(words >> at & 1);
        first &= first - 1;
        last &= last - 1;
        int32_t id = -1;
        if (n <= s->short_limit)
            id = levin__vocab_short(v, levin__load64(p + at) | (s->fold & letters), n);
        if (id >= 0)
            *ids++ = id;
        else
            ids += put_word(s, p + at, n, s->fold & letters, ids);
    }
    s->out->n = ids - s->out->ids;
}

/* Takes the words that end in the next block, before anything odd. False if there are none because
 * one is too long, or at something odd. */
static bool take_block(stream *s)
{
    const char *p = readable(s);
    levin_ascii block = levin__ascii(p);
    uint64_t before = block.odd ? (block.odd & -block.odd) - 1 : ~0ull;
    uint64_t gaps = ~block.words & before; // the word behind the last of them may go on
    if (!gaps)
        return false;
    unsigned taken = 64u - (unsigned)__builtin_clzll(gaps);
    uint64_t keep = ~0ull >> (64 - taken);
    put_words(s, p, block.words & keep, block.marks & keep);
    size_t left = (size_t)(s->end - s->at); // less than a block if the last spaces are the tail's
    s->at += taken < left ? taken : left;
    return before == ~0ull;
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

/* One byte or character, slowly; false, and nothing done, as in add_high. */
static bool step(stream *s)
{
    const char *lower = &s->t->normalizer.byte_lower[(unsigned char)*s->at];
    switch (kind_at(s, s->at)) {
    case LEVIN_BYTE_WORD:
        add_bytes(s, lower, 1);
        break;
    case LEVIN_BYTE_SPACE:
        end_word(s);
        break;
    case LEVIN_BYTE_PUNCTUATION:
        end_word(s);
        add_bytes(s, lower, 1);
        end_word(s);
        break;
    case LEVIN_BYTE_HIGH:
        return add_high(s);
    default: // removed
        break;
    }
    s->at++;
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
    return 4 * (chars < n ? chars : n) + 4 * LEVIN_WORD_PADDING;
}

bool levin__encode_ids(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out)
{
    stream s;
    size_t limit = t->wordpiece.max_chars_per_word;
    s.t = t;
    s.out = out;
    s.at = text;
    s.end = text + n;
    s.fold = t->normalizer.lowercase ? LEVIN_CASE_BIT * (~0ull / 0xFF) : 0;
    s.short_limit = limit < sizeof(uint64_t) ? limit : sizeof(uint64_t);
    s.word = out->word_bytes;
    s.n = 0;
    s.full = levin__word_room(t, n) - LEVIN_WORD_PADDING;
    s.tail_at = NULL;
    while (s.at < s.end && out->n < out->enough)
        if (!take_block(&s) && s.at < s.end && !take_odd(&s))
            return false;
    return true;
}
