/* print_config.h: all options of a command as a configuration. */
#ifndef LEVIN_CLI_PRINT_CONFIG_H
#define LEVIN_CLI_PRINT_CONFIG_H

#include "cli/command.h"

/** The text of a file that says the same as args, in Lightning's order. what names values to leave
 *  out: "skip_default", "skip_null" (or "skip_unset", as Lightning had it once), both with a comma
 *  between, or "". The caller's; NULL after an error. */
char *cli_config_text(const levin_command *c, const cli_args *a, const char *what);

#endif
