/* bert.c: building the encoder. Names and order of parameters are Transformers' own. */
#include "models/bert/bert.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "models/bert/config.h"

#include <stdio.h>
#include <string.h>

static const levin_module_class layer_class = { .name = "BertLayer",
                                                .size = sizeof(levin_bert_layer) };
static const levin_module_class embeddings_class = { .name = "BertEmbeddings",
                                                     .size = sizeof(levin_bert_embeddings) };
static const levin_module_class pooler_class = { .name = "BertPooler",
                                                 .size = sizeof(levin_bert_pooler) };

static void bert_free(levin_module *m)
{
    levin_bert *bert = levin_self(m);
    levin__free(bert->layers);
    json_decref(bert->json);
}

static const levin_module_class bert_class = { .name = "BertModel",
                                               .size = sizeof(levin_bert),
                                               .free = bert_free };

static levin_tensor *matrix(levin_module *m, const char *name, int64_t rows, int64_t cols)
{
    return levin__parameter_declare(m, name, 2, (int64_t[]){ rows, cols }, NULL, 0);
}

static levin_tensor *vector(levin_module *m, const char *name, int64_t n)
{
    return levin__parameter_declare(m, name, 1, &n, NULL, 0);
}

static levin_bert_embeddings *declare_embeddings(levin_module *m, const levin_bert_config *c)
{
    levin_bert_embeddings *e = levin_self(levin_module_add(m, "embeddings", &embeddings_class));
    if (!e)
        return NULL;
    e->words = matrix(&e->base, "word_embeddings.weight", c->vocab_size, c->hidden_size);
    e->positions =
        matrix(&e->base, "position_embeddings.weight", c->max_position_embeddings, c->hidden_size);
    e->types = matrix(&e->base, "token_type_embeddings.weight", c->type_vocab_size, c->hidden_size);
    e->norm_weight = vector(&e->base, "LayerNorm.weight", c->hidden_size);
    e->norm_bias = vector(&e->base, "LayerNorm.bias", c->hidden_size);
    return e;
}

static levin_bert_layer *declare_layer(levin_module *m, const levin_bert_config *c, int64_t index)
{
    char name[48];
    snprintf(name, sizeof name, "encoder.layer.%lld", (long long)index);
    levin_bert_layer *l = levin_self(levin_module_add(m, name, &layer_class));
    if (!l)
        return NULL;
    int64_t h = c->hidden_size, f = c->intermediate_size;
    levin_part weights[3] = { { "attention.self.query.weight", h },
                              { "attention.self.key.weight", h },
                              { "attention.self.value.weight", h } };
    levin_part biases[3] = { { "attention.self.query.bias", h },
                             { "attention.self.key.bias", h },
                             { "attention.self.value.bias", h } };
    l->qkv_weight = levin__parameter_declare(&l->base, "attention.self.qkv.weight", 2,
                                             (int64_t[]){ 3 * h, h }, weights, 3);
    l->qkv_bias = levin__parameter_declare(&l->base, "attention.self.qkv.bias", 1,
                                           (int64_t[]){ 3 * h }, biases, 3);
    l->output_weight = matrix(&l->base, "attention.output.dense.weight", h, h);
    l->output_bias = vector(&l->base, "attention.output.dense.bias", h);
    l->output_norm_weight = vector(&l->base, "attention.output.LayerNorm.weight", h);
    l->output_norm_bias = vector(&l->base, "attention.output.LayerNorm.bias", h);
    l->up_weight = matrix(&l->base, "intermediate.dense.weight", f, h);
    l->up_bias = vector(&l->base, "intermediate.dense.bias", f);
    l->down_weight = matrix(&l->base, "output.dense.weight", h, f);
    l->down_bias = vector(&l->base, "output.dense.bias", h);
    l->down_norm_weight = vector(&l->base, "output.LayerNorm.weight", h);
    l->down_norm_bias = vector(&l->base, "output.LayerNorm.bias", h);
    return l;
}

static levin_bert_pooler *declare_pooler(levin_module *m, const levin_bert_config *c)
{
    levin_bert_pooler *p = levin_self(levin_module_add(m, "pooler", &pooler_class));
    if (!p)
        return NULL;
    p->weight = matrix(&p->base, "dense.weight", c->hidden_size, c->hidden_size);
    p->bias = vector(&p->base, "dense.bias", c->hidden_size);
    return p;
}

static int check_activation(const levin_bert_config *c)
{
    static const char *const known[] = { "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", NULL };
    if (levin__find_word(c->hidden_act, known) >= 0)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EUNSUPPORTED,
                            "hidden_act is \"%s\"; levin knows gelu, gelu_new, gelu_pytorch_tanh "
                            "and relu",
                            c->hidden_act);
}

levin_bert *levin__bert_declare(levin_module *parent, const char *name,
                                const levin_bert_config *config, json_t *json)
{
    levin_bert *bert = NULL;
    if (check_activation(config) == LEVIN_OK)
        bert = levin_self(levin_module_add(parent, name, &bert_class));
    if (!bert) {
        json_decref(json);
        return NULL;
    }
    bert->config = *config;
    bert->json = json;
    bert->layers = levin__calloc((size_t)config->num_hidden_layers, sizeof *bert->layers);
    bert->embeddings = declare_embeddings(&bert->base, config);
    for (int64_t i = 0; bert->layers && i < config->num_hidden_layers; i++)
        bert->layers[i] = declare_layer(&bert->base, config, i);
    bert->pooler = declare_pooler(&bert->base, config);
    return levin_error() ? NULL : bert; // the parent owns what was made
}

/* Weights are normal, biases zero, norms one and zero. */
static int init_parameter(levin_parameter *p, double deviation)
{
    levin_tensor *t = &p->tensor;
    if (t->data)
        return LEVIN_OK;
    if (!levin__parameter_data(t))
        return LEVIN_ENOMEM;
    if (t->ndim == 2)
        levin_init_normal(t, deviation);
    else if (levin__ends_with(p->name, "LayerNorm.weight"))
        levin_init_constant(t, 1);
    return levin_error();
}

int levin__bert_init(levin_bert *bert)
{
    levin_tensor *words = bert->embeddings->words;
    bool new_words = !words->data;
    for (levin_module *m = &bert->base; m; m = levin__module_next(&bert->base, m))
        for (levin_parameter *p = m->node->first; p; p = p->next)
            if (init_parameter(p, bert->config.initializer_range) < 0)
                return levin_error();
    int64_t h = bert->config.hidden_size, pad = bert->config.pad_token_id;
    if (new_words && pad >= 0 && pad < bert->config.vocab_size)
        for (int64_t i = 0; i < h; i++)
            ((float *)words->data)[pad * h + i] = 0;
    return levin_error();
}

levin_bert *levin_bert_new(levin_module *parent, const char *name, const levin_bert_config *config)
{
    if (!parent || !config)
        return NULL;
    json_t *json = levin__config_new(config);
    levin_bert_config checked;
    if (!json || levin__config_parse(&checked, json, name) < 0) {
        json_decref(json);
        return NULL;
    }
    checked.classifier_dropout = config->classifier_dropout;
    levin_bert *bert = levin__bert_declare(parent, name, &checked, json);
    return bert && levin__bert_init(bert) == LEVIN_OK ? bert : NULL;
}

void levin_bert_gradient_checkpointing(levin_bert *bert, bool on)
{
    if (bert)
        bert->gradient_checkpointing = on;
}

const levin_bert_config *levin_bert_get_config(const levin_bert *bert)
{
    return bert ? &bert->config : NULL;
}

int64_t levin_bert_hidden_size(const levin_bert *bert)
{
    return bert ? bert->config.hidden_size : 0;
}
