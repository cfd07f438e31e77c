/* pack.c: operands as f32, whatever they are stored as, or b as halves. */
#include "backends/cpu/kernels/pack.h"

enum {
    STRIP = 16, // steps at once, so that a panel's lines are filled while they are in cache
};

INLINE quad load4(levin_array a, int64_t i)
{
    if (a.dtype == LEVIN_F32)
        return *(const quad_any *)((const float *)a.data + i);
    __m128i halves = _mm_loadl_epi64((const __m128i *)((const uint16_t *)a.data + i));
    return (quad)_mm_unpacklo_epi16(_mm_setzero_si128(), halves); // each the upper half of a float
}

/* f32 in the precision of bf16, which is what a product of bf16 takes of an f32 b. */
INLINE quad round4(quad x, bool rounds)
{
    typedef uint32_t u4 __attribute__((vector_size(16)));
    u4 bits = (u4)x, rounded = bits + 0x7fffu + ((bits >> 16) & 1u), quiet = bits | 0x400000u;
    u4 nan = (u4)(x != x);
    return rounds ? (quad)(((rounded & ~nan) | (quiet & nan)) & 0xffff0000u) : x;
}
INLINE float round1(float x, bool rounds)
{
    return rounds ? levin__bf16_to_f32(levin__f32_to_bf16(x)) : x;
}

INLINE float load1(levin_array a, int64_t i)
{
    return a.dtype == LEVIN_F32 ? ((const float *)a.data)[i]
                                : levin__bf16_to_f32(((const uint16_t *)a.data)[i]);
}

/* b is stored (N, K): its rows become the panel's columns. This is columns [c, c + 4) of one strip.
 */
INLINE void transpose_strip(float *to, const levin_matmul_args *m, int64_t at, int64_t steps,
                            bool rounds)
{
    int64_t k = m->k, p = 0;
    for (; p + 4 <= steps; p += 4, at += 4)
        put_transposed(to + p * COLS, COLS, round4(load4(m->b, at), rounds),
                       round4(load4(m->b, at + k), rounds), round4(load4(m->b, at + 2 * k), rounds),
                       round4(load4(m->b, at + 3 * k), rounds));
    for (; p < steps; p++, at++)
        for (int64_t i = 0; i < 4; i++)
            to[p * COLS + i] = round1(load1(m->b, at + i * k), rounds);
}

/* Steps [p, p + steps) of a panel, as floats. */
INLINE void fill_strip(float *strip, const levin_matmul_args *m, int64_t column, int64_t p,
                       int64_t steps, bool rounds)
{
    int64_t columns = m->n - column < COLS ? m->n - column : COLS, k = m->k;
    for (int64_t c = 0; c + 4 <= columns; c += 4)
        transpose_strip(strip + c, m, (column + c) * k + p, steps, rounds);
    for (int64_t s = 0; s < steps; s++)
        for (int64_t c = columns & ~(int64_t)3; c < COLS; c++)
            strip[s * COLS + c] =
                c < columns ? round1(load1(m->b, (column + c) * k + p + s), rounds) : 0;
}

/* Floats whose lower halves are zero, to halves. */
INLINE void join_halves(float *to, const float *strip, int64_t steps)
{
    for (int64_t s = 0; s < steps; s++, strip += COLS)
        for (int64_t v = 0; v < COLS / 2; v += LANES, to += LANES) {
            vu lower = (vu)vload(strip + v), upper = (vu)vload(strip + COLS / 2 + v);
            vstore(to, (vf)(lower >> 16 | upper));
        }
}

void pack_right(float *to, const levin_matmul_args *m, int64_t column)
{
    bool halves = step_of(m) == STEP_HALF, rounds = rounds_right(m);
    float room[STRIP * COLS];
    for (int64_t p = 0; p < m->k; p += STRIP) {
        int64_t steps = m->k - p < STRIP ? m->k - p : STRIP;
        fill_strip(halves ? room : to + p * COLS, m, column, p, steps, rounds);
        if (halves)
            join_halves(to + p * (COLS / 2), room, steps);
    }
}

/* Columns [at, at + n) of one step: to the TILE members of a panel's step. */
INLINE void put_step(float *to, levin_array a, int64_t at, int64_t n)
{
    if (n >= TILE) {
        for (int64_t c = 0; c + 4 <= TILE; c += 4)
            *(quad_any *)(to + c) = load4(a, at + c);
        for (int64_t c = TILE & ~3; c < TILE; c++)
            to[c] = load1(a, at + c);
        return;
    }
    for (int64_t c = 0; c < TILE; c++)
        to[c] = c < n ? load1(a, at + c) : 0;
}

/* a is stored (K, M): a step is a row, of which each panel gets TILE members. */
INLINE void pack_columns(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                         int64_t p, int64_t k)
{
    for (int64_t s = 0; s < k; s++) {
        expect(m->a, (p + s + SOON) * m->m + first, rows);
        for (int64_t i = 0; i < rows; i += TILE)
            put_step(to + i * k + s * TILE, m->a, (p + s) * m->m + first + i, rows - i);
    }
}

/* a is stored (M, K): four rows of four steps at a time. Where TILE is not a multiple of four the
 * last rows overlap those before. */
INLINE void pack_by_fours(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                          int64_t p, int64_t k)
{
    for (int64_t i = 0; i < rows; i += TILE, to += TILE * k) {
        int64_t at = (first + i) * m->k + p, n = rows - i < TILE ? rows - i : TILE, s = 0;
        for (; n == TILE && s + 4 <= k; s += 4)
            for (int64_t r = 0; r < TILE; r += 4) {
                int64_t row = r < TILE - 4 ? r : TILE - 4, from = at + row * m->k + s;
                put_transposed(to + s * TILE + row, TILE, load4(m->a, from),
                               load4(m->a, from + m->k), load4(m->a, from + 2 * m->k),
                               load4(m->a, from + 3 * m->k));
            }
        for (; s < k; s++)
            for (int64_t r = 0; r < TILE; r++)
                to[s * TILE + r] = r < n ? load1(m->a, at + r * m->k + s) : 0;
    }
}

INLINE void pack_either(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                        int64_t p, int64_t k)
{
    if (m->trans_a)
        pack_columns(to, m, first, rows, p, k);
    else
        pack_by_fours(to, m, first, rows, p, k);
}

void pack_left(float *to, const levin_matmul_args *m, int64_t first, int64_t rows, int64_t p,
               int64_t k)
{
    levin_matmul_args args = *m; // what others may see is read again after each store of a vector
    if (m->a.dtype == LEVIN_F32) {
        args.a.dtype = LEVIN_F32; // a constant to the compiler
        pack_either(to, &args, first, rows, p, k);
    } else {
        args.a.dtype = LEVIN_BF16;
        pack_either(to, &args, first, rows, p, k);
    }
}
