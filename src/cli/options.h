/* options.h: the option tables. Parsing, configurations, help and hparams.yaml read them, and
 * nothing else knows an option's name, default or text. The rows of --trainer.* are the trainer's
 * own flag table, those of classes (--optimizer.lr) stand with the classes. */
#ifndef LEVIN_CLI_OPTIONS_H
#define LEVIN_CLI_OPTIONS_H

#include "trainer/classes.h"

typedef enum cli_type {
    CLI_TEXT,   // const char *
    CLI_WORD,   // const char *, one of a list, in any case
    CLI_COUNT,  // int64_t
    CLI_NUMBER, // double; NaN without a default
    CLI_SWITCH, // bool, on by its name alone
    CLI_SEED,   // int64_t; true and false are PL_GLOBAL_SEED and a new one
    CLI_CLASS,  // a class of class_kind, in objects
    CLI_CONFIG, // a file of options
    CLI_PRINT,  // const char *, "" by its name alone
} cli_type;

typedef struct cli_option {
    const char *name;    // with its dashes
    const char *value;   // what stands for the value in help; NULL for a switch
    const char *missing; // the default; NULL: none
    const char *help;
    cli_type type;
    size_t offset;               // in cli_args
    const char *(*words)(int i); // CLI_WORD: the list, NULL past its end
    double least, most;          // of numbers; most 0: no limit
    bool above;                  // least itself is not allowed
    bool required;               // there is no running without it
    bool unsaved;                // of the command line alone: no part of a configuration
    levin_class_kind class_kind; // of CLI_CLASS
    const char *also;            // another name, or NULL
} cli_option;

typedef struct cli_group {
    const char *title;
    const cli_option *options;       // closed by a NULL name
    const char *const *trainer_only; // of the trainer's group: those flags alone; NULL: all
    bool is_trainer;
} cli_group;

typedef struct cli_preset {
    const char *name, *value;
} cli_preset;

extern const cli_group cli_trainer_group, cli_trainer_brief_group, cli_model_group, cli_head_group;
extern const cli_group cli_learning_group, cli_data_group, cli_reading_group, cli_optimizer_group,
    cli_run_group, cli_config_group, cli_save_config_group;
extern const cli_group cli_ckpt_group, cli_json_group, cli_example_group, cli_tokenize_group;
extern const cli_group cli_info_group, cli_format_group, cli_embed_group, cli_texts_group;
extern const cli_group cli_output_group, cli_bench_group, cli_trainer_precision_group;
extern const cli_group cli_convert_group;

struct levin_command;

/* One row of a command, whichever table it comes from. */
typedef struct cli_row {
    const cli_group *group;
    const cli_option *option; // NULL for a trainer flag
    const levin_flag *flag;   // NULL for an option
    char name[64];            // with its dashes
    const char *missing;      // the default of this command; NULL: none
    int class_kind;           // of a row whose value is a class or a list of them; else -1
} cli_row;

/** Row i of a command; false past the end. */
bool cli_row_at(const struct levin_command *c, int i, cli_row *out);
/** The number of the row of that name ("--a-b" and "--a_b" are one name), or -1. */
int cli_row_find(const struct levin_command *c, const char *name, cli_row *out);
/** Of "--optimizer.lr" the row "--optimizer" and, returned, "lr"; NULL if no row of classes begins
 *  the name. */
const char *cli_row_of_argument(const struct levin_command *c, const char *name, cli_row *out);
/** Whether the row's name begins with that of the group, which has its dashes, and a point. */
bool cli_row_is_in(const cli_row *row, const char *group);
/** Whether there is such a row. */
bool cli_row_is_group(const struct levin_command *c, const char *name);
/** Records LEVIN_EINVAL: the option of that name, or the key, if it has no dashes, is unknown;
 * names the nearest. */
void cli_row_unknown(const struct levin_command *c, const char *name);

#endif
