/* classifier_save.c: a classifier as a Hugging Face folder, which from_pretrained loads. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "models/classifier.h"
#include "models/state.h"

#include <string.h>

/* What Transformers needs to know which class and which loss this is. */
static json_t *described(const levin_classifier *c)
{
    json_t *config = json_deep_copy(c->bert->json);
    const char *problem = c->num_labels == 1 ? "regression" : "single_label_classification";
    int failed = !config;
    failed = failed || json_object_set_new(config, "architectures",
                                           json_pack("[s]", "BertForSequenceClassification"));
    failed = failed || json_object_set_new(config, "model_type", json_string("bert"));
    failed = failed || json_object_set_new(config, "problem_type", json_string(problem));
    failed = failed || json_object_set_new(config, "dtype", json_string("float32"));
    if (c->pooling != LEVIN_POOL_POOLER)
        failed = failed || json_object_set_new(config, "levin_pooling",
                                               json_string(levin__pooling_word((int)c->pooling)));
    if (failed) {
        json_decref(config);
        levin__error_set(LEVIN_ENOMEM, "out of memory: a model's config");
        return NULL;
    }
    return config;
}

static int save_config(const levin_classifier *c, const char *folder)
{
    json_t *config = described(c);
    char *path = config ? levin__path_join(folder, "config.json") : NULL;
    int result = path ? levin__json_save(path, config) : LEVIN_ENOMEM;
    levin__free(path);
    json_decref(config);
    return result;
}

typedef struct {
    levin_classifier *c;
    const levin_tokenizer *tokenizer;
} contents;

static int save_files(void *context, const char *folder)
{
    const contents *o = context;
    int result = levin__make_dirs(folder);
    if (result == LEVIN_OK)
        result = levin__state_save(&o->c->base, folder);
    if (result == LEVIN_OK)
        result = save_config(o->c, folder);
    if (result == LEVIN_OK && o->tokenizer)
        result = levin_tokenizer_save(o->tokenizer, folder);
    return result;
}

int levin_classifier_save(levin_module *classifier, const levin_tokenizer *tokenizer,
                          const char *folder)
{
    levin_classifier *c = levin__classifier(classifier);
    if (!c || !folder || levin_error()) // after a fit that failed, these are not the weights
        return levin_error() ? levin_error() : LEVIN_EINVAL;
    contents all = { c, tokenizer };
    /* In one that is there already, each file is replaced as a whole. */
    return levin__is_dir(folder) ? save_files(&all, folder)
                                 : levin__folder_write(folder, save_files, &all);
}
