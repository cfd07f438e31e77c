/* safetensors.c: the weights alone, in the format of Hugging Face. */
#include "cli/convert/convert.h"

bool cli_save_safetensors(const cli_conversion *c, const char *path)
{
    static const char *const metadata[][2] = { { "format", "pt" } };
    int64_t n;
    levin_st_entry *entries = cli_state_entries(&c->state, "", &n);
    if (entries)
        levin_safetensors_save(path, entries, n, metadata, 1);
    cli_entries_free(entries, n);
    return !levin_error();
}

void cli_convert_to_safetensors(cli_conversion *c) { cli_save_safetensors(c, c->to); }
