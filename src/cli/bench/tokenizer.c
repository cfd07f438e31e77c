/* tokenizer.c: texts to ids, on all threads and on one: the lines of --file, or sentences of the
 * set that levin generates. */
#include "cli/bench/report.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/nli_pair.h"

#include <stdio.h>
#include <string.h>

enum { PAIRS = 2000, MAX_TEXTS = 1 << 22 };
static const size_t MAX_FILE = (size_t)1 << 30;

typedef struct {
    const bench *b;
    char *text;         // all texts, a NUL behind each
    const char **texts; // into it
    int64_t n;
    double bytes, tokens;
    levin_encoding *encodings;
} run;

static double run_all(void *context)
{
    run *r = context;
    double began = levin__seconds();
    if (levin_tokenizer_encode_batch(r->b->tokenizer, r->texts, NULL, r->n, NULL, r->encodings) < 0)
        return -1;
    double took = levin__seconds() - began;
    r->tokens = 0;
    for (int64_t i = 0; i < r->n; i++) {
        r->tokens += (double)r->encodings[i].n;
        levin_encoding_free(&r->encodings[i]);
    }
    return took;
}

static double run_one_by_one(void *context)
{
    run *r = context;
    double began = levin__seconds();
    for (int64_t i = 0; i < r->n; i++) {
        levin_encoding e;
        if (levin_tokenizer_encode(r->b->tokenizer, r->texts[i], strlen(r->texts[i]), NULL, 0, NULL,
                                   &e) < 0)
            return -1;
        levin_encoding_free(&e);
    }
    return levin__seconds() - began;
}

static char *generate(size_t *size)
{
    levin_generator g;
    levin_buffer all = LEVIN_BUFFER((size_t)1 << 24), sentence = LEVIN_BUFFER((size_t)1 << 12);
    levin__generator_seed(&g, 1);
    for (int i = 0; i < PAIRS; i++) {
        nli_sentence hypothesis = levin__nli_hypothesis(&g);
        nli_sentence premise = levin__nli_premise(&g, &hypothesis, (nli_label)(i % 3));
        const nli_sentence *both[] = { &hypothesis, &premise };
        for (int k = 0; k < 2; k++) {
            levin__buffer_clear(&sentence);
            levin__nli_write(&sentence, both[k]);
            levin__buffer_addf(&all, "%s\n", sentence.data ? sentence.data : "");
        }
    }
    levin__buffer_free(&sentence);
    *size = all.size;
    return levin__buffer_take(&all);
}

/* Cuts the text at its newlines. */
static bool cut(run *r, size_t size)
{
    int64_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += r->text[i] == '\n';
    r->texts = levin__calloc((size_t)lines, sizeof *r->texts);
    r->encodings = levin__calloc((size_t)lines, sizeof *r->encodings);
    if (!r->texts || !r->encodings)
        return false;
    for (char *line = r->text, *end = r->text + size; line < end;) {
        size_t n = strcspn(line, "\n");
        line[n] = '\0';
        r->texts[r->n++] = line;
        r->bytes += (double)n;
        line += n + 1;
    }
    return true;
}

static bool open_texts(run *r)
{
    size_t size = 0;
    const char *file = r->b->args->bench.file;
    r->text = file ? levin__file_read(file, MAX_FILE, &size) : generate(&size);
    if (!r->text || !cut(r, size))
        return false;
    if (r->bytes > 0 && r->n <= MAX_TEXTS)
        return true;
    levin__error_set(LEVIN_EFORMAT, "%s: %lld texts; 1 to %d, one a line, are wanted", file,
                     (long long)r->n, MAX_TEXTS);
    return false;
}

static void measure(bench *b, run *r, const char *name, bench_task *task)
{
    char detail[48];
    bench_timing t;
    if (levin_error() || !bench_time(b, false, task, r, &t))
        return;
    snprintf(detail, sizeof detail, "%lld texts", (long long)r->n);
    bench_report(b, &(bench_row){ name, detail, &t, r->bytes / t.seconds / 1e6, "MB/s", 0 });
    char tokens[48];
    snprintf(tokens, sizeof tokens, "%s tokens", name);
    bench_report(b,
                 &(bench_row){ tokens, NULL, NULL, r->tokens / t.seconds / 1e6, "Mtokens/s", 0 });
}

void bench_tokenizer(bench *b)
{
    run r = { .b = b };
    bench_report_section(b, "tokenizer");
    if (open_texts(&r)) {
        measure(b, &r, "all threads", run_all);
        measure(b, &r, "one thread", run_one_by_one);
    }
    levin__free(r.texts);
    levin__free(r.encodings);
    levin__free(r.text);
}
