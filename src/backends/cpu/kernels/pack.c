/* pack.c: operands as f32, whatever they are stored as. */
#include "backends/cpu/kernels/pack.h"

INLINE quad load4(levin_array a, int64_t i)
{
    if (a.dtype == LEVIN_F32)
        return *(const quad_any *)((const float *)a.data + i);
    typedef uint16_t h4 __attribute__((vector_size(8)));
    typedef uint32_t u4 __attribute__((vector_size(16)));
    h4 h;
    memcpy(&h, (const uint16_t *)a.data + i, sizeof h);
    return (quad)(__builtin_convertvector(h, u4) << 16);
}

INLINE float load1(levin_array a, int64_t i)
{
    return a.dtype == LEVIN_F32 ? ((const float *)a.data)[i]
                                : levin__bf16_to_f32(((const uint16_t *)a.data)[i]);
}

/* b is stored (N, K): its rows become the panel's columns. */
static void pack_transposed(float *to, const levin_matmul_args *m, int64_t column, int64_t columns)
{
    int64_t k = m->k, whole = k & ~(int64_t)3;
    for (int64_t c = 0; c < COLS; c += 4) {
        for (int64_t p = 0; p < k; p++) {
            if (c + 4 <= columns && p < whole) {
                int64_t at = (column + c) * k + p;
                put_transposed(to + p * COLS + c, load4(m->b, at), load4(m->b, at + k),
                               load4(m->b, at + 2 * k), load4(m->b, at + 3 * k));
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
