/* model.h: the model that the options name. */
#ifndef LEVIN_CLI_MODEL_H
#define LEVIN_CLI_MODEL_H

#include "cli/args.h"
#include "cli/labels.h"

#include <levin/bert.h>

/** The tokenizer of --model.name, once it is known that the folder is a BERT and that
 *  --data.max_length fits it. Yours. */
levin_tokenizer *cli_tokenizer(const cli_args *a);
/** A classifier with n outputs under these names (NULL: the folder's, or none). Yours. */
levin_module *cli_classifier(const cli_args *a, int64_t n, const char *const *names);
/** The classifier that the folder, with --ckpt_path if given, holds; it must have a head. Yours. */
levin_module *cli_trained_classifier(const cli_args *a);

#endif
