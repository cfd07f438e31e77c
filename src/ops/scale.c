/* scale.c: y = factor x. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    if (levin__need_float(c, c->x[0]) < 0)
        return levin_error();
    return levin__result_like(c, c->x[0], (levin_dtype)c->x[0]->dtype);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(axpy, levin__array(c->y), c->a[0], levin__array(c->x[0]), c->y->numel, false);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array dx = levin__grad_of(c, 0, &add);
    return dx.data && LEVIN_RUN(axpy, dx, c->a[0], levin__grad_in(c), c->y->numel, add);
}

const levin_op levin__op_scale = {
    .name = "scale",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=0 f=2\nx=1 f=-0.5\nx=3x5 f=1.5\nx=(1,4,0,2)x9 f=3\nx=130x67 f=0.1 bf16\n",
};

levin_tensor *levin_scale(const levin_tensor *x, double factor)
{
    return levin__apply(&levin__op_scale, &(levin_call){ .x = { x }, .n = 1, .a = { factor } }, 1);
}
