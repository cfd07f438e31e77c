/* optim.c: one pass over parameters, gradients and moments for a whole optimizer step, and the
 * norm. Plain loops: the compiler makes vectors of them. */
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"
#include "base/threads.h"

#include <math.h>

enum { PIECE = 32768 };

static int64_t pieces(int64_t n) { return (n + PIECE - 1) / PIECE; }

static int64_t piece_size(int64_t n, int64_t task)
{
    return n - task * PIECE < PIECE ? n - task * PIECE : PIECE;
}

/* Whether element i may be other than zero, and where the rows that are like its row end, at most
 * at end. */
static bool live_run(levin_live live, int64_t i, int64_t end, int64_t *stop)
{
    *stop = end;
    if (!live.rows)
        return true;
    int64_t row = i / live.width, next = row + 1;
    while (next * live.width < end && !live.rows[next] == !live.rows[row])
        next++;
    if (next * live.width < end)
        *stop = next * live.width;
    return live.rows[row];
}

typedef struct {
    const float *x;
    double *sums;
    int64_t n;
    levin_live live;
} norm_job;

enum { CHUNK = 256 }; // numbers whose squares are added up in floats

static bool chunk_is_zero(const norm_job *j, int64_t i, int64_t end)
{
    int64_t stop;
    return !live_run(j->live, i, end, &stop) && stop == end;
}

static void squares_piece(void *context, int64_t task)
{
    norm_job *j = context;
    const float *x = j->x + task * PIECE;
    int64_t n = piece_size(j->n, task);
    double sum = 0;
    for (int64_t i = 0; i < n; i += CHUNK) {
        int64_t end = i + CHUNK < n ? i + CHUNK : n;
        if (chunk_is_zero(j, task * PIECE + i, task * PIECE + end))
            continue;
        vf part = { 0 };
        for (int64_t k = i; k < end; k += LANES) {
            vf v = vload_n(x + k, vlanes(k, n));
            part += v * v;
        }
        sum += (double)vsum(part);
    }
    j->sums[task] = sum;
}

bool KERNEL(sum_squares)(double *sum, const float *x, int64_t n, levin_live live)
{
    levin_scope *scope = levin_scope_begin();
    norm_job j = { .x = x, .n = n, .live = live };
    j.sums = levin__scope_alloc((size_t)pieces(n) * sizeof *j.sums);
    if (j.sums) {
        levin__parallel_for(pieces(n), squares_piece, &j);
        *sum = 0;
        for (int64_t i = 0; i < pieces(n); i++)
            *sum += j.sums[i];
    }
    levin_scope_end(scope);
    return j.sums != NULL;
}

static void adam_numbers(const levin_adam_args *a, int64_t first, int64_t n)
{
    float *restrict p = a->p + first, *restrict m = a->m + first, *restrict v = a->v + first;
    const float *restrict g = a->g + first;
    float *restrict top = a->v_max ? a->v_max + first : NULL;
    float b1 = (float)a->beta1, c1 = (float)(1 - a->beta1), b2 = (float)a->beta2;
    float c2 = (float)(1 - a->beta2), keep = (float)(1 - a->decay), l2 = (float)a->l2;
    float step = (float)(a->lr / a->bias1), eps = (float)a->eps, scale = (float)a->grad_scale;
    float root = (float)(1 / sqrt(a->bias2));
    for (int64_t i = 0; i < n; i++) {
        float w = p[i] * keep;
        float d = g[i] * scale + l2 * w;
        m[i] = b1 * m[i] + c1 * d;
        v[i] = b2 * v[i] + c2 * d * d;
        float s = v[i];
        if (top) {
            s = top[i] > s ? top[i] : s;
            top[i] = s;
        }
        p[i] = w - step * m[i] / (sqrtf(s) * root + eps);
    }
}

static void decay_numbers(const levin_adam_args *a, int64_t first, int64_t n)
{
    float *restrict p = a->p + first, keep = (float)(1 - a->decay);
    for (int64_t i = 0; keep != 1.0f && i < n; i++)
        p[i] *= keep;
}

static void adam_piece(void *context, int64_t task)
{
    const levin_adam_args *a = context;
    int64_t first = task * PIECE, n = piece_size(a->n, task), end = first + n, stop;
    levin_live live = a->l2 == 0 ? a->live : (levin_live){ 0 };
    for (int64_t i = first; i < end; i = stop) {
        if (live_run(live, i, end, &stop))
            adam_numbers(a, i, stop - i);
        else
            decay_numbers(a, i, stop - i);
    }
}

/* b of a product by p, as pack_panels has it. */
static levin_matmul_args product_by(const levin_adam_args *a, bool trans_b)
{
    int64_t rows = a->n / a->cols;
    return (levin_matmul_args){ .a = { NULL, LEVIN_BF16 },
                                .b = { a->p, LEVIN_F32 },
                                .n = trans_b ? rows : a->cols,
                                .k = trans_b ? a->cols : rows,
                                .trans_b = trans_b };
}

/* COLS rows of a matrix, which are packed while they are in cache. */
static void adam_rows(void *context, int64_t task)
{
    const levin_adam_args *a = context;
    int64_t first = task * COLS, left = a->n / a->cols - first, rows = left < COLS ? left : COLS;
    adam_numbers(a, first * a->cols, rows * a->cols);
    for (int i = 0; i < 2; i++) {
        levin_matmul_args m = product_by(a, a->packed[i].trans_b);
        float *to = a->packed[i].data;
        if (to && m.trans_b)
            pack_rounded_pairs(to + first * steps_of(&m), &m, first);
        for (int64_t column = 0; to && !m.trans_b && column < m.n; column += SIDE_BY_SIDE)
            pack_right_rows(to, &m, first, rows, column);
    }
}

static bool adam_packs(const levin_adam_args *a)
{
    if (!HAS_PAIRS || a->live.rows || !(a->packed[0].data || a->packed[1].data))
        return false;
    levin__parallel_for((a->n / a->cols + COLS - 1) / COLS, adam_rows, (void *)a);
    for (int i = 0; i < 2; i++)
        if (a->packed[i].data)
            *a->packed[i].fresh = true;
    return true;
}

bool KERNEL(adam)(const levin_adam_args *a)
{
    if (adam_packs(a))
        return true;
    levin__parallel_for(pieces(a->n), adam_piece, (void *)a);
    return true;
}

static void sgd_numbers(const levin_sgd_args *a, int64_t first, int64_t n)
{
    float *restrict p = a->p + first;
    const float *restrict g = a->g + first;
    float *restrict b = a->momentum_buffer ? a->momentum_buffer + first : NULL;
    float lr = (float)a->lr, decay = (float)a->weight_decay, scale = (float)a->grad_scale;
    float momentum = (float)a->momentum, take = (float)(1 - a->dampening);
    for (int64_t i = 0; i < n; i++) {
        float d = g[i] * scale + decay * p[i];
        if (b) {
            b[i] = a->first ? d : momentum * b[i] + take * d;
            d = a->nesterov ? d + momentum * b[i] : b[i];
        }
        p[i] -= lr * d;
    }
}

static void sgd_piece(void *context, int64_t task)
{
    const levin_sgd_args *a = context;
    int64_t first = task * PIECE, n = piece_size(a->n, task);
    sgd_numbers(a, first, n);
}

bool KERNEL(sgd)(const levin_sgd_args *a)
{
    levin__parallel_for(pieces(a->n), sgd_piece, (void *)a);
    return true;
}
