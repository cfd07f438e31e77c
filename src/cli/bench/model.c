/* model.c: see model.h. */
#include "cli/bench/model.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/suggest.h"
#include "models/bert/config.h"

#include <string.h>

enum { MAX_CONFIG = 1 << 24 };

static const struct {
    const char *name;
    int64_t layers, heads, hidden;
} shapes[] = {
    { "minilm", 6, 12, 384 },
    { "bert-base", 12, 12, 768 },
    { "bert-large", 24, 16, 1024 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static levin_bert_config shape(int i)
{
    return (levin_bert_config){ .vocab_size = 30522,
                                .hidden_size = shapes[i].hidden,
                                .num_hidden_layers = shapes[i].layers,
                                .num_attention_heads = shapes[i].heads,
                                .intermediate_size = 4 * shapes[i].hidden,
                                .max_position_embeddings = 512,
                                .type_vocab_size = 2,
                                .hidden_dropout_prob = 0.1,
                                .attention_probs_dropout_prob = 0.1,
                                .classifier_dropout = -1,
                                .layer_norm_eps = 1e-12,
                                .initializer_range = 0.02,
                                .hidden_act = "gelu" };
}

static int read_file(levin_bert_config *out, const char *path)
{
    json_t *json = levin__json_load(path, MAX_CONFIG);
    int result = json ? levin__config_parse(out, json, path) : levin_error();
    json_decref(json);
    return result;
}

int bench_config_read(levin_bert_config *out, const char *name)
{
    const char *names[SHAPES + 1] = { NULL };
    for (int i = 0; i < SHAPES; i++)
        names[i] = shapes[i].name;
    int found = levin__find_word(name, names);
    if (found >= 0) {
        *out = shape(found);
        return LEVIN_OK;
    }
    if (levin__is_dir(name))
        return levin_bert_config_read(out, name);
    if (levin__is_file(name))
        return read_file(out, name);
    const char *near = levin__suggest(name, names);
    return levin__error_set(LEVIN_ENOTFOUND,
                            "--model.config: '%s' is neither a file nor minilm, bert-base or "
                            "bert-large%s%s",
                            name, near ? "; did you mean " : "", near ? near : "");
}

static const levin_module_class model_class = { .name = "BertForSequenceClassification",
                                                .size = sizeof(bench_model) };

bench_model *bench_model_new(const char *folder, const levin_bert_config *config)
{
    levin_seed_everything(1);
    bench_model *m = (bench_model *)levin_module_new(&model_class);
    if (!m)
        return NULL;
    m->bert = folder ? levin_bert_from_pretrained(&m->base, "bert", folder)
                     : levin_bert_new(&m->base, "bert", config);
    if (m->bert)
        m->head =
            levin_linear_new(&m->base, "classifier", m->bert->config.hidden_size, BENCH_CLASSES);
    if (m->head)
        return m;
    levin_module_free(&m->base);
    return NULL;
}

levin_tensor *bench_model_loss(bench_model *m, const levin_batch *b)
{
    bool training = levin_module_is_training(&m->base);
    levin_tensor *pooled = levin__bert_pool(m->bert, levin_bert_first_token(m->bert, b)); // (B, H)
    pooled = levin_dropout(pooled, m->bert->config.hidden_dropout_prob, training);
    return levin_cross_entropy(levin_linear_forward(m->head, pooled), b->labels);
}
