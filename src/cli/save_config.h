/* save_config.h: Lightning's SaveConfigCallback: <log_dir>/config.yaml when fit starts. */
#ifndef LEVIN_CLI_SAVE_CONFIG_H
#define LEVIN_CLI_SAVE_CONFIG_H

#include "cli/command.h"

#include <levin/callbacks.h>

/** Writes what cli_config_text says into the folder of the first logger, or default_root_dir
 *  without one. A file that is there already ends fit, unless it may be overwritten. The caller's,
 *  until a trainer takes it; NULL after an error. */
levin_callback *cli_save_config(const levin_command *c, const cli_args *a);

#endif
