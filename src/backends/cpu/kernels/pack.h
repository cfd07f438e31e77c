/* pack.h: operands of a product in the order in which its tiles read them. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_PACK_H
#define LEVIN_BACKENDS_CPU_KERNELS_PACK_H

#include "backends/cpu/kernels/vec.h"

/* The tile of sums held in registers: TILE rows of COLS columns. 12 of 16 registers, or 24 of 32.
 */
#if defined __AVX512F__
#    define TILE_ROWS 12
#else
#    define TILE_ROWS 6
#endif
enum { TILE = TILE_ROWS, COLS = HAS_TILES ? 32 : 2 * LANES };
/* With AMX a tile of pairs or of bytes is AMX_ROWS x COLS, and takes AMX_STEPS steps at a time. */
enum { AMX_ROWS = 32, AMX_STEPS = 16 };

/* What a step of the inner dimension holds of each row of a and column of b: an f32; an f32 of a
 * and a bf16 of b; two bf16, where the CPU has products of these; two or four bytes. */
typedef enum step_type { STEP_FLOAT, STEP_HALF, STEP_PAIR, STEP_BYTES } step_type;

INLINE step_type step_of(const levin_matmul_args *m)
{
    if (m->bytes)
        return STEP_BYTES;
    if (m->a.dtype != LEVIN_BF16)
        return STEP_FLOAT;
    if (HAS_PAIRS)
        return STEP_PAIR;
    /* What is kept comes from memory, where its size counts for more than two instructions. */
    return m->packed ? STEP_HALF : STEP_FLOAT;
}

/* Whether b is rounded to bf16 while it is packed. */
INLINE bool rounds_right(const levin_matmul_args *m)
{
    return m->a.dtype == LEVIN_BF16 && m->b.dtype == LEVIN_F32 && !m->bytes;
}

INLINE bool by_tiles(step_type type) { return HAS_TILES && type != STEP_FLOAT; }

/* What a step takes of a panel of b, as many floats. Of halves the first of two lies in the lower
 * half of a float, that of the column COLS / 2 further on above it. */
INLINE int64_t width_of(step_type type) { return type == STEP_HALF ? COLS / 2 : COLS; }

/* Rows of a tile. */
INLINE int64_t height_of(step_type type) { return by_tiles(type) ? AMX_ROWS : TILE; }

/* Steps that the inner dimension fills, and steps that are packed: those behind are zeros. */
INLINE int64_t filled_steps_of(const levin_matmul_args *m)
{
    static const int members_of[] = {
        [STEP_FLOAT] = 1, [STEP_HALF] = 1, [STEP_PAIR] = 2, [STEP_BYTES] = BYTES_OF_STEP
    };
    int members = members_of[step_of(m)];
    return (m->k + members - 1) / members;
}
INLINE int64_t steps_of(const levin_matmul_args *m)
{
    int64_t filled = filled_steps_of(m);
    return by_tiles(step_of(m)) ? (filled + AMX_STEPS - 1) / AMX_STEPS * AMX_STEPS : filled;
}

INLINE bool can_multiply(const levin_matmul_args *m)
{
    if (m->gelu_b && (m->trans_b || m->bytes || rounds_right(m)))
        return false;
    return is_float(m->a) && is_float(m->b) && (!m->bytes || (m->trans_b && !m->trans_a));
}

/* b in panels, for all its columns: bytes of that, and writing it. */
size_t KERNEL(packed_bytes)(const levin_matmul_args *m);
void KERNEL(pack_panels)(void *to, const levin_matmul_args *m);

/* Rounded to bytes: a (M rounded up to whole tiles, steps) with the scales and zeros of its rows,
 * and, behind the panels of b, the scales and the sums of its columns. */
typedef struct {
    const float *steps, *scales;
    const int32_t *zeros;
} bytes_left;
typedef struct {
    const float *scales;
    const int32_t *sums;
} bytes_scales;
/** In the current scope; false without memory. */
bool KERNEL(round_left)(bytes_left *to, const levin_matmul_args *m, int64_t steps);
bytes_scales KERNEL(scales_of_panels)(const void *packed, const levin_matmul_args *m);
/** Columns [column, column + COLS) of b; packed is the whole of it. */
void KERNEL(pack_right_bytes)(void *packed, const levin_matmul_args *m, int64_t column);

/* Operands are those of a product, m; a step is one number of a row, or in the functions named
 * after pairs two bf16, the second of which is zero if m->k is odd and ends before it. */

/** Columns [column, column + COLS) of a b stored (N, K), all steps: to (steps, COLS) floats or
 * halves, zeros past the last column. */
void KERNEL(pack_right)(float *to, const levin_matmul_args *m, int64_t column);
void KERNEL(pack_right_pairs)(float *to, const levin_matmul_args *m, int64_t column);
/** The same columns of a b of f32, rounded. */
void KERNEL(pack_rounded_pairs)(float *to, const levin_matmul_args *m, int64_t column);
/** Rows [first, first + rows) of a b stored (K, N), SIDE_BY_SIDE columns from column on, or all
 * that remain: to packed, which is the whole of it, as floats, halves or pairs; of pairs first is
 * even, and rows, unless they are the last. */
void KERNEL(pack_right_rows)(float *packed, const levin_matmul_args *m, int64_t first, int64_t rows,
                             int64_t column);
enum { SIDE_BY_SIDE = 8 * COLS }; // a few lines of each row
/** Rows [first, first + rows) of a, steps [p, p + k): to panels of TILE rows, (k, TILE) each, zeros
 * past the last row. */
void KERNEL(pack_left)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                       int64_t p, int64_t k);
/** The same where a step is a pair; for AMX to panels of AMX_ROWS rows, (k / AMX_STEPS, AMX_ROWS,
 * AMX_STEPS) each. */
void KERNEL(pack_left_pairs)(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                             int64_t p, int64_t k);

/** The sums of rows [first, first + rows) of a over k steps, just packed at from by pack_left or
 * pack_left_pairs, to m->row_sums; add: to what stands there. */
void KERNEL(sum_left)(const levin_matmul_args *m, const float *from, int64_t first, int64_t rows,
                      int64_t k, bool add);

/* Asks for n numbers that will be read before long: rows far apart are no CPU's guess. They may lie
 * behind the last. */
enum { SOON = 8 }; // rows that are asked for early
INLINE void expect(levin_array a, int64_t at, int64_t n)
{
    int64_t size = a.dtype == LEVIN_F32 ? 4 : 2;
    for (int64_t byte = at * size; byte < (at + n) * size; byte += 64)
        __builtin_prefetch((const char *)((uintptr_t)a.data + (uintptr_t)byte));
}

/* Four numbers of 32 bits, whatever these mean. */
typedef float quad __attribute__((vector_size(16)));
typedef float quad_any __attribute__((vector_size(16), aligned(2), may_alias));

/* Four rows of four steps each: to[step][row] of a panel of width rows. */
INLINE void put_transposed(float *to, int64_t width, quad r0, quad r1, quad r2, quad r3)
{
    quad a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
    quad b = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    quad c = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
    quad d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    *(quad_any *)(to) = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    *(quad_any *)(to + width) = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    *(quad_any *)(to + 2 * width) = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    *(quad_any *)(to + 3 * width) = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#define pack_right         KERNEL(pack_right)
#define pack_right_pairs   KERNEL(pack_right_pairs)
#define pack_left          KERNEL(pack_left)
#define pack_left_pairs    KERNEL(pack_left_pairs)
#define sum_left           KERNEL(sum_left)
#define pack_rounded_pairs KERNEL(pack_rounded_pairs)
#define pack_right_rows    KERNEL(pack_right_rows)
#define pack_right_bytes   KERNEL(pack_right_bytes)
#define packed_bytes       KERNEL(packed_bytes)
#define pack_panels        KERNEL(pack_panels)
#define round_left         KERNEL(round_left)
#define scales_of_panels   KERNEL(scales_of_panels)

#endif
