/* small_model.c: see small_model.h. */
#include "support/small_model.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "models/bert/bert.h"
#include "models/bert/config.h"
#include "models/state.h"
#include "support/small_vocab.h"
#include "support/unit.h"

static const levin_module_class root_class = { .name = "small", .size = sizeof(levin_module) };

static void save_text(const char *folder, const char *name, const char *text)
{
    char *path = levin__path_join(folder, name);
    levin__file_write(path, text, strlen(text));
    levin__free(path);
}

static void save_config(const char *folder, const levin_bert_config *config)
{
    char *path = levin__path_join(folder, "config.json");
    json_t *json = levin__config_new(config);
    levin__json_save(path, json);
    json_decref(json);
    levin__free(path);
}

static int64_t count_lines(const char *text)
{
    int64_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

void write_small_model(const char *folder, bool pooler)
{
    const levin_bert_config config = { .vocab_size = count_lines(SMALL_VOCAB),
                                       .hidden_size = SMALL_HIDDEN,
                                       .num_hidden_layers = 2,
                                       .num_attention_heads = 2,
                                       .intermediate_size = 32,
                                       .max_position_embeddings = SMALL_POSITIONS,
                                       .type_vocab_size = 2,
                                       .classifier_dropout = -1,
                                       .layer_norm_eps = 1e-12,
                                       .initializer_range = 0.2,
                                       .hidden_act = "gelu" };
    levin_seed_everything(3);
    levin_module *m = levin_module_new(&root_class);
    levin_bert *bert = levin_bert_new(m, "bert", &config);
    levin__make_dirs(folder);
    save_config(folder, &config);
    save_text(folder, "vocab.txt", SMALL_VOCAB);
    save_text(folder, "tokenizer_config.json", "{\"do_lower_case\": true}\n");
    if (bert && !pooler) // its names begin otherwise then, and nobody finds it
        bert->pooler->base.node->name[0] = 'q';
    if (!levin_error())
        levin__state_save(m, folder);
    levin_module_free(m);
    if (levin_error())
        fail_msg("%s", levin_error_message());
}
