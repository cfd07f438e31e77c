/* pack.h: operands of a product as f32 in the order in which its tiles read them. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_PACK_H
#define LEVIN_BACKENDS_CPU_KERNELS_PACK_H

#include "backends/cpu/kernels/vec.h"

/* The tile of sums held in registers: TILE rows of COLS columns. 12 of 16 registers, or 24 of 32.
 */
#if defined __AVX512F__
enum { TILE = 12, COLS = 2 * LANES };
#else
enum { TILE = 6, COLS = 2 * LANES };
#endif

/** Columns [column, column + COLS) of b, all k: to (k, COLS), zeros past the last column. */
void KERNEL(pack_right)(float *to, const levin_matmul_args *m, int64_t column);
/** Rows [first, first + rows) of a transposed a (stored (K, ld)), steps [p, p + k): to panels of
 * TILE rows, (k, TILE) each, zeros past the last row. */
void KERNEL(pack_left)(float *to, levin_array a, int64_t first, int64_t rows, int64_t p, int64_t k,
                       int64_t ld);
/** The same rows of an a stored (M, ld): to (rows rounded up to TILE, k), zeros past the last row.
 */
void KERNEL(copy_left)(float *to, levin_array a, int64_t first, int64_t rows, int64_t p, int64_t k,
                       int64_t ld);

#define pack_right KERNEL(pack_right)
#define pack_left  KERNEL(pack_left)
#define copy_left  KERNEL(copy_left)

#endif
