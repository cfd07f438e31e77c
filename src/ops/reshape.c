/* reshape.c: the same numbers under another shape. The result shares memory with its input. */
#include "ops/op.h"

#include "base/scope.h"

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    if (x->ragged)
        return levin__shape_error(c, "a ragged tensor keeps its shape:", x, NULL);
    levin_tensor *y = levin__scope_alloc(sizeof *y);
    if (!y || !levin__tensor_wrap(y, (levin_dtype)x->dtype, (int)c->i[0], c->index, NULL, x->data))
        return levin_error();
    if (y->numel != x->numel)
        return levin__shape_error(c, "not the same number of elements:", x, y);
    c->y = y;
    return LEVIN_OK;
}

static bool forward(levin_call *c)
{
    (void)c; // the numbers are there already
    return true;
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array d = levin__grad_of(c, 0, &add);
    return d.data && LEVIN_RUN(axpy, d, 1, levin__grad_in(c), c->y->numel, add);
}

const levin_op levin__op_reshape = {
    .name = "reshape",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x4 to=2x6\nx=0x4 to=4x0\nx=1 to=1x1x1\nx=12 to=2x2x3 bf16\n",
};

levin_tensor *levin_reshape(const levin_tensor *x, int ndim, const int64_t *shape)
{
    levin_call c = { .x = { x }, .n = 1, .i = { ndim }, .index = shape };
    return levin__apply(&levin__op_reshape, &c, 1);
}
