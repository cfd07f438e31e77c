/* problem.h: a kernel's arrays, filled with random numbers: what it reads and what it writes. Each
 * is a heap block of its own that begins at no vector's boundary and ends with its last element, so
 * that a sanitizer sees every step beyond it. */
#ifndef LEVIN_TESTS_BACKENDS_PROBLEM_H
#define LEVIN_TESTS_BACKENDS_PROBLEM_H

#include "support/back_ends.h"
#include "support/unit.h"

#include "backends/ref/element.h"
#include "base/random.h"
#include "tensor/backends.h"
#include "tensor/dispatch.h"
#include "tensor/tensor.h"

#include <levin/base.h>
#include <math.h>
#include <stdlib.h>

enum { MAX_ARRAYS = 16 };

typedef struct {
    levin_array array;
    void *block;
    int64_t n;
    bool written; // an output
} operand;

typedef struct {
    levin_generator g;
    levin_dtype dtype; // of the arrays that may be bf16
    int64_t rows, cols;
    operand operands[MAX_ARRAYS];
    int n;
    double sum; // a number that a slot tells by a pointer
} problem;

static inline problem new_problem(uint64_t seed, levin_dtype dtype, int64_t rows, int64_t cols)
{
    problem p = { .dtype = dtype, .rows = rows, .cols = cols };
    levin__generator_seed(&p.g, seed);
    return p;
}

static inline void free_problem(problem *p)
{
    for (int i = 0; i < p->n; i++)
        free(p->operands[i].block);
    p->n = 0;
}

static inline void set_number(levin_array a, int64_t i, double x)
{
    if (a.dtype == LEVIN_F32)
        ((float *)a.data)[i] = (float)x;
    else if (a.dtype == LEVIN_BF16)
        ((uint16_t *)a.data)[i] = levin__f32_to_bf16((float)x);
    else if (a.dtype == LEVIN_I32)
        ((int32_t *)a.data)[i] = (int32_t)x;
    else
        ((int64_t *)a.data)[i] = (int64_t)x;
}

static inline levin_array add_operand(problem *p, levin_dtype dtype, int64_t n, bool written)
{
    size_t size = levin_dtype_size(dtype);
    assert_true(p->n < MAX_ARRAYS);
    char *block = malloc((size_t)(n + 1) * size);
    assert_non_null(block);
    operand *o = &p->operands[p->n++];
    *o = (operand){ { block + size, dtype }, block, n, written };
    for (int64_t i = 0; i < n; i++)
        set_number(o->array, i, levin__generator_uniform(&p->g) * 2 - 1);
    return o->array;
}

/* n random numbers in [-1, 1) to read. */
static inline levin_array input(problem *p, levin_dtype dtype, int64_t n)
{
    return add_operand(p, dtype, n, false);
}

/* The same, to be written or added to, and compared afterwards. */
static inline levin_array output(problem *p, levin_dtype dtype, int64_t n)
{
    return add_operand(p, dtype, n, true);
}

static inline float *floats(levin_array a) { return a.data; }

/* n random whole numbers from low up to high, high excluded. */
static inline levin_array whole_numbers(problem *p, levin_dtype dtype, int64_t n, int64_t low,
                                        int64_t high)
{
    levin_array a = input(p, dtype, n);
    for (int64_t i = 0; i < n; i++)
        set_number(a, i,
                   (double)(low + (int64_t)levin__generator_below(&p->g, (uint64_t)(high - low))));
    return a;
}

static inline double largest(levin_array a, int64_t n)
{
    double top = 0;
    for (int64_t i = 0; i < n; i++)
        top = fmax(top, isfinite(levin__get(a, i)) ? fabs(levin__get(a, i)) : 0);
    return top;
}

/* How far a result may lie from ref's, as a share of the largest element: docs/numerics.md. */
static inline double tolerance(levin_dtype dtype) { return dtype == LEVIN_BF16 ? 2e-2 : 2e-6; }

/* Both not finite, and of the same kind, or within allowed of each other. */
static inline bool agree(double got, double right, double allowed)
{
    if (isnan(right) || isnan(got))
        return isnan(right) && isnan(got);
    return got == right || fabs(got - right) <= allowed;
}

/* Every output of got is what right has. */
static inline void assert_agree(const char *what, const problem *got, const problem *right)
{
    assert_int_equal(got->n, right->n);
    for (int k = 0; k < right->n; k++) {
        const operand *a = &got->operands[k], *b = &right->operands[k];
        double share = fmax(tolerance(b->array.dtype), tolerance(right->dtype));
        double allowed = share * (largest(b->array, b->n) + 1e-3);
        for (int64_t i = 0; b->written && i < b->n; i++)
            if (!agree(levin__get(a->array, i), levin__get(b->array, i), allowed))
                fail_msg("%s on %s, (%lld, %lld) %s: array %d[%lld] is %.9g, ref says %.9g", what,
                         levin__back_end_name(), (long long)right->rows, (long long)right->cols,
                         levin_dtype_name(right->dtype), k, (long long)i, levin__get(a->array, i),
                         levin__get(b->array, i));
    }
}

/* Every output of both has the same bits. */
static inline void assert_same_bits(const char *what, const problem *a, const problem *b)
{
    assert_int_equal(a->n, b->n);
    for (int k = 0; k < a->n; k++) {
        const operand *x = &a->operands[k], *y = &b->operands[k];
        if (x->written && memcmp(x->array.data, y->array.data,
                                 (size_t)x->n * levin_dtype_size(x->array.dtype)) != 0)
            fail_msg("%s on %s, (%lld, %lld) %s: %d threads change the bits of array %d", what,
                     levin__back_end_name(), (long long)a->rows, (long long)a->cols,
                     levin_dtype_name(a->dtype), levin_num_threads(), k);
    }
}

#endif
