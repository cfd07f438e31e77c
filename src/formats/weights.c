/* weights.c: model.safetensors, else model.safetensors.index.json and the shards that its
 * "weight_map" {tensor: file} names, else the same of pytorch_model.bin. Names of files come from a
 * stranger: they must lie in the folder. A tensor counts only if the index lists it, and a listed
 * one must be there. */
#include "formats/weights.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "formats/header_scanner.h"
#include "formats/weight_file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_INDEX_BYTES = 1 << 26 };

struct levin_weights {
    char *path;
    levin_weight_file **files;
    size_t n_files;
    const levin_st_tensor **tensors; // in the order of names
    size_t n_tensors;
};

void levin__weights_free(levin_weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_files; i++)
        levin__weight_file_free(w->files[i]);
    levin__free(w->files);
    levin__free(w->tensors);
    levin__free(w->path);
    levin__free(w);
}

/* Room for so many files and tensors. */
static bool set_room(levin_weights *w, size_t files, size_t tensors)
{
    w->files = levin__calloc(files, sizeof *w->files);
    w->tensors = levin__calloc(tensors, sizeof *w->tensors);
    return w->files && w->tensors;
}

static bool open_single(levin_weights *w, bool torch)
{
    levin_weight_file *file = levin__weight_file_open(w->path, torch);
    size_t n = file ? levin__weight_file_count(file) : 0;
    if (!file || !set_room(w, 1, n)) {
        levin__weight_file_free(file);
        return false;
    }
    w->files[w->n_files++] = file;
    for (; w->n_tensors < n; w->n_tensors++)
        w->tensors[w->n_tensors] = levin__weight_file_at(file, w->n_tensors);
    return true;
}

/* The entry "tensor": "file" of the index, while it is read. */
typedef struct {
    levin_weights *w;
    const char *folder;
    bool torch;        // the files are of torch.save
    levin_map *opened; // name of a file -> its place in w->files
    const char *tensor;
    const json_t *file;
} index_entry;

static bool refuse(const index_entry *e, const char *why)
{
    char tensor[80], file[80];
    const char *name = json_is_string(e->file) ? json_string_value(e->file) : "";
    levin__printable(tensor, e->tensor, strlen(e->tensor));
    levin__printable(file, name, strlen(name));
    levin__error_set(LEVIN_EFORMAT, "%s: \"weight_map\": \"%s\": \"%s\": %s", e->w->path, tensor,
                     file, why);
    return false;
}

static bool is_plain_name(const json_t *file)
{
    const char *name = json_string_value(file);
    return name && *name && strlen(name) == json_string_length(file) && !strchr(name, '/') &&
           !strstr(name, "..") && strcmp(name, ".") != 0;
}

static levin_weight_file *open_shard(const index_entry *e, const char *name)
{
    levin_weights *w = e->w;
    int64_t at = levin__map_get(e->opened, name, strlen(name), -1);
    if (at >= 0)
        return w->files[at];
    char *path = levin__path_join(e->folder, name);
    levin_weight_file *file = NULL;
    if (path && !levin__is_file(path))
        refuse(e, "the folder has no such file");
    else if (path)
        file = levin__weight_file_open(path, e->torch);
    levin__free(path);
    if (file && levin__map_set(e->opened, name, strlen(name), (int64_t)w->n_files) != LEVIN_OK) {
        levin__weight_file_free(file);
        return NULL;
    }
    if (file)
        w->files[w->n_files++] = file;
    return file;
}

static bool add_entry(const index_entry *e)
{
    if (!is_plain_name(e->file))
        return refuse(e, "a file must be named by its plain name, without a folder");
    levin_weight_file *file = open_shard(e, json_string_value(e->file));
    if (!file)
        return false;
    const levin_st_tensor *t = levin__weight_file_find(file, e->tensor);
    if (!t)
        return refuse(e, "the file does not hold this tensor");
    e->w->tensors[e->w->n_tensors++] = t;
    return true;
}

static int by_name(const void *a, const void *b)
{
    const levin_st_tensor *x = *(const levin_st_tensor *const *)a;
    const levin_st_tensor *y = *(const levin_st_tensor *const *)b;
    return strcmp(x->name, y->name);
}

static bool read_index(levin_weights *w, const char *folder, json_t *index, bool torch)
{
    json_t *weight_map = json_object_get(index, "weight_map"), *file;
    if (!json_is_object(weight_map)) {
        levin__error_set(LEVIN_EFORMAT,
                         "%s: \"weight_map\" must be an object {tensor: file of the folder}",
                         w->path);
        return false;
    }
    index_entry e = { .w = w, .folder = folder, .torch = torch, .opened = levin__map_new(0) };
    size_t n = json_object_size(weight_map);
    bool ok = e.opened && set_room(w, n, n);
    json_object_foreach(weight_map, e.tensor, file)
    {
        e.file = file;
        ok = ok && add_entry(&e);
    }
    if (e.opened)
        levin__map_free(e.opened);
    if (ok && n)
        qsort(w->tensors, n, sizeof *w->tensors, by_name);
    return ok;
}

static bool open_index(levin_weights *w, const char *folder, bool torch)
{
    json_t *index = levin__json_load(w->path, MAX_INDEX_BYTES);
    bool ok = index && read_index(w, folder, index, torch);
    json_decref(index);
    return ok;
}

/* In the order in which they are looked for. */
static const struct {
    const char *name;
    bool is_index, torch;
} kinds[] = {
    { "model.safetensors", false, false },
    { "model.safetensors.index.json", true, false },
    { "pytorch_model.bin", false, true },
    { "pytorch_model.bin.index.json", true, true },
};

static bool open_folder(levin_weights *w, const char *folder)
{
    if (!levin__is_dir(folder)) {
        levin__error_set(LEVIN_ENOTFOUND, "%s: not a folder", folder);
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        levin__free(w->path);
        w->path = levin__path_join(folder, kinds[i].name);
        if (!w->path)
            return false;
        if (levin__is_file(w->path))
            return kinds[i].is_index ? open_index(w, folder, kinds[i].torch)
                                     : open_single(w, kinds[i].torch);
    }
    levin__error_set(LEVIN_ENOTFOUND,
                     "%s: no weights: neither model.safetensors nor pytorch_model.bin is there, as "
                     "one file or with an index",
                     folder);
    return false;
}

levin_weights *levin__weights_open(const char *folder)
{
    if (!folder) {
        levin__error_set(LEVIN_EINVAL, "weights: no folder");
        return NULL;
    }
    levin_weights *w = levin__calloc(1, sizeof *w);
    if (w && !open_folder(w, folder)) {
        levin__weights_free(w);
        return NULL;
    }
    return w;
}

const char *levin__weights_path(const levin_weights *w) { return w ? w->path : NULL; }

int64_t levin__weights_count(const levin_weights *w) { return w ? (int64_t)w->n_tensors : 0; }

const levin_st_tensor *levin__weights_at(const levin_weights *w, int64_t i)
{
    return i >= 0 && i < levin__weights_count(w) ? w->tensors[i] : NULL;
}

const levin_st_tensor *levin__weights_find(const levin_weights *w, const char *name)
{
    if (!w || !name)
        return NULL;
    for (size_t low = 0, high = w->n_tensors; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(w->tensors[middle]->name, name);
        if (order == 0)
            return w->tensors[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
