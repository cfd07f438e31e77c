/* classes.c: argmax and accuracy: class numbers from scores, and how many are right. No gradients.
 */
#include "ops/op.h"

static int argmax_infer(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    int axis = levin__axis(c, x, (int)c->i[0]);
    if (axis < 0 || levin__need_float(c, x) < 0)
        return levin_error();
    if (axis != x->ndim - 1 || levin__last_dim(x) < 1 || (x->ragged && x->ndim < 3))
        return levin__shape_error(c, "only over the last dimension, of one element or more, not in",
                                  x, NULL);
    return levin__result(c, LEVIN_I64, x->ndim - 1, x->dim, x->ragged);
}

static bool argmax_forward(levin_call *c)
{
    return LEVIN_RUN(argmax, c->y->data, levin__array(c->x[0]), levin_tensor_rows(c->x[0]),
                     levin__last_dim(c->x[0]));
}

const levin_op levin__op_argmax = {
    .name = "argmax",
    .infer = argmax_infer,
    .forward = argmax_forward,
    .cases = "x=3x5\nx=0x5\nx=1x1\nx=(1,4,0,2)x9\nx=70x33 bf16\n",
};

levin_tensor *levin_argmax(const levin_tensor *x, int dim)
{
    return levin__apply(&levin__op_argmax, &(levin_call){ .x = { x }, .n = 1, .i = { dim } }, 1);
}

static int accuracy_infer(levin_call *c)
{
    if (c->x[0]->numel != c->x[1]->numel)
        return levin__shape_error(c, "predictions and labels differ in number:", c->x[0], c->x[1]);
    return levin__result(c, LEVIN_F32, 0, NULL, NULL);
}

static bool accuracy_forward(levin_call *c)
{
    return LEVIN_RUN(accuracy, c->y->data, levin__array(c->x[0]), levin__array(c->x[1]),
                     c->x[0]->numel);
}

const levin_op levin__op_accuracy = {
    .name = "accuracy",
    .infer = accuracy_infer,
    .forward = accuracy_forward,
    .cases = "ids=3<2 jds=3<2\nids=1<1 jds=1<1\nids=70<3 jds=70<3\n",
};

levin_tensor *levin_accuracy(const levin_tensor *predictions, const levin_tensor *labels)
{
    return levin__apply(&levin__op_accuracy, &(levin_call){ .x = { predictions, labels }, .n = 2 },
                        2);
}
