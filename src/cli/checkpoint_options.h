/* checkpoint_options.h: what a checkpoint says of the model that its weights belong to. */
#ifndef LEVIN_CLI_CHECKPOINT_OPTIONS_H
#define LEVIN_CLI_CHECKPOINT_OPTIONS_H

#include "cli/command.h"

/** Makes a file of "last", "best" and "hpc". Then takes --model.name, --model.head and
 * --model.pooling from the file of --ckpt_path where nothing else was said. False after an error:
 * the file has another head or pooling than was asked for, with which its weights would mean
 * something else. True where there is no such file, or none that can be read, which is for the
 * trainer to refuse. */
bool cli_take_checkpoint_options(const levin_command *c, cli_args *a);

/** Whether --ckpt_path, if it was given, is there; false after LEVIN_ENOTFOUND. A fit without a
 * last one begins afresh. */
bool cli_checkpoint_is_there(const cli_args *a, bool is_fit);

#endif
