/* parse.h: from the words of a command line to cli_args. */
#ifndef LEVIN_CLI_PARSE_H
#define LEVIN_CLI_PARSE_H

#include "cli/command.h"

/** Fills out with the defaults of c, then with n words. False after an error, which is one of
 *  usage. Texts are lent by words. *wants_help is set, and the rest not looked at, by --help and
 * -h. */
bool cli_parse(const levin_command *c, int n, char **words, cli_args *out, bool *wants_help);

#endif
