/* linear_residual_norm.c: y = layer_norm(dropout(x wT + b) + residual), the end of each half of an
 * encoder layer. Keeps the sum before the norm (z) and the norm's statistics; dropout's pattern is
 * drawn again. */
#include "ops/linear.h"
#include "ops/op.h"

enum { RESIDUAL = 3, GAMMA, BETA };

static int infer(levin_call *c)
{
    if (levin__need_probability(c, c->a[1]) < 0 ||
        levin__linear_infer(c, levin__compute_dtype(c->x[0])) < 0)
        return levin_error();
    if (!levin__same_shape(c->y, c->x[RESIDUAL]))
        return levin__shape_error(c, "the sum and the residual differ:", c->y, c->x[RESIDUAL]);
    int64_t n = levin__last_dim(c->y);
    if (levin__need_vector(c, c->x[GAMMA], n, "gamma") < 0 ||
        levin__need_vector(c, c->x[BETA], n, "beta") < 0 ||
        levin__save(c, 2, 2 * levin_tensor_rows(c->y)) < 0)
        return levin_error();
    c->saved[1] = levin__tensor_like(c->y, (levin_dtype)c->y->dtype);
    return c->saved[1] ? LEVIN_OK : levin_error();
}

static bool forward(levin_call *c)
{
    levin_residual_norm_args a = { .y = levin__array(c->y),
                                   .z = levin__array(c->saved[1]),
                                   .residual = levin__array(c->x[RESIDUAL]),
                                   .stats = c->saved[2]->data,
                                   .gamma = c->x[GAMMA]->data,
                                   .beta = c->x[BETA]->data,
                                   .rows = levin_tensor_rows(c->y),
                                   .cols = levin__last_dim(c->y),
                                   .eps = c->a[0],
                                   .p = c->on ? c->a[1] : 0,
                                   .key = c->key };
    return levin__linear_forward(c, c->saved[1], (levin_linear_end){ .norm = &a });
}

/* The gradient of gamma or beta, which the kernel writes as f32. */
static float *grad_of_vector(levin_call *c, int i, bool *add)
{
    return levin__wants_grad(c, i) ? levin__grad_of(c, i, add).data : NULL;
}

static bool norm_backward(levin_call *c, levin_tensor *dz)
{
    bool add = false, add_beta = false;
    float *dgamma = grad_of_vector(c, GAMMA, &add), *dbeta = grad_of_vector(c, BETA, &add_beta);
    const levin_tensor *z = c->saved[1];
    int64_t rows = levin_tensor_rows(z), cols = levin__last_dim(z);
    if (dgamma && dbeta && add != add_beta)
        return levin__error_set(LEVIN_ESTATE, "%s: gamma and beta were cleared apart", c->op->name),
               false;
    return LEVIN_RUN(layer_norm_bwd, levin__array(dz), dgamma, dbeta, levin__grad_in(c),
                     levin__array(z), c->saved[2]->data, c->x[GAMMA]->data, rows, cols, false,
                     dgamma ? add : add_beta);
}

static bool backward(levin_call *c)
{
    levin_tensor *dz = levin__backward_scratch(c->saved[1]);
    if (!dz || !norm_backward(c, dz))
        return false;
    /* z is not needed again: its place takes the gradient of x wT + b, if dropout changes it. */
    levin_tensor *ds = dz;
    double p = c->on ? c->a[1] : 0;
    if (p > 0) {
        ds = c->saved[1];
        if (!LEVIN_RUN(dropout, levin__array(ds), levin__array(dz), dz->numel, p, c->key, false))
            return false;
    }
    if (!levin__linear_backward(c, levin__array(ds)))
        return false;
    if (levin__wants_grad(c, RESIDUAL))
        return levin__grad_give(c, RESIDUAL, dz);
    levin__backward_recycle(dz);
    return true;
}

const levin_op levin__op_linear_residual_norm = {
    .name = "linear_residual_norm",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x5 w=4x5 b=4 r=3x4 g=4 h=4 p=0\n"
             "x=3x5 w=4x5 b=4 r=3x4 g=4 h=4 p=0.5\n"
             "x=0x5 w=4x5 b=4 r=0x4 g=4 h=4 p=0.1\n"
             "x=1x1 w=1x1 b=1 r=1x1 g=1 h=1 p=0\n"
             "x=(1,4,0,2)x16 w=48x16 b=48 r=(1,4,0,2)x48 g=48 h=48 p=0.1\n"
             "x=70x96 w=130x96 b=130 r=70x130 g=130 h=130 p=0.1 bf16\n",
};

levin_tensor *levin_linear_residual_norm(const levin_tensor *x, const levin_tensor *w,
                                         const levin_tensor *b, const levin_tensor *residual,
                                         const levin_tensor *gamma, const levin_tensor *beta,
                                         double p, double eps, bool training)
{
    levin_call c = {
        .x = { x, w, b, residual, gamma, beta }, .n = 6, .a = { eps, p }, .on = training && p > 0
    };
    if (c.on)
        c.key = levin__next_key();
    return levin__apply(&levin__op_linear_residual_norm, &c, 6);
}
