/* weight_file.c: see weight_file.h. */
#include "formats/weight_file.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

struct levin_weight_file {
    levin_safetensors *safetensors;
    levin_torch *torch; // one of the two
    levin_torch_table *table;
};

/* Weights are a plain dict of tensors; a checkpoint has them one level down. */
static bool check_weights(const levin_value *root, const char *path)
{
    if (levin__value_get(root, "state_dict"))
        levin__error_set(
            LEVIN_EFORMAT,
            "%s: a checkpoint, whose weights are under state_dict: levin convert makes "
            "a model folder of it",
            path);
    else if (root->kind != LEVIN_VALUE_DICT)
        levin__error_set(LEVIN_EFORMAT, "%s: holds no dict {name: tensor}", path);
    return !levin_error();
}

static bool open_torch(levin_weight_file *f, const char *path)
{
    f->torch = levin__torch_open(path);
    const levin_value *root = levin__torch_root(f->torch);
    if (!root || !check_weights(root, path))
        return false;
    f->table = levin__torch_table(f->torch, root, true);
    if (f->table && !f->table->n && f->table->others)
        levin__error_set(LEVIN_EFORMAT, "%s: holds no tensors by name", path);
    return f->table && !levin_error();
}

levin_weight_file *levin__weight_file_open(const char *path, bool torch)
{
    levin_weight_file *f = levin__calloc(1, sizeof *f);
    if (!f)
        return NULL;
    if (!torch)
        f->safetensors = levin_safetensors_open(path);
    if (torch ? open_torch(f, path) : f->safetensors != NULL)
        return f;
    levin__weight_file_free(f);
    return NULL;
}

void levin__weight_file_free(levin_weight_file *f)
{
    if (!f)
        return;
    levin__torch_table_free(f->table);
    levin__torch_free(f->torch);
    levin_safetensors_free(f->safetensors);
    levin__free(f);
}

size_t levin__weight_file_count(const levin_weight_file *f)
{
    return f->table ? f->table->n : (size_t)levin_safetensors_count(f->safetensors);
}

const levin_st_tensor *levin__weight_file_at(const levin_weight_file *f, size_t i)
{
    return f->table ? &f->table->at[i] : levin_safetensors_at(f->safetensors, (int64_t)i);
}

const levin_st_tensor *levin__weight_file_find(const levin_weight_file *f, const char *name)
{
    if (!f->table)
        return levin_safetensors_find(f->safetensors, name);
    for (size_t low = 0, high = f->table->n; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(f->table->at[middle].name, name);
        if (order == 0)
            return &f->table->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
