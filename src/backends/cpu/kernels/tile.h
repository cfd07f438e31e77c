/* tile.h: the innermost loops of a product: a tile of TILE x COLS sums that stay in registers.
 *
 * b is a panel of steps (pack.h) in the order in which they are read; it comes from the second
 * cache, where it is asked for AHEAD steps early, since no CPU does that by itself in time. Where
 * the sums will be written is asked for as well, little by little (bench/kernels/matmul.c). */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_TILE_H
#define LEVIN_BACKENDS_CPU_KERNELS_TILE_H

#include "backends/cpu/kernels/amx.h"
#include "backends/cpu/kernels/pack.h"

enum { LINE = 64, AHEAD = 16 }; // bytes of a line of cache, steps

/* Each kind of tile whose sums stay in vectors has a function, and so its registers, to itself. */
#define APART __attribute__((noinline)) static

INLINE void expect_panel(const float *b, int64_t width)
{
    for (int64_t at = 0; at < width; at += LINE / 4)
        __builtin_prefetch(b + AHEAD * width + at);
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

enum { VECTORS = COLS / LANES };

/* A step of b. */
INLINE void load_step(vf right[VECTORS], const float *b, step_type type)
{
    if (type == STEP_HALF) {
        for (int v = 0; v < VECTORS / 2; v++) {
            right[v] = vlower(vload(b + v * LANES));
            right[VECTORS / 2 + v] = vupper(vload(b + v * LANES));
        }
        return;
    }
    for (int v = 0; v < VECTORS; v++)
        right[v] = vload(b + v * LANES);
}

/* The work of a tile: sums (TILE, COLS), ld apart, = (first) or += a b over k steps. */
typedef struct {
    float *sums;
    int64_t ld;
    const float *a, *b;
    int64_t row; // from a row of a to the next, where it is no panel (k, TILE)
    int64_t k;
    bool first;
    awaited out;
} tile_work;

/* A panel of a is full but for the last, of which only the thirds that hold rows are computed. */
enum { THIRD = TILE / 3 };

/* The first rows of the tile; the sums of others are left as they are. */
INLINE void tile_loop(const tile_work *t, int rows, step_type type)
{
    const float *a = t->a, *b = t->b;
    int64_t width = width_of(type), k = t->k;
    vf acc[TILE][VECTORS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++)
            acc[i][v] = vset(0.0f);
    int64_t strip = t->out.rows > AT_ONCE ? (k + STRIPS - 1) / STRIPS : k;
    int64_t r = 0;
    for (int64_t p = 0; p < k; r += AT_ONCE) {
        expect_rows(&t->out, r, r + AT_ONCE);
        for (int64_t end = p + strip < k ? p + strip : k; p < end; p++, b += width, a += TILE) {
            vf right[VECTORS];
            load_step(right, b, type);
            expect_panel(b, width);
            for (int i = 0; i < rows; i++) {
                vf x = type == STEP_PAIR ? vset_bits(a + i) : vset(a[i]);
                for (int v = 0; v < VECTORS; v++)
                    acc[i][v] = type == STEP_PAIR ? vdot_pairs(acc[i][v], x, right[v])
                                                  : acc[i][v] + x * right[v];
            }
        }
    }
    expect_rows(&t->out, r, t->out.rows); // where there are few steps
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++) {
            float *to = t->sums + i * t->ld + v * LANES;
            vstore(to, t->first ? acc[i][v] : vload(to) + acc[i][v]);
        }
}

#define TILE_OF(name, rows, type)                                                                  \
    APART void name(const tile_work *t) { tile_loop(t, rows, type); }
TILE_OF(third_of_floats, THIRD, STEP_FLOAT)
TILE_OF(two_thirds_of_floats, 2 * THIRD, STEP_FLOAT)
TILE_OF(tile_of_floats, TILE, STEP_FLOAT)
TILE_OF(third_of_halves, THIRD, STEP_HALF)
TILE_OF(two_thirds_of_halves, 2 * THIRD, STEP_HALF)
TILE_OF(tile_of_halves, TILE, STEP_HALF)
TILE_OF(third_of_pairs, THIRD, STEP_PAIR)
TILE_OF(two_thirds_of_pairs, 2 * THIRD, STEP_PAIR)
TILE_OF(tile_of_pairs, TILE, STEP_PAIR)
#undef TILE_OF

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

#define ROWS_2(X)  X(0) X(1)
#define ROWS_4(X)  ROWS_2(X) X(2) X(3)
#define ROWS_6(X)  ROWS_4(X) X(4) X(5)
#define ROWS_8(X)  ROWS_6(X) X(6) X(7)
#define ROWS_12(X) ROWS_8(X) X(8) X(9) X(10) X(11)

/* The same tile, of bytes. Each sum has a name: gcc keeps an array of them in memory here. The rows
 * of c are asked for all at once: their steps are a quarter as many, and strips of them are no
 * quicker. */
#define BEGIN(i)                                                                                   \
    vf low##i = t->first ? vset(0.0f) : vload(sums + i * ld);                                      \
    vf high##i = t->first ? vset(0.0f) : vload(sums + i * ld + LANES);
#define ADD(i) add_bytes(&low##i, &high##i, a + i * row, right, next);
#define END(i)                                                                                     \
    vstore(sums + i * ld, low##i);                                                                 \
    vstore(sums + i * ld + LANES, high##i);
#define TILE_OF_BYTES(name, EACH_ROW)                                                              \
    APART void name(const tile_work *t)                                                            \
    {                                                                                              \
        float *sums = t->sums;                                                                     \
        const float *a = t->a, *b = t->b;                                                          \
        int64_t ld = t->ld, row = t->row, k = t->k;                                                \
        expect_rows(&t->out, 0, t->out.rows);                                                      \
        EACH_ROW(BEGIN)                                                                            \
        for (int64_t p = 0; p < k; p++, b += COLS, a++) {                                          \
            vf right = vload(b), next = vload(b + LANES);                                          \
            expect_panel(b, COLS);                                                                 \
            EACH_ROW(ADD)                                                                          \
        }                                                                                          \
        EACH_ROW(END)                                                                              \
    }
#if TILE_ROWS == 12
TILE_OF_BYTES(third_of_bytes, ROWS_4)
TILE_OF_BYTES(two_thirds_of_bytes, ROWS_8)
TILE_OF_BYTES(tile_of_bytes, ROWS_12)
#else
TILE_OF_BYTES(third_of_bytes, ROWS_2)
TILE_OF_BYTES(two_thirds_of_bytes, ROWS_4)
TILE_OF_BYTES(tile_of_bytes, ROWS_6)
#endif
#undef TILE_OF_BYTES
#undef BEGIN
#undef ADD
#undef END

/* The tile of a type whose first rows are wanted. */
INLINE void run_thirds(const tile_work *t, step_type type, int64_t rows)
{
    static void (*const tiles[][3])(const tile_work *) = {
        [STEP_FLOAT] = { third_of_floats, two_thirds_of_floats, tile_of_floats },
        [STEP_HALF] = { third_of_halves, two_thirds_of_halves, tile_of_halves },
        [STEP_PAIR] = { third_of_pairs, two_thirds_of_pairs, tile_of_pairs },
        [STEP_BYTES] = { third_of_bytes, two_thirds_of_bytes, tile_of_bytes },
    };
    tiles[type][(rows - 1) / THIRD](t);
}

#if HAS_TILES
/* The tile of AMX: four registers of sums (AMX_ROWS, COLS). AMX_STEPS steps are taken at a time,
 * and next is where those of a lie that follow. */
INLINE void tile_of_registers(const tile_work *t, int64_t next, bool bytes)
{
    float *sums = t->sums;
    const float *a = t->a, *b = t->b;
    int64_t ld = t->ld, row = t->row, k = t->k;
    size_t width = (size_t)ld * sizeof *sums, apart = (size_t)row * sizeof *a;
    size_t panel = COLS * sizeof *b;
    int64_t below = AMX_STEPS * ld;
    if (t->first) {
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
        for (; r * k < t->out.rows * (p + AMX_STEPS); r++)
            expect_rows(&t->out, r, r + 1);
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
