/* attention.c: softmax(q kT / sqrt(d)) v for each sequence and head, composed as the formula
 * stands. The way back recomputes the probabilities from the log-sum-exp of each row. */
#include "backends/ref/ref.h"

#include "backends/ref/element.h"
#include "base/random.h"

#include <math.h>

/* One sequence and head. */
typedef struct {
    const levin_attention_args *a;
    int64_t first, length, head;
} part;

static int64_t width(const part *p) { return p->a->heads * p->a->head_size; }

/* Element number of q (which 0), k (1) or v (2) of token t, component c. */
static int64_t at(const part *p, int which, int64_t t, int64_t c)
{
    int64_t h = width(p);
    return (p->first + t) * 3 * h + which * h + p->head * p->a->head_size + c;
}

static int64_t at_y(const part *p, int64_t t, int64_t c)
{
    return (p->first + t) * width(p) + p->head * p->a->head_size + c;
}

static int64_t at_lse(const part *p, int64_t t) { return (p->first + t) * p->a->heads + p->head; }

static double score(const part *p, int64_t i, int64_t j)
{
    double sum = 0;
    for (int64_t c = 0; c < p->a->head_size; c++)
        sum += levin__get(p->a->qkv, at(p, 0, i, c)) * levin__get(p->a->qkv, at(p, 1, j, c));
    return sum / sqrt((double)p->a->head_size);
}

/* What the probability (i, j) is multiplied by: 0 if dropped, 1 / (1 - p) if kept. */
static double kept(const part *p, int64_t i, int64_t j)
{
    if (!(p->a->p > 0))
        return 1;
    uint64_t element = (uint64_t)at_lse(p, i) * 65536 + (uint64_t)j;
    bool keep = levin__random_bits16(p->a->key, element) >= levin__drop_threshold(p->a->p);
    return keep ? (double)levin__keep_scale(p->a->p) : 0;
}

static void forward_row(const part *p, int64_t i)
{
    const levin_attention_args *a = p->a;
    double top = -HUGE_VAL, sum = 0;
    for (int64_t j = 0; j < p->length; j++)
        top = fmax(top, score(p, i, j));
    for (int64_t j = 0; j < p->length; j++)
        sum += exp(score(p, i, j) - top);
    double lse = top + log(sum);
    a->lse[at_lse(p, i)] = (float)lse;
    for (int64_t c = 0; c < a->head_size; c++) {
        double y = 0;
        for (int64_t j = 0; j < p->length; j++)
            y += exp(score(p, i, j) - lse) * kept(p, i, j) * levin__get(a->qkv, at(p, 2, j, c));
        levin__put(a->y, at_y(p, i, c), y, false);
    }
}

static void for_each_part(const levin_attention_args *a, void (*fn)(const part *p))
{
    for (int64_t b = 0; b < a->batch; b++) {
        for (int64_t h = 0; h < a->heads; h++) {
            int64_t first = a->cu_seqlens[b];
            part p = { a, first, a->cu_seqlens[b + 1] - first, h };
            fn(&p);
        }
    }
}

static void forward_part(const part *p)
{
    for (int64_t i = 0; i < p->length; i++)
        forward_row(p, i);
}

bool levin__ref_attention(const levin_attention_args *a)
{
    for_each_part(a, forward_part);
    return true;
}

static double probability(const part *p, int64_t i, int64_t j)
{
    return exp(score(p, i, j) - (double)p->a->lse[at_lse(p, i)]);
}

/* d loss / d probability (i, j), before dropout. */
static double d_probability(const part *p, int64_t i, int64_t j)
{
    double sum = 0;
    for (int64_t c = 0; c < p->a->head_size; c++)
        sum += levin__get(p->a->dy, at_y(p, i, c)) * levin__get(p->a->qkv, at(p, 2, j, c));
    return sum * kept(p, i, j);
}

/* d loss / d score (i, j): P (dP - sum over the row of P dP). */
static double d_score(const part *p, int64_t i, int64_t j)
{
    double row = 0;
    for (int64_t k = 0; k < p->length; k++)
        row += probability(p, i, k) * d_probability(p, i, k);
    return probability(p, i, j) * (d_probability(p, i, j) - row);
}

static void backward_part(const part *p)
{
    const levin_attention_args *a = p->a;
    double scale = 1.0 / sqrt((double)a->head_size);
    for (int64_t t = 0; t < p->length; t++) {
        for (int64_t c = 0; c < a->head_size; c++) {
            double dq = 0, dk = 0, dv = 0;
            for (int64_t j = 0; j < p->length; j++) {
                dq += d_score(p, t, j) * levin__get(a->qkv, at(p, 1, j, c));
                dk += d_score(p, j, t) * levin__get(a->qkv, at(p, 0, j, c));
                dv += probability(p, j, t) * kept(p, j, t) * levin__get(a->dy, at_y(p, j, c));
            }
            levin__put(a->dqkv, at(p, 0, t, c), dq * scale, false);
            levin__put(a->dqkv, at(p, 1, t, c), dk * scale, false);
            levin__put(a->dqkv, at(p, 2, t, c), dv, false);
        }
    }
}

bool levin__ref_attention_bwd(const levin_attention_args *a)
{
    for_each_part(a, backward_part);
    return true;
}
