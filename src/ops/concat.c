/* concat.c: tensors side by side along the last dimension. */
#include "ops/op.h"

static bool same_leading(const levin_tensor *a, const levin_tensor *b)
{
    if (a->ndim != b->ndim || a->ndim < 1 || levin_tensor_rows(a) != levin_tensor_rows(b))
        return false;
    for (int i = 0; i < a->ndim - 1; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return (a->ragged == NULL) == (b->ragged == NULL) && !(a->ragged && a->ndim < 3);
}

static int infer(levin_call *c)
{
    int64_t width = 0, dim[LEVIN_MAX_DIMS];
    const levin_tensor *first = c->x[0];
    for (int i = 0; i < c->n; i++) {
        if (levin__need_float(c, c->x[i]) < 0)
            return levin_error();
        if (!same_leading(first, c->x[i]))
            return levin__shape_error(c, "all but the last dimension must agree:", first, c->x[i]);
        width += levin__last_dim(c->x[i]);
    }
    for (int i = 0; i < first->ndim; i++)
        dim[i] = first->dim[i];
    dim[first->ndim - 1] = width;
    return levin__result(c, (levin_dtype)first->dtype, first->ndim, dim, first->ragged);
}

/* The columns of part of a (rows, width) array that begin at column. */
static levin_array columns(levin_array a, int64_t column)
{
    a.data = (char *)a.data + column * (int64_t)levin_dtype_size(a.dtype);
    return a;
}

static bool forward(levin_call *c)
{
    int64_t rows = levin_tensor_rows(c->y), width = levin__last_dim(c->y), at = 0;
    for (int i = 0; i < c->n; i++) {
        int64_t own = levin__last_dim(c->x[i]);
        if (!LEVIN_RUN(copy_block, columns(levin__array(c->y), at), width, levin__array(c->x[i]),
                       own, rows, own, false))
            return false;
        at += own;
    }
    return true;
}

static bool backward(levin_call *c)
{
    int64_t rows = levin_tensor_rows(c->y), width = levin__last_dim(c->y), at = 0;
    for (int i = 0; i < c->n; i++) {
        int64_t own = levin__last_dim(c->x[i]);
        if (levin__wants_grad(c, i)) {
            bool add;
            levin_array d = levin__grad_of(c, i, &add);
            if (!d.data || !LEVIN_RUN(copy_block, d, own, columns(levin__grad_in(c), at), width,
                                      rows, own, add))
                return false;
        }
        at += own;
    }
    return true;
}

const levin_op levin__op_concat = {
    .name = "concat",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x5 y=3x2\nx=0x5 y=0x2\nx=1 y=1\nx=2x3x4 y=2x3x1\nx=(1,4,0,2)x5 y=(1,4,0,2)x9\n"
             "x=70x96 y=70x33 bf16\n",
};

levin_tensor *levin_concat(const levin_tensor *const *parts, int n)
{
    if (n < 1 || n > LEVIN_MAX_INPUTS) {
        levin__error_set(LEVIN_EINVAL, "concat: %d parts; 1 to %d are possible", n,
                         LEVIN_MAX_INPUTS);
        return NULL;
    }
    levin_call c = { .n = n };
    for (int i = 0; i < n; i++)
        c.x[i] = parts[i];
    return levin__apply(&levin__op_concat, &c, n);
}
