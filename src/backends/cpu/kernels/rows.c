/* rows.c: moving and summing rows. Where rows may meet in one place, the threads share out columns,
 * so that sums are taken in the order of the rows. */
#include "backends/cpu/kernels/vec.h"
#include "base/threads.h"

enum { BLOCK = 32, COLUMNS = 64, SOON = 8 }; // SOON: rows that are asked for early

typedef struct {
    levin_array y, x;
    const int64_t *rows;
    const int32_t *cu;
    int64_t n, width, total;
    bool mean, add;
} job;

static void gather_block(void *context, int64_t task)
{
    job j = *(const job *)context;
    for (int64_t r = task * BLOCK; r < (task + 1) * BLOCK && r < j.n; r++) {
        for (int64_t i = 0; i < j.width; i += LANES) {
            int lanes = vlanes(i, j.width);
            vf x = j.rows[r] < 0 ? vset(0.0f) : vget(j.x, j.rows[r] * j.width + i, lanes);
            vput(j.y, r * j.width + i, x, lanes);
        }
    }
}

bool KERNEL(gather)(levin_array y, levin_array x, const int64_t *rows, int64_t n, int64_t width)
{
    if (!is_float(y) || !is_float(x))
        return false;
    job j = { .y = y, .x = x, .rows = rows, .n = n, .width = width };
    levin__parallel_for((n + BLOCK - 1) / BLOCK, gather_block, &j);
    return true;
}

static void scatter_columns(void *context, int64_t task)
{
    job j = *(const job *)context; // x: where to, y: what
    int64_t end = (task + 1) * COLUMNS < j.width ? (task + 1) * COLUMNS : j.width;
    for (int64_t r = 0; r < j.n; r++) {
        if (r + SOON < j.n && j.rows[r + SOON] >= 0)
            for (int64_t i = task * COLUMNS; i < end; i += 16)
                __builtin_prefetch((const float *)j.x.data + j.rows[r + SOON] * j.width + i, 1);
        if (j.rows[r] < 0)
            continue;
        for (int64_t i = task * COLUMNS; i < end; i += LANES) {
            int lanes = vlanes(i, end);
            vput_add(j.x, j.rows[r] * j.width + i, vget(j.y, r * j.width + i, lanes), lanes, true);
        }
    }
}

bool KERNEL(scatter_add)(levin_array x, levin_array y, const int64_t *rows, int64_t n,
                         int64_t width, int64_t total, bool add)
{
    if (!is_float(x) || !is_float(y))
        return false;
    if (!add)
        KERNEL(fill)(x, 0, total * width);
    job j = { .y = y, .x = x, .rows = rows, .n = n, .width = width };
    levin__parallel_for((width + COLUMNS - 1) / COLUMNS, scatter_columns, &j);
    return true;
}

static void sum_segment(void *context, int64_t s)
{
    job j = *(const job *)context;
    int64_t n = j.cu[s + 1] - j.cu[s];
    vf factor = vset(j.mean && n ? 1.0f / (float)n : 1.0f);
    for (int64_t i = 0; i < j.width; i += LANES) {
        int lanes = vlanes(i, j.width);
        vf sum = { 0 };
        for (int64_t r = j.cu[s]; r < j.cu[s + 1]; r++)
            sum += vget(j.x, r * j.width + i, lanes);
        vput(j.y, s * j.width + i, sum * factor, lanes);
    }
}

bool KERNEL(segment_sum)(levin_array y, levin_array x, const int32_t *cu, int64_t segments,
                         int64_t width, bool mean)
{
    if (!is_float(y) || !is_float(x) || width < LANES)
        return false;
    job j = { .y = y, .x = x, .cu = cu, .width = width, .mean = mean };
    levin__parallel_for(segments, sum_segment, &j);
    return true;
}

static void spread_segment(void *context, int64_t s)
{
    job j = *(const job *)context; // y: dx, x: dy
    int64_t n = j.cu[s + 1] - j.cu[s];
    vf factor = vset(j.mean && n ? 1.0f / (float)n : 1.0f);
    for (int64_t r = j.cu[s]; r < j.cu[s + 1]; r++) {
        for (int64_t i = 0; i < j.width; i += LANES) {
            int lanes = vlanes(i, j.width);
            vf d = factor * vget(j.x, s * j.width + i, lanes);
            vput_add(j.y, r * j.width + i, d, lanes, j.add);
        }
    }
}

bool KERNEL(segment_sum_bwd)(levin_array dx, levin_array dy, const int32_t *cu, int64_t segments,
                             int64_t width, bool mean, bool add)
{
    if (!is_float(dx) || !is_float(dy) || width < LANES)
        return false;
    job j = { .y = dx, .x = dy, .cu = cu, .width = width, .mean = mean, .add = add };
    levin__parallel_for(segments, spread_segment, &j);
    return true;
}
