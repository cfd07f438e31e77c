/* example.h: a text or a pair as predict and tokenize read them. */
#ifndef LEVIN_CLI_EXAMPLE_H
#define LEVIN_CLI_EXAMPLE_H

#include "cli/lines.h"

#include <jansson.h>

typedef struct cli_example {
    const char *text, *pair; // pair NULL: there is none
    size_t n, n_pair;        // bytes; any may be NUL
    json_t *json;            // what the texts lie in, or NULL
} cli_example;

/** Reads {"text": ..., "text_pair": ...} under these two names; a pair may be null or absent. 0, or
 *  an error that names the line. */
int cli_example_parse(cli_example *out, const cli_line *line, const char *text_name,
                      const char *pair_name);
void cli_example_free(cli_example *e); // what it points to, not e itself

#endif
