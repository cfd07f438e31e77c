/* norm.c: softmax and layer normalisation, a row at a time; sums over rows in blocks whose number
 * depends on the rows alone. */
#include "backends/cpu/kernels/norm.h"
#include "backends/cpu/kernels/functions.h"
#include "backends/cpu/kernels/philox.h"
#include "base/scope.h"
#include "base/threads.h"

#include <math.h>

/* Rows of a task; of one that norms what a product made by parts of rows, often of few. */
enum { BLOCK = 32, SHORT = 8 };

/* A kernel call. Tasks take a copy: what lies in memory is read again after each store of a vector.
 */
typedef struct {
    levin_array y, x, dy, residual;
    float *stats, *partial; // partial: (blocks, 2, cols)
    const float *gamma, *beta;
    int64_t rows, cols;
    double eps, p;
    levin_random_key key;
    bool log, add;
} job;

static int64_t blocks(int64_t rows) { return (rows + BLOCK - 1) / BLOCK; }

INLINE int64_t block_end(job j, int64_t task)
{
    return (task + 1) * BLOCK < j.rows ? (task + 1) * BLOCK : j.rows;
}

static float row_max(levin_array x, int64_t at, int64_t n)
{
    float top = -INFINITY;
    for (int64_t i = 0; i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf v = vget(x, at + i, lanes);
        for (int k = 0; k < lanes; k++)
            top = v[k] > top || v[k] != v[k] ? v[k] : top;
    }
    return top;
}

static void softmax_rows(void *context, int64_t task)
{
    job j = *(const job *)context;
    for (int64_t row = task * BLOCK; row < block_end(j, task); row++) {
        int64_t at = row * j.cols;
        float top = row_max(j.x, at, j.cols);
        vf sum = { 0 };
        for (int64_t i = 0; i < j.cols; i += LANES) {
            int lanes = vlanes(i, j.cols);
            sum += vfirst(vexp(vget(j.x, at + i, lanes) - vset(top)), lanes);
        }
        float lse = top + logf(vsum(sum));
        for (int64_t i = 0; i < j.cols; i += LANES) {
            int lanes = vlanes(i, j.cols);
            vf l = vget(j.x, at + i, lanes) - vset(lse);
            vput(j.y, at + i, j.log ? l : vexp(l), lanes);
        }
    }
}

bool KERNEL(softmax)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool log_form)
{
    if (!is_float(y) || !is_float(x))
        return false;
    job j = { .y = y, .x = x, .rows = rows, .cols = cols, .log = log_form };
    levin__parallel_for(blocks(rows), softmax_rows, &j);
    return true;
}

static void softmax_bwd_rows(void *context, int64_t task)
{
    job j = *(const job *)context; // x: y of the softmax, y: dx
    for (int64_t row = task * BLOCK; row < block_end(j, task); row++) {
        int64_t at = row * j.cols;
        vf sums = { 0 };
        for (int64_t i = 0; i < j.cols; i += LANES) {
            int lanes = vlanes(i, j.cols);
            vf d = vget(j.dy, at + i, lanes);
            sums += vfirst(j.log ? d : d * vget(j.x, at + i, lanes), lanes);
        }
        vf sum = vset(vsum(sums));
        for (int64_t i = 0; i < j.cols; i += LANES) {
            int lanes = vlanes(i, j.cols);
            vf d = vget(j.dy, at + i, lanes), y = vget(j.x, at + i, lanes);
            vput_add(j.y, at + i, j.log ? d - vexp(y) * sum : y * (d - sum), lanes, j.add);
        }
    }
}

bool KERNEL(softmax_bwd)(levin_array dx, levin_array dy, levin_array y, int64_t rows, int64_t cols,
                         bool log_form, bool add)
{
    if (!is_float(dx) || !is_float(dy) || !is_float(y))
        return false;
    job j = { .y = dx, .x = y, .dy = dy, .rows = rows, .cols = cols, .log = log_form, .add = add };
    levin__parallel_for(blocks(rows), softmax_bwd_rows, &j);
    return true;
}

/* Normalises one row of x into y; two passes for the variance, as the mean may be large. */
INLINE void norm_row(job j, int64_t row)
{
    int64_t n = j.cols, at = row * n;
    vf sum = { 0 }, squares = { 0 };
    for (int64_t i = 0; i < n; i += LANES)
        sum += vget(j.x, at + i, vlanes(i, n));
    float mean = vsum(sum) / (float)n;
    for (int64_t i = 0; i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf d = vfirst(vget(j.x, at + i, lanes) - vset(mean), lanes);
        squares += d * d;
    }
    float rstd = (float)(1.0 / sqrt((double)(vsum(squares) / (float)n) + j.eps));
    for (int64_t i = 0; i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf d = (vget(j.x, at + i, lanes) - vset(mean)) * vset(rstd);
        vput(j.y, at + i, d * vload_n(j.gamma + i, lanes) + vload_n(j.beta + i, lanes), lanes);
    }
    j.stats[2 * row] = mean;
    j.stats[2 * row + 1] = rstd;
}

static void norm_rows(void *context, int64_t task)
{
    job j = *(const job *)context;
    for (int64_t row = task * BLOCK; row < block_end(j, task); row++)
        norm_row(j, row);
}

bool KERNEL(layer_norm)(levin_array y, float *stats, levin_array x, const float *gamma,
                        const float *beta, int64_t rows, int64_t cols, double eps)
{
    if (!is_float(y) || !is_float(x))
        return false;
    job j = { .y = y,
              .x = x,
              .stats = stats,
              .gamma = gamma,
              .beta = beta,
              .rows = rows,
              .cols = cols,
              .eps = eps };
    levin__parallel_for(blocks(rows), norm_rows, &j);
    return true;
}

/* z = dropout(z) + residual for one row; elements before the first whole block of random bits, and
 * after the last, share theirs with the neighbouring rows. */
INLINE void add_residual(job j, int64_t row)
{
    int64_t at = row * j.cols, end = at + j.cols;
    uint32_t threshold = levin__drop_threshold(j.p);
    float scale = levin__keep_scale(j.p);
    for (int64_t first = at & ~(int64_t)7; first < end; first += BITS_AT_ONCE) {
        uint16_t bits[BITS_AT_ONCE + LANES];
        if (j.p > 0)
            random_bits(bits, j.key, (uint64_t)first / 8);
        int64_t stop = first + BITS_AT_ONCE < end ? first + BITS_AT_ONCE : end;
        for (int64_t i = first < at ? at : first; i < stop; i += LANES) {
            int lanes = vlanes(i, stop);
            vf z = vget(j.x, i, lanes);
            if (j.p > 0)
                z *= vkeep(bits + (i - first), threshold, scale);
            vput(j.x, i, z + vget(j.residual, i, lanes), lanes);
        }
    }
}

INLINE job job_of(const levin_residual_norm_args *a)
{
    return (job){ .y = a->y,
                  .x = a->z,
                  .residual = a->residual,
                  .stats = a->stats,
                  .gamma = a->gamma,
                  .beta = a->beta,
                  .rows = a->rows,
                  .cols = a->cols,
                  .eps = a->eps,
                  .p = a->p,
                  .key = a->key };
}

void residual_norm_part(const levin_residual_norm_args *a, int64_t first, int64_t end)
{
    job j = job_of(a);
    for (int64_t row = first; row < end; row++) {
        add_residual(j, row);
        norm_row(j, row);
    }
}

static void residual_norm_rows(void *context, int64_t task)
{
    const levin_residual_norm_args *a = context;
    int64_t first = task * SHORT, end = first + SHORT;
    residual_norm_part(a, first, end < a->rows ? end : a->rows);
}

bool KERNEL(residual_norm)(const levin_residual_norm_args *a)
{
    if (!can_norm(a))
        return false;
    levin__parallel_for((a->rows + SHORT - 1) / SHORT, residual_norm_rows, (void *)a);
    return true;
}

INLINE void norm_bwd_row(job j, int64_t row, float *dgamma, float *dbeta)
{
    int64_t n = j.cols, at = row * n;
    vf mean = vset(j.stats[2 * row]), rstd = vset(j.stats[2 * row + 1]);
    vf sum_d = { 0 }, sum_dn = { 0 };
    for (int64_t i = 0; i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf dy = vget(j.dy, at + i, lanes);
        vf normal = vfirst((vget(j.x, at + i, lanes) - mean) * rstd, lanes);
        vf d = dy * vload_n(j.gamma + i, lanes);
        sum_d += d;
        sum_dn += d * normal;
        vstore_n(dgamma + i, vload_n(dgamma + i, lanes) + dy * normal, lanes);
        vstore_n(dbeta + i, vload_n(dbeta + i, lanes) + dy, lanes);
    }
    if (!j.y.data)
        return;
    vf mean_d = vset(vsum(sum_d) / (float)n), mean_dn = vset(vsum(sum_dn) / (float)n);
    for (int64_t i = 0; i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf normal = (vget(j.x, at + i, lanes) - mean) * rstd;
        vf d = vget(j.dy, at + i, lanes) * vload_n(j.gamma + i, lanes);
        vput_add(j.y, at + i, (d - mean_d - normal * mean_dn) * rstd, lanes, j.add);
    }
}

static void norm_bwd_rows(void *context, int64_t task)
{
    job j = *(const job *)context;
    float *dgamma = j.partial + task * 2 * j.cols, *dbeta = dgamma + j.cols;
    memset(dgamma, 0, (size_t)(2 * j.cols) * sizeof *dgamma);
    for (int64_t row = task * BLOCK; row < block_end(j, task); row++)
        norm_bwd_row(j, row, dgamma, dbeta);
}

/* to (+)= the sum of every block's part, blocks in order. */
static void add_parts(float *to, const float *parts, int64_t n_blocks, int64_t stride, int64_t n,
                      bool add)
{
    for (int64_t i = 0; to && i < n; i += LANES) {
        int lanes = vlanes(i, n);
        vf sum = { 0 };
        for (int64_t b = 0; b < n_blocks; b++)
            sum += vload_n(parts + b * stride + i, lanes);
        vstore_n(to + i, add ? vload_n(to + i, lanes) + sum : sum, lanes);
    }
}

bool KERNEL(layer_norm_bwd)(levin_array dx, float *dgamma, float *dbeta, levin_array dy,
                            levin_array x, const float *stats, const float *gamma, int64_t rows,
                            int64_t cols, bool add, bool add_params)
{
    if (!is_float(dx) || !is_float(dy) || !is_float(x))
        return false;
    levin_scope *scope = levin_scope_begin();
    int64_t n = blocks(rows);
    float *partial = levin__scope_alloc((size_t)(n * 2 * cols) * sizeof *partial);
    job j = { .y = dx,
              .x = x,
              .dy = dy,
              .stats = (float *)stats,
              .partial = partial,
              .gamma = gamma,
              .rows = rows,
              .cols = cols,
              .add = add };
    if (partial) {
        levin__parallel_for(n, norm_bwd_rows, &j);
        add_parts(dgamma, partial, n, 2 * cols, cols, add_params);
        add_parts(dbeta, partial + cols, n, 2 * cols, cols, add_params);
    }
    levin_scope_end(scope);
    return partial != NULL;
}

static void column_block(void *context, int64_t task)
{
    job j = *(const job *)context;
    float *part = j.partial + task * j.cols;
    memset(part, 0, (size_t)j.cols * sizeof *part);
    for (int64_t row = task * BLOCK; row < block_end(j, task); row++) {
        for (int64_t i = 0; i < j.cols; i += LANES) {
            int lanes = vlanes(i, j.cols);
            vf sum = vload_n(part + i, lanes) + vget(j.x, row * j.cols + i, lanes);
            vstore_n(part + i, sum, lanes);
        }
    }
}

bool KERNEL(column_sum)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool add)
{
    if (y.dtype != LEVIN_F32 || !is_float(x))
        return false;
    levin_scope *scope = levin_scope_begin();
    int64_t n = blocks(rows);
    float *partial = levin__scope_alloc((size_t)(n * cols) * sizeof *partial);
    job j = { .x = x, .partial = partial, .rows = rows, .cols = cols };
    if (partial) {
        levin__parallel_for(n, column_block, &j);
        add_parts(y.data, partial, n, cols, cols, add);
    }
    levin_scope_end(scope);
    return partial != NULL;
}
