/* residual_norm.h: y = layer_norm(dropout(z) + residual) as the end of fused operators, which write
 * z by a product. Keeps the sum before the norm and the norm's statistics; dropout's pattern is
 * drawn again. */
#ifndef LEVIN_OPS_RESIDUAL_NORM_H
#define LEVIN_OPS_RESIDUAL_NORM_H

#include "autograd/autograd.h"

/* Which inputs of a call are the residual, gamma and beta, and where it keeps z and the statistics.
 * a[0] is eps, a[1] the probability. */
typedef struct {
    int residual, gamma, beta, z, stats;
} levin_residual_norm_places;

/** Checks probability, gamma and beta against c->y, and makes what is kept; 0 or an error code. */
int levin__residual_norm_infer(levin_call *c, levin_residual_norm_places at);
/** What a product that writes z is to be followed by. */
levin_residual_norm_args levin__residual_norm_args(levin_call *c, levin_residual_norm_places at);
/** Passes c's gradient on to gamma and beta; *dz receives the gradient of the residual, *ds that of
 * the product, which is dz itself without dropout. Both are scratch of this backward pass. False
 * after an error. */
bool levin__residual_norm_backward(levin_call *c, levin_residual_norm_places at, levin_tensor **dz,
                                   levin_tensor **ds);

#endif
