/* state.h: the tensors of a source under the names that the target has for them. */
#ifndef LEVIN_CLI_CONVERT_STATE_H
#define LEVIN_CLI_CONVERT_STATE_H

#include "base/buffer.h"
#include "cli/convert/names.h"

typedef struct cli_state_entry {
    levin_st_entry st; // its name is ours, everything else the source's
    cli_part part;
    bool left_out;
    bool expected; // by the model's config
} cli_state_entry;

typedef struct cli_state {
    cli_state_entry *at; // in the order of names
    size_t n;
} cli_state;

/** Every tensor of the source, buffers left out. False after an error: two of one name. */
bool cli_state_take(cli_state *out, const cli_source *s, const cli_root *root);
void cli_state_free(cli_state *s);
cli_state_entry *cli_state_find(const cli_state *s, const char *name);
/** Whether a tensor that is not left out has a name that begins so. */
bool cli_state_has(const cli_state *s, const char *beginning);
/** What is not left out, as the writers take it, each name behind prefix; *n of them. The list is
 *  the caller's to free with cli_entries_free. NULL after an error. */
levin_st_entry *cli_state_entries(const cli_state *s, const char *prefix, int64_t *n);
void cli_entries_free(levin_st_entry *entries, int64_t n);
/** Adds "(2, 3)". */
void cli_add_shape(levin_buffer *out, int64_t ndim, const uint64_t *shape);

#endif
