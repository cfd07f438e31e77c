/* pack_panels.c: operand b of a product as a whole, in the order in which its tiles read it: for
 * one product, or kept by whoever multiplies by the same matrix again (a weight). */
#include "backends/cpu/kernels/pack.h"
#include "base/threads.h"

enum { ROWS = 64 }; // of b, a task

typedef struct {
    void *to;
    const levin_matmul_args *m;
    int64_t steps;
} job;

INLINE int64_t panels_of(const levin_matmul_args *m) { return (m->n + COLS - 1) / COLS; }
INLINE int64_t groups_of(const levin_matmul_args *m)
{
    return (m->n + SIDE_BY_SIDE - 1) / SIDE_BY_SIDE;
}

size_t packed_bytes(const levin_matmul_args *m)
{
    int64_t rows = steps_of(m) + (m->bytes ? 2 : 0);
    return (size_t)(panels_of(m) * rows * width_of(step_of(m))) * sizeof(float);
}

bytes_scales scales_of_panels(const void *packed, const levin_matmul_args *m)
{
    int64_t columns = panels_of(m) * COLS;
    const float *scales = (const float *)packed + columns * steps_of(m);
    return (bytes_scales){ scales, (const int32_t *)(scales + columns) };
}

/* Zeros behind the steps of a panel that are filled. */
static void pad_panel(const job *j, int64_t panel)
{
    int64_t filled = filled_steps_of(j->m), width = width_of(step_of(j->m));
    float *to = (float *)j->to + (panel * j->steps + filled) * width;
    memset(to, 0, (size_t)((j->steps - filled) * width) * sizeof *to);
}

static void pack_one(void *context, int64_t panel)
{
    const job *j = context;
    float *to = (float *)j->to + panel * j->steps * width_of(step_of(j->m));
    pad_panel(j, panel);
    switch (step_of(j->m)) {
    case STEP_FLOAT:
    case STEP_HALF:
        pack_right(to, j->m, panel * COLS);
        break;
    case STEP_PAIR:
        (rounds_right(j->m) ? pack_rounded_pairs : pack_right_pairs)(to, j->m, panel * COLS);
        break;
    default:
        pack_right_bytes(j->to, j->m, panel * COLS);
    }
}

/* Rows as they lie: a panel of them alone would read a line of each, and a page for it. */
static void pack_some_rows(void *context, int64_t task)
{
    const job *j = context;
    int64_t groups = groups_of(j->m), first = task / groups * ROWS,
            column = task % groups * SIDE_BY_SIDE;
    int64_t rows = j->m->k - first < ROWS ? j->m->k - first : ROWS;
    pack_right_rows(j->to, j->m, first, rows, column);
}

void pack_panels(void *to, const levin_matmul_args *m)
{
    job j = { to, m, steps_of(m) };
    if (m->trans_b) {
        levin__parallel_for(panels_of(m), pack_one, &j);
        return;
    }
    for (int64_t panel = 0; panel < panels_of(m); panel++)
        pad_panel(&j, panel);
    levin__parallel_for((m->k + ROWS - 1) / ROWS * groups_of(m), pack_some_rows, &j);
}

/* The product that reads b as it is kept, which may be otherwise than packed for one product. */
static levin_matmul_args as_kept(const levin_matmul_args *m, const void *packed)
{
    levin_matmul_args kept = *m;
    kept.packed = packed;
    return kept;
}

/* While a weight is learned it is packed anew for each product, which costs less than the memory,
 * but for the way there in pairs, which AdamW keeps up. */
bool KERNEL(packed_size)(size_t *bytes, const levin_matmul_args *m, bool learns)
{
    if (!can_multiply(m) || (learns && !(step_of(m) == STEP_PAIR && m->trans_b)))
        return false;
    levin_matmul_args kept = as_kept(m, bytes);
    *bytes = packed_bytes(&kept);
    return true;
}

bool KERNEL(pack)(void *packed, const levin_matmul_args *m)
{
    if (!can_multiply(m))
        return false;
    levin_matmul_args kept = as_kept(m, packed);
    pack_panels(packed, &kept);
    return true;
}
