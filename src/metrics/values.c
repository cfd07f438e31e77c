/* values.c: see values.h. Pearson in two passes, as scipy: deviations from the mean, each list
 * scaled to length one, then their product. */
#include "metrics/values.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

double levin__mean_squared_error(const double *x, const double *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sum / (double)n; // n is not 0: metrics.c answers for nothing
}

static double mean(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* Looked for by comparing: a rounded mean leaves a constant list with a tiny deviation. */
static bool is_constant(const double *x, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (x[i] < x[0] || x[i] > x[0])
            return false;
    return true;
}

static double length_of_deviations(const double *x, double center, int64_t n)
{
    double largest = 0, sum = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i] - center));
    for (int64_t i = 0; i < n; i++) // scaled, so that no square overflows
        sum += (x[i] - center) / largest * ((x[i] - center) / largest);
    return largest * sqrt(sum);
}

double levin__pearson(const double *x, const double *y, int64_t n)
{
    if (n < 2 || is_constant(x, n) || is_constant(y, n))
        return (double)NAN;
    double x_mean = mean(x, n), y_mean = mean(y, n), r = 0;
    double x_length = length_of_deviations(x, x_mean, n);
    double y_length = length_of_deviations(y, y_mean, n);
    for (int64_t i = 0; i < n; i++)
        r += (x[i] - x_mean) / x_length * ((y[i] - y_mean) / y_length);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static int compare_at(const void *a, const void *b, void *values)
{
    const double *x = values, u = x[*(const int64_t *)a], v = x[*(const int64_t *)b];
    return (u > v) - (u < v);
}

static void rank(const double *x, int64_t n, int64_t *order, double *ranks)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, (size_t)n, sizeof *order, compare_at, (void *)(uintptr_t)x);
    for (int64_t i = 0; i < n;) {
        int64_t end = i + 1; // of the run of equal values, which share a rank
        while (end < n && x[order[end]] <= x[order[i]])
            end++;
        double shared = 0.5 * (double)(i + 1 + end);
        for (; i < end; i++)
            ranks[order[i]] = shared;
    }
}

static bool any_nan(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return true;
    return false;
}

double levin__spearman(const double *x, const double *y, int64_t n)
{
    if (n < 2 || any_nan(x, n) || any_nan(y, n))
        return (double)NAN; // a NaN has no rank
    double *ranks = levin__alloc(2 * (size_t)n * sizeof *ranks);
    int64_t *order = ranks ? levin__alloc((size_t)n * sizeof *order) : NULL;
    double r = (double)NAN;
    if (order) {
        rank(x, n, order, ranks);
        rank(y, n, order, ranks + n);
        r = levin__pearson(ranks, ranks + n, n);
    }
    levin__free(ranks);
    levin__free(order);
    return r;
}
