/* pack.h: operands of a product in the order in which its tiles read them. */
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

/* Operands are those of a product, m; a step is 32 bits of a row: one f32, or in the functions
 * named after pairs two bf16, the second of which is zero if m->k is odd and ends before it. */

/** Columns [column, column + COLS) of b, all steps: to (steps, COLS), zeros past the last column.
 */
void KERNEL(pack_right)(float *to, const levin_matmul_args *m, int64_t column);
void KERNEL(pack_right_pairs)(float *to, const levin_matmul_args *m, int64_t column);
/** Rows [first, first + rows) of a transposed a (stored (K, M)), steps [p, p + k): to panels of
 * TILE rows, (k, TILE) each, zeros past the last row. */
void KERNEL(pack_left)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                       int64_t p, int64_t k);
void KERNEL(pack_left_pairs)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                             int64_t p, int64_t k);
/** The same rows of an a stored (M, K): to (rows rounded up to TILE, k), zeros past the last row.
 */
void KERNEL(copy_left)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                       int64_t p, int64_t k);
void KERNEL(copy_left_pairs)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                             int64_t p, int64_t k);

#define pack_right       KERNEL(pack_right)
#define pack_right_pairs KERNEL(pack_right_pairs)
#define pack_left        KERNEL(pack_left)
#define pack_left_pairs  KERNEL(pack_left_pairs)
#define copy_left        KERNEL(copy_left)
#define copy_left_pairs  KERNEL(copy_left_pairs)

#endif
