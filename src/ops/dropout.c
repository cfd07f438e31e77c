/* dropout.c: zeroes elements at random while training (Srivastava et al., 2014). The pattern is a
 * function of the call's key and the element's number, so nothing is kept for the way back. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    if (levin__need_float(c, c->x[0]) < 0 || levin__need_probability(c, c->a[0]) < 0)
        return levin_error();
    return levin__result_like(c, c->x[0], (levin_dtype)c->x[0]->dtype);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(dropout, levin__array(c->y), levin__array(c->x[0]), c->y->numel, c->a[0],
                     c->key, false);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array dx = levin__grad_of(c, 0, &add);
    return dx.data && LEVIN_RUN(dropout, dx, levin__grad_in(c), c->y->numel, c->a[0], c->key, add);
}

const levin_op levin__op_dropout = {
    .name = "dropout",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=0 p=0.5\nx=1 p=0.5\nx=3x33 p=0.1\nx=(1,4,0,2)x9 p=0.9\nx=130x67 p=0.1 bf16\n",
};

levin_tensor *levin_dropout(const levin_tensor *x, double p, bool training)
{
    if (p == 0 || (!training && p > 0 && p < 1))
        return (levin_tensor *)x; // the same tensor: nothing happens to it
    levin_call c = { .x = { x }, .n = 1, .a = { p }, .key = levin__next_key() };
    return levin__apply(&levin__op_dropout, &c, 1);
}
