/* softmax.c: softmax and log_softmax over the last dimension. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    if (levin__need_float(c, c->x[0]) < 0)
        return levin_error();
    if (c->x[0]->ndim < 1 || (c->x[0]->ragged && c->x[0]->ndim < 3))
        return levin__shape_error(c, "x needs a last dimension, it is", c->x[0], NULL);
    return levin__result_like(c, c->x[0], (levin_dtype)c->x[0]->dtype);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(softmax, levin__array(c->y), levin__array(c->x[0]), levin_tensor_rows(c->y),
                     levin__last_dim(c->y), c->on);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array dx = levin__grad_of(c, 0, &add);
    return dx.data && LEVIN_RUN(softmax_bwd, dx, levin__grad_in(c), levin__array(c->y),
                                levin_tensor_rows(c->y), levin__last_dim(c->y), c->on, add);
}

#define SOFTMAX(word, is_log)                                                                      \
    const levin_op levin__op_##word = {                                                            \
        .name = #word,                                                                             \
        .infer = infer,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .cases = "x=0x3\nx=1x1\nx=5\nx=3x7\nx=2x3x33\nx=(1,4,0,2)x5\nx=40x67 bf16\n",              \
    };                                                                                             \
    levin_tensor *levin_##word(const levin_tensor *x)                                              \
    {                                                                                              \
        levin_call c = { .x = { x }, .n = 1, .on = is_log };                                       \
        return levin__apply(&levin__op_##word, &c, 1);                                             \
    }

SOFTMAX(softmax, false)
SOFTMAX(log_softmax, true)
