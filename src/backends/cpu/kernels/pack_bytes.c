/* pack_bytes.c: operands rounded to whole numbers of eight bits, each column of b with a scale of
 * its own, each row of a with a scale and a zero of its own, measured as they come (Bhandare et
 * al., 2019, and many since; no calibration). */
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"
#include "base/threads.h"

#include <math.h>

enum { ROWS = 8 }; // of a, a task

typedef member vm __attribute__((vector_size(LANES * sizeof(member))));
typedef member vm_any __attribute__((vector_size(LANES * sizeof(member)), aligned(1), may_alias));

/* The least and the largest of n numbers and 0; a NaN is both. */
typedef struct {
    float least, most;
} range;

INLINE void widen(vf v, vf *low, vf *high, vf *odd)
{
    *low = vmin(v, *low);
    *high = vmax(v, *high);
    *odd = vblend(v != v, v, *odd);
}

static range range_of(levin_array x, int64_t at, int64_t n)
{
    vf low = { 0 }, high = { 0 }, odd = { 0 };
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        widen(vget(x, at + i, LANES), &low, &high, &odd);
    if (i < n)
        widen(vget(x, at + i, vlanes(i, n)), &low, &high, &odd);
    range r = { -vtop(-low), vtop(high) };
    float sum = vsum(odd);
    return sum == sum ? r : (range){ sum, sum };
}

/* How numbers become whole ones: multiples of 1 / factor, plus zero and kept within [low, high],
 * less base. */
typedef struct {
    float factor, zero, low, high, base;
} rounding;

INLINE vm whole_numbers(vf v, rounding r)
{
    vf whole = vset(0x1.8p23f), scaled = v * vset(r.factor); // whole leaves whole numbers of small
    __asm__("" : "+x"(scaled)); // not fused with the sum: the same whole number on every CPU
    vf q = (scaled + whole) - whole + vset(r.zero);
    q = vmax(vmin(q, vset(r.high)), vset(r.low)) - vset(r.base);
    return __builtin_convertvector(__builtin_convertvector(q, vi), vm);
}

/* n numbers, the inner dimension of a row of a or a column of b, to members of steps. Members past
 * the last are what zeros would be. */
static void round_row(member *to, levin_array x, int64_t at, int64_t n, int64_t members, rounding r)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        *(vm_any *)(to + i) = whole_numbers(vget(x, at + i, LANES), r);
    for (; i < members; i += LANES) {
        vf v = i < n ? vfirst(vget(x, at + i, vlanes(i, n)), vlanes(i, n)) : vset(0.0f);
        vm m = whole_numbers(v, r);
        memcpy(to + i, &m, (size_t)vlanes(i, members) * sizeof *to);
    }
}

/* Symmetric, for columns of b. Returns the scale. */
static float round_column(member *to, levin_array x, int64_t at, int64_t n, int64_t members)
{
    range r = range_of(x, at, n);
    float top = -r.least > r.most ? -r.least : r.most;
    bool tiny = top < LEVIN_BYTES_TINY;
    round_row(to, x, at, n, members, (rounding){ tiny ? 0 : 127.0f / top, 0, -127, 127, 0 });
    return tiny ? 0 : top / 127.0f;
}

typedef struct {
    const levin_matmul_args *m;
    float *steps, *scales;
    int32_t *zeros;
    int64_t n_steps;
} job;

/* Where members have eight bits they are unsigned and contain the zero. */
static void round_one(const job *j, int64_t i)
{
    const levin_matmul_args *m = j->m;
    range r = range_of(m->a, i * m->k, m->k);
    float width = r.most - r.least, factor = width < LEVIN_BYTES_TINY ? 0 : 255.0f / width;
    float zero = nearbyintf(-r.least * factor), base = BYTES_ARE_UNSIGNED ? 0 : zero;
    round_row((member *)(j->steps + i * j->n_steps), m->a, i * m->k, m->k,
              j->n_steps * BYTES_OF_STEP, (rounding){ factor, zero, 0, 255, base });
    j->scales[i] = factor == 0 ? 0 : width / 255.0f;
    j->zeros[i] = BYTES_ARE_UNSIGNED && zero == zero ? (int32_t)zero : 0;
}

static void round_rows(void *context, int64_t task)
{
    const job *j = context;
    for (int64_t i = task * ROWS; i < (task + 1) * ROWS && i < j->m->m; i++)
        round_one(j, i);
}

bool round_left(bytes_left *to, const levin_matmul_args *m, int64_t steps)
{
    int64_t height = height_of(STEP_BYTES), rows = (m->m + height - 1) / height * height;
    job j = { .m = m, .n_steps = steps };
    j.steps = levin__scope_alloc((size_t)(rows * steps) * sizeof *j.steps);
    j.scales = levin__scope_alloc((size_t)rows * sizeof *j.scales);
    j.zeros = levin__scope_alloc((size_t)rows * sizeof *j.zeros);
    *to = (bytes_left){ j.steps, j.scales, j.zeros };
    if (!j.steps || !j.scales || !j.zeros)
        return false;
    memset(j.steps + m->m * steps, 0, (size_t)((rows - m->m) * steps) * sizeof *j.steps);
    levin__parallel_for((m->m + ROWS - 1) / ROWS, round_rows, &j);
    return true;
}

static int32_t sum_of(const member *row, int64_t n)
{
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += row[i];
    return sum;
}

/* rows (COLS, steps) to a panel (steps, COLS). */
static void transpose(float *to, const float *rows, int64_t steps)
{
    int64_t whole = steps & ~(int64_t)3;
    for (int64_t c = 0; c < COLS; c += 4) {
        const float *r = rows + c * steps;
        for (int64_t s = 0; s < whole; s += 4)
            put_transposed(to + s * COLS + c, COLS, *(const quad_any *)(r + s),
                           *(const quad_any *)(r + steps + s),
                           *(const quad_any *)(r + 2 * steps + s),
                           *(const quad_any *)(r + 3 * steps + s));
        for (int64_t s = whole; s < steps; s++)
            for (int64_t i = 0; i < 4; i++)
                memcpy(to + s * COLS + c + i, r + i * steps + s, sizeof *to);
    }
}

void pack_right_bytes(void *packed, const levin_matmul_args *m, int64_t column)
{
    int64_t steps = steps_of(m);
    bytes_scales out = scales_of_panels(packed, m);
    float *scales = (float *)out.scales + column;
    int32_t *sums = (int32_t *)out.sums + column;
    levin_scope *scope = levin_scope_begin();
    float *rows = levin__scope_alloc((size_t)(COLS * steps) * sizeof *rows);
    for (int64_t c = 0; rows && c < COLS; c++) {
        member *row = (member *)(rows + c * steps);
        memset(row, 0, (size_t)steps * sizeof *rows);
        scales[c] = 0;
        if (column + c < m->n)
            scales[c] = round_column(row, m->b, (column + c) * m->k, m->k, steps * BYTES_OF_STEP);
        sums[c] = sum_of(row, steps * BYTES_OF_STEP);
    }
    if (rows)
        transpose((float *)packed + column * steps, rows, steps);
    levin_scope_end(scope);
}
