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

typedef struct {
    const levin_tokenizer *t;
    const levin_encode_opts *opts;
    const levin_template *template;
    bool specials, offsets, pair;
    levin_pieces pieces[2];
    levin_cut cuts[2];
    levin_encoding_room *room; // NULL: each encoding has its own memory
} job;

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
static int assemble(const job *j, const int64_t part[2], levin_encoding *out)
{
    int64_t start[2], stop[2], n = j->specials ? j->template->specials : 0;
    for (int i = 0; i < 1 + j->pair; i++) {
        levin__cut_part(&j->cuts[i], part[i], &start[i], &stop[i]);
        n += stop[i] - start[i];
    }
    if (levin__encoding_alloc(out, n, j->offsets, j->room) != LEVIN_OK)
        return LEVIN_ENOMEM;
    out->n = 0;
    for (int i = 0; i < j->template->n; i++) {
        levin_template_piece piece = j->template->pieces[i];
        int which = piece.id == LEVIN_SEQUENCE_B;
        if (piece.id < 0)
            put_sequence(out, &j->pieces[which], start[which], stop[which], piece);
        else if (j->specials)
            put_special(out, piece);
    }
    return LEVIN_OK;
}

static int64_t longest_part(const levin_cut *cut) { return cut->keep ? cut->keep : cut->n; }

/* Every combination of a part of one text and a part of the other, in the order of Encoding::merge:
 * each overflowing part of the text that stands first with all parts of the other, then its kept
 * part with the overflowing ones of the other. */
static int add_overflowing(const job *j, levin_encoding *out)
{
    int first = j->pair && levin__template_swapped(j->template);
    int64_t outer = j->cuts[first].parts, inner = j->cuts[1 - first].parts, part[2];
    int64_t tokens = longest_part(&j->cuts[0]) + longest_part(&j->cuts[1]) + LEVIN_TEMPLATE_MAX;
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
        if (assemble(j, part, &out->overflowing[i]) != LEVIN_OK)
            return LEVIN_ENOMEM;
        out->n_overflowing++;
    }
    return LEVIN_OK;
}

/* Truncates what was found and builds the encoding. */
static int finish(job *j, levin_encoding *out)
{
    int64_t n[2] = { j->pieces[0].n, j->pair ? j->pieces[1].n : -1 };
    static const int64_t KEPT[2] = { 0, 0 };
    int specials = j->specials ? j->template->specials : 0;
    int result = levin__truncate(j->opts, n, specials, j->cuts);
    if (result == LEVIN_OK)
        result = assemble(j, KEPT, out);
    if (result == LEVIN_OK && on(j->opts->return_overflowing_tokens))
        result = add_overflowing(j, out);
    if (result != LEVIN_OK)
        levin_encoding_free(out);
    return result;
}

static job start(const levin_tokenizer *t, const levin_encode_opts *opts, bool pair)
{
    return (job){ .t = t,
                  .opts = opts,
                  .template = pair ? &t->pair : &t->single,
                  .specials = opts->add_special_tokens.value >= 0,
                  .offsets = on(opts->return_offsets),
                  .pair = pair };
}

/* Where only the head of one text stays, the rest of it need not be looked at. */
static int64_t enough(const job *j)
{
    const levin_encode_opts *o = j->opts;
    bool all = j->pair || !o->max_length || o->truncation == LEVIN_DO_NOT_TRUNCATE ||
               on(o->truncate_left) || on(o->return_overflowing_tokens);
    return all ? INT64_MAX : (int64_t)o->max_length + 1;
}

static int encode_side(job *j, int side, const char *text, size_t n)
{
    if (n > TEXT_LIMIT)
        return levin__error_set(
            LEVIN_EINVAL, "encode: a text of %zu bytes, at most %zu are possible", n, TEXT_LIMIT);
    int result = levin__pieces_reserve(j->t, n, j->offsets, &j->pieces[side]);
    j->pieces[side].enough = enough(j);
    return result == LEVIN_OK ? levin__encode_text(j->t, text, n, &j->pieces[side]) : result;
}

int levin__encode(const levin_tokenizer *t, const levin_text *text, const levin_text *pair,
                  const levin_encode_opts *opts, levin_encoding_room *room, levin_encoding *out)
{
    *out = (levin_encoding){ 0 };
    levin_scope *scope = levin_scope_begin();
    if (!scope)
        return levin_error();
    job j = start(t, opts, pair != NULL);
    j.room = room;
    int result = encode_side(&j, 0, text->bytes, text->n);
    if (result == LEVIN_OK && pair)
        result = encode_side(&j, 1, pair->bytes, pair->n);
    if (result == LEVIN_OK)
        result = finish(&j, out);
    levin_scope_end(scope);
    return result;
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
    return levin__encode(t, &a, pair ? &b : NULL, opts, NULL, out);
}

static int encode_each(job *j, const char *const *words, int64_t n)
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
    levin_pieces *out = &j->pieces[0];
    int result = levin__pieces_reserve(j->t, total, j->offsets, out);
    out->enough = enough(j);
    out->one_word = true;
    for (int64_t i = 0; result == LEVIN_OK && i < n && out->n < out->enough; i++) {
        out->word = (int32_t)i;
        result = levin__encode_text(j->t, words[i], strlen(words[i]), out);
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
    levin_scope *scope = levin_scope_begin();
    if (!scope)
        return levin_error();
    job j = start(t, opts, false);
    result = encode_each(&j, words, n);
    if (result == LEVIN_OK)
        result = finish(&j, out);
    levin_scope_end(scope);
    return result;
}
