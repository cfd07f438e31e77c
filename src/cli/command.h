/* command.h: a command is one file and one row. */
#ifndef LEVIN_CLI_COMMAND_H
#define LEVIN_CLI_COMMAND_H

#include "cli/args.h"
#include "cli/options.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef struct levin_command {
    const char *name;
    const char *help;               // one line
    const char *usage;              // what follows the name
    const char *about;              // a paragraph
    const cli_group *const *groups; // closed by NULL; NULL: no options
    const cli_preset *presets;      // defaults that differ from the options' own; closed by NULL
    int n_words;                    // arguments without a name that it takes, at most
    /* An exit status. What went wrong stands in levin_error(), and main prints it. */
    int (*run)(const struct levin_command *c, const cli_args *a);
} levin_command;

/* In the order of help, closed by NULL. */
extern const levin_command *const cli_commands[];

extern const levin_command cli_cmd_fit, cli_cmd_validate, cli_cmd_test, cli_cmd_predict;
extern const levin_command cli_cmd_embed, cli_cmd_tokenize, cli_cmd_info, cli_cmd_bench,
    cli_cmd_demo, cli_cmd_convert, cli_cmd_help;

/** The command of that name; NULL after an error that names the nearest. */
const levin_command *cli_command_find(const char *name);

#endif
