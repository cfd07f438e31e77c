/* infer.c: texts to vectors: the encoder and the mean of its tokens, in batches and one by one. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "cli/bench/footprint.h"
#include "models/bert/flops.h"

#include <stdio.h>

typedef struct {
    bench *b;
    const bench_batches *batches;
    int64_t step;
} run;

static double run_batch(void *context)
{
    run *r = context;
    const levin_batch *batch = &r->batches->at[r->step++ % BENCH_BATCHES].batch;
    double began = levin__seconds();
    levin_scope *scope = levin_scope_begin();
    levin_mean(levin__bert_encode(r->b->model->bert, batch, NULL), 1); // (B, H)
    levin_scope_end(scope);
    return levin_error() ? -1 : levin__seconds() - began;
}

/* Forwards, of a batch; no pooler. */
static double flops(const bench *b, const bench_batches *batches)
{
    double sum = 0, h = (double)b->config.hidden_size;
    for (int i = 0; i < BENCH_BATCHES; i++) {
        const bench_batch *at = &batches->at[i];
        sum += levin__bert_flops_useful(&b->config, at->lengths, at->batch.size).forward -
               2 * h * h * (double)at->batch.size;
    }
    return sum / BENCH_BATCHES;
}

static void measure(bench *b, const char *name, const bench_batches *batches)
{
    char detail[48];
    bench_timing t;
    run r = { .b = b, .batches = batches };
    int64_t texts = batches->at[0].batch.size;
    snprintf(detail, sizeof detail, "%lld x %.1f tokens", (long long)texts,
             batches->tokens / (double)texts);
    if (!bench_time(b, true, run_batch, &r, &t))
        return;
    bench_report(b, &(bench_row){ name, detail, &t, (double)texts / t.seconds, "sequences/s", 0 });
    char useful[48];
    snprintf(useful, sizeof useful, "%s useful", name);
    bench_report(b, &(bench_row){ useful, NULL, NULL, flops(b, batches) / t.seconds / 1e9,
                                  "GFLOP/s", t.peak / 1e9 });
}

void bench_infer(bench *b)
{
    bench_batches single = { 0 };
    bench_report_section(b, "infer");
    bench_footprint_begin();
    levin_module_train(&b->model->base, false);
    levin_set_grad_enabled(false);
    measure(b, "batch", &b->batches);
    if (bench_batches_make(&single, &b->lengths, 1, b->config.vocab_size, BENCH_CLASSES) ==
        LEVIN_OK)
        measure(b, "one text", &single);
    bench_batches_free(&single);
    if (!levin_error())
        bench_report_footprint(b);
}
