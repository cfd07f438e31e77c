/* options.c: the option tables of what trains and of what uses a trained model; those of the other
 * commands stand in tool_options.c. */
#include "cli/option_rows.h"
#include "models/classifier.h"
#include "tasks/glue.h"

WORD_LIST(heads, "linear")
WORD_LIST(only_true, "true")

static const cli_option model_options[] = { MODEL_NAME(true), { 0 } };
static const cli_option head_options[] = {
    { .name = "--model.head",
      .value = "NAME",
      .type = CLI_WORD,
      .words = heads,
      .offset = TO(model.head),
      .missing = "linear",
      .help = "what stands on the encoder" },
    { .name = "--model.pooling",
      .value = "NAME",
      .type = CLI_WORD,
      .words = levin__pooling_word,
      .offset = TO(model.pooling),
      .help = "what the head sees of the encoder; by default what the folder says, else pooler" },
    { 0 },
};

static const cli_option learning_options[] = {
    { .name = "--model.gradient_checkpointing",
      .type = CLI_SWITCH,
      .offset = TO(model.gradient_checkpointing),
      .help =
          "compute layers again on the way back instead of keeping their insides: long texts in "
          "a fraction of the memory, for a third more work" },
    { 0 },
};

static const cli_option data_options[] = {
    { .name = "--data.task",
      .value = "NAME",
      .type = CLI_WORD,
      .words = levin__glue_word,
      .offset = TO(data.task),
      .help = "a GLUE task, which knows its files, columns and labels" },
    { .name = "--data.dir",
      .value = "DIR",
      .type = CLI_TEXT,
      .offset = TO(data.dir),
      .help = "the task's folder: train.tsv, dev.tsv (mnli: dev_matched.tsv) and so on" },
    { .name = "--data.train_file",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(data.train_file),
      .help = "training rows: .tsv, .csv, .jsonl or .json" },
    { .name = "--data.validation_file",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(data.validation_file),
      .help = "rows to validate on" },
    { .name = "--data.test_file",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(data.test_file),
      .help = "rows to test on" },
    { .name = "--data.label_column",
      .value = "NAME",
      .type = CLI_TEXT,
      .offset = TO(data.label_column),
      .help = "column of the labels; found by the usual names if not given" },
    { .name = "--data.max_train_rows",
      .value = "N",
      .type = CLI_COUNT,
      .least = 0,
      .offset = TO(data.max_train_rows),
      .missing = "0",
      .help = "train on the first N rows only; 0: all" },
    { 0 },
};

static const cli_option reading_options[] = {
    { .name = "--data.text_column",
      .value = "NAME",
      .type = CLI_TEXT,
      .offset = TO(data.text_column),
      .help = "column, or JSON member, of the text; found by the usual names if not given" },
    { .name = "--data.text_pair_column",
      .value = "NAME",
      .type = CLI_TEXT,
      .offset = TO(data.text_pair_column),
      .help = "the same of the second text of a pair" },
    BATCH_SIZE("rows of a batch"),
    { .name = "--data.max_length",
      .value = "N",
      .type = CLI_COUNT,
      .least = 3,
      .most = 65536,
      .offset = TO(data.max_length),
      .help = "tokens of a row, [CLS] and [SEP] counted, longer texts are cut; by default 128, or "
              "less if the model has fewer positions" },
    { 0 },
};

static const cli_option optimizer_options[] = {
    { .name = "--optimizer",
      .value = "CLASS",
      .type = CLI_CLASS,
      .class_kind = LEVIN_CLASS_OPTIMIZER,
      .missing = "AdamW",
      .help = "what updates the weights" },
    { .name = "--lr_scheduler",
      .value = "CLASS",
      .type = CLI_CLASS,
      .class_kind = LEVIN_CLASS_LR_SCHEDULER,
      .missing = "constant",
      .help = "course of the learning rate" },
    { 0 },
};

static const cli_option run_options[] = {
    { .name = "--seed_everything",
      .value = "N",
      .type = CLI_SEED,
      .offset = TO(seed),
      .missing = "0",
      .help = "seed of new weights, order of rows and dropout; false: a new one each time" },
    { 0 },
};

static const cli_option config_options[] = {
    { .name = "--config",
      .value = "FILE",
      .type = CLI_CONFIG,
      .unsaved = true,
      .help = "YAML file of options; several are laid over each other and over the options "
              "before them (-c for short)",
      .also = "-c" },
    { .name = "--print_config",
      .value = "[=skip_default,skip_null]",
      .type = CLI_PRINT,
      .offset = TO(print_config),
      .unsaved = true,
      .help = "print all options as YAML and stop, without defaults or null if asked" },
    { 0 },
};

static const cli_option save_config_options[] = {
    { .name = "--save_config_kwargs.overwrite",
      .type = CLI_SWITCH,
      .offset = TO(overwrite_config),
      .unsaved = true,
      .help = "write over the config.yaml of another run" },
    { 0 },
};

static const cli_option ckpt_options[] = {
    { .name = "--ckpt_path",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(ckpt_path),
      .help = "checkpoint: fit goes on from it, everything else takes its weights" },
    { .name = "--weights_only",
      .value = "BOOL",
      .type = CLI_WORD,
      .words = only_true,
      .offset = TO(weights_only),
      .help = "load nothing that could run: always so, there is nothing else in a checkpoint" },
    { 0 },
};

static const cli_option json_options[] = {
    { .name = "--json",
      .type = CLI_SWITCH,
      .offset = TO(json),
      .help = "results for a program: JSON on standard output" },
    { 0 },
};

/* Of a prediction, which no trainer runs. */
static const char *const brief_flags[] = { "accelerator", "devices", "precision", NULL };
static const char *const precision_flag[] = { "precision", NULL };

const cli_group cli_trainer_group = { .title = "Trainer", .is_trainer = true };
const cli_group cli_trainer_brief_group = { .title = "Trainer",
                                            .is_trainer = true,
                                            .trainer_only = brief_flags };
const cli_group cli_trainer_precision_group = { .title = "Trainer",
                                                .is_trainer = true,
                                                .trainer_only = precision_flag };
const cli_group cli_model_group = { .title = "Model", .options = model_options };
const cli_group cli_head_group = { .title = "Model", .options = head_options };
const cli_group cli_learning_group = { .title = "Model", .options = learning_options };
const cli_group cli_data_group = { .title = "Data", .options = data_options };
const cli_group cli_reading_group = { .title = "Data", .options = reading_options };
const cli_group cli_optimizer_group = { .title = "Optimizer", .options = optimizer_options };
const cli_group cli_run_group = { .title = "Run", .options = run_options };
const cli_group cli_config_group = { .title = "Configuration", .options = config_options };
const cli_group cli_save_config_group = { .title = "Configuration",
                                          .options = save_config_options };
const cli_group cli_ckpt_group = { .title = "Run", .options = ckpt_options };
const cli_group cli_json_group = { .title = "Run", .options = json_options };
