/* pack_pairs.c: operands as pairs of bf16, for CPUs that multiply those. A pair lies in memory as
 * its two members follow each other along the inner dimension, the first one lower. */
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"

enum {
    EDGE = 4,   // rows and steps of a block that is transposed in registers
    STRIP = 16, // steps at once, so that a panel's lines are filled while they are in cache
};

/* Members 2s and 2s + 1 of a row of k. */
INLINE uint32_t pair_of(const uint16_t *row, int64_t s, int64_t k)
{
    uint32_t second = 2 * s + 1 < k ? row[2 * s + 1] : 0;
    return row[2 * s] | second << 16;
}

INLINE void put_pair(float *to, uint32_t pair) { memcpy(to, &pair, sizeof pair); }

INLINE quad load_pairs(const uint16_t *row) { return *(const quad_any *)row; }

/* b is stored (N, K): its rows become the panel's columns. */
void pack_right_pairs(float *to, const levin_matmul_args *m, int64_t column)
{
    int64_t columns = m->n - column < COLS ? m->n - column : COLS;
    int64_t k = m->k, steps = (k + 1) / 2, whole = k / (2 * EDGE) * EDGE;
    const uint16_t *b = (const uint16_t *)m->b.data + column * k;
    for (int64_t first = 0; first < steps; first += STRIP) {
        int64_t end = first + STRIP < steps ? first + STRIP : steps;
        for (int64_t c = 0; c < COLS; c += EDGE) {
            int64_t s = first;
            for (; c + EDGE <= columns && s < end && s < whole; s += EDGE) {
                const uint16_t *at = b + c * k + 2 * s;
                put_transposed(to + s * COLS + c, COLS, load_pairs(at), load_pairs(at + k),
                               load_pairs(at + 2 * k), load_pairs(at + 3 * k));
            }
            for (; s < end; s++)
                for (int64_t i = c; i < c + EDGE; i++)
                    put_pair(to + s * COLS + i, i < columns ? pair_of(b + i * k, s, k) : 0);
        }
    }
}

/* The pairs of n members of two rows that follow each other along the inner dimension. */
INLINE void zip(float *to, const uint16_t *first, const uint16_t *second, int n)
{
    vh low = { 0 }, high = { 0 };
    memcpy(&low, first, (size_t)n * sizeof *first);
    if (second)
        memcpy(&high, second, (size_t)n * sizeof *second);
    vf pairs = (vf)(vwiden(low) | vwiden(high) << 16);
    memcpy(to, &pairs, (size_t)n * sizeof *to);
}

/* The same of up to most; the usual number is a constant to the compiler. */
INLINE void zip_some(float *to, const uint16_t *first, const uint16_t *second, int64_t n, int most)
{
    if (n == most) {
        zip(to, first, second, most);
        return;
    }
    zip(to, first, second, (int)n);
    memset(to + n, 0, (size_t)(most - n) * sizeof *to);
}

/* n numbers as bf16. */
static void round_row(uint16_t *to, levin_array x, int64_t at, int64_t n)
{
    levin_array halves = { to, LEVIN_BF16 };
    for (int64_t i = 0; i < n; i += LANES)
        vput(halves, i, vget(x, at + i, vlanes(i, n)), vlanes(i, n));
}

void pack_rounded_pairs(float *to, const levin_matmul_args *m, int64_t column)
{
    int64_t columns = m->n - column < COLS ? m->n - column : COLS;
    levin_scope *scope = levin_scope_begin();
    uint16_t *halves = levin__scope_alloc((size_t)(columns * m->k) * sizeof *halves);
    levin_matmul_args part = *m;
    part.n = columns;
    part.b = (levin_array){ halves, LEVIN_BF16 };
    if (halves) {
        round_row(halves, m->b, column * m->k, columns * m->k);
        pack_right_pairs(to, &part, 0);
    }
    levin_scope_end(scope);
}

/* Columns [at, at + n) of a step: to the TILE members of a panel's step. */
INLINE void zip_tile(float *to, const uint16_t *at, const uint16_t *next, int64_t n)
{
    for (int c = 0; c < TILE; c += LANES) {
        int most = TILE - c < LANES ? TILE - c : LANES;
        int64_t some = n < c ? 0 : n - c;
        zip_some(to + c, at + c, next ? next + c : NULL, some < most ? some : most, most);
    }
}

/* a is stored (K, M): a step is two rows, of which each panel gets TILE pairs. */
static void pack_columns(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                         int64_t p, int64_t k)
{
    for (int64_t s = 0; s < k; s++) {
        int64_t row = 2 * (p + s);
        const uint16_t *at = (const uint16_t *)m->a.data + row * m->m + first;
        for (int64_t i = 0; i < rows; i += TILE)
            zip_tile(to + i * k + s * TILE, at + i, row + 1 < m->k ? at + i + m->m : NULL,
                     rows - i);
    }
}

/* a is stored (M, K), its pairs as they are wanted: moved like the floats of pack_left. */
static void pack_panel_rows(float *to, const levin_matmul_args *m, int64_t first, int64_t rows,
                            int64_t p, int64_t k)
{
    int64_t whole = m->k / 2 - p < k ? m->k / 2 - p : k;
    for (int64_t i = 0; i < rows; i += TILE, to += TILE * k) {
        const uint16_t *a = (const uint16_t *)m->a.data + (first + i) * m->k;
        int64_t n = rows - i < TILE ? rows - i : TILE, s = 0;
        for (; n == TILE && s + EDGE <= whole; s += EDGE)
            for (int64_t r = 0; r < TILE; r += EDGE) {
                int64_t row = r < TILE - EDGE ? r : TILE - EDGE;
                const uint16_t *at = a + row * m->k + 2 * (p + s);
                put_transposed(to + s * TILE + row, TILE, load_pairs(at), load_pairs(at + m->k),
                               load_pairs(at + 2 * m->k), load_pairs(at + 3 * m->k));
            }
        for (; s < k; s++)
            for (int64_t r = 0; r < TILE; r++)
                put_pair(to + s * TILE + r, r < n ? pair_of(a + r * m->k, p + s, m->k) : 0);
    }
}

#if HAS_TILES
/* Row i of a stored (M, K), AMX_STEPS steps from s on. */
static void put_amx_row(float *to, const levin_matmul_args *m, int64_t i, int64_t s)
{
    const uint16_t *row = (const uint16_t *)m->a.data + i * m->k;
    if (2 * (s + AMX_STEPS) <= m->k) {
        memcpy(to, row + 2 * s, AMX_STEPS * sizeof *to);
        return;
    }
    for (int64_t q = 0; q < AMX_STEPS; q++)
        put_pair(to + q, 2 * (s + q) < m->k ? pair_of(row, s + q, m->k) : 0);
}

/* Rows [i, i + n) of a stored (K, M), n at most AMX_STEPS, the same steps: to (AMX_STEPS rows,
 * AMX_STEPS). */
static void put_amx_columns(float *to, const levin_matmul_args *m, int64_t i, int64_t n, int64_t s)
{
    float steps[AMX_STEPS][AMX_STEPS] = { { 0 } };
    for (int64_t q = 0; q < AMX_STEPS && 2 * (s + q) < m->k; q++) {
        const uint16_t *at = (const uint16_t *)m->a.data + 2 * (s + q) * m->m + i;
        const uint16_t *next = 2 * (s + q) + 1 < m->k ? at + m->m : NULL;
        for (int64_t c = 0; c < n; c += LANES)
            zip_some(&steps[q][c], at + c, next ? next + c : NULL, vlanes(c, n), LANES);
    }
    for (int64_t q = 0; q < AMX_STEPS; q += EDGE)
        for (int64_t c = 0; c < AMX_STEPS; c += EDGE)
            put_transposed(to + c * AMX_STEPS + q, AMX_STEPS, *(quad_any *)&steps[q][c],
                           *(quad_any *)&steps[q + 1][c], *(quad_any *)&steps[q + 2][c],
                           *(quad_any *)&steps[q + 3][c]);
}

/* AMX_STEPS rows, n of which are there, and as many steps. */
static void put_amx_block(float *to, const levin_matmul_args *m, int64_t i, int64_t n, int64_t s)
{
    if (m->trans_a && n > 0) {
        put_amx_columns(to, m, i, n, s);
        return;
    }
    for (int64_t r = 0; r < n; r++)
        put_amx_row(to + r * AMX_STEPS, m, i + r, s);
    int64_t zeros = n < 0 ? AMX_STEPS : AMX_STEPS - n;
    memset(to + (AMX_STEPS - zeros) * AMX_STEPS, 0, (size_t)(zeros * AMX_STEPS) * sizeof *to);
}

/* All panels side by side, so that a row of a stored (K, M) is read while its page is at hand. */
static void pack_amx(float *to, const levin_matmul_args *m, int64_t first, int64_t rows, int64_t p,
                     int64_t k)
{
    for (int64_t s = 0; s < k; s += AMX_STEPS)
        for (int64_t i = 0; i < rows; i += AMX_ROWS)
            for (int64_t half = 0; half < AMX_ROWS; half += AMX_STEPS) {
                int64_t left = rows - i - half, n = left < AMX_STEPS ? left : AMX_STEPS;
                put_amx_block(to + i * k + s * AMX_ROWS + half * AMX_STEPS, m, first + i + half, n,
                              p + s);
            }
}
#endif

void pack_left_pairs(float *to, const levin_matmul_args *m, int64_t first, int64_t rows, int64_t p,
                     int64_t k)
{
#if HAS_TILES
    pack_amx(to, m, first, rows, p, k);
    return;
#endif
    (m->trans_a ? pack_columns : pack_panel_rows)(to, m, first, rows, p, k);
}
