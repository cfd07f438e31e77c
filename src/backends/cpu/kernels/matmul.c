/* matmul.c: c = a b in panels, after Goto and van de Geijn (2008).
 *
 * The inner dimension is walked in steps of 32 bits of a row: one f32, two bf16 where the CPU
 * multiplies pairs (elsewhere bf16 becomes f32 while packing), or two or four whole numbers of
 * eight bits. b is packed into panels of COLS columns, a step of a panel after the other, here or
 * once for many products (pack.c); a is read where it lies if it can be, and packed by blocks
 * otherwise. A tile of TILE x COLS sums stays in registers for SPAN steps. The inner
 * dimension is never split between threads and always walked upwards, so a sum has the same bits
 * however the work is shared. */
#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"
#include "base/threads.h"

enum {
    SPAN = 384,        // steps of a pass: a panel of b of that height stays in cache
    BLOCK = 8 * TILE,  // rows of a task's block of a
    CHUNK = 32 * COLS, // columns of a task, at most
    TASKS = 16,        // at least so many, if there are columns enough
};

/* A block of rows of a, ready for the tiles. */
typedef struct {
    const float *data;
    int64_t row; // distance of rows; 0 means packed in panels of TILE
} left;

/* One product, shared by its tasks. */
typedef struct product product;
struct product {
    const levin_matmul_args *m;
    const struct step_kind *kind;
    int64_t steps;       // of the inner dimension
    const float *panels; // b: (column panels, steps, COLS)
    bytes_left left;     // a, of bytes
    bytes_scales right;  // of b's columns
    int64_t row_blocks;  // tasks: row_blocks * column chunks
    int64_t chunk;       // columns of a task
};

/* What a step is, and what is done with steps of that kind. */
struct step_kind {
    left (*left_block)(const product *w, int64_t first, int64_t rows, int64_t p, int64_t k,
                       float *room);
    void (*run_tile)(float *sums, int64_t ld, left a, const float *b, int64_t k, bool first);
};

/* sums (TILE, COLS) = or += a (TILE, k) b (k, COLS). Row i of a begins at a + i * row, its steps
 * are step apart. */
INLINE void tile_loop(float *sums, int64_t ld, const float *a, int64_t row, int64_t step,
                      const float *b, int64_t k, bool pairs, bool first)
{
    enum { VECTORS = COLS / LANES };
    vf acc[TILE][VECTORS];
    for (int i = 0; i < TILE; i++)
        for (int v = 0; v < VECTORS; v++)
            acc[i][v] = first ? vset(0.0f) : vload(sums + i * ld + v * LANES);
    for (int64_t p = 0; p < k; p++, b += COLS, a += step) {
        vf right[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            right[v] = vload(b + v * LANES);
        for (int i = 0; i < TILE; i++) {
            vf x = pairs ? vset_bits(a + i * row) : vset(a[i * row]);
            for (int v = 0; v < VECTORS; v++)
                acc[i][v] = pairs ? vdot_pairs(acc[i][v], x, right[v]) : acc[i][v] + x * right[v];
        }
    }
    for (int i = 0; i < TILE; i++)
        for (int v = 0; v < VECTORS; v++)
            vstore(sums + i * ld + v * LANES, acc[i][v]);
}

__attribute__((noinline)) static void tile_rows(float *sums, int64_t ld, left a, const float *b,
                                                int64_t k, bool first)
{
    tile_loop(sums, ld, a.data, a.row, 1, b, k, false, first);
}

__attribute__((noinline)) static void tile_packed(float *sums, int64_t ld, left a, const float *b,
                                                  int64_t k, bool first)
{
    tile_loop(sums, ld, a.data, 1, TILE, b, k, false, first);
}

__attribute__((noinline)) static void tile_rows_of_pairs(float *sums, int64_t ld, left a,
                                                         const float *b, int64_t k, bool first)
{
    tile_loop(sums, ld, a.data, a.row, 1, b, k, true, first);
}

__attribute__((noinline)) static void tile_packed_pairs(float *sums, int64_t ld, left a,
                                                        const float *b, int64_t k, bool first)
{
    tile_loop(sums, ld, a.data, 1, TILE, b, k, true, first);
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

/* The same tile, of bytes. Each sum has a name: gcc keeps an array of them in memory here. */
__attribute__((noinline)) static void tile_of_bytes(float *sums, int64_t ld, left a, const float *b,
                                                    int64_t k, bool first)
{
    const float *at = a.data;
#define BEGIN(i)                                                                                   \
    vf low##i = first ? vset(0.0f) : vload(sums + i * ld);                                         \
    vf high##i = first ? vset(0.0f) : vload(sums + i * ld + LANES);
#define ADD(i) add_bytes(&low##i, &high##i, at + i * a.row, right, next);
#define END(i)                                                                                     \
    vstore(sums + i * ld, low##i);                                                                 \
    vstore(sums + i * ld + LANES, high##i);
    EACH_ROW(BEGIN)
    for (int64_t p = 0; p < k; p++, b += COLS, at++) {
        vf right = vload(b), next = vload(b + LANES);
        EACH_ROW(ADD)
    }
    EACH_ROW(END)
#undef BEGIN
#undef ADD
#undef END
}

/* Sums of bytes of row i, column j and following, as the numbers that they stand for. */
INLINE vf from_bytes(const product *w, int64_t i, int64_t j, vf sums)
{
    vi offset = (vi)vload((const float *)w->right.sums + j) * BYTE_OFFSET;
    vf whole = __builtin_convertvector((vi)sums - offset, vf);
    return whole * (vset(w->left.scales[i]) * vload(w->right.scales + j));
}

/* Takes n finished sums of row i from column j on to where they belong; whole: n is COLS. */
INLINE void finish_row(const product *w, int64_t i, int64_t j, const float *sums, int64_t n,
                       bool whole)
{
    const levin_matmul_args *m = w->m;
    int64_t at = i * m->n + j;
    for (int64_t c = 0; c < (whole ? COLS : n); c += LANES) {
        int lanes = whole ? LANES : vlanes(c, n);
        vf s = vload_n(sums + c, lanes);
        if (m->bytes)
            s = from_bytes(w, i, j + c, s);
        if (m->bias.data)
            s += vget(m->bias, j + c, lanes);
        if (m->pre.data)
            vput(m->pre, at + c, s, lanes);
        if (m->pre.data || m->gelu)
            s = vgelu(s);
        vput_add(m->c, at + c, s, lanes, m->add);
    }
}

/* Rows [first, first + rows) and steps [p, p + k) of a; room is for BLOCK rows of SPAN steps. */
static left left_block(const product *w, int64_t first, int64_t rows, int64_t p, int64_t k,
                       float *room)
{
    const levin_matmul_args *m = w->m;
    if (m->trans_a) {
        pack_left(room, m, first, rows, p, k);
        return (left){ room, 0 };
    }
    if (m->a.dtype == LEVIN_F32 && rows % TILE == 0)
        return (left){ (const float *)m->a.data + first * m->k + p, m->k };
    copy_left(room, m, first, rows, p, k);
    return (left){ room, k };
}

static void run_tile(float *sums, int64_t ld, left a, const float *b, int64_t k, bool first)
{
    (a.row ? tile_rows : tile_packed)(sums, ld, a, b, k, first);
}

static left left_block_of_pairs(const product *w, int64_t first, int64_t rows, int64_t p, int64_t k,
                                float *room)
{
    const levin_matmul_args *m = w->m;
    if (m->trans_a) {
        pack_left_pairs(room, m, first, rows, p, k);
        return (left){ room, 0 };
    }
    if (m->k % 2 == 0 && rows % TILE == 0)
        return (left){ (const float *)m->a.data + first * w->steps + p, w->steps };
    copy_left_pairs(room, m, first, rows, p, k);
    return (left){ room, k };
}

static void run_tile_of_pairs(float *sums, int64_t ld, left a, const float *b, int64_t k,
                              bool first)
{
    (a.row ? tile_rows_of_pairs : tile_packed_pairs)(sums, ld, a, b, k, first);
}

static left left_block_of_bytes(const product *w, int64_t first, int64_t rows, int64_t p, int64_t k,
                                float *room)
{
    (void)rows;
    (void)k;
    (void)room;
    return (left){ w->left.steps + first * w->steps + p, w->steps };
}

static const struct step_kind kinds[] = {
    [STEP_FLOAT] = { left_block, run_tile },
    [STEP_PAIR] = { left_block_of_pairs, run_tile_of_pairs },
    [STEP_BYTES] = { left_block_of_bytes, tile_of_bytes },
};

/* Finishes the tile whose first element is (i, j) of c while its sums are in the first cache. */
static void finish_tile(const product *w, int64_t i, int64_t j, const float *sums, int64_t ld)
{
    const levin_matmul_args *m = w->m;
    int64_t rows = m->m - i < TILE ? m->m - i : TILE, n = m->n - j < COLS ? m->n - j : COLS;
    bool plain = m->c.dtype == LEVIN_F32 && !m->bias.data && !m->pre.data && !m->add && !m->gelu &&
                 !m->bytes;
    for (int64_t r = 0; r < rows; r++) {
        const float *row = sums + r * ld;
        if (n < COLS)
            finish_row(w, i + r, j, row, n, false);
        else if (!plain)
            finish_row(w, i + r, j, row, n, true);
        else
            memcpy((float *)m->c.data + (i + r) * m->n + j, row, COLS * sizeof *row);
    }
}

/* One task: BLOCK rows by CHUNK columns of c. Sums wait in a buffer only if there is more than one
 * span of steps. */
static void block_task(void *context, int64_t task)
{
    const product *w = context;
    const levin_matmul_args *m = w->m;
    int64_t first = task % w->row_blocks * BLOCK, column = task / w->row_blocks * w->chunk;
    int64_t rows = m->m - first < BLOCK ? m->m - first : BLOCK;
    int64_t columns = m->n - column < w->chunk ? m->n - column : w->chunk;
    bool spans = w->steps > SPAN;
    levin_scope *scope = levin_scope_begin();
    float *sums =
        levin__scope_alloc((size_t)(spans ? BLOCK * w->chunk : TILE * COLS) * sizeof *sums);
    float *room = levin__scope_alloc(BLOCK * SPAN * sizeof *room);
    int64_t ld = spans ? w->chunk : COLS;
    for (int64_t p = 0; sums && room && (p < w->steps || p == 0); p += SPAN) {
        int64_t k = w->steps - p < SPAN ? w->steps - p : SPAN;
        left a = w->kind->left_block(w, first, rows, p, k, room);
        for (int64_t j = 0; j < columns; j += COLS) {
            const float *b = w->panels + ((column + j) / COLS * w->steps + p) * COLS;
            for (int64_t i = 0; i < rows; i += TILE) {
                float *tile = spans ? sums + i * ld + j : sums;
                left rows_of_a = { a.data + i * (a.row ? a.row : k), a.row };
                w->kind->run_tile(tile, ld, rows_of_a, b, k, p == 0);
                if (p + k == w->steps)
                    finish_tile(w, first + i, column + j, tile, ld);
            }
        }
    }
    levin_scope_end(scope);
}

/* b in panels, and a as bytes if it is to be; false without memory. */
static bool take_operands(product *w)
{
    const levin_matmul_args *m = w->m;
    const void *packed = m->packed;
    if (!packed) {
        void *room = levin__scope_alloc(packed_bytes(m));
        packed = room;
        if (!room)
            return false;
        pack_panels(room, m);
    }
    w->panels = packed;
    if (!m->bytes)
        return true;
    w->right = scales_of_panels(packed, m);
    return round_left(&w->left, m, w->steps);
}

/* Fewer columns for a task where there are few rows, so that every thread finds one. */
static int64_t chunk_for(const product *w)
{
    int64_t panels = (w->m->n + COLS - 1) / COLS, each = panels * w->row_blocks / TASKS;
    return each < 2 ? 2 * COLS : each > CHUNK / COLS ? CHUNK : each * COLS;
}

bool KERNEL(matmul)(const levin_matmul_args *m)
{
    if (!can_multiply(m) || !is_float(m->c) || !is_float(m->pre) || !is_float(m->bias))
        return false;
    if (m->m == 0 || m->n == 0)
        return true;
    levin_scope *scope = levin_scope_begin();
    product w = { .m = m,
                  .kind = &kinds[step_of(m)],
                  .steps = steps_of(m),
                  .row_blocks = (m->m + BLOCK - 1) / BLOCK };
    w.chunk = chunk_for(&w);
    bool done = take_operands(&w);
    if (done)
        levin__parallel_for(w.row_blocks * ((m->n + w.chunk - 1) / w.chunk), block_task, &w);
    levin_scope_end(scope);
    return done;
}
