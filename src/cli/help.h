/* help.h: what --help and `levin help` print. */
#ifndef LEVIN_CLI_HELP_H
#define LEVIN_CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/** The program: its commands, one a line. */
void cli_help_program(FILE *to);
/** A command: usage, what it does, its options in groups with their defaults. */
void cli_help_command(FILE *to, const levin_command *c);
/** The options of a command whose names begin with group and a point, "--model". */
void cli_help_group(FILE *to, const levin_command *c, const char *group);
/** A class with its arguments; with type NULL all classes of a kind that an option of c takes. */
void cli_help_class(FILE *to, const levin_command *c, levin_class_kind kind,
                    const levin_class *type);

#endif
