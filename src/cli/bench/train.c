/* train.c: a whole training step, as the trainer takes it: forward with dropout, backward, the norm
 * clipped to 1, AdamW. Batches stand ready, as the loader's thread has them. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"
#include "cli/bench/footprint.h"
#include "models/bert/flops.h"
#include "optim/optimizer.h"

#include <stdio.h>

typedef struct {
    bench *b;
    levin_optimizer *optimizer;
    int64_t step;
    int64_t allocations; // of the last step
} run;

static double run_step(void *context)
{
    run *r = context;
    const levin_batch *batch = &r->b->batches.at[r->step % BENCH_BATCHES].batch;
    int64_t before = levin__alloc_count();
    double began = levin__seconds();
    levin_scope *scope = levin_scope_begin();
    levin_set_random(1, (uint64_t)r->step++);
    levin_tensor *loss = bench_model_loss(r->b->model, batch);
    levin_optimizer_zero_grad(r->optimizer);
    if (loss && levin_backward(loss) == LEVIN_OK) {
        levin__clip_grad_norm_later(r->optimizer, 1);
        levin_optimizer_step(r->optimizer);
    }
    levin_scope_end(scope);
    r->allocations = levin__alloc_count() - before;
    return levin_error() ? -1 : levin__seconds() - began;
}

/* Of a batch, on average. */
static levin_flops average(const bench *b, levin_flops (*count)(const levin_bert_config *,
                                                                const int64_t *, int64_t))
{
    levin_flops sum = { 0 };
    for (int i = 0; i < BENCH_BATCHES; i++) {
        const bench_batch *at = &b->batches.at[i];
        levin_flops f = count(&b->config, at->lengths, at->batch.size);
        sum.forward += f.forward / BENCH_BATCHES;
        sum.training += f.training / BENCH_BATCHES;
    }
    return sum;
}

static void report(bench *b, const run *r, const bench_timing *t)
{
    char detail[48];
    double texts = (double)b->batches.at[0].batch.size;
    snprintf(detail, sizeof detail, "%.0f texts", texts);
    bench_report(b, &(bench_row){ "step", detail, t, texts / t->seconds, "sequences/s", 0 });
    bench_report(b, &(bench_row){ .name = "tokens",
                                  .rate = b->batches.tokens / t->seconds,
                                  .unit = "tokens/s" });
    double useful = average(b, levin__bert_flops_useful).training;
    double computed = average(b, levin__bert_flops_computed).training;
    bench_report(b, &(bench_row){ "useful", "of the whole encoder", NULL, useful / t->seconds / 1e9,
                                  "GFLOP/s", t->peak / 1e9 });
    bench_report(b, &(bench_row){ "computed", "what is really done", NULL,
                                  computed / t->seconds / 1e9, "GFLOP/s", t->peak / 1e9 });
    bench_report(b, &(bench_row){ .name = "heap",
                                  .detail = "taken by the last step",
                                  .rate = (double)r->allocations,
                                  .unit = "blocks" });
    bench_report(b, &(bench_row){ .name = "scopes",
                                  .detail = "activations, gradients",
                                  .rate = (double)levin__scope_peak_bytes() / 1e6,
                                  .unit = "MB" });
    bench_report_footprint(b);
}

void bench_train(bench *b)
{
    bench_timing t;
    run r = { .b = b };
    bench_report_section(b, "train");
    bench_footprint_begin();
    levin_module_train(&b->model->base, true);
    r.optimizer = levin_adamw(levin_parameters(&b->model->base), 2e-5, 0.01,
                              &(levin_adam_opts){ .decay_only_weights = LEVIN_ON });
    if (r.optimizer && bench_time(b, true, run_step, &r, &t))
        report(b, &r, &t);
    levin_optimizer_free(r.optimizer);
}
