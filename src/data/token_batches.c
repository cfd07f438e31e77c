/* token_batches.c: see token_batches.h. No row's ids depend on the threads or on its neighbours. */
#include "data/token_batches.h"

#include "base/error.h"
#include "base/scope.h"
#include "base/threads.h"

#include <string.h>

enum { ROWS_A_TASK = 16 };

/* Rows on their way through the threads. */
typedef struct {
    const levin_token_batches *b;
    const levin_text_row *rows;
    int64_t tasks;
    levin_error_note *notes; // one a task, so that of several errors the first row's is told
} encoding_job;

static int encode_row(const levin_token_batches *b, const levin_text_row *row, int64_t i)
{
    const levin_encode_opts opts = { .max_length = b->max_length };
    levin_encoding *out = &b->encodings[i];
    if (!row->text)
        return levin__error_set(LEVIN_EINVAL, "text %lld is NULL", (long long)(b->first + i));
    if (levin_tokenizer_encode(b->tokenizer, row->text, row->n, row->pair, row->n_pair, &opts,
                               out) == LEVIN_OK &&
        out->n == 0)
        return levin__error_set(LEVIN_EINVAL, "text %lld has no tokens", (long long)(b->first + i));
    return levin_error();
}

static void encode_rows(void *context, int64_t task)
{
    const encoding_job *j = context;
    int64_t stop = (task + 1) * j->b->n / j->tasks;
    for (int64_t i = task * j->b->n / j->tasks; i < stop; i++)
        if (encode_row(j->b, &j->rows[i], i) < 0)
            break;
    levin__error_take(&j->notes[task]);
}

static int encode(levin_token_batches *b, const levin_text_row *rows)
{
    encoding_job j = { .b = b, .rows = rows, .tasks = levin__tasks_for(b->n, ROWS_A_TASK) };
    j.notes = levin__scope_alloc((size_t)j.tasks * sizeof *j.notes);
    if (!j.notes)
        return levin_error();
    levin__parallel_for(j.tasks, encode_rows, &j);
    for (int64_t i = 0; i < j.tasks; i++)
        levin__error_give(&j.notes[i]);
    return levin_error();
}

/* Longest first; rows of one length stay in their order. Counting, since lengths are small. */
static int sort(levin_token_batches *b)
{
    int64_t longest = 0, at = 0;
    for (int64_t i = 0; i < b->n; i++)
        longest = b->encodings[i].n > longest ? b->encodings[i].n : longest;
    int64_t *starts = levin__scope_alloc((size_t)(longest + 1) * sizeof *starts);
    if (!starts)
        return levin_error();
    memset(starts, 0, (size_t)(longest + 1) * sizeof *starts);
    for (int64_t i = 0; i < b->n; i++)
        starts[b->encodings[i].n]++;
    for (int64_t length = longest; length >= 0; length--) {
        int64_t rows = starts[length];
        starts[length] = at;
        at += rows;
    }
    for (int64_t i = 0; i < b->n; i++)
        b->order[starts[b->encodings[i].n]++] = i;
    return LEVIN_OK;
}

int levin__token_batches_begin(levin_token_batches *b, const levin_text_row *rows, int64_t n)
{
    b->n = b->next = 0;
    b->order = levin__scope_alloc((size_t)n * sizeof *b->order);
    b->encodings = levin__scope_alloc((size_t)n * sizeof *b->encodings);
    if (!b->order || !b->encodings || levin_error())
        return levin_error();
    memset(b->encodings, 0, (size_t)n * sizeof *b->encodings);
    b->n = n;
    return encode(b, rows) == LEVIN_OK ? sort(b) : levin_error();
}

/* Copies the ids and types of rows into tensors that have room for them. */
static void fill(const levin_token_batches *b, const int64_t *rows, int64_t n, levin_tensor *ids,
                 levin_tensor *types)
{
    int32_t *id = levin_tensor_data(ids), *type = levin_tensor_data(types);
    for (int64_t i = 0; i < n; i++) {
        const levin_encoding *e = &b->encodings[rows[i]];
        memcpy(id, e->ids, (size_t)e->n * sizeof *id);
        memcpy(type, e->type_ids, (size_t)e->n * sizeof *type);
        id += e->n;
        type += e->n;
    }
}

bool levin__token_batches_next(levin_token_batches *b, levin_batch *out)
{
    const int64_t *rows = b->order + b->next;
    int64_t n = 0, tokens = 0, left = b->n - b->next;
    while (n < left && (n == 0 || tokens + b->encodings[rows[n]].n <= b->budget))
        tokens += b->encodings[rows[n++]].n;
    int64_t *lengths = n && !levin_error() ? levin__scope_alloc((size_t)n * sizeof *lengths) : NULL;
    if (!lengths)
        return false;
    for (int64_t i = 0; i < n; i++)
        lengths[i] = b->encodings[rows[i]].n;
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, n, lengths, 0, NULL);   // (B, T*)
    levin_tensor *types = levin_zeros_ragged(LEVIN_I32, n, lengths, 0, NULL); // (B, T*)
    if (!ids || !types)
        return false;
    fill(b, rows, n, ids, types);
    *out = (levin_batch){ .input_ids = ids, .token_type_ids = types, .size = n, .indices = rows };
    b->next += n;
    return true;
}

void levin__token_batches_end(levin_token_batches *b)
{
    for (int64_t i = 0; i < b->n; i++)
        levin_encoding_free(&b->encodings[i]);
    b->n = b->next = 0;
}
