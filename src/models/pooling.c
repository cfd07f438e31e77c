/* pooling.c: see pooling.h. Means, maxima and lengths as sentence-transformers takes them. */
#include "models/pooling.h"

#include "base/error.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

const char *const levin__pooling_words[] = { "pooler", "cls", "mean", "max", NULL };

/* Texts on their way through the threads, a task each. */
typedef struct {
    const levin_tensor *x; // (B, T*, H) tokens, or (B, H)
    const int64_t *rows;   // of out
    float *out;
    levin_pooling pooling;
    bool normalize;
} pool_job;

static void copy_row(float *to, const levin_tensor *x, int64_t row, int64_t n)
{
    const float *f = (const float *)x->data + row * n;
    const uint16_t *h = (const uint16_t *)x->data + row * n;
    for (int64_t i = 0; i < n; i++)
        to[i] = x->dtype == LEVIN_F32 ? f[i] : levin__bf16_to_f32(h[i]);
}

static void add_row(float *to, const levin_tensor *x, int64_t row, int64_t n)
{
    const float *f = (const float *)x->data + row * n;
    const uint16_t *h = (const uint16_t *)x->data + row * n;
    for (int64_t i = 0; i < n; i++)
        to[i] += x->dtype == LEVIN_F32 ? f[i] : levin__bf16_to_f32(h[i]);
}

/* A number that is none wins, so that it is found. */
static void max_row(float *to, const levin_tensor *x, int64_t row, int64_t n)
{
    const float *f = (const float *)x->data + row * n;
    const uint16_t *h = (const uint16_t *)x->data + row * n;
    for (int64_t i = 0; i < n; i++) {
        float y = x->dtype == LEVIN_F32 ? f[i] : levin__bf16_to_f32(h[i]);
        to[i] = y <= to[i] ? to[i] : y;
    }
}

static void pool_tokens(const pool_job *j, int64_t i, float *to, int64_t n)
{
    const int32_t *cu = j->x->ragged->cu_seqlens;
    copy_row(to, j->x, cu[i], n);
    for (int32_t t = cu[i] + 1; t < cu[i + 1]; t++)
        (j->pooling == LEVIN_POOL_MAX ? max_row : add_row)(to, j->x, t, n);
    float share = 1.0f / (float)(cu[i + 1] - cu[i]);
    for (int64_t k = 0; k < n && j->pooling == LEVIN_POOL_MEAN; k++)
        to[k] *= share;
}

static void pool_text(void *context, int64_t i)
{
    const pool_job *j = context;
    int64_t n = levin__last_dim(j->x);
    float *to = j->out + j->rows[i] * n;
    if (j->x->ragged)
        pool_tokens(j, i, to, n);
    else
        copy_row(to, j->x, i, n);
    double squares = 0;
    for (int64_t k = 0; k < n; k++)
        squares += (double)to[k] * (double)to[k];
    if (!isfinite(squares))
        levin__error_set(LEVIN_ENUMERIC,
                         "the model's output is not a number; its weights are damaged");
    double length = fmax(sqrt(squares), 1e-12);
    for (int64_t k = 0; k < n && j->normalize; k++)
        to[k] = (float)((double)to[k] / length);
}

static levin_tensor *encode(levin_bert *bert, const levin_batch *b, levin_pooling pooling)
{
    switch (pooling) {
    case LEVIN_POOL_POOLER:
        return levin__bert_pool(bert, levin_bert_first_token(bert, b));
    case LEVIN_POOL_CLS:
        return levin_bert_first_token(bert, b);
    default:
        return levin__bert_encode(bert, b, NULL);
    }
}

int levin__pool_into(float *out, levin_bert *bert, const levin_batch *b, levin_pooling pooling,
                     bool normalize)
{
    pool_job j = { .x = encode(bert, b, pooling),
                   .rows = b->indices,
                   .out = out,
                   .pooling = pooling,
                   .normalize = normalize };
    if (j.x)
        levin__parallel_for(b->size, pool_text, &j);
    return levin_error();
}
