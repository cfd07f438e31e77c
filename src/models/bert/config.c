/* config.c: see config.h. Keys and defaults are those of Transformers' BertConfig. */
#include "models/bert/config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static const size_t MAX_CONFIG_BYTES = (size_t)16 << 20;

json_t *levin__config_load(const char *folder)
{
    char *path = levin__path_join(folder, "config.json");
    json_t *config = NULL;
    if (path && !levin__is_dir(folder))
        levin__error_set(LEVIN_ENOTFOUND,
                         "%s: no such folder; a model is a folder with config.json, "
                         "model.safetensors and a tokenizer",
                         folder);
    else if (path)
        config = levin__json_load(path, MAX_CONFIG_BYTES);
    if (config && !json_is_object(config)) {
        levin__error_set(LEVIN_EFORMAT, "%s: not a JSON object", path);
        json_decref(config);
        config = NULL;
    }
    levin__free(path);
    return config;
}

static int check_family(const json_t *config, const char *where)
{
    const char *type = levin__json_string(config, "model_type", NULL, where);
    if (levin_error())
        return levin_error();
    if (!type)
        return levin__error_set(LEVIN_EFORMAT,
                                "%s: \"model_type\" is missing; it should be \"bert\"", where);
    if (strcmp(type, "bert") != 0)
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s: model_type is \"%s\"; levin knows \"bert\"", where, type);
    if (levin__json_bool(config, "is_decoder", false, where))
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s: is_decoder is true; levin trains encoders only", where);
    const char *positions =
        levin__json_string(config, "position_embedding_type", "absolute", where);
    if (strcmp(positions, "absolute") != 0)
        return levin__error_set(LEVIN_EUNSUPPORTED,
                                "%s: position_embedding_type is \"%s\"; levin knows \"absolute\"",
                                where, positions);
    return levin_error();
}

static int check_sizes(const levin_bert_config *c, const char *where)
{
    const struct {
        const char *key;
        int64_t value, limit;
    } sizes[] = {
        { "vocab_size", c->vocab_size, 1 << 24 },
        { "hidden_size", c->hidden_size, 1 << 16 },
        { "num_hidden_layers", c->num_hidden_layers, 1 << 10 },
        { "num_attention_heads", c->num_attention_heads, 1 << 10 },
        { "intermediate_size", c->intermediate_size, 1 << 18 },
        { "max_position_embeddings", c->max_position_embeddings, 1 << 16 },
        { "type_vocab_size", c->type_vocab_size, 1 << 16 },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].value < 1 || sizes[i].value > sizes[i].limit)
            return levin__error_set(LEVIN_EFORMAT, "%s: \"%s\" is %lld, outside 1 to %lld", where,
                                    sizes[i].key, (long long)sizes[i].value,
                                    (long long)sizes[i].limit);
    if (c->hidden_size % c->num_attention_heads != 0)
        return levin__error_set(
            LEVIN_EFORMAT, "%s: hidden_size %lld is not a multiple of num_attention_heads %lld",
            where, (long long)c->hidden_size, (long long)c->num_attention_heads);
    if (!(c->hidden_dropout_prob >= 0 && c->hidden_dropout_prob < 1) ||
        !(c->attention_probs_dropout_prob >= 0 && c->attention_probs_dropout_prob < 1))
        return levin__error_set(LEVIN_EFORMAT, "%s: a dropout probability is not in [0, 1)", where);
    return LEVIN_OK;
}

int levin__config_parse(levin_bert_config *out, const json_t *config, const char *where)
{
    if (check_family(config, where) < 0)
        return levin_error();
    *out = (levin_bert_config){
        .vocab_size = levin__json_int(config, "vocab_size", 30522, where),
        .hidden_size = levin__json_int(config, "hidden_size", 768, where),
        .num_hidden_layers = levin__json_int(config, "num_hidden_layers", 12, where),
        .num_attention_heads = levin__json_int(config, "num_attention_heads", 12, where),
        .intermediate_size = levin__json_int(config, "intermediate_size", 3072, where),
        .max_position_embeddings = levin__json_int(config, "max_position_embeddings", 512, where),
        .type_vocab_size = levin__json_int(config, "type_vocab_size", 2, where),
        .pad_token_id = levin__json_int(config, "pad_token_id", 0, where),
        .hidden_dropout_prob = levin__json_number(config, "hidden_dropout_prob", 0.1, where),
        .attention_probs_dropout_prob =
            levin__json_number(config, "attention_probs_dropout_prob", 0.1, where),
        .classifier_dropout = levin__json_number(config, "classifier_dropout", -1, where),
        .layer_norm_eps = levin__json_number(config, "layer_norm_eps", 1e-12, where),
        .initializer_range = levin__json_number(config, "initializer_range", 0.02, where),
    };
    const char *act = levin__json_string(config, "hidden_act", "gelu", where);
    snprintf(out->hidden_act, sizeof out->hidden_act, "%s", act);
    return levin_error() ? levin_error() : check_sizes(out, where);
}

int levin_bert_config_read(levin_bert_config *out, const char *folder)
{
    json_t *config = levin__config_load(folder);
    if (!config)
        return levin_error();
    char *where = levin__path_join(folder, "config.json");
    int result = where ? levin__config_parse(out, config, where) : LEVIN_ENOMEM;
    levin__free(where);
    json_decref(config);
    return result;
}

json_t *levin__config_new(const levin_bert_config *c)
{
    json_t *config = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:s}", "model_type",
        "bert", "vocab_size", (json_int_t)c->vocab_size, "hidden_size", (json_int_t)c->hidden_size,
        "num_hidden_layers", (json_int_t)c->num_hidden_layers, "num_attention_heads",
        (json_int_t)c->num_attention_heads, "intermediate_size", (json_int_t)c->intermediate_size,
        "max_position_embeddings", (json_int_t)c->max_position_embeddings, "type_vocab_size",
        (json_int_t)c->type_vocab_size, "pad_token_id", (json_int_t)c->pad_token_id,
        "hidden_dropout_prob", c->hidden_dropout_prob, "attention_probs_dropout_prob",
        c->attention_probs_dropout_prob, "layer_norm_eps", c->layer_norm_eps, "initializer_range",
        c->initializer_range, "hidden_act", c->hidden_act);
    if (!config)
        levin__error_set(LEVIN_ENOMEM, "out of memory: a model's config");
    return config;
}

/* id2label maps "0", "1", ... to names; hand-made files also hold a list. */
static const json_t *label_entry(const json_t *labels, int64_t label)
{
    if (json_is_array(labels))
        return json_array_get(labels, (size_t)label);
    char key[24];
    snprintf(key, sizeof key, "%lld", (long long)label);
    return json_object_get(labels, key);
}

int64_t levin__config_num_labels(const json_t *config, const char *where)
{
    const json_t *labels = json_object_get(config, "id2label");
    size_t n = json_is_array(labels) ? json_array_size(labels) : json_object_size(labels);
    for (size_t i = 0; i < n; i++) {
        if (n > LEVIN_MAX_LABELS || !json_is_string(label_entry(labels, (int64_t)i))) {
            levin__error_set(LEVIN_EFORMAT,
                             "%s: id2label has %zu entries but no name for label %zu", where, n, i);
            return 0;
        }
    }
    return (int64_t)n;
}

const char *levin__config_label(const json_t *config, int64_t label)
{
    return json_string_value(label_entry(json_object_get(config, "id2label"), label));
}

int levin__config_set_labels(json_t *config, const char *const *names, int64_t n)
{
    json_t *to_name = json_object(), *to_id = json_object();
    int failed = 0;
    for (int64_t i = 0; i < n; i++) {
        char key[24];
        snprintf(key, sizeof key, "%lld", (long long)i);
        failed |= json_object_set_new(to_name, key, json_string(names[i]));
        failed |= json_object_set_new(to_id, names[i], json_integer(i));
    }
    failed |= json_object_set_new(config, "id2label", to_name);
    failed |= json_object_set_new(config, "label2id", to_id);
    if (!failed)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EFORMAT, "the names of labels must be UTF-8 text");
}
