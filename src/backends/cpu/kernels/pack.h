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

/* Four numbers of 32 bits, whatever these mean. */
typedef float quad __attribute__((vector_size(16)));
typedef float quad_any __attribute__((vector_size(16), aligned(2), may_alias));

/* Four rows of four steps each: to[step][row] of a panel. */
INLINE void put_transposed(float *to, quad r0, quad r1, quad r2, quad r3)
{
    quad a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
    quad b = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    quad c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
    quad d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    *(quad_any *)(to) = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    *(quad_any *)(to + COLS) = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    *(quad_any *)(to + 2 * COLS) = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    *(quad_any *)(to + 3 * COLS) = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#define pack_right       KERNEL(pack_right)
#define pack_right_pairs KERNEL(pack_right_pairs)
#define pack_left        KERNEL(pack_left)
#define pack_left_pairs  KERNEL(pack_left_pairs)
#define copy_left        KERNEL(copy_left)
#define copy_left_pairs  KERNEL(copy_left_pairs)

#endif
