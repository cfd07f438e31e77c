/* model.h: the model that the options name. */
#ifndef LEVIN_CLI_MODEL_H
#define LEVIN_CLI_MODEL_H

#include "cli/args.h"
#include "cli/labels.h"

#include <levin/bert.h>

/** Reads accelerator, devices and precision as a trainer would, and makes products what the
 * precision says. False after an error of usage. */
bool cli_take_trainer_flags(const cli_args *a);
/** Whether --data.max_length, if it is given, is one that the model has positions for; true also of
 *  a folder that cannot be read, which is told when it is opened. False after an error. */
bool cli_check_max_length(const cli_args *a);
/** The tokenizer of --model.name, once it is known that the folder is a BERT; in *max_length the
 *  tokens that a row may have, which --data.max_length must not set above the model's. Yours. */
levin_tokenizer *cli_tokenizer(const cli_args *a, int *max_length);
/** A classifier with n outputs under these names (NULL: the folder's, or none). Yours. */
levin_module *cli_classifier(const cli_args *a, int64_t n, const char *const *names);
/** The classifier that the folder, with --ckpt_path if given, holds; it must have a head. Yours. */
levin_module *cli_trained_classifier(const cli_args *a);

#endif
