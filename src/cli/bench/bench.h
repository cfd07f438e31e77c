/* bench.h: what the sections of levin bench share: what is measured on, and where results go. */
#ifndef LEVIN_CLI_BENCH_BENCH_H
#define LEVIN_CLI_BENCH_BENCH_H

#include "cli/args.h"
#include "cli/bench/batches.h"
#include "cli/bench/model.h"

#include <jansson.h>
#include <levin/sys/kernels.h>

typedef struct bench {
    const cli_args *args;
    const char *name;     // of the model: a folder, or a shape
    levin_dtype autocast; // what the precision stands for
    levin_dtype dtype;    // of activations: bf16 under bf16-mixed
    levin_peak peak;      // what products are a share of: bf16's only where the machine has it
    levin_bert_config config;
    bench_lengths lengths;
    bench_batches batches;
    bench_model *model;
    levin_tokenizer *tokenizer; // NULL without --model.name
    double memory;              // bytes a second, read and written; 0 before it was measured
    double probed, probed_on_processors; // seconds of all threads
    json_t *results, *section;           // everything, and the part that is being filled
} bench;

/* The sections: each measures, and reports row after row. Errors stand. */
void bench_peak(bench *b);
void bench_gemm(bench *b);
void bench_operators(bench *b);
void bench_optimizer(bench *b);
void bench_train(bench *b);
void bench_infer(bench *b);
void bench_tokenizer(bench *b);
void bench_embed(bench *b);

#endif
