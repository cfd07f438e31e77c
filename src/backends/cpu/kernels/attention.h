/* attention.h: one sequence and head of packed attention in f32 scratch, shared by the way there
 * and the way back. Lengths are rounded up to whole vectors inside the scratch alone. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_ATTENTION_H
#define LEVIN_BACKENDS_CPU_KERNELS_ATTENTION_H

#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/philox.h"

enum { QUERIES = 32 }; // rows of scores held at once

typedef struct {
    const levin_attention_args *a;
    int64_t first, length, head; // tokens first to first + length
    int64_t length_up, size_up;  // length and head_size in whole vectors
    float scale;                 // 1 / sqrt(head_size)
} head_part;

INLINE head_part part_of(const levin_attention_args *a, int64_t task)
{
    int64_t b = task / a->heads, first = a->cu_seqlens[b];
    int64_t length = a->cu_seqlens[b + 1] - first;
    return (head_part){ .a = a,
                        .first = first,
                        .length = length,
                        .head = task % a->heads,
                        .length_up = (length + LANES - 1) / LANES * LANES,
                        .size_up = (a->head_size + LANES - 1) / LANES * LANES,
                        .scale = 1.0f / __builtin_sqrtf((float)a->head_size) };
}

/* Rows [from, from + n) of one head's d columns: to (n, size_up), zeros beyond d. stride is the
 * array's row, column where the head begins. */
INLINE void load_rows(float *to, const head_part *p, levin_array x, int64_t stride, int64_t column,
                      int64_t from, int64_t n)
{
    int64_t d = p->a->head_size;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = (p->first + from + i) * stride + column;
        for (int64_t c = 0; c < p->size_up; c += LANES)
            vstore(to + i * p->size_up + c, c < d ? vget(x, at + c, vlanes(c, d)) : vset(0.0f));
    }
}

/* The same transposed: to (d, length_up), zeros beyond the last token. rows (length, size_up). */
INLINE void transpose_rows(float *to, const head_part *p, const float *rows)
{
    for (int64_t c = 0; c < p->a->head_size; c++) {
        float *line = to + c * p->length_up;
        for (int64_t j = 0; j < p->length_up; j++)
            line[j] = j < p->length ? rows[j * p->size_up + c] : 0;
    }
}

/* c (m, n) (+)= a (m, k) b (k, n), n in whole vectors; element (i, s) of a lies at i * row + s *
 * step. */
INLINE void small_product(float *c, int64_t ldc, const float *a, int64_t row, int64_t step,
                          const float *b, int64_t ldb, int64_t m, int64_t n, int64_t k, bool add)
{
    for (int64_t i = 0; i < m; i += 4) {
        int64_t rows = m - i < 4 ? m - i : 4;
        const float *r[4];
        for (int64_t q = 0; q < 4; q++)
            r[q] = a + (i + (q < rows ? q : 0)) * row;
        for (int64_t j = 0; j < n; j += 2 * LANES) {
            bool two = j + LANES < n;
            vf sum[4][2];
            for (int q = 0; q < 4; q++) {
                sum[q][0] = add && q < rows ? vload(c + (i + q) * ldc + j) : vset(0.0f);
                sum[q][1] =
                    add && two && q < rows ? vload(c + (i + q) * ldc + j + LANES) : vset(0.0f);
            }
            for (int64_t s = 0; s < k; s++) {
                vf b0 = vload(b + s * ldb + j), b1 = two ? vload(b + s * ldb + j + LANES) : b0;
                for (int q = 0; q < 4; q++) {
                    vf x = vset(r[q][s * step]);
                    sum[q][0] += x * b0;
                    sum[q][1] += x * b1;
                }
            }
            for (int q = 0; q < rows; q++) {
                vstore(c + (i + q) * ldc + j, sum[q][0]);
                if (two)
                    vstore(c + (i + q) * ldc + j + LANES, sum[q][1]);
            }
        }
    }
}

/* What the probabilities of a query's row are multiplied by, 0 or 1 / (1 - p): to (length_up). */
INLINE void keep_row(float *to, const head_part *p, int64_t query)
{
    uint32_t threshold = levin__drop_threshold(p->a->p);
    float scale = levin__keep_scale(p->a->p);
    uint64_t block = (uint64_t)((p->first + query) * p->a->heads + p->head) * (65536 / 8);
    for (int64_t j = 0; j < p->length_up; j += BITS_AT_ONCE) {
        uint16_t bits[BITS_AT_ONCE];
        random_bits(bits, p->a->key, block + (uint64_t)j / 8);
        for (int64_t i = 0; i < BITS_AT_ONCE && j + i < p->length_up; i += LANES)
            vstore(to + j + i, vkeep(bits + i, threshold, scale));
    }
}

#endif
