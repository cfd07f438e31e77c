/* encode.c: one text, pair or list of words into an encoding: pieces, truncation, special tokens.
 * The memory of encodings stands in encoding.c. */
#include "text/encode.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"

/* More tokens than this in all overflowing parts are a mistake, not a wish. */
static const int64_t OVERFLOW_LIMIT = (int64_t)1 << 28;
/* So that places in normalised text are int32_t, too. */
static const size_t TEXT_LIMIT = INT32_MAX / LEVIN_CHAR_GROWTH;

const levin_encode_opts levin__encode_defaults = { 0 };

static bool on(levin_switch s) { return s.value > 0; }

static void put_special(levin_encoding *e, levin_template_piece piece)
{
    int64_t at = e->n++;
    e->ids[at] = piece.id;
    e->type_ids[at] = piece.type_id;
    if (!e->offsets)
        return;
    e->offsets[at][0] = e->offsets[at][1] = 0;
    e->word_ids[at] = -1;
    e->sequence_ids[at] = -1;
    e->special_tokens_mask[at] = 1;
}

static void put_sequence(levin_encoding *e, const levin_pieces *p, int64_t start, int64_t stop,
                         levin_template_piece piece)
{
    size_t count = (size_t)(stop - start);
    if (count)
        memcpy(e->ids + e->n, p->ids + start, count * sizeof *e->ids);
    for (int64_t i = start; i < stop; i++)
        e->type_ids[e->n + i - start] = piece.type_id;
    for (int64_t i = start; e->offsets && i < stop; i++) {
        int64_t at = e->n + i - start;
        e->offsets[at][0] = p->starts[i];
        e->offsets[at][1] = p->ends[i];
        e->word_ids[at] = p->words[i];
        e->sequence_ids[at] = piece.id == LEVIN_SEQUENCE_B;
        e->special_tokens_mask[at] = 0;
    }
    e->n += (int64_t)count;
}

/* Puts the template around the given part of each text. */
static int assemble(levin_encoder *c, const int64_t part[2], levin_encoding *out)
{
    int64_t start[2], stop[2], n = c->specials ? c->template->specials : 0;
    for (int i = 0; i < 1 + c->pair; i++) {
        levin__cut_part(&c->cuts[i], part[i], &start[i], &stop[i]);
        n += stop[i] - start[i];
    }
    if (levin__encoding_alloc(out, n, c->offsets, &c->room) != LEVIN_OK)
        return LEVIN_ENOMEM;
    out->n = 0;
    for (int i = 0; i < c->template->n; i++) {
        levin_template_piece piece = c->template->pieces[i];
        int which = piece.id == LEVIN_SEQUENCE_B;
        if (piece.id < 0)
            put_sequence(out, &c->pieces[which], start[which], stop[which], piece);
        else if (c->specials)
            put_special(out, piece);
    }
    return LEVIN_OK;
}

static int64_t longest_part(const levin_cut *cut) { return cut->keep ? cut->keep : cut->n; }

/* Every combination of a part of one text and a part of the other, in the order of Encoding::merge:
 * each overflowing part of the text that stands first with all parts of the other, then its kept
 * part with the overflowing ones of the other. */
static int add_overflowing(levin_encoder *c, levin_encoding *out)
{
    int first = c->pair && levin__template_swapped(c->template);
    int64_t outer = c->cuts[first].parts, inner = c->cuts[1 - first].parts, part[2];
    int64_t tokens = longest_part(&c->cuts[0]) + longest_part(&c->cuts[1]) + LEVIN_TEMPLATE_MAX;
    if (outer > OVERFLOW_LIMIT / inner / tokens)
        return levin__error_set(LEVIN_EINVAL,
                                "encode: %lld times %lld overflowing parts are too many, a larger "
                                "max_length or a smaller stride is needed",
                                (long long)outer, (long long)inner);
    int64_t n = outer * inner - 1, with_outer = n - (inner - 1);
    out->overflowing = n ? levin__calloc((size_t)n, sizeof *out->overflowing) : NULL;
    if (n && !out->overflowing)
        return LEVIN_ENOMEM;
    for (int64_t i = 0; i < n; i++) {
        part[first] = i < with_outer ? i / inner + 1 : 0;
        part[1 - first] = i < with_outer ? i % inner : i - with_outer + 1;
        if (assemble(c, part, &out->overflowing[i]) != LEVIN_OK)
            return LEVIN_ENOMEM;
        out->n_overflowing++;
    }
    return LEVIN_OK;
}

/* Truncates what was found and builds the encoding. */
static int finish(levin_encoder *c, levin_encoding *out)
{
    int64_t n[2] = { c->pieces[0].n, c->pair ? c->pieces[1].n : -1 };
    static const int64_t KEPT[2] = { 0, 0 };
    int specials = c->specials ? c->template->specials : 0;
    int result = levin__truncate(c->opts, n, specials, c->cuts);
    if (result == LEVIN_OK)
        result = assemble(c, KEPT, out);
    if (result == LEVIN_OK && on(c->opts->return_overflowing_tokens))
        result = add_overflowing(c, out);
    if (result != LEVIN_OK)
        levin_encoding_free(out);
    return result;
}

static void choose(levin_encoder *c, bool pair)
{
    c->pair = pair;
    c->template = pair ? &c->t->pair : &c->t->single;
}

/* Where only the head of one text stays, the rest of it need not be looked at. */
static int64_t enough(const levin_encoder *c)
{
    const levin_encode_opts *o = c->opts;
    bool all = c->pair || !o->max_length || o->truncation == LEVIN_DO_NOT_TRUNCATE ||
               on(o->truncate_left) || on(o->return_overflowing_tokens);
    return all ? INT64_MAX : (int64_t)o->max_length + 1;
}

static int encode_side(levin_encoder *c, int side, const char *text, size_t n)
{
    if (n > TEXT_LIMIT)
        return levin__error_set(
            LEVIN_EINVAL, "encode: a text of %zu bytes, at most %zu are possible", n, TEXT_LIMIT);
    int result = levin__pieces_reserve(c->t, n, c->offsets, &c->pieces[side]);
    c->pieces[side].enough = enough(c);
    return result == LEVIN_OK ? levin__encode_text(c->t, text, n, &c->pieces[side]) : result;
}

int levin__encoder_begin(levin_encoder *c, const levin_tokenizer *t, const levin_encode_opts *opts)
{
    c->t = t;
    c->opts = opts;
    c->specials = opts->add_special_tokens.value >= 0;
    c->offsets = on(opts->return_offsets);
    for (int i = 0; i < 2; i++) { // the rest of them is set when they are reserved
        c->pieces[i].ids = NULL;
        c->pieces[i].room = 0;
    }
    c->room = (levin_encoding_room){ 0 };
    c->scope = levin_scope_begin();
    return c->scope ? LEVIN_OK : levin_error();
}

void levin__encoder_end(levin_encoder *c)
{
    levin__encoding_room_end(&c->room);
    levin_scope_end(c->scope);
}

int levin__encoder_text(levin_encoder *c, const levin_text *text, const levin_text *pair,
                        levin_encoding *out)
{
    *out = (levin_encoding){ 0 };
    choose(c, pair != NULL);
    int result = encode_side(c, 0, text->bytes, text->n);
    if (result == LEVIN_OK && pair)
        result = encode_side(c, 1, pair->bytes, pair->n);
    return result == LEVIN_OK ? finish(c, out) : result;
}

int levin__encode_check(const levin_tokenizer *t, const void *texts, const void *out,
                        const levin_encode_opts *opts)
{
    if (levin_error() != LEVIN_OK)
        return levin_error();
    if (!t || !texts || !out)
        return levin__error_set(LEVIN_EINVAL, "encode: no %s given",
                                !t       ? "tokenizer"
                                : !texts ? "text"
                                         : "place for the result");
    return levin__truncation_check(opts, t->single.specials);
}

int levin_tokenizer_encode(const levin_tokenizer *t, const char *text, size_t n, const char *pair,
                           size_t n_pair, const levin_encode_opts *opts, levin_encoding *out)
{
    opts = opts ? opts : &levin__encode_defaults;
    int result = levin__encode_check(t, text, out, opts);
    if (result != LEVIN_OK)
        return result;
    levin_text a = { text, n }, b = { pair, n_pair };
    levin_encoder c;
    result = levin__encoder_begin(&c, t, opts);
    if (result != LEVIN_OK)
        return result;
    result = levin__encoder_text(&c, &a, pair ? &b : NULL, out);
    levin__encoder_end(&c);
    return result;
}

static int encode_each(levin_encoder *c, const char *const *words, int64_t n)
{
    size_t total = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!words[i])
            return levin__error_set(LEVIN_EINVAL, "encode: word %lld is NULL", (long long)i);
        total += strlen(words[i]);
    }
    if (n > INT32_MAX || total > TEXT_LIMIT)
        return levin__error_set(LEVIN_EINVAL, "encode: %lld words of %zu bytes are too many",
                                (long long)n, total);
    levin_pieces *out = &c->pieces[0];
    int result = levin__pieces_reserve(c->t, total, c->offsets, out);
    out->enough = enough(c);
    out->one_word = true;
    for (int64_t i = 0; result == LEVIN_OK && i < n && out->n < out->enough; i++) {
        out->word = (int32_t)i;
        result = levin__encode_text(c->t, words[i], strlen(words[i]), out);
    }
    return result;
}

int levin_tokenizer_encode_words(const levin_tokenizer *t, const char *const *words, int64_t n,
                                 const levin_encode_opts *opts, levin_encoding *out)
{
    opts = opts ? opts : &levin__encode_defaults;
    int result = levin__encode_check(t, n > 0 ? (const void *)words : "", out, opts);
    if (result != LEVIN_OK)
        return result;
    *out = (levin_encoding){ 0 };
    levin_encoder c;
    result = levin__encoder_begin(&c, t, opts);
    if (result != LEVIN_OK)
        return result;
    choose(&c, false);
    result = encode_each(&c, words, n);
    if (result == LEVIN_OK)
        result = finish(&c, out);
    levin__encoder_end(&c);
    return result;
}
