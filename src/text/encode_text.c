/* encode_text.c: a text into pieces. Added tokens are found first, in the raw text; between them,
 * either encode_ids.c runs, or the steps one after the other that keep offsets: normalise, find
 * added tokens in the normalised text, split into words, cut words into pieces. */
#include "text/tokenizer.h"

#include "base/scope.h"
#include "text/unicode.h"

typedef struct {
    const levin_tokenizer *t;
    const char *text; // the raw piece between added tokens
    size_t n;
    size_t base; // where it begins in the whole text
    levin_pieces *out;
} piece;

static void next_word(levin_pieces *out) { out->word += !out->one_word; }

static void put_added(levin_pieces *out, int32_t id, size_t start, size_t stop)
{
    if (out->starts) {
        out->starts[out->n] = (int32_t)start;
        out->ends[out->n] = (int32_t)stop;
        out->words[out->n] = out->word;
    }
    out->ids[out->n++] = id;
    next_word(out);
}

static size_t origin_start(const piece *p, size_t byte)
{
    return p->base + (size_t)p->out->normal.origins[byte];
}

static size_t origin_end(const piece *p, size_t byte)
{
    uint32_t c;
    size_t at = (size_t)p->out->normal.origins[byte];
    return p->base + at + levin__utf8_decode(p->text + at, p->n - at, &c);
}

/* Cuts the word normal.bytes[from, to) into pieces. */
static void put_word(piece *p, size_t from, size_t to)
{
    levin_pieces *out = p->out;
    int32_t *ends = out->ends ? out->ends + out->n : NULL;
    int64_t count = levin__wordpiece(&p->t->wordpiece, p->out->normal.bytes + from, to - from,
                                     out->ids + out->n, ends);
    size_t start = from;
    for (int64_t i = 0; ends && i < count; i++) {
        size_t stop = from + (size_t)ends[i];
        out->starts[out->n + i] = (int32_t)origin_start(p, start);
        ends[i] = (int32_t)origin_end(p, stop - 1);
        out->words[out->n + i] = out->word;
        start = stop;
    }
    out->n += count;
    next_word(out);
}

/* Splits normal.bytes[from, to) at spaces and around punctuation. */
static void put_words(piece *p, size_t from, size_t to)
{
    size_t word = from;
    for (size_t at = from; at < to;) {
        uint32_t c;
        size_t next = at + levin__utf8_decode(p->out->normal.bytes + at, to - at, &c);
        uint8_t flags = levin__char(c)->flags;
        if (flags & (LEVIN_CHAR_SPACE | LEVIN_CHAR_PUNCTUATION)) {
            if (word < at)
                put_word(p, word, at);
            if (!(flags & LEVIN_CHAR_SPACE))
                put_word(p, at, next);
            word = next;
        }
        at = next;
    }
    if (word < to)
        put_word(p, word, to);
}

static bool reserve_normal(levin_pieces *out)
{
    size_t room = LEVIN_CHAR_GROWTH * out->room + LEVIN_WORD_PADDING;
    if (!out->normal.bytes)
        out->normal.bytes = levin__scope_alloc(room);
    if (!out->normal.origins)
        out->normal.origins = levin__scope_alloc(room * sizeof(int32_t));
    return out->normal.bytes && out->normal.origins;
}

/* The text between two raw added tokens, all steps. */
static bool put_exactly(piece *p)
{
    const levin_added_tokens *added = &p->t->added;
    levin_normalized *normal = &p->out->normal;
    if (!reserve_normal(p->out))
        return false;
    levin__normalize(&p->t->normalizer, p->text, p->n, normal);
    levin_added_walk w = { .text = normal->bytes, .n = normal->n };
    while (levin__added_next(added, &added->normalized, &w)) {
        if (w.done < w.start)
            put_words(p, w.done, w.start);
        put_added(p->out, added->items[w.token].id, origin_start(p, w.start),
                  origin_end(p, w.stop - 1));
        w.done = w.stop;
    }
    put_words(p, w.done, normal->n);
    return true;
}

bool levin__encode_exactly(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out)
{
    piece p = { .t = t, .text = text, .n = n, .out = out };
    return put_exactly(&p);
}

static bool put_between(const levin_tokenizer *t, const char *text, size_t n, size_t base,
                        levin_pieces *out)
{
    bool one_pass = !out->starts && t->added.normalized.only == LEVIN_NO_PATTERN;
    if (one_pass)
        return levin__encode_ids(t, text, n, out);
    piece p = { .t = t, .text = text, .n = n, .base = base, .out = out };
    return put_exactly(&p);
}

int levin__pieces_reserve(const levin_tokenizer *t, size_t n, bool offsets, levin_pieces *out)
{
    out->n = 0;
    out->word = 0;
    if (out->ids && n <= out->room)
        return LEVIN_OK;
    size_t room = n < 2 * out->room ? 2 * out->room : n, bytes = room * sizeof(int32_t);
    *out = (levin_pieces){ .room = room };
    out->ids = levin__scope_alloc(bytes);
    out->word_bytes = levin__scope_alloc(levin__word_room(t, room));
    if (offsets) {
        out->starts = levin__scope_alloc(bytes);
        out->ends = levin__scope_alloc(bytes);
        out->words = levin__scope_alloc(bytes);
    }
    bool ok = out->ids && out->word_bytes && (!offsets || (out->starts && out->ends && out->words));
    return ok ? LEVIN_OK : LEVIN_ENOMEM;
}

int levin__encode_text(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out)
{
    const levin_added_tokens *added = &t->added;
    levin_added_walk w = { .text = text, .n = n };
    while (levin__added_next(added, &added->raw, &w)) {
        if (w.done < w.start && !put_between(t, text + w.done, w.start - w.done, w.done, out))
            return LEVIN_ENOMEM;
        put_added(out, added->items[w.token].id, w.start, w.stop);
        w.done = w.stop;
    }
    bool ok = w.done >= n || put_between(t, text + w.done, n - w.done, w.done, out);
    return ok ? LEVIN_OK : LEVIN_ENOMEM;
}
