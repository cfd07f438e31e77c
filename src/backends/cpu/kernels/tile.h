/* tile.h: the innermost loops of a product: a tile of TILE x COLS sums that stay in registers.
 *
 * A step is 32 bits of the inner dimension: one f32, two bf16 where the CPU multiplies pairs, or
 * two or four whole numbers of eight bits. b is a panel (k, COLS) in the order in which it is read;
 * it comes from the second cache, where it is asked for AHEAD steps early, since no CPU does that
 * by itself in time. Where the sums will be written is asked for as well, little by little
 * (bench/kernels/matmul.c). */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_TILE_H
#define LEVIN_BACKENDS_CPU_KERNELS_TILE_H

#include "backends/cpu/kernels/amx.h"
#include "backends/cpu/kernels/pack.h"

enum { LINE = 64, AHEAD = 16 }; // bytes of a line of cache, steps

/* Each kind of tile whose sums stay in vectors has a function, and so its registers, to itself. */
#define APART __attribute__((noinline)) static

INLINE void expect_panel(const float *b)
{
    for (int at = 0; at < COLS; at += LINE / 4)
        __builtin_prefetch(b + AHEAD * COLS + at);
}

/* Rows that will be written when a tile is done, of one or two arrays of like shape: width bytes
 * each, apart bytes apart. */
typedef struct {
    const char *c, *pre; // pre may be NULL
    int64_t rows, apart, width;
} awaited;

INLINE void expect_rows(const awaited *out, int64_t r, int64_t end)
{
    for (; r < end && r < out->rows; r++)
        for (int64_t at = r * out->apart; at < r * out->apart + out->width; at += LINE) {
            __builtin_prefetch(out->c + at, 1);
            if (out->pre)
                __builtin_prefetch(out->pre + at, 1);
        }
}

/* Rows that are asked for together, before a strip of steps. Twelve of two lines are more than a
 * core waits for at a time, and keep the loads of b waiting; six are not, and the strips' ends cost
 * a loop of short steps more than they give. */
enum { AT_ONCE = TILE > 6 ? 1 : TILE, STRIPS = TILE / AT_ONCE };

/* sums (TILE, COLS) = or += a (k, TILE) b (k, COLS). */
INLINE void tile_loop(float *sums, int64_t ld, const float *a, const float *b, int64_t k,
                      bool pairs, bool first, const awaited *out)
{
    enum { VECTORS = COLS / LANES };
    vf acc[TILE][VECTORS];
    for (int i = 0; i < TILE; i++)
        for (int v = 0; v < VECTORS; v++)
            acc[i][v] = vset(0.0f);
    int64_t strip = out->rows > AT_ONCE ? (k + STRIPS - 1) / STRIPS : k;
    int64_t r = 0;
    for (int64_t p = 0; p < k; r += AT_ONCE) {
        expect_rows(out, r, r + AT_ONCE);
        for (int64_t end = p + strip < k ? p + strip : k; p < end; p++, b += COLS, a += TILE) {
            vf right[VECTORS];
            for (int v = 0; v < VECTORS; v++)
                right[v] = vload(b + v * LANES);
            expect_panel(b);
            for (int i = 0; i < TILE; i++) {
                vf x = pairs ? vset_bits(a + i) : vset(a[i]);
                for (int v = 0; v < VECTORS; v++)
                    acc[i][v] =
                        pairs ? vdot_pairs(acc[i][v], x, right[v]) : acc[i][v] + x * right[v];
            }
        }
    }
    expect_rows(out, r, out->rows); // where there are few steps
    for (int i = 0; i < TILE; i++)
        for (int v = 0; v < VECTORS; v++) {
            float *to = sums + i * ld + v * LANES;
            vstore(to, first ? acc[i][v] : vload(to) + acc[i][v]);
        }
}

APART void tile_of_floats(float *sums, int64_t ld, const float *a, const float *b, int64_t k,
                          bool first, const awaited *out)
{
    tile_loop(sums, ld, a, b, k, false, first, out);
}

APART void tile_of_pairs(float *sums, int64_t ld, const float *a, const float *b, int64_t k,
                         bool first, const awaited *out)
{
    tile_loop(sums, ld, a, b, k, true, first, out);
}

/* One step of a row of a tile of bytes. Sums take twelve of AVX2's sixteen registers: gcc, left
 * alone, reads the rows of a ahead, which puts sums into memory and halves the speed. */
INLINE void add_bytes(vf *low, vf *high, const float *a, vf right, vf next)
{
#if defined __AVX2__ && !defined __AVX512F__
    vf x, terms, first = *low, second = *high;
    __asm__("vpbroadcastd %4, %2\n\t"
            "vpmaddwd %5, %2, %3\n\t"
            "vpaddd %3, %0, %0\n\t"
            "vpmaddwd %6, %2, %2\n\t"
            "vpaddd %2, %1, %1"
            : "+x"(first), "+x"(second), "=&x"(x), "=&x"(terms)
            : "m"(*a), "x"(right), "x"(next));
    *low = first;
    *high = second;
#else
    vf x = vset_bits(a);
    *low = vdot_bytes(*low, x, right);
    *high = vdot_bytes(*high, x, next);
#endif
}

#if TILE_ROWS == 12
#    define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#else
#    define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5)
#endif

/* The same tile, of bytes, its rows of a row apart. Each sum has a name: gcc keeps an array of them
 * in memory here. The rows of c are asked for all at once: their steps are a quarter as many, and
 * strips of them are no quicker. */
APART void tile_of_bytes(float *sums, int64_t ld, const float *a, int64_t row, const float *b,
                         int64_t k, bool first, const awaited *out)
{
#define BEGIN(i)                                                                                   \
    vf low##i = first ? vset(0.0f) : vload(sums + i * ld);                                         \
    vf high##i = first ? vset(0.0f) : vload(sums + i * ld + LANES);
#define ADD(i) add_bytes(&low##i, &high##i, a + i * row, right, next);
#define END(i)                                                                                     \
    vstore(sums + i * ld, low##i);                                                                 \
    vstore(sums + i * ld + LANES, high##i);
    expect_rows(out, 0, out->rows);
    EACH_ROW(BEGIN)
    for (int64_t p = 0; p < k; p++, b += COLS, a++) {
        vf right = vload(b), next = vload(b + LANES);
        expect_panel(b);
        EACH_ROW(ADD)
    }
    EACH_ROW(END)
#undef BEGIN
#undef ADD
#undef END
}

#if HAS_TILES
/* The tile of AMX: four registers of sums (AMX_ROWS, COLS). Rows of a are row apart, and AMX_STEPS
 * steps, which are taken at a time, next. */
INLINE void tile_of_registers(float *sums, int64_t ld, const float *a, int64_t row, int64_t next,
                              const float *b, int64_t k, bool bytes, bool first, const awaited *out)
{
    size_t width = (size_t)ld * sizeof *sums, apart = (size_t)row * sizeof *a;
    size_t panel = COLS * sizeof *b;
    int64_t below = AMX_STEPS * ld;
    if (first) {
        amx_zero(0);
        amx_zero(1);
        amx_zero(2);
        amx_zero(3);
    } else {
        amx_load(0, sums, width);
        amx_load(1, sums + AMX_STEPS, width);
        amx_load(2, sums + below, width);
        amx_load(3, sums + below + AMX_STEPS, width);
    }
    for (int64_t p = 0, r = 0; p < k; p += AMX_STEPS, a += next, b += AMX_STEPS * COLS) {
        // as many rows of all as these are steps of all
        for (; r * k < out->rows * (p + AMX_STEPS); r++)
            expect_rows(out, r, r + 1);
        for (int64_t s = 0; s < AMX_STEPS * COLS; s += LINE / 4) // the steps of b that come next
            __builtin_prefetch(b + AMX_STEPS * COLS + s);
        amx_load(4, a, apart);
        amx_load(5, a + AMX_STEPS * row, apart);
        amx_load(6, b, panel);
        amx_load(7, b + AMX_STEPS, panel);
        if (bytes) {
            amx_bytes(0, 4, 6);
            amx_bytes(1, 4, 7);
            amx_bytes(2, 5, 6);
            amx_bytes(3, 5, 7);
        } else {
            amx_pairs(0, 4, 6);
            amx_pairs(1, 4, 7);
            amx_pairs(2, 5, 6);
            amx_pairs(3, 5, 7);
        }
    }
    amx_store(0, sums, width);
    amx_store(1, sums + AMX_STEPS, width);
    amx_store(2, sums + below, width);
    amx_store(3, sums + below + AMX_STEPS, width);
}
#endif

#endif
