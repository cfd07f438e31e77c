/* pack_bytes.c: operands rounded to whole numbers of eight bits, each row of a and each column of b
 * with a scale of its own (Bhandare et al., 2019, and many since; no calibration: rows of a are
 * measured as they come). */
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"
#include "base/threads.h"

enum { ROWS = 8 }; // of a, a task

typedef member vm __attribute__((vector_size(LANES * sizeof(member))));

/* The largest magnitude of n numbers; NaN if there is one. */
static float largest(levin_array x, int64_t at, int64_t n)
{
    vf top = { 0 };
    for (int64_t i = 0; i < n; i += LANES) {
        vf v = vget(x, at + i, vlanes(i, n));
        v = vmax(v, -v);
        top = vblend((v > top) | (v != v), v, top);
    }
    float most = 0;
    for (int i = 0; i < LANES; i++)
        most = top[i] > most || top[i] != top[i] ? top[i] : most;
    return most;
}

/* Rounds n numbers, the inner dimension of a row of a or a column of b, to members of steps, each
 * plus offset; members past the last are offset, too. Returns their scale. */
static float round_row(member *to, levin_array x, int64_t at, int64_t n, int64_t members,
                       int offset)
{
    const float whole =
        0x1.8p23f; // added to a small float, it leaves a whole number in the low bits
    float top = largest(x, at, n);
    vf factor = vset(top < LEVIN_BYTES_TINY ? 0.0f : 127.0f / top);
    for (int64_t i = 0; i < members; i += LANES) {
        vf v = i < n ? vfirst(vget(x, at + i, vlanes(i, n)), vlanes(i, n)) : vset(0.0f);
        vf scaled = v * factor;
        __asm__("" : "+x"(scaled)); // not fused with the sum: the same whole number on every CPU
        vi q = (vi)(scaled + vset(whole)) - (vi)vset(whole) + offset;
        vm m = __builtin_convertvector(q, vm);
        memcpy(to + i, &m, (size_t)vlanes(i, members) * sizeof *to);
    }
    return top < LEVIN_BYTES_TINY ? 0.0f : top / 127.0f;
}

typedef struct {
    const levin_matmul_args *m;
    float *steps, *scales;
    int64_t n_steps;
} job;

static void round_rows(void *context, int64_t task)
{
    const job *j = context;
    const levin_matmul_args *m = j->m;
    for (int64_t i = task * ROWS; i < (task + 1) * ROWS && i < m->m; i++)
        j->scales[i] = round_row((member *)(j->steps + i * j->n_steps), m->a, i * m->k, m->k,
                                 j->n_steps * BYTES_OF_STEP, BYTE_OFFSET);
}

bool round_left(bytes_left *to, const levin_matmul_args *m, int64_t steps)
{
    int64_t height = height_of(STEP_BYTES), rows = (m->m + height - 1) / height * height;
    job j = { .m = m, .n_steps = steps };
    j.steps = levin__scope_alloc((size_t)(rows * steps) * sizeof *j.steps);
    j.scales = levin__scope_alloc((size_t)rows * sizeof *j.scales);
    *to = (bytes_left){ j.steps, j.scales };
    if (!j.steps || !j.scales)
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
        scales[c] = column + c < m->n
                        ? round_row(row, m->b, (column + c) * m->k, m->k, steps * BYTES_OF_STEP, 0)
                        : 0;
        sums[c] = sum_of(row, steps * BYTES_OF_STEP);
    }
    if (rows)
        transpose((float *)packed + column * steps, rows, steps);
    levin_scope_end(scope);
}
