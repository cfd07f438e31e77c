/* unary.c: functions of one number, applied to each element. The kernel knows the function by its
 * name in levin_unary; the rows differ in nothing else. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    if (levin__need_float(c, c->x[0]) < 0)
        return levin_error();
    return levin__result_like(c, c->x[0], (levin_dtype)c->x[0]->dtype);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(unary, (levin_unary)c->i[0], levin__array(c->y), levin__array(c->x[0]),
                     c->y->numel);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array dx = levin__grad_of(c, 0, &add);
    return dx.data && LEVIN_RUN(unary_bwd, (levin_unary)c->i[0], dx, levin__grad_in(c),
                                levin__array(c->x[0]), levin__array(c->y), c->y->numel, add);
}

#define UNARY(word, function)                                                                      \
    const levin_op levin__op_##word = {                                                            \
        .name = #word,                                                                             \
        .infer = infer,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .cases = "x=0\nx=1\nx=7\nx=3x33\nx=(1,4,0,2)x5\nx=130x67 bf16\n",                          \
    };                                                                                             \
    levin_tensor *levin_##word(const levin_tensor *x)                                              \
    {                                                                                              \
        levin_call c = { .x = { x }, .n = 1, .i = { function } };                                  \
        return levin__apply(&levin__op_##word, &c, 1);                                             \
    }

/* y = x Phi(x), the erf form that BERT uses (Hendrycks and Gimpel, 2016) */
UNARY(gelu, LEVIN_UNARY_GELU)
/* y = x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 */
UNARY(gelu_tanh, LEVIN_UNARY_GELU_TANH)
/* y = max(x, 0) */
UNARY(relu, LEVIN_UNARY_RELU)
/* y = tanh(x) */
UNARY(tanh, LEVIN_UNARY_TANH)
/* y = 1 / (1 + exp(-x)) */
UNARY(sigmoid, LEVIN_UNARY_SIGMOID)
