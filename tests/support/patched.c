/* patched.c: see patched.h. */
#include "support/patched.h"

#include "base/memory.h"
#include "formats/checkpoint.h"

json_t *checkpoint_header(const char *path)
{
    levin_checkpoint *c = levin__checkpoint_open(path);
    json_t *header = c ? json_deep_copy(levin__checkpoint_header(c)) : NULL;
    levin__checkpoint_free(c);
    return header;
}

int checkpoint_patch(const char *path, const json_t *header, const char *tensors_of)
{
    levin_checkpoint *c = levin__checkpoint_open(tensors_of);
    const levin_safetensors *tensors = levin__checkpoint_tensors(c);
    int64_t n = c ? levin_safetensors_count(tensors) : 0;
    levin_st_entry *entries = levin__calloc((size_t)n + 1, sizeof *entries);
    for (int64_t i = 0; entries && i < n; i++) {
        const levin_st_tensor *t = levin_safetensors_at(tensors, i);
        entries[i] = (levin_st_entry){ t->name, t->dtype, t->ndim, t->shape, t->data };
    }
    if (c && entries)
        levin__checkpoint_save(path, header, entries, n);
    levin__free(entries);
    levin__checkpoint_free(c);
    return levin_error();
}
