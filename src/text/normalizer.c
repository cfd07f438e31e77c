/* normalizer.c: see normalizer.h.
 *
 * Characters are normalised one by one, with one exception: canonical decomposition also sorts runs
 * of combining marks. Nearly all marks are dropped afterwards, so the order shows only where a run
 * holds a mark that stays (put_run). There the package keeps an oddity, and so do we: after
 * sorting, the k-th mark takes the place in the original of the k-th mark before sorting. */
#include "text/normalizer.h"

#include "text/unicode.h"

enum {
    HANGUL_FIRST = 0xAC00,
    HANGUL_COUNT = 11172,
    HANGUL_LEADING = 0x1100,
    HANGUL_VOWEL = 0x1161,
    HANGUL_TRAILING = 0x11A7,
    HANGUL_VOWELS = 21,
    HANGUL_TRAILINGS = 28,
    DOTTED_CAPITAL_I = 0x130,
    DOT_ABOVE = 0x307,
};

static unsigned decompose_hangul(uint32_t syllable, uint32_t *out)
{
    uint32_t rest = syllable % HANGUL_TRAILINGS;
    out[0] = HANGUL_LEADING + syllable / (HANGUL_VOWELS * HANGUL_TRAILINGS);
    out[1] = HANGUL_VOWEL + syllable / HANGUL_TRAILINGS % HANGUL_VOWELS;
    out[2] = HANGUL_TRAILING + rest;
    return rest ? 3 : 2;
}

static unsigned strip_accents(uint32_t c, uint32_t *out)
{
    if (c - HANGUL_FIRST < HANGUL_COUNT)
        return decompose_hangul(c - HANGUL_FIRST, out);
    const levin_char *info = levin__char(c);
    if (info->flags & LEVIN_CHAR_MARK)
        return 0;
    out[0] = c;
    for (unsigned i = 0; i < info->n_nfd; i++)
        out[i] = levin__nfd[info->nfd + i];
    return info->n_nfd ? info->n_nfd : 1;
}

unsigned levin__normalize_char(const levin_normalizer *z, uint32_t c, uint32_t *out)
{
    const levin_char *info = levin__char(c);
    if (z->clean_text && (info->flags & (LEVIN_CHAR_REMOVED | LEVIN_CHAR_BLANK))) {
        out[0] = ' ';
        return info->flags & LEVIN_CHAR_BLANK ? 1 : 0;
    }
    out[0] = c;
    unsigned n = z->strip_accents ? strip_accents(c, out) : 1;
    for (unsigned i = 0; z->lowercase && i < n; i++) {
        if (out[i] == DOTTED_CAPITAL_I) // only here without strip_accents, and then n is 1
            out[n++] = DOT_ABOVE;
        out[i] += (uint32_t)levin__char(out[i])->lower;
    }
    return n;
}

static unsigned kind_of_byte(const levin_normalizer *z, unsigned c, char *lower)
{
    uint32_t out[LEVIN_CHAR_GROWTH];
    *lower = (char)c;
    if (c >= 0x80)
        return LEVIN_BYTE_HIGH;
    if (!levin__normalize_char(z, c, out))
        return LEVIN_BYTE_REMOVED;
    *lower = (char)out[0];
    uint8_t flags = levin__char(out[0])->flags;
    return flags & LEVIN_CHAR_SPACE         ? LEVIN_BYTE_SPACE
           : flags & LEVIN_CHAR_PUNCTUATION ? LEVIN_BYTE_PUNCTUATION
                                            : LEVIN_BYTE_WORD;
}

void levin__normalizer_init(levin_normalizer *z)
{
    for (unsigned c = 0; c < 256; c++)
        z->byte_kind[c] = (uint8_t)kind_of_byte(z, c, &z->byte_lower[c]);
}

static void put(levin_normalized *out, uint32_t c, size_t origin)
{
    unsigned n = levin__utf8_encode(out->bytes + out->n, c);
    for (unsigned i = 0; i < n; i++)
        out->origins[out->n++] = (int32_t)origin;
}

static void put_char(const levin_normalizer *z, levin_normalized *out, uint32_t c, size_t origin)
{
    uint32_t chars[LEVIN_CHAR_GROWTH];
    unsigned n = levin__normalize_char(z, c, chars);
    bool blanks = z->handle_chinese_chars && (levin__char(c)->flags & LEVIN_CHAR_CJK);
    if (blanks)
        put(out, ' ', origin);
    for (unsigned i = 0; i < n; i++)
        put(out, chars[i], origin);
    if (blanks)
        put(out, ' ', origin);
}

/* A run of marks: what the character before it left over, then text[from, to). */
typedef struct {
    const levin_normalizer *z;
    const char *text;
    size_t n, from, to;
    uint32_t left[LEVIN_CHAR_GROWTH];
    unsigned n_left;
    size_t origin; // of the character before
    uint64_t classes[4];
    bool keeps;
} run;

static void note_class(run *r, unsigned class) { r->classes[class >> 6] |= 1ull << (class & 63); }

static bool cleaned_away(const levin_normalizer *z, const levin_char *info)
{
    return z->clean_text && (info->flags & LEVIN_CHAR_REMOVED);
}

/* Finds where the run ends and which combining classes it has. */
static void measure(run *r)
{
    for (r->to = r->from; r->to < r->n;) {
        uint32_t c;
        unsigned took = levin__utf8_decode(r->text + r->to, r->n - r->to, &c);
        const levin_char *info = levin__char(c);
        if (!cleaned_away(r->z, info)) {
            if (!info->combining_class)
                break;
            note_class(r, info->combining_class);
            r->keeps |= !(info->flags & LEVIN_CHAR_MARK);
        }
        r->to += took;
    }
}

/* Writes what stays of one combining class; *next walks over the marks' places in the original. */
static void put_class(run *r, unsigned class, size_t *next, levin_normalized *out)
{
    for (unsigned i = 0; i < r->n_left; i++)
        if (levin__char(r->left[i])->combining_class == class)
            put(out, r->left[i], r->origin);
    for (size_t at = r->from; at < r->to;) {
        uint32_t c, there;
        at += levin__utf8_decode(r->text + at, r->to - at, &c);
        if (levin__char(c)->combining_class != class)
            continue;
        do {
            r->origin = *next;
            *next += levin__utf8_decode(r->text + *next, r->to - *next, &there);
        } while (cleaned_away(r->z, levin__char(there)));
        if (!(levin__char(c)->flags & LEVIN_CHAR_MARK))
            put_char(r->z, out, c, r->origin);
    }
}

/* Sorts by walking the run once for each class that it has: slow only for texts made to be. */
static size_t put_run(run *r, levin_normalized *out)
{
    measure(r);
    size_t next = r->from;
    for (unsigned class = 1; r->keeps && class < 256; class ++)
        if (r->classes[class >> 6] >> (class & 63) & 1)
            put_class(r, class, &next, out);
    return r->to;
}

/* A character whose decomposition ends in marks that stay: they join the run behind it. */
static size_t put_char_with_marks(run *r, uint32_t c, levin_normalized *out)
{
    uint32_t chars[LEVIN_CHAR_GROWTH];
    unsigned n = levin__normalize_char(r->z, c, chars);
    put(out, chars[0], r->origin);
    for (unsigned i = 1; i < n; i++) {
        r->left[r->n_left++] = chars[i];
        note_class(r, levin__char(chars[i])->combining_class);
        r->keeps = true;
    }
    return put_run(r, out);
}

void levin__normalize(const levin_normalizer *z, const char *text, size_t n, levin_normalized *out)
{
    out->n = 0;
    for (size_t at = 0; at < n;) {
        uint32_t c;
        unsigned took = levin__utf8_decode(text + at, n - at, &c);
        const levin_char *info = levin__char(c);
        run r = { .z = z, .text = text, .n = n, .from = at, .origin = at };
        if (z->strip_accents && info->combining_class) {
            at = put_run(&r, out);
        } else if (z->strip_accents && (info->flags & LEVIN_CHAR_KEPT_MARK)) {
            r.from = at + took;
            at = put_char_with_marks(&r, c, out);
        } else {
            put_char(z, out, c, at);
            at += took;
        }
    }
}
