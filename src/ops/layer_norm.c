/* layer_norm.c: y = (x - mean) / sqrt(var + eps) * gamma + beta over the last dimension (Ba et al.,
 * 2016), biased variance. Keeps mean and 1 / sqrt(var + eps) of each row. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    int64_t n = levin__last_dim(x);
    if (levin__need_float(c, x) < 0)
        return levin_error();
    if (x->ndim < 1 || (x->ragged && x->ndim < 3))
        return levin__shape_error(c, "x needs a last dimension to normalise over, it is", x, NULL);
    if (levin__need_vector(c, c->x[1], n, "gamma") < 0 ||
        levin__need_vector(c, c->x[2], n, "beta") < 0 ||
        levin__save(c, 0, 2 * levin_tensor_rows(x)) < 0)
        return levin_error();
    return levin__result_like(c, x, levin__compute_dtype(x));
}

static bool forward(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    return LEVIN_RUN(layer_norm, levin__array(c->y), c->saved[0]->data, levin__array(x),
                     c->x[1]->data, c->x[2]->data, levin_tensor_rows(x), levin__last_dim(x),
                     c->a[0]);
}

/* Parameters are written apart where only one of them already holds a gradient. */
static bool backward(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    bool add = false, add_params[2] = { false, false };
    levin_array dx = { 0 };
    float *d[2] = { NULL, NULL };
    for (int i = 0; i < 2; i++)
        if (levin__wants_grad(c, i + 1))
            d[i] = levin__grad_of(c, i + 1, &add_params[i]).data;
    if (levin__wants_grad(c, 0))
        dx = levin__grad_of(c, 0, &add);
    int64_t rows = levin_tensor_rows(x), cols = levin__last_dim(x);
    bool apart = d[0] && d[1] && add_params[0] != add_params[1];
    levin_array none = { 0 };
    return LEVIN_RUN(layer_norm_bwd, dx, d[0], apart ? NULL : d[1], levin__grad_in(c),
                     levin__array(x), c->saved[0]->data, c->x[1]->data, rows, cols, add,
                     d[0] ? add_params[0] : add_params[1]) &&
           (!apart ||
            LEVIN_RUN(layer_norm_bwd, none, NULL, d[1], levin__grad_in(c), levin__array(x),
                      c->saved[0]->data, c->x[1]->data, rows, cols, false, add_params[1]));
}

const levin_op levin__op_layer_norm = {
    .name = "layer_norm",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x7 g=7 h=7\n"
             "x=0x7 g=7 h=7\n"
             "x=1x1 g=1 h=1\n"
             "x=2x3x64 g=64 h=64\n"
             "x=(1,4,0,2)x33 g=33 h=33\n"
             "x=40x96 g=96 h=96 bf16\n",
};

levin_tensor *levin_layer_norm(const levin_tensor *x, const levin_tensor *gamma,
                               const levin_tensor *beta, double eps)
{
    levin_call c = { .x = { x, gamma, beta }, .n = 3, .a = { eps } };
    return levin__apply(&levin__op_layer_norm, &c, 3);
}
