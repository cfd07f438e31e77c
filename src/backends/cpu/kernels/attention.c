/* attention.c: y = softmax(q kT / sqrt(d)) v, one sequence and head a task, scores in cache. */
#include "backends/cpu/kernels/attention.h"

#include "base/scope.h"
#include "base/threads.h"

#include <math.h>

/* Scores of one row to probabilities; returns their log-sum-exp. A NaN reaches all of them through
 * the sum. */
static float softmax_row(float *s, head_part p)
{
    vf tops = vset(-INFINITY);
    for (int64_t j = 0; j < p.length_up; j += LANES) {
        int lanes = vlanes(j, p.length);
        vf in = vload(s + j);
        tops = vmax(tops, lanes == LANES ? in : vblend(vcount() < (vi){ 0 } + lanes, in, tops));
    }
    float top = vtop(tops);
    vf sums = { 0 };
    for (int64_t j = 0; j < p.length_up; j += LANES) {
        vf e = vfirst(vexp(vload(s + j) - vset(top)), vlanes(j, p.length));
        vstore(s + j, e);
        sums += e;
    }
    float sum = vsum(sums);
    vf share = vset(1.0f / sum);
    for (int64_t j = 0; j < p.length_up; j += LANES)
        vstore(s + j, vload(s + j) * share);
    return top + logf(sum);
}

static void drop_row(float *s, head_part p, const uint16_t *bits)
{
    uint32_t threshold = levin__drop_threshold(p.a->p);
    float scale = levin__keep_scale(p.a->p);
    for (int64_t j = 0; j < p.length_up; j += LANES)
        vstore(s + j, vload(s + j) * vkeep(bits + j, threshold, scale));
}

typedef struct {
    float *q, *kt, *v, *rows, *scores, *y;
    uint16_t *bits;
} scratch;

static bool make_scratch(scratch *s, head_part p)
{
    size_t up = (size_t)p.length_up, d = (size_t)p.size_up, f = sizeof(float);
    s->q = levin__scope_alloc(QUERIES * d * f);
    s->kt = levin__scope_alloc((size_t)p.head_size * up * f);
    s->v = levin__scope_alloc(up * d * f);
    s->rows = levin__scope_alloc(up * d * f);
    s->scores = levin__scope_alloc(QUERIES * up * f);
    s->y = levin__scope_alloc(QUERIES * d * f);
    s->bits = levin__scope_alloc(bits_bytes(p));
    return s->q && s->kt && s->v && s->rows && s->scores && s->y && s->bits;
}

static void store_y(head_part p, const float *y, int64_t from, int64_t n)
{
    int64_t d = p.head_size, width = p.heads * d;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c += LANES)
            vput(p.a->y, (p.first + from + i) * width + p.head * d + c,
                 vload(y + i * p.size_up + c), vlanes(c, d));
}

/* What a query's row will be written to, and what the next head reads in its place. */
static void expect_rows(head_part p, int64_t row)
{
    int64_t width = p.heads * p.head_size, next = next_head(p);
    expect_part(p, p.a->y, row, width, 0, p.head, 1);
    for (int64_t which = 0; which < 3 && next >= 0; which++)
        expect_part(p, p.a->qkv, row, 3 * width, which * width, next, 0);
}

static void queries(head_part p, scratch *s, int64_t from, int64_t n)
{
    const levin_attention_args *a = p.a;
    int64_t d = a->head_size, width = a->heads * d;
    load_rows(s->q, p, a->qkv, 3 * width, p.head * d, from, n);
    for (int64_t i = 0; i < n * p.size_up; i += LANES)
        vstore(s->q + i, vload(s->q + i) * vset(p.scale));
    small_product(s->scores, p.length_up, s->q, p.size_up, 1, s->kt, p.length_up, n, p.length_up, d,
                  false);
    if (a->p > 0)
        draw_bits(s->bits, p, from, n);
    for (int64_t i = 0; i < n; i++) {
        float *row = s->scores + i * p.length_up;
        expect_rows(p, from + i);
        a->lse[(p.first + from + i) * a->heads + p.head] = softmax_row(row, p);
        if (a->p > 0)
            drop_row(row, p, s->bits + i * blocks_of_row(p) * 8);
    }
    small_product(s->y, p.size_up, s->scores, p.length_up, 1, s->v, p.size_up, n, p.size_up,
                  p.length, false);
    store_y(p, s->y, from, n);
}

static void attend(head_part p)
{
    int64_t d = p.head_size, width = p.heads * d;
    levin_scope *scope = levin_scope_begin();
    scratch s = { 0 };
    if (make_scratch(&s, p)) {
        load_rows(s.rows, p, p.a->qkv, 3 * width, width + p.head * d, 0, p.length);
        transpose_rows(s.kt, p, s.rows);
        load_rows(s.v, p, p.a->qkv, 3 * width, 2 * width + p.head * d, 0, p.length);
        for (int64_t i = 0; i < p.length; i += QUERIES)
            queries(p, &s, i, p.length - i < QUERIES ? p.length - i : QUERIES);
    }
    levin_scope_end(scope);
}

static void attend_group(void *a, int64_t task) { each_head(a, task, attend); }

bool KERNEL(attention)(const levin_attention_args *a)
{
    if (!is_float(a->y) || !is_float(a->qkv))
        return false;
    levin__parallel_for(a->batch * groups_of(a), attend_group, (void *)a);
    return true;
}
