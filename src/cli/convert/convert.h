/* convert.h: a conversion on its way: what was read, and the four things it may become. */
#ifndef LEVIN_CLI_CONVERT_CONVERT_H
#define LEVIN_CLI_CONVERT_CONVERT_H

#include "cli/convert/state.h"

typedef struct cli_conversion {
    const char *to;
    const char *base;   // the folder that gives config and tokenizer; NULL: none was named
    const char *prefix; // of --model.prefix; NULL: none was given
    bool strict;
    cli_source source;
    cli_root root;
    cli_state state;
    json_t *left_out; // names of tensors
} cli_conversion;

/* Each writes c->to as a whole; an error is recorded. */
void cli_convert_to_folder(cli_conversion *c);
void cli_convert_to_levin(cli_conversion *c);
void cli_convert_to_lightning(cli_conversion *c);
/** The weights, under their own names, to a file; false after an error. */
bool cli_save_safetensors(const cli_conversion *c, const char *path);
void cli_convert_to_safetensors(cli_conversion *c);

/** The JSON object under loops of Lightning 2 for the position that a header of levin tells. */
json_t *cli_lightning_loops(const json_t *header, const char *where);

#endif
