/* pack_panels.c: operand b of a product as a whole, in the order in which its tiles read it: for
 * one product, or kept by whoever multiplies by the same matrix again (a weight). */
#include "backends/cpu/kernels/pack.h"
#include "base/scope.h"
#include "base/threads.h"

typedef struct {
    void *to;
    const levin_matmul_args *m;
    int64_t steps;
} job;

INLINE int64_t panels_of(const levin_matmul_args *m) { return (m->n + COLS - 1) / COLS; }

size_t packed_bytes(const levin_matmul_args *m)
{
    int64_t columns = panels_of(m) * COLS, rows = steps_of(m) + (m->bytes ? 2 : 0);
    return (size_t)(columns * rows) * sizeof(float);
}

bytes_scales scales_of_panels(const void *packed, const levin_matmul_args *m)
{
    int64_t columns = panels_of(m) * COLS;
    const float *scales = (const float *)packed + columns * steps_of(m);
    return (bytes_scales){ scales, (const int32_t *)(scales + columns) };
}

static void pack_one(void *context, int64_t panel)
{
    const job *j = context;
    float *to = (float *)j->to + panel * j->steps * COLS;
    int64_t filled = filled_steps_of(j->m);
    memset(to + filled * COLS, 0, (size_t)((j->steps - filled) * COLS) * sizeof *to);
    switch (step_of(j->m)) {
    case STEP_FLOAT:
        pack_right(to, j->m, panel * COLS);
        break;
    case STEP_PAIR:
        pack_right_pairs(to, j->m, panel * COLS);
        break;
    default:
        pack_right_bytes(j->to, j->m, panel * COLS);
    }
}

void pack_panels(void *to, const levin_matmul_args *m)
{
    job j = { to, m, steps_of(m) };
    levin__parallel_for(panels_of(m), pack_one, &j);
}

/* Floats are packed for products that follow each other; while they are learned, a pass for each
 * product costs less than the memory. */
bool KERNEL(packed_size)(size_t *bytes, const levin_matmul_args *m, bool learns)
{
    levin_matmul_args kept = *m;
    kept.packed = kept.b.data;
    if (!can_multiply(m) || (learns && step_of(&kept) != STEP_PAIR))
        return false;
    *bytes = packed_bytes(&kept);
    return true;
}

/* b is rounded first where a product would find it rounded. */
bool KERNEL(pack)(void *packed, const levin_matmul_args *m)
{
    levin_matmul_args kept = *m;
    kept.packed = packed;
    if (!can_multiply(m))
        return false;
    levin_scope *scope = levin_scope_begin();
    if (m->a.dtype == LEVIN_BF16 && m->b.dtype == LEVIN_F32 && !m->bytes) {
        kept.b.dtype = LEVIN_BF16;
        kept.b.data = levin__scope_alloc((size_t)(m->n * m->k) * sizeof(uint16_t));
    }
    bool done = kept.b.data &&
                (kept.b.dtype == m->b.dtype || KERNEL(axpy)(kept.b, 1, m->b, m->n * m->k, false));
    if (done)
        pack_panels(packed, &kept);
    levin_scope_end(scope);
    return done;
}
