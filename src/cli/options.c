/* options.c: the option tables and how a row is found. */
#include "cli/options.h"

#include "cli/command.h"
#include "models/classifier.h"
#include "optim/schedule.h"
#include "tasks/glue.h"

#include <stdio.h>
#include <string.h>

#define TO(field) offsetof(cli_args, field)

static const char *list_word(const char *const *list, int n, int i)
{
    return i < n ? list[i] : NULL;
}
#define WORD_LIST(function, ...)                                                                   \
    static const char *function(int i)                                                             \
    {                                                                                              \
        static const char *const list[] = { __VA_ARGS__ };                                         \
        return list_word(list, (int)(sizeof list / sizeof *list), i);                              \
    }
WORD_LIST(heads, "linear")
WORD_LIST(input_formats, "lines", "jsonl")
WORD_LIST(truncations, "longest_first", "only_first", "only_second", "do_not_truncate")
WORD_LIST(sides, "right", "left")
WORD_LIST(truths, "true", "false")

static const char *embed_pooling(int i) { return levin__pooling_words[i]; }

#define MODEL_NAME(is_required)                                                                    \
    {                                                                                              \
        .name = "--model.name", .value = "DIR", .type = CLI_TEXT, .offset = TO(model.name),        \
        .help = "the model: a Hugging Face folder with config.json, model.safetensors and a "      \
                "tokenizer",                                                                       \
        .required = is_required, .also = "--model"                                                 \
    }

#define BATCH_SIZE(text)                                                                           \
    {                                                                                              \
        .name = "--data.batch_size", .value = "N", .type = CLI_COUNT, .least = 1, .most = 65536,   \
        .offset = TO(data.batch_size), .missing = "32", .help = text                               \
    }

static const cli_option model_options[] = { MODEL_NAME(true), { 0 } };
static const cli_option info_options[] = {
    MODEL_NAME(false),
    { .name = "--fallbacks",
      .type = CLI_SWITCH,
      .offset = TO(fallbacks),
      .help = "also list the kernels that only the plain back end ref has" },
    { 0 },
};

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
      .value = "NAME",
      .type = CLI_WORD,
      .words = levin__optimizer_word,
      .offset = TO(optimizer.name),
      .missing = "adamw",
      .help = "what updates the weights" },
    { .name = "--optimizer.lr",
      .value = "X",
      .type = CLI_NUMBER,
      .least = 0,
      .above = true,
      .offset = TO(optimizer.lr),
      .missing = "2e-5",
      .help = "learning rate" },
    { .name = "--optimizer.weight_decay",
      .value = "X",
      .type = CLI_NUMBER,
      .least = 0,
      .offset = TO(optimizer.weight_decay),
      .help = "decay of weights, not of biases and LayerNorm; by default 0.01 for adamw, else 0" },
    { .name = "--lr_scheduler",
      .value = "NAME",
      .type = CLI_WORD,
      .words = levin__lr_scheduler_word,
      .offset = TO(lr_scheduler),
      .missing = "constant",
      .help = "course of the learning rate" },
    { .name = "--lr_scheduler.warmup",
      .value = "X",
      .type = CLI_NUMBER,
      .least = 0,
      .offset = TO(warmup),
      .missing = "0",
      .help = "steps in which the rate rises to its full value; below 1: a share of all steps" },
    { 0 },
};

static const cli_option run_options[] = {
    { .name = "--seed_everything",
      .value = "N",
      .type = CLI_COUNT,
      .least = 0,
      .offset = TO(seed),
      .missing = "0",
      .help = "seed of new weights, order of rows and dropout" },
    { 0 },
};
static const cli_option ckpt_options[] = {
    { .name = "--ckpt_path",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(ckpt_path),
      .help = "checkpoint: fit goes on from it, everything else takes its weights" },
    { 0 },
};
static const cli_option json_options[] = {
    { .name = "--json",
      .type = CLI_SWITCH,
      .offset = TO(json),
      .help = "results for a program: JSON on standard output" },
    { 0 },
};
#define TEXT                                                                                       \
    {                                                                                              \
        .name = "--text", .value = "TEXT", .type = CLI_TEXT, .offset = TO(text),                   \
        .help = "one text; without it, texts are read from standard input"                         \
    }
static const cli_option example_options[] = {
    TEXT,
    { .name = "--text_pair",
      .value = "TEXT",
      .type = CLI_TEXT,
      .offset = TO(text_pair),
      .help = "the second text of the pair" },
    { 0 },
};

static const cli_option format_options[] = {
    { .name = "--input-format",
      .value = "NAME",
      .type = CLI_WORD,
      .words = input_formats,
      .offset = TO(input_format),
      .missing = "lines",
      .help = "what a line is, a text or a JSON object {\"text\": ...}" },
    { 0 },
};

static const cli_option embed_options[] = {
    { .name = "--model.pooling",
      .value = "NAME",
      .type = CLI_WORD,
      .words = embed_pooling,
      .offset = TO(model.pooling),
      .help = "how the vectors of tokens become one; by default what the folder says, else mean" },
    { .name = "--normalize",
      .value = "BOOL",
      .type = CLI_WORD,
      .words = truths,
      .offset = TO(embed.normalize),
      .help = "whether vectors get length 1; by default what the folder says, else not" },
    { .name = "--data.max_length",
      .value = "N",
      .type = CLI_COUNT,
      .least = 3,
      .most = 65536,
      .offset = TO(data.max_length),
      .help =
          "tokens of a text, [CLS] and [SEP] counted, longer texts are cut; by default what the "
          "folder says" },
    { .name = "--data.batch_tokens",
      .value = "N",
      .type = CLI_COUNT,
      .least = 1,
      .most = 1 << 24,
      .offset = TO(embed.batch_tokens),
      .missing = "2048",
      .help = "tokens that are computed at once" },
    { 0 },
};

static const cli_option texts_options[] = {
    TEXT,
    { .name = "--file",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(embed.file),
      .help = "read texts from FILE instead" },
    { .name = "--data.text_column",
      .value = "NAME",
      .type = CLI_TEXT,
      .offset = TO(data.text_column),
      .missing = "text",
      .help = "JSON member that holds the text" },
    { 0 },
};

static const cli_option output_options[] = {
    { .name = "--output",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(embed.output),
      .help = "write vectors to FILE, which ends in .npy (NumPy, f32) or .jsonl, and say on "
              "standard output how it went" },
    { 0 },
};

static const cli_option tokenize_options[] = {
    { .name = "--max-length",
      .value = "N",
      .type = CLI_COUNT,
      .least = 0,
      .most = INT32_MAX,
      .offset = TO(tokenize.max_length),
      .missing = "0",
      .help = "cut to N tokens, special tokens counted; 0: no limit" },
    { .name = "--truncation",
      .value = "NAME",
      .type = CLI_WORD,
      .words = truncations,
      .offset = TO(tokenize.truncation),
      .missing = "longest_first",
      .help = "which text of a pair is cut" },
    { .name = "--truncation-side",
      .value = "NAME",
      .type = CLI_WORD,
      .words = sides,
      .offset = TO(tokenize.truncation_side),
      .missing = "right",
      .help = "at which end" },
    { .name = "--no-special-tokens",
      .type = CLI_SWITCH,
      .offset = TO(tokenize.no_special_tokens),
      .help = "without [CLS] and [SEP]" },
    { 0 },
};

static const cli_option bench_options[] = {
    MODEL_NAME(false),
    { .name = "--model.config",
      .value = "NAME|FILE",
      .type = CLI_TEXT,
      .offset = TO(bench.config),
      .help = "without --model.name: random weights in the shape of minilm, bert-base or "
              "bert-large, or of a config.json; by default minilm" },
    BATCH_SIZE("texts of a batch"),
    { .name = "--lengths",
      .value = "mnli|N|FILE",
      .type = CLI_TEXT,
      .offset = TO(bench.lengths),
      .missing = "mnli",
      .help = "tokens of the texts: as the pairs of MNLI, N in each, or as in a file of one length "
              "a line" },
    { .name = "--seconds",
      .value = "X",
      .type = CLI_NUMBER,
      .least = 0,
      .above = true,
      .offset = TO(bench.seconds),
      .missing = "1",
      .help = "time for each row; a task is run three times at least" },
    { .name = "--file",
      .value = "FILE",
      .type = CLI_TEXT,
      .offset = TO(bench.file),
      .help = "texts for the tokenizer, one a line; by default generated sentences" },
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
const cli_group cli_info_group = { .title = "Info", .options = info_options };
const cli_group cli_head_group = { .title = "Model", .options = head_options };
const cli_group cli_learning_group = { .title = "Model", .options = learning_options };
const cli_group cli_data_group = { .title = "Data", .options = data_options };
const cli_group cli_reading_group = { .title = "Data", .options = reading_options };
const cli_group cli_optimizer_group = { .title = "Optimizer", .options = optimizer_options };
const cli_group cli_run_group = { .title = "Run", .options = run_options };
const cli_group cli_ckpt_group = { .title = "Run", .options = ckpt_options };
const cli_group cli_json_group = { .title = "Run", .options = json_options };
const cli_group cli_example_group = { .title = "Input", .options = example_options };
const cli_group cli_bench_group = { .title = "Bench", .options = bench_options };
const cli_group cli_format_group = { .title = "Input", .options = format_options };
const cli_group cli_texts_group = { .title = "Input", .options = texts_options };
const cli_group cli_embed_group = { .title = "Vectors", .options = embed_options };
const cli_group cli_output_group = { .title = "Output", .options = output_options };
const cli_group cli_tokenize_group = { .title = "Tokens", .options = tokenize_options };

const cli_group *const cli_training_groups[] = { &cli_model_group,
                                                 &cli_head_group,
                                                 &cli_learning_group,
                                                 &cli_data_group,
                                                 &cli_reading_group,
                                                 &cli_optimizer_group,
                                                 &cli_run_group,
                                                 &cli_ckpt_group,
                                                 &cli_json_group,
                                                 &cli_trainer_group,
                                                 NULL };

static bool has_flag(const cli_group *g, const levin_flag *flag)
{
    // made by programs, not by words
    if (flag->type == LEVIN_FLAG_CALLBACKS || flag->type == LEVIN_FLAG_PLUGINS)
        return false;
    for (int i = 0; g->trainer_only && g->trainer_only[i]; i++)
        if (strcmp(g->trainer_only[i], flag->name) == 0)
            return true;
    return !g->trainer_only;
}

/* Flag number i of the group, or NULL. */
static const levin_flag *flag_at(const cli_group *g, int i)
{
    for (size_t k = 0; g->is_trainer && k < levin__num_flags; k++)
        if (has_flag(g, &levin__flags[k]) && i-- == 0)
            return &levin__flags[k];
    return NULL;
}

static int rows_of(const cli_group *g)
{
    int n = 0;
    while (g->is_trainer ? flag_at(g, n) != NULL : g->options[n].name != NULL)
        n++;
    return n;
}

static void fill(cli_row *row, const levin_command *c, const cli_group *g, int i)
{
    *row = (cli_row){ .group = g };
    if (g->is_trainer) {
        row->flag = flag_at(g, i);
        snprintf(row->name, sizeof row->name, "--trainer.%s", row->flag->name);
        row->missing = strcmp(row->flag->missing, "null") == 0 ? NULL : row->flag->missing;
    } else {
        row->option = &g->options[i];
        snprintf(row->name, sizeof row->name, "%s", row->option->name);
        row->missing = row->option->missing;
    }
    for (const cli_preset *p = c->presets; p && p->name; p++)
        if (strcmp(p->name, row->name) == 0)
            row->missing = p->value;
}

bool cli_row_at(const levin_command *c, int i, cli_row *out)
{
    for (const cli_group *const *g = c->groups; g && *g; g++) {
        int n = rows_of(*g);
        if (i < n) {
            fill(out, c, *g, i);
            return true;
        }
        i -= n;
    }
    return false;
}

/* Dashes and underscores within a name are the same letter. */
static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

int cli_row_find(const levin_command *c, const char *name, cli_row *out)
{
    for (int i = 0; cli_row_at(c, i, out); i++)
        if (same_name(out->name, name) ||
            (out->option && out->option->also && same_name(out->option->also, name)))
            return i;
    return -1;
}
