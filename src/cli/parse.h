/* parse.h: from the words of a command line to cli_args. */
#ifndef LEVIN_CLI_PARSE_H
#define LEVIN_CLI_PARSE_H

#include "cli/command.h"

typedef enum cli_wish {
    CLI_WANTS_RUN,
    CLI_WANTS_HELP,
    CLI_WANTS_CLASS_HELP, // about out->help_class
    CLI_WANTS_GROUP_HELP, // about out->help_group
    CLI_WANTS_CONFIG,     // printed, less what out->print_config names
} cli_wish;

/** Fills out with the defaults of c, with what the environment says, then with n words. False after
 *  an error, which is one of usage. Texts are lent by words and by out, which cli_args_free
 *  releases either way. Words behind a wish for help are not looked at. */
bool cli_parse(const levin_command *c, int n, char **words, cli_args *out, cli_wish *wish);

#endif
