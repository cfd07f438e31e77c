/* op.c: see op.h. */
#include "ops/op.h"

#include <stddef.h>

const levin_op *const levin__ops[] = {
#define OP(symbol) &levin__op_##symbol,
#include "ops/ops.def"
#undef OP
    NULL,
};

int levin__shape_error(const levin_call *c, const char *what, const levin_tensor *first,
                       const levin_tensor *second)
{
    char a[96], b[96];
    levin_tensor_describe(first, a, sizeof a);
    if (!second)
        return levin__error_set(LEVIN_ESHAPE, "%s: %s %s", c->op->name, what, a);
    return levin__error_set(LEVIN_ESHAPE, "%s: %s %s and %s", c->op->name, what, a,
                            levin_tensor_describe(second, b, sizeof b));
}

int levin__need_float(const levin_call *c, const levin_tensor *t)
{
    if (t->dtype == LEVIN_F32 || t->dtype == LEVIN_BF16)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EDTYPE, "%s: wants f32 or bf16, not %s", c->op->name,
                            levin_dtype_name((levin_dtype)t->dtype));
}

int levin__need_int(const levin_call *c, const levin_tensor *t)
{
    if (t->dtype == LEVIN_I32 || t->dtype == LEVIN_I64)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EDTYPE, "%s: wants i32 or i64, not %s", c->op->name,
                            levin_dtype_name((levin_dtype)t->dtype));
}

int levin__need_vector(const levin_call *c, const levin_tensor *t, int64_t n, const char *what)
{
    char text[96];
    if (t->dtype == LEVIN_F32 && t->ndim == 1 && t->dim[0] == n)
        return LEVIN_OK;
    return levin__error_set(LEVIN_ESHAPE, "%s: %s is %s, but should be (%lld) f32", c->op->name,
                            what, levin_tensor_describe(t, text, sizeof text), (long long)n);
}

int levin__need_probability(const levin_call *c, double p)
{
    if (p >= 0 && p < 1)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL, "%s: probability %g is not in [0, 1)", c->op->name, p);
}

int levin__result(levin_call *c, levin_dtype dtype, int ndim, const int64_t *dim,
                  const levin_ragged *ragged)
{
    c->y = levin__tensor_scoped(dtype, ndim, dim, ragged);
    return c->y ? LEVIN_OK : levin_error();
}

int levin__result_like(levin_call *c, const levin_tensor *t, levin_dtype dtype)
{
    return levin__result(c, dtype, t->ndim, t->dim, t->ragged);
}

int levin__save(levin_call *c, int slot, int64_t n)
{
    c->saved[slot] = levin__tensor_scoped(LEVIN_F32, 1, &n, NULL);
    return c->saved[slot] ? LEVIN_OK : levin_error();
}

int levin__axis(const levin_call *c, const levin_tensor *t, int dim)
{
    int axis = dim < 0 ? dim + t->ndim : dim;
    if (axis >= 0 && axis < t->ndim)
        return axis;
    char text[96];
    levin__error_set(LEVIN_ESHAPE, "%s: %s has no dimension %d", c->op->name,
                     levin_tensor_describe(t, text, sizeof text), dim);
    return -1;
}

levin_dtype levin__compute_dtype(const levin_tensor *x)
{
    return levin__autocast() == LEVIN_BF16 ? LEVIN_BF16 : (levin_dtype)x->dtype;
}

const levin_tensor *levin__operand(const levin_tensor *x)
{
    if (levin__autocast() != LEVIN_BF16 || x->dtype == LEVIN_BF16)
        return x;
    levin_tensor *y = levin__tensor_like(x, LEVIN_BF16);
    if (!y || !LEVIN_RUN(axpy, levin__array(y), 1, levin__array(x), x->numel, false))
        return NULL;
    return y;
}
