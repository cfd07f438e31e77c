/* option_rows.h: what the tables of options share: rows that stand in several, and lists of words.
 */
#ifndef LEVIN_CLI_OPTION_ROWS_H
#define LEVIN_CLI_OPTION_ROWS_H

#include "cli/args.h"
#include "cli/options.h"

#define TO(field) offsetof(cli_args, field)

/* A function that gives word i of the list, NULL past its end. */
#define WORD_LIST(function, ...)                                                                   \
    static const char *function(int i)                                                             \
    {                                                                                              \
        static const char *const list[] = { __VA_ARGS__ };                                         \
        return i < (int)(sizeof list / sizeof *list) ? list[i] : NULL;                             \
    }

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

#endif
