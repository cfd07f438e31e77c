/* matmul.c: c = a b in panels, after Goto and van de Geijn (2008).
 *
 * b is packed into panels of COLS columns, a step of a panel after the other, here or once for many
 * products (pack.h); a into panels of TILE rows, by the task that needs them or for all tasks
 * beforehand. A tile of sums stays in registers for SPAN steps (tile.h). The inner dimension is
 * never split between threads and always walked upwards, so an element has the same bits however
 * the work is shared; only that depends on the number of threads. */
#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/norm.h"
#include "backends/cpu/kernels/tile.h"
#include "base/scope.h"
#include "base/threads.h"

enum {
    SPAN = 1536, // steps of a pass: a block of a of that width stays in the second cache
    BLOCK = COLS == 32 ? 96 : 48, // rows of a task, at most: whole tiles of any kind
    CHUNK = 32 * COLS,            // columns of a task whose sums wait for another pass, at most
    AMX_BLOCK = 8 * AMX_ROWS,     // the same for tiles of AMX, whose CPUs have larger caches
    TASKS = 8,                    // a thread, where there are few rows
    IN_CACHE = 1 << 18,           // bytes that the second cache keeps
};

/* Rows of a, ready for the tiles: panels of a tile's rows, tile apart. */
typedef struct {
    const float *data;
    int64_t tile;
} left;

/* One product, shared by its tasks. */
typedef struct {
    const levin_matmul_args *m;
    step_type type;
    int64_t steps;          // of the inner dimension
    int64_t height;         // rows of a tile
    int64_t width;          // floats of a step of b
    int64_t tiles, panels;  // of c
    int64_t blocks, chunks; // tasks: blocks of tiles times chunks of panels
    const float *right;     // b: (panels, steps, width)
    bytes_scales scales;    // of b's columns
    float *left;            // a: (passes, tiles, steps of a pass, height), or NULL: tasks pack it
    bytes_left rows;        // a, of bytes
    double *squares;        // of each tile of c, or NULL
} product;

/* Part i of n things shared out evenly in parts: from first on, up to the next part's first. */
static int64_t first_of(int64_t i, int64_t parts, int64_t n) { return i * n / parts; }

static int64_t pass_end(const product *w, int64_t p)
{
    return p + SPAN < w->steps ? p + SPAN : w->steps;
}

/* Rows and columns of the tile at (i, j). */
static int64_t rows_at(const product *w, int64_t i)
{
    return w->m->m - i < w->height ? w->m->m - i : w->height;
}
static int64_t columns_at(const product *w, int64_t j)
{
    return w->m->n - j < COLS ? w->m->n - j : COLS;
}

/* Where the rows of the tiles before tile end. */
static int64_t last_row(const product *w, int64_t tile)
{
    return tile * w->height < w->m->m ? tile * w->height : w->m->m;
}

/* What the tile at (i, j) of c will be written to; nothing where all of that stays in cache. */
static awaited rows_of_tile(const product *w, int64_t i, int64_t j)
{
    int64_t size = w->m->c.dtype == LEVIN_F32 ? 4 : 2, n = w->m->n, at = (i * n + j) * size;
    const char *c = w->m->c.data, *pre = w->m->pre.data;
    if (w->m->m * n * size * (pre ? 2 : 1) <= IN_CACHE)
        return (awaited){ 0 };
    return (awaited){ c + at, pre ? pre + at : NULL, rows_at(w, i), n * size,
                      columns_at(w, j) * size };
}

/* What becomes of sums. In the usual cases these are constants to the compiler. */
typedef struct {
    levin_dtype dtype; // of c and pre
    bool bytes, bias, pre, gelu, add, slope;
} ending;

INLINE bool same_ending(ending a, ending b)
{
    return a.dtype == b.dtype && a.bytes == b.bytes && a.bias == b.bias && a.pre == b.pre &&
           a.gelu == b.gelu && a.add == b.add && a.slope == b.slope;
}

/* Takes sums of a tile's rows, from (i, j) of c on, to where they belong. */
INLINE void finish_rows(const product *w, int64_t i, int64_t j, const float *sums, int64_t ld,
                        int64_t columns, ending e)
{
    const levin_matmul_args *m = w->m;
    int64_t n = m->n, rows = rows_at(w, i);
    levin_array c = { m->c.data, e.dtype }, pre = { m->pre.data, e.dtype };
    levin_array bias = { m->bias.data, LEVIN_F32 }, slope = { m->slope.data, e.dtype };
    const float *scales = w->scales.scales, *row_scales = w->rows.scales;
    const float *column_sums = (const float *)w->scales.sums; // whole numbers
    const int32_t *zeros = w->rows.zeros;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t v = 0; v < columns; v += LANES) {
            int64_t at = (i + r) * n + j + v;
            int lanes = columns == COLS ? LANES : vlanes(v, columns);
            vf s = vload(sums + r * ld + v);
            if (e.bytes) {
                vi whole = (vi)s - (vi)vload(column_sums + j + v) * zeros[i + r];
                s = __builtin_convertvector(whole, vf) *
                    (vset(row_scales[i + r]) * vload(scales + j + v));
            }
            if (e.bias)
                s += vget(bias, j + v, lanes);
            if (e.slope)
                s *= vgelu_slope(vget(slope, at, lanes));
            if (e.pre)
                vput(pre, at, s, lanes);
            if (e.gelu)
                s = vgelu(s);
            vput_add(c, at, s, lanes, e.add);
        }
}

/* Finishes the tile whose first element is (i, j) of c while its sums are in the first cache. */
static void finish_tile(const product *w, int64_t i, int64_t j, const float *sums, int64_t ld)
{
    const levin_matmul_args *m = w->m;
    int64_t columns = columns_at(w, j);
    ending e = { .dtype = m->c.dtype,
                 .bytes = m->bytes,
                 .bias = m->bias.data != NULL,
                 .pre = m->pre.data != NULL,
                 .gelu = m->pre.data || m->gelu,
                 .add = m->add,
                 .slope = m->slope.data != NULL };
#define USUAL(...)                                                                                 \
    if (columns == COLS && same_ending(e, (ending){ __VA_ARGS__ })) {                              \
        finish_rows(w, i, j, sums, ld, COLS, (ending){ __VA_ARGS__ });                             \
        return;                                                                                    \
    }
    USUAL(.dtype = LEVIN_F32)
    USUAL(.dtype = LEVIN_F32, .add = true)
    USUAL(.dtype = LEVIN_F32, .slope = true)
    USUAL(.dtype = LEVIN_F32, .bias = true)
    USUAL(.dtype = LEVIN_F32, .bias = true, .gelu = true)
    USUAL(.dtype = LEVIN_F32, .bias = true, .gelu = true, .pre = true)
    USUAL(.dtype = LEVIN_F32, .bytes = true, .bias = true)
    USUAL(.dtype = LEVIN_F32, .bytes = true, .bias = true, .gelu = true)
    USUAL(.dtype = LEVIN_BF16)
    USUAL(.dtype = LEVIN_BF16, .add = true)
    USUAL(.dtype = LEVIN_BF16, .slope = true)
    USUAL(.dtype = LEVIN_BF16, .bias = true)
    USUAL(.dtype = LEVIN_BF16, .bias = true, .gelu = true)
    USUAL(.dtype = LEVIN_BF16, .bias = true, .gelu = true, .pre = true)
#undef USUAL
    finish_rows(w, i, j, sums, ld, columns, e);
}

/* The sum of squares of the same tile of c, just written. */
static double squares_of_tile(const product *w, int64_t i, int64_t j)
{
    int64_t n = columns_at(w, j);
    vf sum = { 0 };
    for (int64_t r = 0; r < rows_at(w, i); r++) {
        const float *c = (const float *)w->m->c.data + (i + r) * w->m->n + j;
        for (int64_t v = 0; v < n; v += LANES) {
            vf x = vload_n(c + v, vlanes(v, n));
            sum += x * x;
        }
    }
    return (double)vsum(sum);
}

static void run_tile(const product *w, const tile_work *t, int64_t rows)
{
#if HAS_TILES
    if (w->type == STEP_PAIR)
        tile_of_registers(t, AMX_ROWS * AMX_STEPS, false);
    else if (w->type == STEP_BYTES)
        tile_of_registers(t, AMX_STEPS, true);
    if (by_tiles(w->type))
        return;
#endif
    run_thirds(t, w->type, rows);
}

static void pack_rows(const product *w, float *to, int64_t first, int64_t rows, int64_t p,
                      int64_t k)
{
    (w->type == STEP_PAIR ? pack_left_pairs : pack_left)(to, w->m, first, rows, p, k);
    if (w->m->row_sums.data)
        sum_left(w->m, to, first, rows, k, p > 0 || w->m->add_row_sums);
}

/* Tiles [tile, end) of a, steps [p, p_end), packed to room unless they are. */
static left left_of(const product *w, int64_t tile, int64_t end, int64_t p, int64_t p_end,
                    float *room)
{
    int64_t k = p_end - p, h = w->height, rows = last_row(w, end);
    if (w->type == STEP_BYTES)
        return (left){ w->rows.steps + tile * h * w->steps + p, h * w->steps };
    if (w->left)
        return (left){ w->left + (p * w->tiles + tile * k) * h, h * k };
    pack_rows(w, room, tile * h, rows - tile * h, p, k);
    return (left){ room, h * k };
}

/* A task's part of c: tiles by panels. */
typedef struct {
    int64_t tile, tile_end, panel, panel_end;
} part;

/* Adds steps [p, p + k) to the sums of a part, and finishes them if these are the last. Sums of a
 * tile follow those of the one to the left, ld apart by rows, or all have the same place. */
static void multiply_pass(const product *w, part t, float *sums, int64_t ld, left a, int64_t p,
                          int64_t k)
{
    bool last = p + k == w->steps, apart = ld > COLS;
    for (int64_t j = t.panel; j < t.panel_end; j++)
        for (int64_t i = t.tile; i < t.tile_end; i++) {
            int64_t row = i * w->height;
            float *to = sums;
            if (apart)
                to += (i - t.tile) * w->height * ld + (j - t.panel) * COLS;
            tile_work work = { .sums = to,
                               .ld = ld,
                               .a = a.data + (i - t.tile) * a.tile,
                               .b = w->right + (j * w->steps + p) * w->width,
                               .row = w->type == STEP_BYTES ? w->steps : AMX_STEPS,
                               .k = k,
                               .first = p == 0 };
            if (last)
                work.out = rows_of_tile(w, row, j * COLS);
            run_tile(w, &work, rows_at(w, row));
            if (last)
                finish_tile(w, row, j * COLS, to, ld);
            if (last && w->squares)
                w->squares[i * w->panels + j] = squares_of_tile(w, row, j * COLS);
        }
}

/* One task: a block of tiles by a chunk of panels. Sums wait in a buffer only if there is more than
 * one pass. */
static void multiply_task(void *context, int64_t task)
{
    const product *w = context;
    int64_t block = task % w->blocks, chunk = task / w->blocks;
    part t = { first_of(block, w->blocks, w->tiles), first_of(block + 1, w->blocks, w->tiles),
               first_of(chunk, w->chunks, w->panels), first_of(chunk + 1, w->chunks, w->panels) };
    int64_t rows = (t.tile_end - t.tile) * w->height;
    bool waits = w->steps > SPAN;
    int64_t ld = waits ? (t.panel_end - t.panel + 1) * COLS : COLS; // never COLS if sums wait
    int64_t width = waits ? SPAN : w->steps;
    levin_scope *scope = levin_scope_begin();
    float *sums = levin__scope_alloc((size_t)((waits ? rows : w->height) * ld) * sizeof *sums);
    float *room = levin__scope_alloc((size_t)(rows * width) * sizeof *room);
#if HAS_TILES
    amx_begin();
#endif
    for (int64_t p = 0; sums && room && (p < w->steps || p == 0); p += SPAN) {
        int64_t end = pass_end(w, p);
        left a = left_of(w, t.tile, t.tile_end, p, end, room);
        multiply_pass(w, t, sums, ld, a, p, end - p);
    }
#if HAS_TILES
    amx_end();
#endif
    if (w->m->norm && w->chunks == 1)
        residual_norm_part(w->m->norm, t.tile * w->height, last_row(w, t.tile_end));
    levin_scope_end(scope);
}

static void pack_tile(void *context, int64_t tile)
{
    const product *w = context;
    int64_t h = w->height, rows = rows_at(w, tile * h);
    for (int64_t p = 0; p < w->steps; p += SPAN) {
        int64_t k = pass_end(w, p) - p;
        pack_rows(w, w->left + (p * w->tiles + tile * k) * h, tile * h, rows, p, k);
    }
}

/* Where a block's rows meet more than one task they are packed for all of them. */
static bool take_left(product *w)
{
    if (w->type == STEP_BYTES)
        return round_left(&w->rows, w->m, w->steps);
    if (w->chunks == 1)
        return true;
    w->left = levin__scope_alloc((size_t)(w->tiles * w->height * w->steps) * sizeof *w->left);
    if (w->left)
        levin__parallel_for(w->tiles, pack_tile, w);
    return w->left != NULL;
}

static bool take_right(product *w)
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
    w->right = packed;
    if (m->bytes)
        w->scales = scales_of_panels(packed, m);
    return true;
}

/* Blocks of rows alone while every thread finds equally many; columns are cut where there are too
 * few rows, or where too many sums would wait. */
static void share_out(product *w)
{
    int64_t threads = levin_num_threads(),
            most = (by_tiles(w->type) ? AMX_BLOCK : BLOCK) / w->height;
    w->blocks = (w->tiles + most - 1) / most;
    w->chunks = w->steps > SPAN ? (w->m->n + CHUNK - 1) / CHUNK : 1;
    if (w->tiles >= 4 * threads) {
        w->blocks = (w->blocks + threads - 1) / threads * threads;
        return;
    }
    int64_t wanted = (TASKS * threads + w->blocks - 1) / w->blocks;
    if (w->chunks < wanted)
        w->chunks = wanted < w->panels ? wanted : w->panels;
}

static bool make_squares(product *w)
{
    if (w->m->squares)
        w->squares = levin__scope_alloc((size_t)(w->tiles * w->panels) * sizeof *w->squares);
    return w->squares || !w->m->squares;
}

static void add_squares(const product *w)
{
    if (!w->m->squares)
        return;
    *w->m->squares = 0;
    for (int64_t i = 0; i < w->tiles * w->panels; i++)
        *w->m->squares += w->squares[i];
}

bool KERNEL(matmul)(const levin_matmul_args *m)
{
    bool endings = is_float(m->c) && (!m->norm || can_norm(m->norm)) &&
                   (!m->pre.data || m->pre.dtype == m->c.dtype) &&
                   (!m->slope.data || m->slope.dtype == m->c.dtype) &&
                   (!m->bias.data || m->bias.dtype == LEVIN_F32);
    if (!can_multiply(m) || !endings)
        return false;
    if (m->squares && m->c.dtype != LEVIN_F32)
        return false;
    if (m->row_sums.data && (m->bytes || m->n == 0 || m->k == 0))
        return false; // a is not packed
    product w = { .m = m, .type = step_of(m), .steps = steps_of(m) };
    w.height = height_of(w.type);
    w.width = width_of(w.type);
    w.tiles = (m->m + w.height - 1) / w.height;
    w.panels = (m->n + COLS - 1) / COLS;
    levin_scope *scope = levin_scope_begin();
    bool done = true;
    if (w.tiles && w.panels) {
        share_out(&w);
        done = take_right(&w) && take_left(&w) && make_squares(&w);
        if (done)
            levin__parallel_for(w.blocks * w.chunks, multiply_task, &w);
    }
    if (done)
        add_squares(&w);
    if (done && m->norm && w.chunks != 1)
        done = KERNEL(residual_norm)(m->norm);
    levin_scope_end(scope);
    return done;
}
