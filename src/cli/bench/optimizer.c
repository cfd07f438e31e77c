/* optimizer.c: AdamW over the whole model, and the norm of all gradients that clipping needs. A
 * pass reads parameter, gradient and two moments and writes all but the gradient; under bf16-mixed
 * it also writes the copy in bf16. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "optim/optimizer.h"

#include <stdio.h>

enum { READ_AND_WRITTEN = 7 * sizeof(float), OF_A_COPY = 2 };

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

static void measure(bench *b, levin_optimizer *o)
{
    char detail[48];
    bench_timing t;
    double n = (double)levin_module_numel(&b->model->base, true);
    snprintf(detail, sizeof detail, "%.1f M parameters", n / 1e6);
    double bytes = READ_AND_WRITTEN + (b->dtype == LEVIN_BF16 ? OF_A_COPY : 0);
    if (bench_time(b, false, run_step, o, &t))
        bench_report_bytes(b, "adamw", detail, &t, bytes * n);
    if (bench_time(b, false, run_norm, o, &t))
        bench_report_bytes(b, "gradient norm", detail, &t, sizeof(float) * n);
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
