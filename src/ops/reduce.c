/* reduce.c: mean and sum over one dimension; over the ragged one, of the tokens of each sequence.
 * Both are sums of segments of rows, which the kernel takes as they are or divided by their number.
 */
#include "ops/op.h"

#include "base/scope.h"

/* Segment bounds for a dense dimension of size n: outer segments of n rows each. */
static const int32_t *dense_segments(int64_t outer, int64_t n)
{
    if (outer * n > INT32_MAX) {
        levin__error_set(LEVIN_ESHAPE, "a sum over %lld rows is too long", (long long)(outer * n));
        return NULL;
    }
    int32_t *cu = levin__scope_alloc((size_t)(outer + 1) * sizeof *cu);
    for (int64_t i = 0; cu && i <= outer; i++)
        cu[i] = (int32_t)(i * n);
    return cu;
}

static int infer(levin_call *c)
{
    const levin_tensor *x = c->x[0];
    int axis = levin__axis(c, x, (int)c->i[0]);
    if (axis < 0 || levin__need_float(c, x) < 0)
        return levin_error();
    if (x->ragged && axis != 1)
        return levin__shape_error(c, "only the ragged dimension, 1, can be summed of", x, NULL);
    int64_t dim[LEVIN_MAX_DIMS], outer = 1, inner = 1;
    int n = 0;
    for (int i = 0; i < x->ndim; i++) {
        if (i == axis)
            continue;
        dim[n++] = x->dim[i];
        *(i < axis ? &outer : &inner) *= x->dim[i];
    }
    c->cu = x->ragged ? x->ragged->cu_seqlens : dense_segments(outer, x->dim[axis]);
    c->i[2] = outer;
    c->i[3] = inner;
    return c->cu ? levin__result(c, (levin_dtype)x->dtype, n, dim, NULL) : levin_error();
}

static bool forward(levin_call *c)
{
    return LEVIN_RUN(segment_sum, levin__array(c->y), levin__array(c->x[0]), c->cu, c->i[2],
                     c->i[3], c->on);
}

static bool backward(levin_call *c)
{
    bool add;
    levin_array d = levin__grad_of(c, 0, &add);
    return d.data &&
           LEVIN_RUN(segment_sum_bwd, d, levin__grad_in(c), c->cu, c->i[2], c->i[3], c->on, add);
}

#define REDUCE(word, is_mean)                                                                      \
    const levin_op levin__op_##word = {                                                            \
        .name = #word,                                                                             \
        .infer = infer,                                                                            \
        .forward = forward,                                                                        \
        .backward = backward,                                                                      \
        .cases = "x=3x5 dim=1\nx=3x5 dim=0\nx=2x3x4 dim=1\nx=1 dim=0\nx=0x3 dim=1\n"               \
                 "x=(1,4,2)x5 dim=1\nx=(7,40)x96 dim=1 bf16\n",                                    \
    };                                                                                             \
    levin_tensor *levin_##word(const levin_tensor *x, int dim)                                     \
    {                                                                                              \
        levin_call c = { .x = { x }, .n = 1, .i = { dim }, .on = is_mean };                        \
        return levin__apply(&levin__op_##word, &c, 1);                                             \
    }

REDUCE(mean, true)
REDUCE(sum, false)
