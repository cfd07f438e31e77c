/* values.h: the fields of cli_args behind the rows: their defaults, from text, and as YAML. */
#ifndef LEVIN_CLI_VALUES_H
#define LEVIN_CLI_VALUES_H

#include "cli/command.h"

/** The defaults of a command, its presets included. False after an error. */
bool cli_set_defaults(const levin_command *c, cli_args *a);
/** Sets what row, which is number in its command and no row of classes, stands for. text is lent;
 *  NULL is the default. False after an error that begins with the name. */
bool cli_row_set(cli_args *a, const cli_row *row, int number, const char *text);
/** Adds the value as YAML: a scalar, or a list in brackets. */
bool cli_row_print(levin_buffer *out, const cli_args *a, const cli_row *row, int number);
/** Releases what was read. */
void cli_args_free(cli_args *a);

#endif
