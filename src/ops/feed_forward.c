/* feed_forward.c: y = layer_norm(dropout(gelu(x upT + b) downT + d) + x), the second half of an
 * encoder layer. Keeps what stood before gelu; gelu of it, the widest thing of a layer, lives in
 * scratch on the way there and is made again, operand by operand, on the way back. */
#include "ops/linear.h"
#include "ops/op.h"
#include "ops/residual_norm.h"

#include "base/scope.h"

enum { X, UP, UP_BIAS, DOWN, DOWN_BIAS, GAMMA, BETA };
enum { OPERAND, S, Z, STATS }; // saved; S: before gelu

static const levin_linear_inputs up = { X, UP, UP_BIAS }, down = { -1, DOWN, DOWN_BIAS };
static const levin_residual_norm_places at = { X, GAMMA, BETA, Z, STATS };

/* A tensor (..., F) for what lies between the two maps. */
static levin_tensor *make_between(const levin_call *c)
{
    const levin_tensor *x = c->x[X];
    int64_t dim[LEVIN_MAX_DIMS];
    for (int i = 0; i < x->ndim; i++)
        dim[i] = x->dim[i];
    dim[x->ndim - 1] = c->x[UP]->dim[0];
    return levin__tensor_scoped((levin_dtype)c->y->dtype, x->ndim, dim, x->ragged);
}

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[X], *w = c->x[UP], *v = c->x[DOWN];
    if (levin__linear_check(c, x, w, c->x[UP_BIAS]) < 0 || levin__need_float(c, v) < 0)
        return levin_error();
    if (v->ndim != 2 || v->dim[0] != w->dim[1] || v->dim[1] != w->dim[0])
        return levin__shape_error(c, "up and down should be (F, H) and (H, F), but are", w, v);
    if (levin__need_vector(c, c->x[DOWN_BIAS], v->dim[0], "bias") < 0 ||
        levin__result_like(c, x, levin__compute_dtype(x)) < 0 ||
        levin__residual_norm_infer(c, at) < 0)
        return levin_error();
    c->saved[S] = c->records ? make_between(c) : NULL;
    return c->saved[S] || !c->records ? LEVIN_OK : levin_error();
}

static bool forward(levin_call *c)
{
    levin_residual_norm_args norm = levin__residual_norm_args(c, at);
    c->saved[OPERAND] = (levin_tensor *)levin__operand(c->x[X]);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *g = make_between(c);
    bool done = g &&
                levin__linear_forward(c, up, c->saved[OPERAND], g,
                                      (levin_linear_end){ .pre = c->saved[S], .gelu = true }) &&
                levin__linear_forward(c, down, levin__operand(g), c->saved[Z],
                                      (levin_linear_end){ .norm = &norm });
    levin_scope_end(scope);
    return done;
}

/* The gradient of s takes its place, since the gradient of down has read it by then. */
static bool maps_backward(levin_call *c, levin_tensor *ds)
{
    const levin_tensor *x = c->saved[OPERAND];
    levin_array s = levin__array(c->saved[S]);
    bool inner =
        levin__wants_grad(c, X) || levin__wants_grad(c, UP) || levin__wants_grad(c, UP_BIAS);
    if (!levin__linear_grad_of_w(c, down, c->saved[S], levin__array(ds), true))
        return false;
    if (!inner)
        return true;
    return levin__linear_grad_of_x(c, down, levin__array(ds), levin_tensor_rows(x), s, false, s) &&
           levin__linear_grad_of_w(c, up, x, s, false);
}

static bool backward(levin_call *c)
{
    levin_tensor *dz, *ds;
    if (!levin__residual_norm_backward(c, at, &dz, &ds) || !maps_backward(c, ds))
        return false;
    if (!levin__wants_grad(c, X)) {
        levin__backward_recycle(dz);
        return true;
    }
    bool add;
    if (!levin__grad_give(c, X, dz))
        return false;
    levin_array dx = levin__grad_of(c, X, &add);
    return levin__linear_grad_of_x(c, up, levin__array(c->saved[S]),
                                   levin_tensor_rows(c->saved[OPERAND]), dx, add,
                                   (levin_array){ 0 });
}

/* Both maps have the products of up; what lies between them wants its gradient as soon as anything
 * before it does. */
static double flops(const levin_call *c, bool back)
{
    double product = levin__linear_flops(c, up, false);
    bool inner =
        levin__wants_grad(c, X) || levin__wants_grad(c, UP) || levin__wants_grad(c, UP_BIAS);
    if (!back)
        return 2 * product;
    return levin__linear_flops(c, up, true) + product * (levin__wants_grad(c, DOWN) + inner);
}

const levin_op levin__op_feed_forward = {
    .name = "feed_forward",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .flops = flops,
    .cases = "x=3x4 w=5x4 b=5 v=4x5 d=4 g=4 h=4 p=0\n"
             "x=3x4 w=5x4 b=5 v=4x5 d=4 g=4 h=4 p=0.5\n"
             "x=0x4 w=5x4 b=5 v=4x5 d=4 g=4 h=4 p=0.1\n"
             "x=1x3 w=1x3 b=1 v=3x1 d=3 g=3 h=3 p=0\n"
             "x=(1,4,0,2)x16 w=48x16 b=48 v=16x48 d=16 g=16 h=16 p=0.1\n"
             "x=70x48 w=130x48 b=130 v=48x130 d=48 g=48 h=48 p=0.1 bf16\n",
};

levin_tensor *levin_feed_forward(const levin_tensor *x, const levin_linear_weights *up_map,
                                 const levin_linear_weights *down_map, const levin_tensor *gamma,
                                 const levin_tensor *beta, double p, double eps, bool training)
{
    if (!up_map || !down_map)
        return NULL;
    levin_call c = { .x = { x, up_map->weight, up_map->bias, down_map->weight, down_map->bias,
                            gamma, beta },
                     .n = 7,
                     .a = { eps, p },
                     .on = training && p > 0 };
    if (c.on)
        c.key = levin__next_key();
    return levin__apply(&levin__op_feed_forward, &c, 7);
}
