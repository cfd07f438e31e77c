/* residual_norm.c: see residual_norm.h. */
#include "ops/residual_norm.h"

#include "ops/op.h"

int levin__residual_norm_infer(levin_call *c, levin_residual_norm_places at)
{
    if (levin__need_probability(c, c->a[1]) < 0)
        return levin_error();
    if (!levin__same_shape(c->y, c->x[at.residual]))
        return levin__shape_error(c, "the sum and the residual differ:", c->y, c->x[at.residual]);
    int64_t n = levin__last_dim(c->y);
    if (levin__need_vector(c, c->x[at.gamma], n, "gamma") < 0 ||
        levin__need_vector(c, c->x[at.beta], n, "beta") < 0 ||
        levin__save(c, at.stats, 2 * levin_tensor_rows(c->y)) < 0)
        return levin_error();
    c->saved[at.z] = c->records ? levin__tensor_like(c->y, (levin_dtype)c->y->dtype) : c->y;
    return c->saved[at.z] ? LEVIN_OK : levin_error();
}

levin_residual_norm_args levin__residual_norm_args(levin_call *c, levin_residual_norm_places at)
{
    return (levin_residual_norm_args){ .y = levin__array(c->y),
                                       .z = levin__array(c->saved[at.z]),
                                       .residual = levin__array(c->x[at.residual]),
                                       .stats = c->saved[at.stats]->data,
                                       .gamma = c->x[at.gamma]->data,
                                       .beta = c->x[at.beta]->data,
                                       .rows = levin_tensor_rows(c->y),
                                       .cols = levin__last_dim(c->y),
                                       .eps = c->a[0],
                                       .p = c->on ? c->a[1] : 0,
                                       .key = c->key };
}

/* The gradient of gamma or beta, which the kernel writes as f32. */
static float *grad_of_vector(levin_call *c, int i, bool *add)
{
    return levin__wants_grad(c, i) ? levin__grad_of(c, i, add).data : NULL;
}

static bool norm_backward(levin_call *c, levin_residual_norm_places at, levin_tensor *dz)
{
    bool add = false, add_beta = false;
    float *dgamma = grad_of_vector(c, at.gamma, &add);
    float *dbeta = grad_of_vector(c, at.beta, &add_beta);
    const levin_tensor *z = c->saved[at.z];
    int64_t rows = levin_tensor_rows(z), cols = levin__last_dim(z);
    if (dgamma && dbeta && add != add_beta)
        return levin__error_set(LEVIN_ESTATE, "%s: gamma and beta were cleared apart", c->op->name),
               false;
    return LEVIN_RUN(layer_norm_bwd, levin__array(dz), dgamma, dbeta, levin__grad_in(c),
                     levin__array(z), c->saved[at.stats]->data, c->x[at.gamma]->data, rows, cols,
                     false, dgamma ? add : add_beta);
}

bool levin__residual_norm_backward(levin_call *c, levin_residual_norm_places at, levin_tensor **dz,
                                   levin_tensor **ds)
{
    double p = c->on ? c->a[1] : 0;
    *ds = *dz = levin__backward_scratch(c->saved[at.z]);
    if (!*dz || !norm_backward(c, at, *dz))
        return false;
    if (p == 0)
        return true;
    *ds = c->saved[at.z]; // which is not needed again
    return LEVIN_RUN(dropout, levin__array(*ds), levin__array(*dz), (*dz)->numel, p, c->key, false);
}
