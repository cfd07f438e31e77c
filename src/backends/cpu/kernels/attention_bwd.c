/* attention_bwd.c: gradients of packed attention, one sequence and head a task. With P the
 * probabilities, M the dropout factors, D = sum of dy y over each row: dv = (P M)T dy,  dS = P (M
 * (dy vT) - D),  dq = dS k / sqrt(d),  dk = dST q / sqrt(d). */
#include "backends/cpu/kernels/attention.h"

#include "base/scope.h"
#include "base/threads.h"

typedef struct {
    float *q, *k, *dk, *dv; // (length, size_up)
    float *kt, *vt;         // (d, length_up)
    float *dy, *y, *dq;     // (QUERIES, size_up)
    float *prob, *grad;     // (QUERIES, length_up)
    uint16_t *bits;
} scratch;

static bool make_scratch(scratch *s, head_part p)
{
    size_t up = (size_t)p.length_up, d = (size_t)p.size_up, f = sizeof(float);
    size_t rows = (size_t)rows_up(p.length);
    float **tall[] = { &s->q, &s->k, &s->dk, &s->dv };
    float **wide[] = { &s->kt, &s->vt };
    float **some[] = { &s->dy, &s->y, &s->dq };
    bool done = true;
    for (int i = 0; i < 4; i++)
        done = done && (*tall[i] = levin__scope_alloc((rows > up ? rows : up) * d * f)) != NULL;
    for (int i = 0; i < 2; i++)
        done = done && (*wide[i] = levin__scope_alloc(d * up * f)) != NULL;
    for (int i = 0; i < 3; i++)
        done = done && (*some[i] = levin__scope_alloc(QUERIES * d * f)) != NULL;
    s->prob = levin__scope_alloc(QUERIES * up * f);
    s->grad = levin__scope_alloc(QUERIES * up * f);
    s->bits = levin__scope_alloc(bits_bytes(p));
    return done && s->prob && s->grad && s->bits;
}

/* Row i of a block: scores in prob become P M, dy vT in grad becomes dS / scale. */
static void one_row(head_part p, scratch *s, int64_t query, int64_t i)
{
    const levin_attention_args *a = p.a;
    float *prob = s->prob + i * p.length_up, *grad = s->grad + i * p.length_up;
    const float *dy = s->dy + i * p.size_up, *y = s->y + i * p.size_up;
    vf parts = { 0 };
    for (int64_t c = 0; c < p.size_up; c += LANES)
        parts += vload(dy + c) * vload(y + c);
    vf sum = vset(vsum(parts)), scale = vset(p.scale);
    vf lse = vset(a->lse[(p.first + query) * a->heads + p.head]);
    const uint16_t *bits = s->bits + i * blocks_of_row(p) * 8;
    uint32_t threshold = levin__drop_threshold(a->p);
    float keep = levin__keep_scale(a->p);
    for (int64_t j = 0; j < p.length_up; j += LANES) {
        vf kept = a->p > 0 ? vkeep(bits + j, threshold, keep) : vset(1.0f);
        vf e = vfirst(vexp(vload(prob + j) * scale - lse), vlanes(j, p.length));
        vstore(grad + j, e * (kept * vload(grad + j) - sum) * scale);
        vstore(prob + j, e * kept);
    }
}

static void store_rows(head_part p, const float *rows, int which, int64_t from, int64_t n)
{
    int64_t d = p.head_size, width = p.heads * d;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c += LANES)
            vput(p.a->dqkv, (p.first + from + i) * 3 * width + which * width + p.head * d + c,
                 vload(rows + i * p.size_up + c), vlanes(c, d));
}

/* Where a row's gradients will be written, and what the next head reads in its place. */
static void expect_rows(head_part p, int64_t row)
{
    const levin_attention_args *a = p.a;
    int64_t width = a->heads * a->head_size, next = next_head(p);
    for (int64_t which = 0; which < 3; which++)
        expect_part(p, a->dqkv, row, 3 * width, which * width, p.head, 1);
    for (int64_t which = 0; which < 3 && next >= 0; which++)
        expect_part(p, a->qkv, row, 3 * width, which * width, next, 0);
    if (next < 0)
        return;
    expect_part(p, a->dy, row, width, 0, next, 0);
    expect_part(p, a->y, row, width, 0, next, 0);
}

static void queries(head_part p, scratch *s, int64_t from, int64_t n)
{
    int64_t d = p.head_size, width = p.heads * d, up = p.length_up, du = p.size_up;
    bool more = from > 0;
    const float *q = s->q + from * du;
    load_rows(s->dy, p, p.a->dy, width, p.head * d, from, n);
    load_rows(s->y, p, p.a->y, width, p.head * d, from, n);
    small_product(s->prob, up, q, du, 1, s->kt, up, n, up, d, false);
    small_product(s->grad, up, s->dy, du, 1, s->vt, up, n, up, d, false);
    if (p.a->p > 0)
        draw_bits(s->bits, p, from, n);
    for (int64_t i = 0; i < n; i++) {
        expect_rows(p, from + i);
        one_row(p, s, from + i, i);
    }
    small_product(s->dq, du, s->grad, up, 1, s->k, du, n, du, p.length, false);
    store_rows(p, s->dq, 0, from, n);
    small_product(s->dk, du, s->grad, 1, up, q, du, p.length, du, n, more);
    small_product(s->dv, du, s->prob, 1, up, s->dy, du, p.length, du, n, more);
}

static void go_back(head_part p)
{
    int64_t d = p.head_size, width = p.heads * d;
    levin_scope *scope = levin_scope_begin();
    scratch s = { 0 };
    if (make_scratch(&s, p)) {
        load_rows(s.dv, p, p.a->qkv, 3 * width, 2 * width + p.head * d, 0, p.length);
        transpose_rows(s.vt, p, s.dv); // dv's place serves until its first sum
        load_rows(s.q, p, p.a->qkv, 3 * width, p.head * d, 0, p.length);
        load_rows(s.k, p, p.a->qkv, 3 * width, width + p.head * d, 0, p.length);
        transpose_rows(s.kt, p, s.k);
        for (int64_t i = 0; i < p.length; i += QUERIES)
            queries(p, &s, i, p.length - i < QUERIES ? p.length - i : QUERIES);
        store_rows(p, s.dk, 1, 0, p.length);
        store_rows(p, s.dv, 2, 0, p.length);
    }
    levin_scope_end(scope);
}

static void go_back_group(void *a, int64_t task) { each_head(a, task, go_back); }

bool KERNEL(attention_bwd)(const levin_attention_args *a)
{
    if (!is_float(a->y) || !is_float(a->qkv) || !is_float(a->dy) || !is_float(a->dqkv))
        return false;
    levin__parallel_for(a->batch * groups_of(a), go_back_group, (void *)a);
    return true;
}
