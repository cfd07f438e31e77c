/* folder.h: what `levin info` says about a model folder. */
#ifndef LEVIN_CLI_FOLDER_H
#define LEVIN_CLI_FOLDER_H

#include <jansson.h>

/** An object that describes the folder: sizes, labels, tokenizer, weights. NULL after an error.
 *  json_decref it. */
json_t *cli_folder_describe(const char *folder);

#endif
