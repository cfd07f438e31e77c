/* linear.h: the linear map as a part of fused operators. Inputs 0, 1, 2 of the call are x, w and b;
 * saved[0] holds x as it went into the product. */
#ifndef LEVIN_OPS_LINEAR_H
#define LEVIN_OPS_LINEAR_H

#include "autograd/autograd.h"

/** Checks the shapes and makes c->y (..., O) with the given dtype; 0 or an error code. */
int levin__linear_infer(levin_call *c, levin_dtype dtype);
/* What follows the sum x wT + b, fused with it. */
typedef struct {
    levin_tensor *pre; // receives the sum itself, unless NULL
    bool gelu;
    const levin_residual_norm_args *norm; // whose z is the result; NULL: none
} levin_linear_end;

/** to = x wT + b, or gelu of it. */
bool levin__linear_forward(levin_call *c, levin_tensor *to, levin_linear_end end);
/** Passes dy (rows, O) on to x, w and b. */
bool levin__linear_backward(levin_call *c, levin_array dy);

#endif
