/* values.h: how well two lists of numbers go together. NaN where that is not defined, and where a
 * number is NaN. */
#ifndef LEVIN_METRICS_VALUES_H
#define LEVIN_METRICS_VALUES_H

#include <levin/base.h>

double levin__mean_squared_error(const double *x, const double *y, int64_t n);
/** Pearson's correlation; NaN for fewer than two pairs or if either list is constant. */
double levin__pearson(const double *x, const double *y, int64_t n);
/** The same of ranks; equal values share the mean of their ranks. */
double levin__spearman(const double *x, const double *y, int64_t n);

#endif
