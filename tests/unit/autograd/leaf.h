/* leaf.h: small leaves for the tests of the tape. */
#ifndef LEVIN_TESTS_AUTOGRAD_LEAF_H
#define LEVIN_TESTS_AUTOGRAD_LEAF_H

#include "support/unit.h"

#include <levin/levin.h>
#include <math.h>

/* A leaf of n numbers first, first + 1, ... that requires a gradient; levin_tensor_free it. */
static inline levin_tensor *leaf(int ndim, const int64_t *shape, double first)
{
    levin_tensor *t = levin_tensor_new(LEVIN_F32, ndim, shape);
    float *x = levin_tensor_data(t);
    for (int64_t i = 0; i < levin_tensor_numel(t); i++)
        x[i] = (float)(first + (double)i);
    return levin_requires_grad(t, true);
}

static inline levin_tensor *vector_leaf(int64_t n, double first) { return leaf(1, &n, first); }

static inline levin_tensor *scalar_leaf(double x) { return leaf(0, NULL, x); }

/* Every element of the gradient of t, which is there, is x. */
static inline void assert_grad(const levin_tensor *t, double x)
{
    const levin_tensor *g = levin_tensor_grad(t);
    assert_non_null(g);
    assert_int_equal(levin_tensor_numel(g), levin_tensor_numel(t));
    for (int64_t i = 0; i < levin_tensor_numel(g); i++)
        if (!(fabs(levin_tensor_get(g, i) - x) <= 1e-6 * fabs(x)))
            fail_msg("gradient %lld is %.9g, expected %.9g", (long long)i, levin_tensor_get(g, i),
                     x);
}

#endif
