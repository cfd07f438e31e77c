/* args.h: everything that a command line, files and the environment can say. One struct for all
 * commands; each reads what its own option groups can set. */
#ifndef LEVIN_CLI_ARGS_H
#define LEVIN_CLI_ARGS_H

#include "formats/yaml.h"
#include "trainer/classes.h"

enum {
    CLI_MAX_ROWS = 128,   // options of one command, trainer flags included
    CLI_MAX_OBJECTS = 16, // classes of one option
    CLI_MAX_VALUES = 32,  // arguments of one class
};

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

/* An argument of a class. place.where NULL is the command line. */
typedef struct cli_value {
    const char *name, *text; // lent by documents
    levin_place place;
    int segment; // of the command line
} cli_value;

/* A class and what is known of its arguments. */
typedef struct cli_object {
    const levin_class *type;
    bool chosen; // by name; else it is the default
    levin_place place;
    int n;
    cli_value values[CLI_MAX_VALUES];
} cli_object;

typedef struct cli_objects {
    int n;
    cli_object at[CLI_MAX_OBJECTS];
} cli_objects;
typedef struct cli_convert_args {
    const char *prefix; // NULL: found, or chosen
    const char *strict; // "true", "false"
} cli_convert_args;

enum { CLI_MAX_WORDS = 2 };

typedef struct cli_args {
    levin_trainer_flags trainer;
    cli_model_args model;
    cli_data_args data;
    int64_t seed;
    const char *ckpt_path;
    const char *weights_only;     // "true" or NULL, which is the same
    const char *text, *text_pair; // one example; NULL: standard input
    const char *input_format;     // "lines", "jsonl"
    cli_embed_args embed;
    cli_tokenize_args tokenize;
    cli_bench_args bench;
    cli_convert_args convert;
    bool json, fallbacks;
    cli_objects objects[LEVIN_CLASS_KINDS];
    levin_yaml *documents;    // what was read; everything above lends from it
    int segment;              // of the command line: they end at each --config
    const char *print_config; // what to leave out; NULL: nothing is printed
    bool overwrite_config;
    levin_class_kind help_kind;
    const levin_class *help_class;    // NULL: all of the kind
    const char *help_group;           // "--model"
    const char *words[CLI_MAX_WORDS]; // arguments without a name: help fit, convert FROM TO
    /* What each row of the command was set from, in the order of cli_row_at; NULL where that is the
     * absence of a value. */
    const char *texts[CLI_MAX_ROWS];
} cli_args;

#endif
