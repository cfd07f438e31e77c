/* args.h: everything that a command line can say. One struct for all commands; each reads what its
 * own option groups can set. */
#ifndef LEVIN_CLI_ARGS_H
#define LEVIN_CLI_ARGS_H

#include <levin/trainer.h>

enum { CLI_MAX_ROWS = 96 }; // options of one command, trainer flags included

typedef struct cli_model_args {
    const char *name, *head;
    const char *pooling; // NULL: the folder's
    bool gradient_checkpointing;
} cli_model_args;

typedef struct cli_data_args {
    const char *task; // NULL: files
    const char *dir;
    const char *train_file, *validation_file, *test_file;
    const char *text_column, *text_pair_column, *label_column;
    int64_t max_train_rows; // 0: all
    int64_t batch_size;
    int64_t max_length; // 0: 128, or the model's positions if these are fewer
} cli_data_args;

typedef struct cli_optimizer_args {
    const char *name;
    double lr;
    double weight_decay; // NaN: the optimizer's own default
} cli_optimizer_args;

typedef struct cli_embed_args {
    const char *normalize; // "true", "false"; NULL: the folder's
    const char *file;      // NULL: standard input
    const char *output;    // NULL: standard output
    int64_t batch_tokens;
} cli_embed_args;

typedef struct cli_tokenize_args {
    const char *truncation, *truncation_side;
    int64_t max_length; // 0: no limit
    bool no_special_tokens;
} cli_tokenize_args;

typedef struct cli_bench_args {
    const char *config; // NULL: that of --model.name, or minilm
    const char *lengths;
    double seconds;   // for each row
    const char *file; // NULL: generated texts
} cli_bench_args;

typedef struct cli_convert_args {
    const char *prefix; // NULL: found, or chosen
    const char *strict; // "true", "false"
} cli_convert_args;

enum { CLI_MAX_WORDS = 2 };

typedef struct cli_args {
    levin_trainer_flags trainer;
    cli_model_args model;
    cli_data_args data;
    cli_optimizer_args optimizer;
    const char *lr_scheduler;
    double warmup;
    int64_t seed;
    const char *ckpt_path;
    const char *text, *text_pair; // one example; NULL: standard input
    const char *input_format;     // "lines", "jsonl"
    cli_embed_args embed;
    cli_tokenize_args tokenize;
    cli_bench_args bench;
    cli_convert_args convert;
    bool json, fallbacks;
    const char *words[CLI_MAX_WORDS]; // arguments without a name: help fit, convert FROM TO
    /* What each row of the command was set from, in the order of cli_row_at; NULL where that is the
     * absence of a value. */
    const char *texts[CLI_MAX_ROWS];
} cli_args;

#endif
