/* batch.c: many texts on the library's threads. A task is a run of neighbouring texts; the cut does
 * not depend on the number of threads, and of several errors the one of the first task is given. */
#include "text/encode.h"

#include "base/error.h"
#include "base/threads.h"

enum { TEXTS_A_TASK = 32, MAX_TASKS = 64 };

typedef struct {
    const levin_tokenizer *t;
    const char *const *texts, *const *pairs;
    const levin_encode_opts *opts;
    levin_encoding *out;
    int64_t n, tasks;
    levin_error_note notes[MAX_TASKS];
} batch;

static int encode_row(const batch *b, int64_t i, levin_encoder *c)
{
    const char *pair = b->pairs ? b->pairs[i] : NULL;
    if (!b->texts[i])
        return levin__error_set(LEVIN_EINVAL, "encode: text %lld is NULL", (long long)i);
    levin_text first = { b->texts[i], strlen(b->texts[i]) };
    levin_text second = { pair, pair ? strlen(pair) : 0 };
    return levin__encoder_text(c, &first, pair ? &second : NULL, &b->out[i]);
}

static void encode_rows(void *context, int64_t task)
{
    batch *b = context;
    levin_encoder c;
    int64_t start = task * b->n / b->tasks, stop = (task + 1) * b->n / b->tasks;
    if (levin__encoder_begin(&c, b->t, b->opts) == LEVIN_OK) {
        for (int64_t i = start; i < stop; i++) {
            c.room.more = stop - i;
            if (encode_row(b, i, &c) != LEVIN_OK)
                break;
        }
        levin__encoder_end(&c);
    }
    levin__error_take(&b->notes[task]);
}

int levin_tokenizer_encode_batch(const levin_tokenizer *t, const char *const *texts,
                                 const char *const *pairs, int64_t n, const levin_encode_opts *opts,
                                 levin_encoding *out)
{
    opts = opts ? opts : &levin__encode_defaults;
    if (n <= 0)
        return LEVIN_OK;
    int result = levin__encode_check(t, texts, out, opts);
    if (result != LEVIN_OK)
        return result;
    memset(out, 0, (size_t)n * sizeof *out);
    batch b = { .t = t, .texts = texts, .pairs = pairs, .opts = opts, .out = out, .n = n };
    b.tasks = levin__tasks_for(n, TEXTS_A_TASK);
    LEVIN_ASSERT(b.tasks <= MAX_TASKS, LEVIN_EBUG);
    levin__parallel_for(b.tasks, encode_rows, &b);
    for (int64_t i = 0; i < b.tasks; i++)
        levin__error_give(&b.notes[i]);
    for (int64_t i = 0; levin_error() != LEVIN_OK && i < n; i++)
        levin_encoding_free(&out[i]);
    return levin_error();
}
