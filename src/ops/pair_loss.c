/* pair_loss.c: losses between numbers and targets of the same shape: mse and bce_with_logits. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[0], *target = c->x[1];
    if (levin__need_float(c, x) < 0 || levin__need_float(c, target) < 0)
        return levin_error();
    bool column = target->ndim == 1 && x->numel == target->numel && levin__last_dim(x) == 1;
    if (!levin__same_shape(x, target) && !column)
        return levin__shape_error(c, "numbers and targets differ in shape:", x, target);
    if (levin__grad_enabled() && target->requires_grad)
        return levin__error_set(LEVIN_EUNSUPPORTED, "%s: the target must not require a gradient",
                                c->op->name);
    return levin__result(c, LEVIN_F32, 0, NULL, NULL);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(pair_loss, (levin_loss)c->i[0], c->y->data, levin__array(c->x[0]),
                     levin__array(c->x[1]), c->x[0]->numel);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array d = levin__grad_of(c, 0, &add);
    return d.data && LEVIN_RUN(pair_loss_bwd, (levin_loss)c->i[0], d, levin__grad_in(c).data,
                               levin__array(c->x[0]), levin__array(c->x[1]), c->x[0]->numel, add);
}

#define PAIR_LOSS(word, function)                                                                  \
    const levin_op levin__op_##word = {                                                            \
        .name = #word,                                                                             \
        .infer = infer,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .cases = "x=3 t=3\nx=1 t=1\nx=3x5 t=3x5\nx=4x1 t=4\nx=70x33 t=70x33 bf16\n",               \
    };                                                                                             \
    levin_tensor *levin_##word(const levin_tensor *x, const levin_tensor *target)                  \
    {                                                                                              \
        levin_call c = { .x = { x, target }, .n = 2, .i = { function } };                          \
        return levin__apply(&levin__op_##word, &c, 2);                                             \
    }

PAIR_LOSS(mse, LEVIN_LOSS_MSE)
PAIR_LOSS(bce_with_logits, LEVIN_LOSS_BCE_WITH_LOGITS)
