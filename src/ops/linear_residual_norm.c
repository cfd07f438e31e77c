/* linear_residual_norm.c: y = layer_norm(dropout(x wT + b) + residual), the end of the first half
 * of an encoder layer. */
#include "ops/linear.h"
#include "ops/op.h"
#include "ops/residual_norm.h"

enum { X, W, B, RESIDUAL, GAMMA, BETA };
enum { OPERAND, Z, STATS }; // saved

static const levin_residual_norm_places at = { RESIDUAL, GAMMA, BETA, Z, STATS };

static int infer(levin_call *c)
{
    if (levin__linear_infer(c, levin__compute_dtype(c->x[X])) < 0)
        return levin_error();
    return levin__residual_norm_infer(c, at);
}

static bool forward(levin_call *c)
{
    levin_residual_norm_args norm = levin__residual_norm_args(c, at);
    c->saved[OPERAND] = (levin_tensor *)levin__operand(c->x[X]);
    return levin__linear_forward(c, LEVIN_LINEAR_FIRST, c->saved[OPERAND], c->saved[Z],
                                 (levin_linear_end){ .norm = &norm });
}

static bool backward(levin_call *c)
{
    levin_tensor *dz, *ds;
    if (!levin__residual_norm_backward(c, at, &dz, &ds) ||
        !levin__linear_backward(c, LEVIN_LINEAR_FIRST, c->saved[OPERAND], levin__array(ds)))
        return false;
    if (levin__wants_grad(c, RESIDUAL))
        return levin__grad_give(c, RESIDUAL, dz);
    levin__backward_recycle(dz);
    return true;
}

static double flops(const levin_call *c, bool back)
{
    return levin__linear_flops(c, LEVIN_LINEAR_FIRST, back);
}

const levin_op levin__op_linear_residual_norm = {
    .name = "linear_residual_norm",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .flops = flops,
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
