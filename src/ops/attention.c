/* attention.c: packed multi-head self-attention (Vaswani et al., 2017) over one fused q, k, v
 * tensor. Keeps the log-sum-exp of each row alone; probabilities are computed again on the way back
 * (Dao et al., 2022). */
#include "ops/op.h"

static int infer(levin_call *c)
{
    const levin_tensor *qkv = c->x[0];
    int64_t heads = c->i[0], width = levin__last_dim(qkv);
    if (levin__need_float(c, qkv) < 0 || levin__need_probability(c, c->a[0]) < 0)
        return levin_error();
    if (!qkv->ragged || qkv->ndim != 3 || heads < 1 || width % (3 * heads) != 0)
        return levin__error_set(LEVIN_ESHAPE,
                                "attention: qkv should be (B, T*, 3 H) with H a multiple of %lld "
                                "heads, but its last dimension is %lld",
                                (long long)heads, (long long)width);
    if (qkv->ragged->max_length > 65535)
        return levin__error_set(LEVIN_ESHAPE, "attention: a sequence of %lld tokens; 65535 at most",
                                (long long)qkv->ragged->max_length);
    int64_t dim[3] = { qkv->dim[0], LEVIN_RAGGED, width / 3 };
    if (levin__save(c, 0, qkv->ragged->rows * heads) < 0)
        return levin_error();
    return levin__result(c, levin__compute_dtype(qkv), 3, dim, qkv->ragged);
}

static levin_attention_args arguments(const levin_call *c)
{
    const levin_tensor *qkv = c->x[0];
    return (levin_attention_args){ .y = levin__array(c->y),
                                   .lse = c->saved[0]->data,
                                   .qkv = levin__array(qkv),
                                   .cu_seqlens = qkv->ragged->cu_seqlens,
                                   .batch = qkv->ragged->batch,
                                   .heads = c->i[0],
                                   .head_size = levin__last_dim(c->y) / c->i[0],
                                   .max_length = qkv->ragged->max_length,
                                   .p = c->on ? c->a[0] : 0,
                                   .key = c->key };
}

static bool forward(levin_call *c)
{
    levin_attention_args a = arguments(c);
    return LEVIN_RUN(attention, &a);
}

static bool backward(levin_call *c)
{
    levin_attention_args a = arguments(c);
    a.dy = levin__grad_in(c);
    levin_tensor *dqkv = levin__backward_scratch(c->x[0]);
    if (!dqkv)
        return false;
    a.dqkv = levin__array(dqkv);
    return LEVIN_RUN(attention_bwd, &a) && levin__grad_give(c, 0, dqkv);
}

/* Two products of H numbers for each pair of tokens of a text; on the way back five, since the
 * probabilities are computed again. */
static double flops(const levin_call *c, bool back)
{
    const levin_ragged *r = c->x[0]->ragged;
    double pairs = 0;
    for (int64_t i = 0; i < r->batch; i++) {
        double length = r->cu_seqlens[i + 1] - r->cu_seqlens[i];
        pairs += length * length;
    }
    return (back ? 10.0 : 4.0) * (double)levin__last_dim(c->y) * pairs;
}

const levin_op levin__op_attention = {
    .name = "attention",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .flops = flops,
    .cases = "x=(3)x12 heads=1 p=0\n"
             "x=(3,1,0,4)x24 heads=2 p=0\n"
             "x=(3,1,4)x24 heads=2 p=0.5\n"
             "x=(1)x3 heads=1 p=0\n"
             "x=(0)x3 heads=1 p=0\n"
             "x=(17,9,40)x192 heads=2 p=0.1 bf16\n",
};

levin_tensor *levin_attention(const levin_tensor *qkv, int64_t heads, double p, bool training)
{
    levin_call c = { .x = { qkv }, .n = 1, .i = { heads }, .a = { p }, .on = training && p > 0 };
    if (c.on)
        c.key = levin__next_key();
    return levin__apply(&levin__op_attention, &c, 1);
}
