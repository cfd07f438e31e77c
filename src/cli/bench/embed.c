/* embed.c: text in, vectors out, tokenizer and all: many texts at once, and one alone. */
#include "cli/bench/report.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/bench/footprint.h"
#include "cli/bench/texts.h"

#include <levin/embed.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 512 }; // as levin embed takes them

typedef struct {
    levin_embedder *embedder;
    const char **texts;
    int64_t n, next; // the window that comes next
    float *vectors;  // (AT_ONCE, H)
} run;

static double run_window(void *context)
{
    run *r = context;
    int64_t n = r->n < AT_ONCE ? r->n : AT_ONCE;
    double began = levin__seconds();
    if (r->next + n > r->n)
        r->next = 0;
    if (levin_embedder_embed(r->embedder, r->texts + r->next, NULL, n, r->vectors) < 0)
        return -1;
    r->next += n;
    return levin__seconds() - began;
}

static int by_length(const void *a, const void *b)
{
    size_t x = strlen(*(const char *const *)a), y = strlen(*(const char *const *)b);
    return (x > y) - (x < y);
}

static void measure(bench *b, run *r, const char *name)
{
    char detail[48];
    bench_timing t;
    int64_t n = r->n < AT_ONCE ? r->n : AT_ONCE;
    snprintf(detail, sizeof detail, "%lld at once", (long long)n);
    if (bench_time(b, false, run_window, r, &t))
        bench_report(b, &(bench_row){ name, detail, &t, (double)n / t.seconds, "texts/s", 0 });
}

void bench_embed(bench *b)
{
    bench_texts texts = { 0 };
    run r = { 0 };
    bench_report_section(b, "embed");
    bench_footprint_begin();
    r.embedder = levin_embedder_from_pretrained(
        b->args->model.name, &(levin_embedder_opts){ .precision = b->args->trainer.precision });
    if (r.embedder && bench_texts_open(&texts, b->args->bench.file) == LEVIN_OK)
        r.vectors =
            levin__calloc(AT_ONCE, (size_t)levin_embedder_size(r.embedder) * sizeof *r.vectors);
    if (r.vectors) {
        r.texts = texts.at;
        r.n = texts.n;
        measure(b, &r, "texts");
        qsort(texts.at, (size_t)texts.n, sizeof *texts.at, by_length);
        r.texts = texts.at + texts.n / 2; // one of middle length
        r.n = 1;
        r.next = 0;
        measure(b, &r, "one text");
        bench_report_footprint(b);
    }
    levin__free(r.vectors);
    bench_texts_free(&texts);
    levin_embedder_free(r.embedder);
}
