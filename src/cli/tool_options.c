/* tool_options.c: the option tables of predict, embed, tokenize, convert, info and bench. */
#include "cli/option_rows.h"
#include "models/classifier.h"

WORD_LIST(input_formats, "lines", "jsonl")
WORD_LIST(truncations, "longest_first", "only_first", "only_second", "do_not_truncate")
WORD_LIST(sides, "right", "left")
WORD_LIST(truths, "true", "false")

static const char *embed_pooling(int i) { return levin__pooling_words[i]; }

static const cli_option info_options[] = {
    MODEL_NAME(false),
    { .name = "--fallbacks",
      .type = CLI_SWITCH,
      .offset = TO(fallbacks),
      .help = "also list the kernels that only the plain back end ref has" },
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

static const cli_option convert_options[] = {
    { .name = "--model.name",
      .value = "DIR",
      .type = CLI_TEXT,
      .offset = TO(model.name),
      .help = "for a model folder: the folder that gives config and tokenizer, that of the model "
              "that was trained; by default FROM, if that is a folder",
      .also = "--model" },
    { .name = "--model.prefix",
      .value = "TEXT",
      .type = CLI_TEXT,
      .offset = TO(convert.prefix),
      .help = "what stands before the model's names in FROM, found by itself where there is one "
              "BERT; in a Lightning checkpoint that is written, by default model. for a "
              "classifier, else nothing" },
    { .name = "--strict",
      .value = "BOOL",
      .type = CLI_WORD,
      .words = truths,
      .offset = TO(convert.strict),
      .missing = "true",
      .help = "whether tensors that are no part of the model are an error; false leaves them out "
              "of a model folder" },
    { 0 },
};

const cli_group cli_info_group = { .title = "Info", .options = info_options };
const cli_group cli_example_group = { .title = "Input", .options = example_options };
const cli_group cli_bench_group = { .title = "Bench", .options = bench_options };
const cli_group cli_convert_group = { .title = "Convert", .options = convert_options };
const cli_group cli_format_group = { .title = "Input", .options = format_options };
const cli_group cli_texts_group = { .title = "Input", .options = texts_options };
const cli_group cli_embed_group = { .title = "Vectors", .options = embed_options };
const cli_group cli_output_group = { .title = "Output", .options = output_options };
const cli_group cli_tokenize_group = { .title = "Tokens", .options = tokenize_options };
