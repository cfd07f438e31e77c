/* matmul.c: c = a b for matrices, or for as many pairs as the leading dimensions count. */
#include "ops/op.h"

static int infer(levin_call *c)
{
    const levin_tensor *a = c->x[0], *b = c->x[1];
    if (levin__need_float(c, a) < 0 || levin__need_float(c, b) < 0)
        return levin_error();
    int n = a->ndim;
    bool fits =
        !a->ragged && !b->ragged && n >= 2 && b->ndim == n && a->dim[n - 1] == b->dim[n - 2];
    for (int i = 0; fits && i < n - 2; i++)
        fits = a->dim[i] == b->dim[i];
    if (!fits)
        return levin__shape_error(c, "a and b should be (..., M, K) and (..., K, N), but are", a,
                                  b);
    int64_t dim[LEVIN_MAX_DIMS];
    c->i[0] = 1; // pairs
    for (int i = 0; i < n; i++)
        dim[i] = i < n - 1 ? a->dim[i] : b->dim[i];
    for (int i = 0; i < n - 2; i++)
        c->i[0] *= dim[i];
    return levin__result(c, levin__compute_dtype(a), n, dim, NULL);
}

static levin_array part(levin_array a, int64_t i, int64_t size)
{
    a.data = (char *)a.data + i * size * (int64_t)levin_dtype_size(a.dtype);
    return a;
}

/* Runs m for every pair; its arrays hold the first one. */
static bool run_pairs(levin_matmul_args m, int64_t pairs)
{
    levin_matmul_args one = m;
    for (int64_t i = 0; i < pairs; i++) {
        one.c = part(m.c, i, m.m * m.n);
        one.a = part(m.a, i, m.m * m.k);
        one.b = part(m.b, i, m.k * m.n);
        if (!LEVIN_RUN(matmul, &one))
            return false;
    }
    return true;
}

static bool forward(levin_call *c)
{
    const levin_tensor *a = levin__operand(c->x[0]), *b = levin__operand(c->x[1]);
    if (!a || !b)
        return false;
    c->saved[0] = (levin_tensor *)a;
    c->saved[1] = (levin_tensor *)b;
    int n = a->ndim;
    levin_matmul_args m = { .c = levin__array(c->y),
                            .a = levin__array(a),
                            .b = levin__array(b),
                            .m = a->dim[n - 2],
                            .n = b->dim[n - 1],
                            .k = a->dim[n - 1] };
    return run_pairs(m, c->i[0]);
}

static bool backward(levin_call *c)
{
    const levin_tensor *a = c->saved[0], *b = c->saved[1];
    int n = a->ndim;
    int64_t rows = a->dim[n - 2], inner = a->dim[n - 1], cols = b->dim[n - 1];
    bool add, done = true;
    if (levin__wants_grad(c, 0)) { // da = dc bT
        levin_matmul_args m = { .c = levin__grad_of(c, 0, &add),
                                .a = levin__grad_in(c),
                                .b = levin__array(b),
                                .m = rows,
                                .n = inner,
                                .k = cols,
                                .trans_b = true };
        m.add = add;
        done = m.c.data && run_pairs(m, c->i[0]);
    }
    if (done && levin__wants_grad(c, 1)) { // db = aT dc
        levin_matmul_args m = { .c = levin__grad_of(c, 1, &add),
                                .a = levin__array(a),
                                .b = levin__grad_in(c),
                                .m = inner,
                                .n = cols,
                                .k = rows,
                                .trans_a = true };
        m.add = add;
        done = m.c.data && run_pairs(m, c->i[0]);
    }
    return done;
}

static double flops(const levin_call *c, bool back)
{
    int products = back ? levin__wants_grad(c, 0) + levin__wants_grad(c, 1) : 1;
    return 2.0 * (double)products * (double)c->y->numel * (double)levin__last_dim(c->x[0]);
}

const levin_op levin__op_matmul = {
    .name = "matmul",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .flops = flops,
    .cases = "x=2x3 y=3x4\nx=0x3 y=3x4\nx=2x0 y=0x4\nx=1x1 y=1x1\nx=2x3x4 y=2x4x5\n"
             "x=2x2x3x17 y=2x2x17x33\nx=70x96 y=96x130 bf16\n",
};

levin_tensor *levin_matmul(const levin_tensor *a, const levin_tensor *b)
{
    return levin__apply(&levin__op_matmul, &(levin_call){ .x = { a, b }, .n = 2 }, 2);
}
