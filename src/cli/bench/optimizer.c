/* optimizer.c: AdamW over the whole model, and the norm of all gradients that clipping needs. For
 * each number a step reads parameter, gradient and two moments and writes all but the gradient.
 * Rows of a table that no text has read only decay. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "optim/optimizer.h"

#include <stdio.h>

enum { STEPPED = 7 * sizeof(float), DECAYED = 2 * sizeof(float) };

static double run_step(void *context)
{
    double began = levin__seconds();
    if (levin_optimizer_step(context) < 0)
        return -1;
    return levin__seconds() - began;
}

static double run_norm(void *context)
{
    double began = levin__seconds();
    if (levin_grad_norm(context) < 0 || levin_error())
        return -1;
    return levin__seconds() - began;
}

/* Gradients that an optimizer can step with. */
static bool make_gradients(bench *b)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *loss = bench_model_loss(b->model, &b->batches.at[0].batch);
    bool done = loss && levin_backward(loss) == LEVIN_OK;
    levin_scope_end(scope);
    return done;
}

/* Numbers that have moments. */
static double count_live(const levin_optimizer *o)
{
    double live = 0;
    for (int g = 0; g < o->n_groups; g++) {
        for (int64_t i = 0; i < o->groups[g].n; i++) {
            const levin_slot *s = &o->groups[g].slots[i];
            int64_t rows = s->live_rows ? s->tensor->dim[0] : 1, n = 0;
            for (int64_t k = 0; k < rows; k++)
                n += s->live_rows ? s->live_rows[k] : 1;
            live += (double)n * (double)(s->tensor->numel / rows);
        }
    }
    return live;
}

static void measure(bench *b, levin_optimizer *o)
{
    char detail[48];
    bench_timing t;
    double all = (double)levin_module_numel(&b->model->base, true);
    bool done = bench_time(b, false, run_step, o, &t);
    double live = count_live(o);
    snprintf(detail, sizeof detail, "%.1f of %.1f M live", live / 1e6, all / 1e6);
    if (done)
        bench_report_bytes(b, "adamw", detail, &t, STEPPED * live + DECAYED * (all - live));
    if (done && bench_time(b, false, run_norm, o, &t))
        bench_report_bytes(b, "gradient norm", detail, &t, sizeof(float) * live);
}

void bench_optimizer(bench *b)
{
    bench_report_section(b, "optimizer");
    levin_module_train(&b->model->base, true);
    levin_optimizer *o = levin_adamw(levin_parameters(&b->model->base), 2e-5, 0.01,
                                     &(levin_adam_opts){ .decay_only_weights = LEVIN_ON });
    if (o && make_gradients(b))
        measure(b, o);
    levin_optimizer_free(o);
}
