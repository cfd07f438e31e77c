/* attention.h: one sequence and head of packed attention in f32 scratch, shared by the way there
 * and the way back. Lengths are rounded up to whole vectors inside the scratch alone. A head_part
 * goes by value: what lies in memory is read again after each store of a vector. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_ATTENTION_H
#define LEVIN_BACKENDS_CPU_KERNELS_ATTENTION_H

#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/pack.h"
#include "backends/cpu/kernels/philox.h"

enum { ROWS = 6, WIDE = LANES == 16 ? 4 : 2 }; // of sums that stay in registers: rows, vectors
enum { QUERIES = 8 * ROWS };                   // rows of scores held at once

typedef struct {
    const levin_attention_args *a;
    int64_t first, length, head; // tokens first to first + length
    int64_t heads, head_size;
    int64_t length_up, size_up; // length and head_size in whole vectors
    float scale;                // 1 / sqrt(head_size)
} head_part;

INLINE head_part part_of(const levin_attention_args *a, int64_t b, int64_t head)
{
    int64_t first = a->cu_seqlens[b];
    int64_t length = a->cu_seqlens[b + 1] - first;
    return (head_part){ .a = a,
                        .first = first,
                        .length = length,
                        .head = head,
                        .heads = a->heads,
                        .head_size = a->head_size,
                        .length_up = (length + LANES - 1) / LANES * LANES,
                        .size_up = (a->head_size + LANES - 1) / LANES * LANES,
                        .scale = 1.0f / __builtin_sqrtf((float)a->head_size) };
}

/* Heads of one sequence that a task takes one after the other. While it computes a row of one, it
 * asks for that row of the next: a head's rows lie far apart, which no CPU foresees. Where there
 * are few sequences it counts for more that no thread waits for another's four. */
enum { GROUP = 4, FEW = 4 };

INLINE int64_t group_of(const levin_attention_args *a) { return a->batch < FEW ? 1 : GROUP; }
INLINE int64_t groups_of(const levin_attention_args *a)
{
    return (a->heads + group_of(a) - 1) / group_of(a);
}

INLINE void each_head(const levin_attention_args *a, int64_t task, void (*run)(head_part p))
{
    int64_t b = task / groups_of(a), head = task % groups_of(a) * group_of(a);
    for (int64_t end = head + group_of(a); head < end && head < a->heads; head++) {
        head_part p = part_of(a, b, head);
        if (p.length)
            run(p);
    }
}

/* Asks for a head's part of a row that begins at column, to be read or, with write, to be written.
 * The two calls differ by a constant: Clang takes nothing else there, not even inlined. */
INLINE void expect_part(head_part p, levin_array x, int64_t row, int64_t stride, int64_t column,
                        int64_t head, const int write)
{
    int64_t size = x.dtype == LEVIN_F32 ? 4 : 2, d = p.head_size;
    const char *at = (const char *)x.data + ((p.first + row) * stride + column + head * d) * size;
    for (int64_t byte = 0; byte < d * size; byte += 64)
        if (write)
            __builtin_prefetch(at + byte, 1, 2);
        else
            __builtin_prefetch(at + byte, 0, 2);
}

/* The head that the task will take after this one, or -1. */
INLINE int64_t next_head(head_part p)
{
    int64_t next = p.head + 1;
    return next % group_of(p.a) == 0 || next == p.heads ? -1 : next;
}

/* Four rows at a time are read before any is written: a store whose address is a load's but for
 * whole pages keeps it waiting. */
INLINE void copy_rows(float *to, levin_array from, int64_t at, int64_t stride, int64_t d, int64_t n)
{
    for (int64_t i = 0; i < n; i += 4, at += 4 * stride, to += 4 * d)
        for (int64_t c = 0; c < d; c += LANES) {
            vf row[4];
            for (int64_t q = 0; q < 4 && i + q < n; q++)
                row[q] = vget(from, at + q * stride + c, LANES);
            for (int64_t q = 0; q < 4 && i + q < n; q++)
                vstore(to + q * d + c, row[q]);
        }
}

/* Rows [from, from + n) of one head's d columns: to (n, size_up), zeros beyond d. stride is the
 * array's row, column where the head begins. */
INLINE void load_rows(float *to, head_part p, levin_array x, int64_t stride, int64_t column,
                      int64_t from, int64_t n)
{
    int64_t d = p.head_size;
    if (d == p.size_up) {
        int64_t at = (p.first + from) * stride + column;
        if (x.dtype == LEVIN_F32)
            copy_rows(to, (levin_array){ x.data, LEVIN_F32 }, at, stride, d, n);
        else
            copy_rows(to, (levin_array){ x.data, LEVIN_BF16 }, at, stride, d, n);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t at = (p.first + from + i) * stride + column;
        for (int64_t c = 0; c < p.size_up; c += LANES)
            vstore(to + i * p.size_up + c, c < d ? vget(x, at + c, vlanes(c, d)) : vset(0.0f));
    }
}

/* The same transposed: to (d, length_up), zeros beyond the last token. rows (length, size_up). */
INLINE void transpose_rows(float *to, head_part p, const float *rows)
{
    int64_t d = p.head_size, up = p.length_up, du = p.size_up, j = 0;
    for (; j + 4 <= p.length; j += 4)
        for (int64_t c = 0; c < du; c += 4) {
            const float *r = rows + j * du + c;
            if (c + 4 <= d)
                put_transposed(to + c * up + j, up, *(const quad_any *)r,
                               *(const quad_any *)(r + du), *(const quad_any *)(r + 2 * du),
                               *(const quad_any *)(r + 3 * du));
            for (int64_t i = 0; c + 4 > d && i < 4 * (d - c); i++)
                to[(c + i / 4) * up + j + i % 4] = r[i % 4 * du + i / 4];
        }
    for (; j < up; j++)
        for (int64_t c = 0; c < d; c++)
            to[c * up + j] = j < p.length ? rows[j * du + c] : 0;
}

/* c (ROWS, vectors) (+)= a b for ROWS rows of a, which begin at r; steps of a are step apart. */
INLINE void product_block(float *c, int64_t ldc, const float *const *r, int64_t step,
                          const float *b, int64_t ldb, int vectors, int64_t k, bool add)
{
    vf sum[ROWS][WIDE];
    for (int q = 0; q < ROWS; q++)
        for (int v = 0; v < vectors; v++)
            sum[q][v] = vset(0.0f);
    for (int64_t s = 0; s < k; s++) {
        vf right[WIDE];
        for (int v = 0; v < vectors; v++)
            right[v] = vload(b + s * ldb + v * LANES);
        for (int q = 0; q < ROWS; q++) {
            vf x = vset(r[q][s * step]);
            for (int v = 0; v < vectors; v++)
                sum[q][v] += x * right[v];
        }
    }
    for (int q = 0; q < ROWS; q++)
        for (int v = 0; v < vectors; v++) {
            float *to = c + q * ldc + v * LANES;
            vstore(to, add ? vload(to) + sum[q][v] : sum[q][v]);
        }
}

/* Rows of scratch for n: small_product writes whole blocks of them. */
INLINE int64_t rows_up(int64_t n) { return (n + ROWS - 1) / ROWS * ROWS; }

/* c (m, n) (+)= a (m, k) b (k, n), n in whole vectors; element (i, s) of a lies at i * row + s *
 * step. What c's last rows_up(m) - m rows hold is of no use. */
static inline void small_product(float *c, int64_t ldc, const float *a, int64_t row, int64_t step,
                                 const float *b, int64_t ldb, int64_t m, int64_t n, int64_t k,
                                 bool add)
{
    for (int64_t i = 0; i < m; i += ROWS) {
        int64_t rows = m - i < ROWS ? m - i : ROWS;
        const float *r[ROWS]; // rows that are not there are the first again
        for (int64_t q = 0; q < ROWS; q++)
            r[q] = a + (i + (q < rows ? q : 0)) * row;
        for (int64_t j = 0; j < n; j += WIDE * LANES) {
            float *to = c + i * ldc + j;
            switch ((n - j) / LANES) {
            case 1:
                product_block(to, ldc, r, step, b + j, ldb, 1, k, add);
                break;
            case 2:
                product_block(to, ldc, r, step, b + j, ldb, 2, k, add);
                break;
            case 3:
                product_block(to, ldc, r, step, b + j, ldb, WIDE < 3 ? WIDE : 3, k, add);
                break;
            default:
                product_block(to, ldc, r, step, b + j, ldb, WIDE, k, add);
            }
        }
    }
}

/* What the probabilities of queries [from, from + n) are multiplied by, 0 or 1 / (1 - p), is a
 * matter of one bit each, drawn for all of them together, since a row alone seldom fills a vector
 * of blocks: to bits (n, blocks of a row, 8). */
INLINE int64_t blocks_of_row(head_part p) { return (p.length + 7) / 8; }

static inline void draw_bits(uint16_t *bits, head_part p, int64_t from, int64_t n)
{
    int64_t of_row = blocks_of_row(p), total = n * of_row, row = 0, i = 0;
    for (int64_t first = 0; first < total; first += LANES, bits += BITS_AT_ONCE) {
        uint32_t low[LANES], high[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t element = (uint64_t)((p.first + from + row) * p.heads + p.head);
            uint64_t block = element * (65536 / 8) + (uint64_t)i;
            low[philox_lane(lane)] = (uint32_t)block;
            high[philox_lane(lane)] = (uint32_t)(block >> 32);
            row += i + 1 == of_row;
            i = i + 1 == of_row ? 0 : i + 1;
        }
        vu l, h;
        memcpy(&l, low, sizeof l);
        memcpy(&h, high, sizeof h);
        random_blocks(bits, p.a->key, l, h);
    }
}

/* Room for draw_bits, which writes whole vectors, and for reading past a row's last block. */
INLINE size_t bits_bytes(head_part p)
{
    return (size_t)(QUERIES * blocks_of_row(p) * 8 + 2 * BITS_AT_ONCE) * sizeof(uint16_t);
}

#endif
