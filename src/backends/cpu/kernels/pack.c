/* pack.c: operands as f32, whatever they are stored as. */
#include "backends/cpu/kernels/pack.h"

typedef float v4 __attribute__((vector_size(16)));
typedef float v4_any __attribute__((vector_size(16), aligned(4), may_alias));

INLINE v4 load4(levin_array a, int64_t i)
{
    if (a.dtype == LEVIN_F32)
        return *(const v4_any *)((const float *)a.data + i);
    typedef uint16_t h4 __attribute__((vector_size(8)));
    typedef uint32_t u4 __attribute__((vector_size(16)));
    h4 h;
    memcpy(&h, (const uint16_t *)a.data + i, sizeof h);
    return (v4)(__builtin_convertvector(h, u4) << 16);
}

INLINE float load1(levin_array a, int64_t i)
{
    return a.dtype == LEVIN_F32 ? ((const float *)a.data)[i]
                                : levin__bf16_to_f32(((const uint16_t *)a.data)[i]);
}

/* Four rows of b, four steps of k: to[step][row]. */
INLINE void transpose4(float *to, levin_array b, int64_t at, int64_t ld)
{
    v4 r0 = load4(b, at), r1 = load4(b, at + ld), r2 = load4(b, at + 2 * ld);
    v4 r3 = load4(b, at + 3 * ld);
    v4 a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5),
       c = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    v4 d = __builtin_shufflevector(r2, r3, 0, 4, 1, 5),
       e = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    *(v4_any *)(to) = __builtin_shufflevector(a, d, 0, 1, 4, 5);
    *(v4_any *)(to + COLS) = __builtin_shufflevector(a, d, 2, 3, 6, 7);
    *(v4_any *)(to + 2 * COLS) = __builtin_shufflevector(c, e, 0, 1, 4, 5);
    *(v4_any *)(to + 3 * COLS) = __builtin_shufflevector(c, e, 2, 3, 6, 7);
}

/* b is stored (N, K): its rows become the panel's columns. */
static void pack_transposed(float *to, const levin_matmul_args *m, int64_t column, int64_t columns)
{
    int64_t k = m->k, whole = k & ~(int64_t)3;
    for (int64_t c = 0; c < COLS; c += 4) {
        for (int64_t p = 0; p < k; p++) {
            if (c + 4 <= columns && p < whole) {
                transpose4(to + p * COLS + c, m->b, (column + c) * k + p, k);
                p += 3;
                continue;
            }
            for (int64_t i = c; i < c + 4; i++)
                to[p * COLS + i] = i < columns ? load1(m->b, (column + i) * k + p) : 0;
        }
    }
}

void pack_right(float *to, const levin_matmul_args *m, int64_t column)
{
    int64_t columns = m->n - column < COLS ? m->n - column : COLS;
    if (m->trans_b) {
        pack_transposed(to, m, column, columns);
        return;
    }
    for (int64_t p = 0; p < m->k; p++) {
        for (int64_t c = 0; c < COLS; c += LANES) {
            int lanes = c < columns ? vlanes(c, columns) : 0;
            vf x = lanes ? vget(m->b, p * m->n + column + c, lanes) : vset(0.0f);
            vstore(to + p * COLS + c, x);
        }
    }
}

void pack_left(float *to, const levin_matmul_args *m, int64_t first, int64_t rows, int64_t p,
               int64_t k)
{
    for (int64_t i = 0; i < rows; i += TILE) {
        int64_t n = rows - i < TILE ? rows - i : TILE;
        for (int64_t s = 0; s < k; s++) {
            int64_t at = (p + s) * m->m + first + i;
            float *panel = to + i * k + s * TILE;
            for (int64_t c = 0; c < TILE; c++)
                panel[c] = c < n ? load1(m->a, at + c) : 0;
        }
    }
}

void copy_left(float *to, const levin_matmul_args *m, int64_t first, int64_t rows, int64_t p,
               int64_t k)
{
    int64_t padded = (rows + TILE - 1) / TILE * TILE;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t s = 0; s < k; s += LANES) {
            int lanes = vlanes(s, k);
            vstore_n(to + i * k + s, vget(m->a, (first + i) * m->k + p + s, lanes), lanes);
        }
    }
    memset(to + rows * k, 0, (size_t)((padded - rows) * k) * sizeof *to);
}
