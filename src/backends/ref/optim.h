/* optim.h: ref's kernels for optimizers: the definition of right, in double. */
#ifndef LEVIN_BACKENDS_REF_OPTIM_H
#define LEVIN_BACKENDS_REF_OPTIM_H

#include <levin/sys/kernels.h>

bool levin__ref_sum_squares(double *sum, const float *x, int64_t n, levin_live live);
bool levin__ref_clamp(float *x, double low, double high, int64_t n);
bool levin__ref_adam(const levin_adam_args *a);
bool levin__ref_sgd(const levin_sgd_args *a);

#endif
