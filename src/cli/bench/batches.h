/* batches.h: texts of random tokens whose lengths follow a distribution. */
#ifndef LEVIN_CLI_BENCH_BATCHES_H
#define LEVIN_CLI_BENCH_BATCHES_H

#include <levin/bert.h>

typedef struct bench_lengths {
    int64_t *sorted; // a sample of the distribution
    int64_t n;
    double mean;
} bench_lengths;

/** "mnli": the pairs of MNLI's training set, cut at 128; a number: texts of so many tokens; else a
 *  file of one length a line. 0 or an error code; free it either way. */
int bench_lengths_read(bench_lengths *out, const char *name);
void bench_lengths_free(bench_lengths *l);

enum { BENCH_BATCHES = 8 };

typedef struct bench_batch {
    levin_batch batch;
    levin_tensor *ids, *types, *labels; // of the batch
    int64_t *lengths;
} bench_batch;

/* Used one after the other; each holds nearly the same number of tokens. */
typedef struct bench_batches {
    bench_batch at[BENCH_BATCHES];
    double tokens; // of a batch, on average
} bench_batches;

/** Batches of size texts for a model of that vocabulary, with labels below classes. 0 or an error
 * code; free them either way. */
int bench_batches_make(bench_batches *out, const bench_lengths *l, int64_t size, int64_t vocabulary,
                       int64_t classes);
void bench_batches_free(bench_batches *b);

#endif
