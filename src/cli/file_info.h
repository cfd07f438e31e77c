/* file_info.h: what `levin info` says about a file: a checkpoint or weights. */
#ifndef LEVIN_CLI_FILE_INFO_H
#define LEVIN_CLI_FILE_INFO_H

#include <jansson.h>

/** An object that describes the file: what it is, what stands beside the tensors, and in "tensors"
 *  name, dtype and shape of each. Nothing in it is run, and no numbers are read. NULL after an
 *  error. json_decref it. */
json_t *cli_file_describe(const char *path);
/** Prints the list under "tensors", one a line. */
void cli_file_print_tensors(const json_t *description);

#endif
