/* linear.c: y = x wT + b, torch.nn.functional.linear, alone and with gelu behind it. */
#include "ops/linear.h"

#include "ops/op.h"

int levin__linear_check(levin_call *c, const levin_tensor *x, const levin_tensor *w,
                        const levin_tensor *b)
{
    if (levin__need_float(c, x) < 0 || levin__need_float(c, w) < 0)
        return levin_error();
    if (w->ndim != 2 || x->ndim < 1 || levin__last_dim(x) != w->dim[1] ||
        (x->ragged && x->ndim < 3))
        return levin__shape_error(c, "x and w should be (..., I) and (O, I), but are", x, w);
    return b ? levin__need_vector(c, b, w->dim[0], "bias") : LEVIN_OK;
}

int levin__linear_infer(levin_call *c, levin_dtype dtype)
{
    const levin_tensor *x = c->x[0], *w = c->x[1];
    if (levin__linear_check(c, x, w, c->x[2]) < 0)
        return levin_error();
    int64_t dim[LEVIN_MAX_DIMS];
    for (int i = 0; i < x->ndim; i++)
        dim[i] = x->dim[i];
    dim[x->ndim - 1] = w->dim[0];
    return levin__result(c, dtype, x->ndim, dim, x->ragged);
}

double levin__linear_flops(const levin_call *c, levin_linear_inputs in, bool back)
{
    const levin_tensor *w = c->x[in.w];
    int products = back ? levin__wants_grad(c, in.x) + levin__wants_grad(c, in.w) : 1;
    return 2.0 * (double)products * (double)levin_tensor_rows(c->x[in.x]) * (double)w->numel;
}

/* Makes the weight w operand b of m, as it lies or packed; under autocast the product rounds it. */
static void take_weight(const levin_call *c, const levin_tensor *w, levin_matmul_args *m,
                        levin_packing_use use)
{
    m->packed = levin__packed_of(w, use, m, levin__learns(c) || w->grad);
    m->b = levin__array(w);
}

bool levin__linear_forward(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                           levin_tensor *to, levin_linear_end end)
{
    const levin_tensor *w = c->x[in.w];
    if (!x)
        return false;
    bool bytes = levin__autocast() == LEVIN_I8 && !c->records && levin__is_weight(w);
    levin_matmul_args m = { .c = levin__array(to),
                            .a = levin__array(x),
                            .m = levin_tensor_rows(x),
                            .n = w->dim[0],
                            .k = w->dim[1],
                            .trans_b = true,
                            .bias = levin__array(c->x[in.b]),
                            .pre = levin__array(end.pre),
                            .gelu = end.gelu,
                            .norm = end.norm,
                            .bytes = bytes };
    take_weight(c, w, &m, bytes ? LEVIN_PACKED_BYTES : LEVIN_PACKED_FORWARD);
    return LEVIN_RUN(matmul, &m);
}

bool levin__linear_grad_of_x(levin_call *c, levin_linear_inputs in, levin_array dy, int64_t rows,
                             levin_array dx, bool add, levin_array slope)
{
    const levin_tensor *w = c->x[in.w];
    levin_matmul_args m = {
        .c = dx, .a = dy, .m = rows, .n = w->dim[1], .k = w->dim[0], .add = add, .slope = slope
    };
    take_weight(c, w, &m, LEVIN_PACKED_BACKWARD);
    return dx.data && LEVIN_RUN(matmul, &m);
}

/* The product reads all of dy, so that the bias's gradient comes along. */
static bool grad_of_matrix(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                           levin_array dy, bool gelu)
{
    bool add;
    levin_array dw = levin__grad_of(c, in.w, &add);
    const levin_tensor *w = c->x[in.w];
    levin_matmul_args m = { .c = dw,
                            .a = dy,
                            .b = levin__array(x),
                            .m = w->dim[0],
                            .n = w->dim[1],
                            .k = levin_tensor_rows(x),
                            .trans_a = true,
                            .gelu_b = gelu,
                            .add = add };
    if (!dw.data)
        return false;
    if (levin__wants_grad(c, in.b)) {
        m.row_sums = levin__grad_of(c, in.b, &m.add_row_sums);
        if (!m.row_sums.data)
            return false;
    }
    levin_tensor *grad = w->grad;
    m.squares = dw.dtype == LEVIN_F32 ? &grad->squares : NULL;
    bool done = LEVIN_RUN(matmul, &m);
    grad->squares_known = done && m.squares;
    return done;
}

bool levin__linear_grad_of_w(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                             levin_array dy, bool gelu)
{
    bool add;
    if (levin__wants_grad(c, in.w))
        return grad_of_matrix(c, in, x, dy, gelu);
    if (!levin__wants_grad(c, in.b))
        return true;
    levin_array db = levin__grad_of(c, in.b, &add);
    return db.data && LEVIN_RUN(column_sum, db, dy, levin_tensor_rows(x), c->x[in.w]->dim[0], add);
}

bool levin__linear_backward(levin_call *c, levin_linear_inputs in, const levin_tensor *x,
                            levin_array dy)
{
    if (!levin__linear_grad_of_w(c, in, x, dy, false))
        return false;
    if (!levin__wants_grad(c, in.x))
        return true;
    bool add;
    levin_array dx = levin__grad_of(c, in.x, &add);
    return levin__linear_grad_of_x(c, in, dy, levin_tensor_rows(x), dx, add, (levin_array){ 0 });
}

/* saved[0] is x as it went into the product: it may be a conversion. */
static bool operand(levin_call *c)
{
    c->saved[0] = (levin_tensor *)levin__operand(c->x[0]);
    return c->saved[0] != NULL;
}

static int infer(levin_call *c) { return levin__linear_infer(c, levin__compute_dtype(c->x[0])); }
static bool forward(levin_call *c)
{
    return operand(c) &&
           levin__linear_forward(c, LEVIN_LINEAR_FIRST, c->saved[0], c->y, (levin_linear_end){ 0 });
}
static bool backward(levin_call *c)
{
    return levin__linear_backward(c, LEVIN_LINEAR_FIRST, c->saved[0], levin__grad_in(c));
}

static double flops(const levin_call *c, bool back)
{
    return levin__linear_flops(c, LEVIN_LINEAR_FIRST, back);
}

const levin_op levin__op_linear = {
    .name = "linear",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .flops = flops,
    .cases = "x=3x5 w=4x5 b=4\n"
             "x=3x5 w=4x5\n"
             "x=0x5 w=4x5 b=4\n"
             "x=1x1 w=1x1 b=1\n"
             "x=2x3x17 w=33x17 b=33\n"
             "x=(1,4,0,2)x16 w=48x16 b=48\n"
             "x=70x96 w=130x96 b=130 bf16\n",
};

levin_tensor *levin_linear_op(const levin_tensor *x, const levin_tensor *w, const levin_tensor *b)
{
    return levin__apply(&levin__op_linear, &(levin_call){ .x = { x, w, b }, .n = 3 }, 2);
}

/* linear_gelu: y = gelu(s), s = x wT + b; s is kept for the way back, which takes gelu's slope from
 * it. */

static int gelu_infer(levin_call *c)
{
    levin_dtype dtype = levin__compute_dtype(c->x[0]);
    if (levin__linear_infer(c, dtype) < 0)
        return levin_error();
    c->saved[1] = c->records ? levin__tensor_like(c->y, dtype) : NULL;
    return c->saved[1] || !c->records ? LEVIN_OK : levin_error();
}

static bool gelu_forward(levin_call *c)
{
    return operand(c) &&
           levin__linear_forward(c, LEVIN_LINEAR_FIRST, c->saved[0], c->y,
                                 (levin_linear_end){ .pre = c->saved[1], .gelu = true });
}

static bool gelu_backward(levin_call *c)
{
    levin_array s = levin__array(c->saved[1]), dy = levin__grad_in(c);
    /* The gradient of s takes the place of the gradient of y. */
    return LEVIN_RUN(unary_bwd, LEVIN_UNARY_GELU, dy, dy, s, s, c->y->numel, false) &&
           levin__linear_backward(c, LEVIN_LINEAR_FIRST, c->saved[0], dy);
}

const levin_op levin__op_linear_gelu = {
    .name = "linear_gelu",
    .infer = gelu_infer,
    .forward = gelu_forward,
    .backward = gelu_backward,
    .flops = flops,
    .cases = "x=3x5 w=4x5 b=4\n"
             "x=0x5 w=4x5 b=4\n"
             "x=1x1 w=1x1 b=1\n"
             "x=(1,4,0,2)x16 w=48x16 b=48\n"
             "x=70x96 w=130x96 b=130 bf16\n",
};

levin_tensor *levin_linear_gelu(const levin_tensor *x, const levin_tensor *w, const levin_tensor *b)
{
    return levin__apply(&levin__op_linear_gelu, &(levin_call){ .x = { x, w, b }, .n = 3 }, 3);
}
