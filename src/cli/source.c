/* source.c: see source.h. Nothing goes by a name: the first bytes of a file tell safetensors from
 * torch.save, its contents tell weights from checkpoints. */
#include "cli/source.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors_header.h"
#include "trainer/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char version_key[] = "pytorch-lightning_version";

static bool set_room(cli_source *s, size_t n)
{
    s->tensors = levin__calloc(n + 1, sizeof *s->tensors);
    return s->tensors != NULL;
}

static void add(cli_source *s, const char *name, const levin_st_tensor *t)
{
    s->tensors[s->n++] = (cli_tensor){ name, t };
}

static void note(cli_source *s, const char *name, json_t *value)
{
    if (value && !json_is_null(value))
        json_object_set_new(s->facts, name, value);
    else
        json_decref(value);
}

static bool open_folder(cli_source *s)
{
    s->form = CLI_FORM_FOLDER;
    s->weights = levin__weights_open(s->path);
    int64_t n = levin__weights_count(s->weights);
    if (!s->weights || !set_room(s, (size_t)n))
        return false;
    for (int64_t i = 0; i < n; i++)
        add(s, levin__weights_at(s->weights, i)->name, levin__weights_at(s->weights, i));
    return true;
}

/* ---- safetensors ---- */

static bool take_weights(cli_source *s)
{
    int64_t n = levin_safetensors_count(s->safetensors);
    s->form = CLI_FORM_SAFETENSORS;
    if (!set_room(s, (size_t)n))
        return false;
    for (int64_t i = 0; i < n; i++) {
        const levin_st_tensor *t = levin_safetensors_at(s->safetensors, i);
        add(s, t->name, t);
    }
    return true;
}

static json_t *names_of(const json_t *object)
{
    const char *name;
    json_t *member, *list = json_array();
    json_object_foreach((json_t *)object, name, member)
        json_array_append_new(list, json_string(name));
    return list;
}

static bool take_checkpoint(cli_source *s)
{
    static const size_t prefix = sizeof LEVIN_CKPT_WEIGHT - 1;
    const json_t *header = levin__checkpoint_header(s->checkpoint);
    const levin_safetensors *tensors = levin__checkpoint_tensors(s->checkpoint);
    int64_t n = levin_safetensors_count(tensors);
    s->form = CLI_FORM_LEVIN;
    if (!set_room(s, (size_t)n))
        return false;
    for (int64_t i = 0; i < n; i++) {
        const levin_st_tensor *t = levin_safetensors_at(tensors, i);
        if (strncmp(t->name, LEVIN_CKPT_WEIGHT, prefix) == 0)
            add(s, t->name + prefix, t);
    }
    note(s, "levin_version", json_incref(json_object_get(header, "levin_version")));
    note(s, "epoch", json_incref(json_object_get(header, "epoch")));
    note(s, "global_step", json_incref(json_object_get(header, "global_step")));
    note(s, "hyper_parameters", json_incref(json_object_get(header, "hyper_parameters")));
    note(s, "keys", names_of(header));
    return true;
}

static bool open_safetensors(cli_source *s)
{
    s->safetensors = levin_safetensors_open(s->path);
    if (!s->safetensors)
        return false;
    if (!levin_safetensors_metadata(s->safetensors, "levin_checkpoint"))
        return take_weights(s);
    levin_safetensors_free(s->safetensors);
    s->safetensors = NULL;
    s->checkpoint = levin__checkpoint_open(s->path);
    return s->checkpoint && take_checkpoint(s);
}

/* ---- torch.save ---- */

static json_t *keys_of(const levin_value *dict)
{
    json_t *list = json_array();
    for (size_t i = 0; i + 1 < dict->items.n; i += 2)
        if (dict->items.at[i]->kind == LEVIN_VALUE_TEXT)
            json_array_append_new(list, levin__value_json(dict->items.at[i]));
    return list;
}

static void note_lightning(cli_source *s, const levin_value *root)
{
    const levin_value *given = levin__value_get(root, "hyper_parameters");
    if (!given) // up to Lightning 0.7
        given = levin__value_get(root, "hparams");
    note(s, "lightning_version", levin__value_json(levin__value_get(root, version_key)));
    note(s, "epoch", levin__value_json(levin__value_get(root, "epoch")));
    note(s, "global_step", levin__value_json(levin__value_get(root, "global_step")));
    note(s, "hyper_parameters", levin__value_json(given));
    note(s, "keys", keys_of(root));
}

static bool open_torch(cli_source *s, bool load)
{
    s->torch = levin__torch_open(s->path);
    const levin_value *root = levin__torch_root(s->torch);
    if (!root)
        return false;
    const levin_value *state = levin__value_get(root, "state_dict");
    s->form = state ? CLI_FORM_LIGHTNING : CLI_FORM_TORCH;
    s->table = levin__torch_table(s->torch, state ? state : root, load);
    if (!s->table || !set_room(s, s->table->n))
        return false;
    for (size_t i = 0; i < s->table->n; i++)
        add(s, s->table->at[i].name, &s->table->at[i]);
    note(s, "format", json_string(levin__torch_is_zip(s->torch) ? "zip" : "before torch 1.6"));
    if (state)
        note_lightning(s, root);
    return true;
}

/* The first bytes of a file; 0 of them after an error. A pipe is not waited for. */
static size_t look(const char *path, unsigned char out[16])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, out, 16) : -1;
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* By the length of the header that such a file begins with; what cannot be looked at is left to the
 * message of whoever opens it. */
static bool may_be_safetensors(const unsigned char *first, size_t n)
{
    uint64_t length = 0;
    if (n >= sizeof length)
        memcpy(&length, first, sizeof length);
    return length <= LEVIN_ST_MAX_HEADER;
}

static bool open_any(cli_source *s, bool load)
{
    unsigned char first[16];
    if (levin__is_dir(s->path))
        return open_folder(s);
    size_t n = look(s->path, first);
    if (levin__torch_begins(first, n))
        return open_torch(s, load);
    if (may_be_safetensors(first, n))
        return open_safetensors(s);
    levin__error_set(LEVIN_EFORMAT,
                     "%s: of no kind that levin knows: neither a checkpoint, of levin or of "
                     "Lightning, nor weights, of safetensors or of torch.save",
                     s->path);
    return false;
}

const char *cli_source_kind(const cli_source *s)
{
    switch (s->form) {
    case CLI_FORM_FOLDER:
        return "model folder";
    case CLI_FORM_LEVIN:
        return "levin checkpoint";
    case CLI_FORM_LIGHTNING:
        return json_object_get(s->facts, "lightning_version") ? "Lightning checkpoint"
                                                              : "PyTorch checkpoint";
    case CLI_FORM_TORCH:
        return "PyTorch weights";
    default:
        return "safetensors weights";
    }
}

bool cli_source_open(cli_source *s, const char *path, bool load)
{
    *s = (cli_source){ .path = path, .facts = json_object() };
    if (open_any(s, load))
        return true;
    cli_source_close(s);
    return false;
}

void cli_source_close(cli_source *s)
{
    levin__free(s->tensors);
    json_decref(s->facts);
    levin__weights_free(s->weights);
    levin__checkpoint_free(s->checkpoint);
    levin_safetensors_free(s->safetensors);
    levin__torch_table_free(s->table);
    levin__torch_free(s->torch);
    *s = (cli_source){ 0 };
}
