/* tokenizer.c: texts to ids, on all threads and on one. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/bench/texts.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const levin_tokenizer *tokenizer;
    bench_texts texts;
    levin_encoding *encodings; // of all texts
    double tokens;
} run;

static double run_all(void *context)
{
    run *r = context;
    double began = levin__seconds();
    if (levin_tokenizer_encode_batch(r->tokenizer, r->texts.at, NULL, r->texts.n, NULL,
                                     r->encodings) < 0)
        return -1;
    double took = levin__seconds() - began;
    r->tokens = 0;
    for (int64_t i = 0; i < r->texts.n; i++) {
        r->tokens += (double)r->encodings[i].n;
        levin_encoding_free(&r->encodings[i]);
    }
    return took;
}

static double run_one_by_one(void *context)
{
    run *r = context;
    double began = levin__seconds();
    for (int64_t i = 0; i < r->texts.n; i++) {
        levin_encoding e;
        if (levin_tokenizer_encode(r->tokenizer, r->texts.at[i], strlen(r->texts.at[i]), NULL, 0,
                                   NULL, &e) < 0)
            return -1;
        levin_encoding_free(&e);
    }
    return levin__seconds() - began;
}

static void measure(bench *b, run *r, const char *name, bench_task *task)
{
    char detail[48];
    bench_timing t;
    if (levin_error() || !bench_time(b, false, task, r, &t))
        return;
    snprintf(detail, sizeof detail, "%lld texts", (long long)r->texts.n);
    bench_report(b, &(bench_row){ name, detail, &t, r->texts.bytes / t.seconds / 1e6, "MB/s", 0 });
    char tokens[48];
    snprintf(tokens, sizeof tokens, "%s tokens", name);
    bench_report(b,
                 &(bench_row){ tokens, NULL, NULL, r->tokens / t.seconds / 1e6, "Mtokens/s", 0 });
}

void bench_tokenizer(bench *b)
{
    run r = { .tokenizer = b->tokenizer };
    bench_report_section(b, "tokenizer");
    if (bench_texts_open(&r.texts, b->args->bench.file) == LEVIN_OK)
        r.encodings = levin__calloc((size_t)r.texts.n, sizeof *r.encodings);
    if (r.encodings) {
        measure(b, &r, "all threads", run_all);
        measure(b, &r, "one thread", run_one_by_one);
    }
    levin__free(r.encodings);
    bench_texts_free(&r.texts);
}
