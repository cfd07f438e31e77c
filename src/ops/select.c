/* select.c: x[:, index]: one slice along a dimension, or one token of each sequence. */
#include "ops/op.h"

#include "base/scope.h"

#include <string.h>

/* Rows of the ragged dimension: token index of each sequence, counted from its end if negative. */
static int ragged_rows(levin_call *c, int64_t *rows)
{
    const levin_ragged *r = c->x[0]->ragged;
    for (int64_t b = 0; b < r->batch; b++) {
        int64_t length = r->cu_seqlens[b + 1] - r->cu_seqlens[b];
        int64_t i = c->i[1] < 0 ? c->i[1] + length : c->i[1];
        if (i < 0 || i >= length)
            return levin__error_set(LEVIN_ESHAPE,
                                    "select: sequence %lld has %lld tokens, so none at %lld",
                                    (long long)b, (long long)length, (long long)c->i[1]);
        rows[b] = r->cu_seqlens[b] + i;
    }
    return LEVIN_OK;
}

/* The dimensions without number axis; those after it multiply to *inner, those before to *outer. */
static int dense_shape(const levin_tensor *x, int axis, int64_t *dim, int64_t *outer,
                       int64_t *inner)
{
    int n = 0;
    *outer = *inner = 1;
    for (int i = 0; i < x->ndim; i++) {
        if (i == axis)
            continue;
        dim[n++] = x->dim[i];
        *(i < axis ? outer : inner) *= x->dim[i];
    }
    return n;
}

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    int axis = levin__axis(c, x, (int)c->i[0]);
    if (axis < 0 || levin__need_float(c, x) < 0)
        return levin_error();
    if (x->ragged && axis != 1)
        return levin__shape_error(c, "only the ragged dimension, 1, can be selected of", x, NULL);
    int64_t dim[LEVIN_MAX_DIMS], outer, inner;
    int n = dense_shape(x, axis, dim, &outer, &inner);
    int64_t *rows = levin__scope_alloc((size_t)(outer ? outer : 1) * sizeof *rows);
    if (!rows)
        return LEVIN_ENOMEM;
    if (x->ragged) {
        if (ragged_rows(c, rows) < 0)
            return levin_error();
    } else {
        int64_t size = x->dim[axis], i = c->i[1] < 0 ? c->i[1] + size : c->i[1];
        if (i < 0 || i >= size)
            return levin__error_set(LEVIN_ESHAPE, "select: %lld is outside a dimension of %lld",
                                    (long long)c->i[1], (long long)size);
        for (int64_t o = 0; o < outer; o++)
            rows[o] = o * size + i;
    }
    c->index = rows;
    c->i[2] = outer;
    c->i[3] = inner;
    return levin__result(c, (levin_dtype)x->dtype, n, dim, NULL);
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(gather, levin__array(c->y), levin__array(c->x[0]), c->index, c->i[2], c->i[3]);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array d = levin__grad_of(c, 0, &add);
    int64_t total = c->i[3] ? c->x[0]->numel / c->i[3] : 0;
    return d.data &&
           LEVIN_RUN(scatter_add, d, levin__grad_in(c), c->index, c->i[2], c->i[3], total, add);
}

const levin_op levin__op_select = {
    .name = "select",
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .cases = "x=3x5 dim=1 at=0\nx=3x5 dim=1 at=-1\nx=3x5 dim=0 at=2\nx=2x3x4 dim=1 at=1\n"
             "x=1 dim=0 at=0\nx=0x3 dim=1 at=0\nx=(1,4,2)x5 dim=1 at=0\nx=(1,4,2)x5 dim=1 at=-1\n"
             "x=(7,40)x96 dim=1 at=0 bf16\n",
};

levin_tensor *levin_select(const levin_tensor *x, int dim, int64_t index)
{
    return levin__apply(&levin__op_select, &(levin_call){ .x = { x }, .n = 1, .i = { dim, index } },
                        1);
}
