/* model.c: see model.h. */
#include "cli/model.h"

#include "base/error.h"
#include "cli/checkpoint_options.h"
#include "cli/objects.h"
#include "trainer/settings.h"

enum { DEFAULT_LENGTH = 128 };

bool cli_take_trainer_flags(const cli_args *a)
{
    levin_settings settings;
    bool good = levin__settings_resolve(&settings, &a->trainer) == LEVIN_OK;
    if (good)
        levin_set_autocast(settings.autocast);
    levin__settings_free(&settings);
    return good;
}

static bool has_positions(const levin_bert_config *config, int64_t wanted)
{
    int64_t positions = config->max_position_embeddings;
    if (wanted > positions)
        levin__error_set(LEVIN_EINVAL,
                         "--data.max_length %lld: the model has positions for %lld tokens",
                         (long long)wanted, (long long)positions);
    return !levin_error();
}

bool cli_check_max_length(const cli_args *a)
{
    levin_bert_config config;
    if (!a->data.max_length || !a->model.name)
        return true;
    if (levin_bert_config_read(&config, a->model.name) == LEVIN_OK)
        return has_positions(&config, a->data.max_length);
    levin_error_clear();
    return true;
}

levin_tokenizer *cli_tokenizer(const cli_args *a, int *max_length)
{
    levin_bert_config config;
    if (levin_bert_config_read(&config, a->model.name) < 0)
        return NULL;
    int64_t positions = config.max_position_embeddings, wanted = a->data.max_length;
    if (!has_positions(&config, wanted))
        return NULL;
    int64_t usual = positions < DEFAULT_LENGTH ? positions : DEFAULT_LENGTH;
    *max_length = (int)(wanted ? wanted : usual);
    return levin_tokenizer_from_pretrained(a->model.name);
}

levin_module *cli_classifier(const cli_args *a, int64_t n, const char *const *names)
{
    const levin_classifier_opts opts = {
        .pooling = a->model.pooling,
        .label_names = names,
        .gradient_checkpointing = a->model.gradient_checkpointing ? LEVIN_ON : (levin_switch){ 0 },
        .configure_optimizers = cli_make_optimizer,
        .payload = (void *)a,
    };
    return levin_classifier_from_pretrained(a->model.name, n, &opts);
}

levin_module *cli_trained_classifier(const cli_args *a)
{
    cli_labels labels = { 0 };
    if (!cli_checkpoint_is_there(a, false))
        return NULL;
    if (a->ckpt_path && !cli_labels_of_checkpoint(&labels, a->ckpt_path))
        return NULL;
    levin_module *m = cli_classifier(a, labels.n, (const char *const *)labels.names);
    cli_labels_free(&labels);
    if (m && a->ckpt_path)
        levin_module_load_checkpoint(m, a->ckpt_path);
    const char *missing = levin_classifier_new_weights(m);
    if (m && !a->ckpt_path && *missing)
        levin__error_set(LEVIN_EINVAL,
                         "%s: not trained yet, it has no weights for %s; levin fit makes them",
                         a->model.name, missing);
    if (levin_error()) {
        levin_module_free(m);
        return NULL;
    }
    return m;
}
