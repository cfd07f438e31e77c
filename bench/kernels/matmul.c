/* matmul.c: the notebook of the product of f32: what was tried, each version checked against plain
 * loops and timed in turn with the others, so that the order holds on a machine whose speed
 * changes.
 *
 *     cc -O3 -march=native -std=gnu11 bench/kernels/matmul.c -lm -o matmul && taskset -c 1 ./matmul
 *     ./matmul --check                    only whether they are right
 *     ./matmul 1276 1152 384              c (M, N) = a (M, K) wT, w (N, K)
 *
 * One thread, b packed beforehand. Versions differ in the shape of the tile of sums in registers,
 * in how a is read, and in what is asked for early. Findings: README.md. */
#define _POSIX_C_SOURCE 200809L // clock_gettime
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined __AVX512F__
enum { LANES = 16 };
#elif defined __AVX2__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float vf __attribute__((vector_size(LANES * 4)));
typedef float vf_any __attribute__((vector_size(LANES * 4), aligned(4)));
#define INLINE static inline __attribute__((always_inline))

enum { MOST_ROWS = 14, MOST_VECTORS = 4, BLOCK = 96, REPEATS = 15, LINE = 16 };

typedef enum { NEVER, AT_FIRST, BY_ROWS } asking; // all before a tile begins, or one by one

typedef struct {
    int rows, vectors; // of the tile
    bool in_place;     // a is read where it lies; else packed in panels, as here by its block
    int ahead;         // steps that b is asked for early; 0: never
    asking c;          // for the lines that a tile will be written to
} version;

INLINE void expect_row(const float *c, int64_t columns)
{
    for (int at = 0; at < columns; at += LINE)
        __builtin_prefetch(c + at, 1);
}

/* sums (rows, vectors) = a b over k steps. Element (i, s) of a lies at i * row + s * step. */
INLINE void tile(float *c, int64_t ldc, const float *a, int64_t row, int64_t step, const float *b,
                 int64_t k, version v)
{
    vf sums[MOST_ROWS][MOST_VECTORS];
    int64_t columns = v.vectors * LANES, strip = v.c == BY_ROWS ? (k + v.rows - 1) / v.rows : k;
    for (int i = 0; v.c == AT_FIRST && i < v.rows; i++)
        expect_row(c + i * ldc, columns);
    for (int i = 0; i < v.rows; i++)
        for (int j = 0; j < v.vectors; j++)
            sums[i][j] = (vf){ 0 };
    for (int64_t p = 0, r = 0; p < k; r++) {
        if (v.c == BY_ROWS)
            expect_row(c + r * ldc, columns);
        for (int64_t end = p + strip < k ? p + strip : k; p < end; p++, b += columns, a += step) {
            vf right[MOST_VECTORS];
            for (int j = 0; j < v.vectors; j++)
                right[j] = *(const vf_any *)(b + j * LANES);
            for (int at = 0; v.ahead && at < columns; at += LINE)
                __builtin_prefetch(b + v.ahead * columns + at);
            for (int i = 0; i < v.rows; i++)
                for (int j = 0; j < v.vectors; j++)
                    sums[i][j] += (a[i * row] - (vf){ 0 }) * right[j];
        }
    }
    for (int i = 0; i < v.rows; i++)
        for (int j = 0; j < v.vectors; j++)
            *(vf_any *)(c + i * ldc + j * LANES) = sums[i][j];
}

/* The versions, each a function of its own so that its numbers are constants. */
#define VERSIONS(V)                                                                                \
    V(1, 12, 2, true, 0, NEVER)                                                                    \
    V(2, 12, 2, false, 0, NEVER)                                                                   \
    V(3, 12, 2, true, 8, NEVER)                                                                    \
    V(4, 12, 2, true, 16, AT_FIRST)                                                                \
    V(5, 12, 2, false, 16, AT_FIRST)                                                               \
    V(6, 12, 2, false, 16, BY_ROWS)                                                                \
    V(7, 6, 4, true, 8, AT_FIRST)                                                                  \
    V(8, 8, 3, true, 8, AT_FIRST)                                                                  \
    V(9, 14, 2, true, 8, AT_FIRST)                                                                 \
    V(10, 6, 2, true, 16, AT_FIRST)                                                                \
    V(11, 6, 2, false, 16, AT_FIRST)                                                               \
    V(12, 6, 2, false, 16, BY_ROWS)

#define DEFINE(n, rows, vectors, in_place, ahead, c)                                               \
    static const version version_##n = { rows, vectors, in_place, ahead, c };                      \
    __attribute__((noinline)) static void tile_##n(float *c, int64_t ldc, const float *a,          \
                                                   int64_t row, const float *b, int64_t k)         \
    {                                                                                              \
        if (in_place)                                                                              \
            tile(c, ldc, a, row, 1, b, k, version_##n);                                            \
        else                                                                                       \
            tile(c, ldc, a, 1, rows, b, k, version_##n);                                           \
    }
VERSIONS(DEFINE)

typedef void tile_function(float *c, int64_t ldc, const float *a, int64_t row, const float *b,
                           int64_t k);
static const struct {
    const version *v;
    tile_function *run;
} versions[] = {
#define ENTRY(n, ...) { &version_##n, tile_##n },
    VERSIONS(ENTRY)
};
enum { COUNT = sizeof versions / sizeof *versions };

typedef struct {
    int64_t m, n, k;
    float *a, *w, *c, *packed, *room; // packed: w in panels of a version's columns
} problem;

static void pack_right(problem *p, int columns)
{
    float *to = p->packed;
    for (int64_t j = 0; j < p->n; j += columns)
        for (int64_t s = 0; s < p->k; s++)
            for (int64_t i = j; i < j + columns; i++)
                *to++ = i < p->n ? p->w[i * p->k + s] : 0;
}

static void pack_left(float *to, const problem *p, int64_t first, int64_t rows, int tile_rows)
{
    for (int64_t i = first; i < first + rows; i += tile_rows)
        for (int64_t s = 0; s < p->k; s++)
            for (int64_t r = i; r < i + tile_rows; r++)
                *to++ = p->a[r * p->k + s];
}

/* Whole tiles of rows and columns alone: edges are no part of the question. Returns them. */
static double multiply(problem *p, int at)
{
    const version *v = versions[at].v;
    int64_t columns = v->vectors * LANES, block = BLOCK / v->rows * v->rows;
    int64_t m = p->m / v->rows * v->rows, n = p->n / columns * columns;
    for (int64_t first = 0; first < m; first += block) {
        int64_t rows = m - first < block ? m - first : block;
        if (!v->in_place)
            pack_left(p->room, p, first, rows, v->rows);
        for (int64_t j = 0; j < n; j += columns)
            for (int64_t i = 0; i < rows; i += v->rows)
                versions[at].run(p->c + (first + i) * p->n + j, p->n,
                                 v->in_place ? p->a + (first + i) * p->k : p->room + i * p->k, p->k,
                                 p->packed + j * p->k, p->k);
    }
    return 2.0 * (double)m * (double)n * (double)p->k;
}

static bool is_right(problem *p, int at)
{
    const version *v = versions[at].v;
    int64_t columns = v->vectors * LANES;
    multiply(p, at);
    for (int64_t i = 0; i < p->m / v->rows * v->rows; i += 7)
        for (int64_t j = 0; j < p->n / columns * columns; j += 5) {
            double sum = 0;
            for (int64_t s = 0; s < p->k; s++)
                sum += (double)p->a[i * p->k + s] * (double)p->w[j * p->k + s];
            if (!(fabs(sum - (double)p->c[i * p->n + j]) <= 5e-6 * sqrt((double)p->k)))
                return false;
        }
    return true;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *numbers(int64_t n)
{
    float *x = aligned_alloc(64, ((size_t)n * sizeof *x + 63) / 64 * 64);
    for (int64_t i = 0; x && i < n; i++)
        x[i] = (float)((i * 2654435761u >> 8) % 1000) / 1000 - 0.5f;
    return x;
}

static void print_rates(const double best[COUNT], const double work[COUNT])
{
    for (int at = 0; at < COUNT; at++) {
        const version *v = versions[at].v;
        printf("%2d  %2d x %d, a %s, b %2d ahead%-12s %6.1f GFLOP/s\n", at + 1, v->rows,
               v->vectors * LANES, v->in_place ? "in place " : "in panels", v->ahead,
               (const char *[]){ "", ", c at first", ", c by rows" }[v->c],
               work[at] / best[at] / 1e9);
    }
}

int main(int argc, char **argv)
{
    bool check_only = argc > 1 && strcmp(argv[1], "--check") == 0;
    problem p = { .m = check_only ? 97 : 1276, .n = check_only ? 130 : 1152, .k = 384 };
    if (argc == 4) {
        p.m = strtoll(argv[1], NULL, 10);
        p.n = strtoll(argv[2], NULL, 10);
        p.k = strtoll(argv[3], NULL, 10);
    }
    p.a = numbers(p.m * p.k);
    p.w = numbers(p.n * p.k);
    p.c = numbers(p.m * p.n);
    p.packed = numbers((p.n + MOST_VECTORS * LANES) * p.k);
    p.room = numbers(BLOCK * p.k);
    if (!p.a || !p.w || !p.c || !p.packed || !p.room)
        return fprintf(stderr, "matmul: out of memory\n"), 1;
    double best[COUNT], work[COUNT];
    for (int at = 0; at < COUNT; at++) {
        best[at] = 1e9;
        pack_right(&p, versions[at].v->vectors * LANES);
        if (!is_right(&p, at))
            return fprintf(stderr, "matmul: version %d is wrong\n", at + 1), 1;
    }
    for (int repeat = 0; !check_only && repeat < REPEATS; repeat++)
        for (int at = 0; at < COUNT; at++) {
            pack_right(&p, versions[at].v->vectors * LANES);
            double began = seconds();
            work[at] = multiply(&p, at);
            double took = seconds() - began;
            best[at] = took < best[at] ? took : best[at];
        }
    if (!check_only)
        print_rates(best, work);
    free(p.a);
    free(p.w);
    free(p.c);
    free(p.packed);
    free(p.room);
    return 0;
}
