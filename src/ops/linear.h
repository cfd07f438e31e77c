/* linear.h: the linear map as a part of fused operators. */
#ifndef LEVIN_OPS_LINEAR_H
#define LEVIN_OPS_LINEAR_H

#include "autograd/autograd.h"

/* Which inputs of a call are x, w and b of y = x wT + b. */
typedef struct {
    int x, w, b;
} levin_linear_inputs;
static const levin_linear_inputs LEVIN_LINEAR_FIRST = { 0, 1, 2 };

/* What follows the sum x wT + b, fused with it. */
typedef struct {
    levin_tensor *pre; // receives the sum itself, unless NULL
    bool gelu;
    const levin_residual_norm_args *norm; // whose z is the result; NULL: none
} levin_linear_end;

/** 0 if x (..., I), w (O, I) and b (O) or NULL fit, else an error that names their shapes. */
int levin__linear_check(levin_call *c, const levin_tensor *x, const levin_tensor *w,
                        const levin_tensor *b);
/** The same of the first three inputs, and makes c->y (..., O) with the given dtype. */
int levin__linear_infer(levin_call *c, levin_dtype dtype);
/** Products of the way there, or of those ways back that are wanted: levin_op.flops. */
double levin__linear_flops(const levin_call *c, levin_linear_inputs in, bool back);
/** to = x wT + b and what follows; x is an operand (levin__operand), w and b are the call's. */
bool levin__linear_forward(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                           levin_tensor *to, levin_linear_end end);

/** Passes dy (rows of x, O) on to x, w and b, as far as they want it. x is the operand that went
 * into the product. */
bool levin__linear_backward(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                            levin_array dy);
/** To w and b alone; gelu: the operand was gelu of x. */
bool levin__linear_grad_of_w(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                             levin_array dy, bool gelu);
/** dx (+)= dy w; or dx = (dy w) gelu'(slope) where a slope is given, which may lie in dx. */
bool levin__linear_grad_of_x(levin_call *c, levin_linear_inputs in, levin_array dy, int64_t rows,
                             levin_array dx, bool add, levin_array slope);

#endif
