/* norm.h: the end of a product that a norm follows: its rows are normalised while they are in
 * cache. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_NORM_H
#define LEVIN_BACKENDS_CPU_KERNELS_NORM_H

#include "backends/cpu/kernels/vec.h"

INLINE bool can_norm(const levin_residual_norm_args *a)
{
    return is_float(a->y) && is_float(a->z) && is_float(a->residual);
}

/** residual_norm of rows [first, end). */
void KERNEL(residual_norm_part)(const levin_residual_norm_args *a, int64_t first, int64_t end);

#define residual_norm_part KERNEL(residual_norm_part)

#endif
