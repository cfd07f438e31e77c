/* folder.c: see folder.h. Weights are looked at, not loaded. */
#include "cli/folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/weights.h"
#include "models/bert/config.h"

#include <levin/tokenizer.h>
#include <stdio.h>
#include <string.h>

/* A head is what a classifier finds in the folder. */
static bool has_head(const levin_weights *w)
{
    return levin__weights_find(w, "classifier.weight") && levin__weights_find(w, "classifier.bias");
}

static void describe_weights(json_t *out, const char *folder)
{
    levin_weights *w = levin__weights_open(folder);
    if (!w)
        return;
    uint64_t parameters = 0, bytes = 0;
    const char *dtype = "";
    for (int64_t i = 0; i < levin__weights_count(w); i++) {
        const levin_st_tensor *t = levin__weights_at(w, i);
        if (strstr(t->name, "position_ids"))
            continue; // a buffer that older versions of Transformers saved
        const char *name = levin_st_dtype_name(t->dtype);
        dtype = !*dtype || strcmp(dtype, name) == 0 ? name : "mixed";
        parameters += t->numel;
        bytes += t->bytes;
    }
    json_object_set_new(out, "weights", json_string(levin__weights_path(w)));
    json_object_set_new(out, "parameters", json_integer((json_int_t)parameters));
    json_object_set_new(out, "bytes", json_integer((json_int_t)bytes));
    json_object_set_new(out, "dtype", json_string(dtype));
    json_object_set_new(out, "classifier", json_boolean(has_head(w)));
    levin__weights_free(w);
}

static void describe_labels(json_t *out, const json_t *config, const char *where)
{
    json_t *labels = json_array();
    int64_t n = levin__config_num_labels(config, where);
    for (int64_t i = 0; i < n; i++)
        json_array_append_new(labels, json_string(levin__config_label(config, i)));
    json_object_set_new(out, "labels", labels);
}

static void describe_config(json_t *out, const levin_bert_config *c)
{
    const struct {
        const char *name;
        int64_t value;
    } sizes[] = {
        { "num_hidden_layers", c->num_hidden_layers },
        { "hidden_size", c->hidden_size },
        { "num_attention_heads", c->num_attention_heads },
        { "intermediate_size", c->intermediate_size },
        { "vocab_size", c->vocab_size },
        { "max_position_embeddings", c->max_position_embeddings },
        { "type_vocab_size", c->type_vocab_size },
    };
    json_object_set_new(out, "model_type", json_string("bert"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        json_object_set_new(out, sizes[i].name, json_integer((json_int_t)sizes[i].value));
    json_object_set_new(out, "hidden_act", json_string(c->hidden_act));
}

static void describe_tokenizer(json_t *out, const char *folder)
{
    levin_tokenizer *t = levin_tokenizer_from_pretrained(folder);
    if (!t)
        return;
    json_object_set_new(out, "tokens", json_integer(levin_tokenizer_vocab_size(t)));
    levin_tokenizer_free(t);
}

json_t *cli_folder_describe(const char *folder)
{
    json_t *config = levin__config_load(folder), *out = json_object();
    char *where = levin__path_join(folder, "config.json");
    levin_bert_config sizes;
    json_object_set_new(out, "folder", json_string(folder));
    if (config && where && levin__config_parse(&sizes, config, where) == LEVIN_OK) {
        describe_config(out, &sizes);
        describe_labels(out, config, where);
        describe_weights(out, folder);
        if (!levin_error())
            describe_tokenizer(out, folder);
    }
    levin__free(where);
    json_decref(config);
    if (!levin_error())
        return out;
    json_decref(out);
    return NULL;
}
