/* classifier.c: an encoder with dropout and a linear head, as a LightningModule:
 * BertForSequenceClassification of Transformers. One label means regression. */
#include "models/classifier.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "models/bert/config.h"
#include "models/state.h"

#include <levin/trainer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static levin_tensor *pool(levin_classifier *c, const levin_batch *b)
{
    switch (c->pooling) {
    case LEVIN_POOL_POOLER:
        return levin__bert_pool(c->bert, levin_bert_first_token(c->bert, b));
    case LEVIN_POOL_CLS:
        return levin_bert_first_token(c->bert, b);
    default:
        return levin_mean(levin__bert_encode(c->bert, b, NULL), 1);
    }
}

static levin_tensor *forward(levin_module *m, const levin_batch *b)
{
    levin_classifier *c = levin_self(m);
    bool training = levin_module_is_training(m);
    levin_tensor *pooled = levin_dropout(pool(c, b), c->dropout, training); // (B, H)
    return levin_linear_forward(c->head, pooled);                           // (B, C)
}

static levin_tensor *loss_of(const levin_classifier *c, const levin_tensor *logits,
                             const levin_batch *b)
{
    return c->num_labels == 1 ? levin_mse(logits, b->labels)
                              : levin_cross_entropy(logits, b->labels);
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    levin_tensor *loss = loss_of(levin_self(m), forward(m, b), b);
    levin_log_with(m, "train_loss", loss,
                   &(levin_log_opts){ .prog_bar = LEVIN_ON, .on_step = LEVIN_ON });
    return loss;
}

static void evaluate(levin_module *m, const levin_batch *b, const char *loss_key,
                     const char *accuracy_key)
{
    const levin_classifier *c = levin_self(m);
    const levin_log_opts shown = { .prog_bar = LEVIN_ON };
    levin_tensor *logits = forward(m, b);
    levin_log_with(m, loss_key, loss_of(c, logits, b), &shown);
    if (c->num_labels > 1)
        levin_log_with(m, accuracy_key, levin_accuracy(levin_argmax(logits, -1), b->labels),
                       &shown);
}

static void validation_step(levin_module *m, const levin_batch *b)
{
    evaluate(m, b, "val_loss", "val_acc");
}

static void test_step(levin_module *m, const levin_batch *b)
{
    evaluate(m, b, "test_loss", "test_acc");
}

static levin_optimizer *make_optimizer(const levin_classifier *c, levin_params *params)
{
    if (strcasecmp(c->optimizer, "sgd") == 0)
        return levin_sgd(params, c->lr, &(levin_sgd_opts){ .weight_decay = c->weight_decay });
    if (strcasecmp(c->optimizer, "adam") == 0)
        return levin_adam(params, c->lr, &(levin_adam_opts){ .weight_decay = c->weight_decay });
    return levin_adamw(params, c->lr, c->weight_decay,
                       &(levin_adam_opts){ .decay_only_weights = LEVIN_ON });
}

static levin_optimizer *configure_optimizers(levin_module *m)
{
    const levin_classifier *c = levin_self(m);
    if (c->configure_optimizers)
        return c->configure_optimizers(c->payload, levin_parameters(m));
    levin_optimizer *o = make_optimizer(c, levin_parameters(m));
    if (o)
        levin_optimizer_set_lr_scheduler(o, c->lr_scheduler,
                                         &(levin_lr_scheduler_opts){ .warmup = c->warmup });
    return o;
}

/* A head is trained for what it sees of the encoder. */
static void on_save_checkpoint(levin_module *m, levin_state *s)
{
    const levin_classifier *c = levin_self(m);
    levin_state_set_text(s, "pooling", levin__pooling_word((int)c->pooling));
}

static void on_load_checkpoint(levin_module *m, const levin_state *s)
{
    const levin_classifier *c = levin_self(m);
    const char *saved = levin_state_text(s, "pooling"), *own = levin__pooling_word((int)c->pooling);
    if (saved && strcmp(saved, own) != 0)
        levin__error_set(LEVIN_EINVAL, "the checkpoint's model has pooling %s, this one has %s",
                         saved, own);
}

static void classifier_free(levin_module *m)
{
    levin_classifier *c = levin_self(m);
    levin__free(c->new_weights);
    levin__free(c->optimizer);
    levin__free(c->lr_scheduler);
}

static const levin_module_class classifier_class = {
    .name = "BertForSequenceClassification",
    .size = sizeof(levin_classifier),
    .free = classifier_free,
    .forward = forward,
    .training_step = training_step,
    .validation_step = validation_step,
    .test_step = test_step,
    .configure_optimizers = configure_optimizers,
    .on_save_checkpoint = on_save_checkpoint,
    .on_load_checkpoint = on_load_checkpoint,
};

levin_classifier *levin__classifier(levin_module *m)
{
    if (m && m->type != &classifier_class)
        levin__error_set(LEVIN_EINVAL, "a classifier is wanted, not a %s", m->type->name);
    return m && m->type == &classifier_class ? levin_self(m) : NULL;
}

static double or_default(double value, double missing)
{
    return value == 0 ? missing : value < 0 ? 0 : value;
}

static const char *const poolings[] = { "pooler", "cls", "mean", NULL };
static const char *const optimizers[] = { "adamw", "adam", "sgd", NULL };

const char *levin__pooling_word(int i) { return poolings[i]; }

static int check_words(const char *pooling, const char *optimizer, int *pooling_index)
{
    *pooling_index = levin__find_word(pooling, poolings);
    if (*pooling_index < 0)
        return levin__unknown_word("pooling", pooling, poolings);
    if (levin__find_word(optimizer, optimizers) < 0)
        return levin__unknown_word("optimizer", optimizer, optimizers);
    return LEVIN_OK;
}

static int take_options(levin_classifier *c, const levin_classifier_opts *o)
{
    const char *optimizer = o->optimizer ? o->optimizer : "adamw";
    const char *own_pooling =
        levin__json_string(c->bert->json, "levin_pooling", "pooler", "config");
    int pooling;
    if (check_words(o->pooling ? o->pooling : own_pooling, optimizer, &pooling) < 0)
        return levin_error();
    c->pooling = (levin_pooling)pooling;
    c->optimizer = levin__strdup(optimizer);
    c->lr_scheduler = levin__strdup(o->lr_scheduler ? o->lr_scheduler : "constant");
    c->lr = o->lr == 0 ? 2e-5 : o->lr;
    c->weight_decay = or_default(o->weight_decay, strcasecmp(optimizer, "adamw") == 0 ? 0.01 : 0);
    c->warmup = o->warmup;
    c->configure_optimizers = o->configure_optimizers;
    c->payload = o->payload;
    levin_bert_config *config = &c->bert->config;
    config->hidden_dropout_prob = or_default(o->dropout, config->hidden_dropout_prob);
    config->attention_probs_dropout_prob =
        or_default(o->dropout, config->attention_probs_dropout_prob);
    double own = config->classifier_dropout;
    c->dropout = or_default(o->classifier_dropout, own >= 0 ? own : config->hidden_dropout_prob);
    return levin_error();
}

/* LABEL_0, LABEL_1, ... as Transformers names what nobody named. */
static int default_labels(json_t *config, int64_t n)
{
    const char **names = levin__calloc((size_t)n, sizeof *names);
    char(*texts)[32] = levin__calloc((size_t)n, sizeof *texts);
    int result = names && texts ? LEVIN_OK : LEVIN_ENOMEM;
    for (int64_t i = 0; result == LEVIN_OK && i < n; i++) {
        snprintf(texts[i], sizeof texts[i], "LABEL_%lld", (long long)i);
        names[i] = texts[i];
    }
    if (result == LEVIN_OK)
        result = levin__config_set_labels(config, names, n);
    levin__free(names);
    levin__free(texts);
    return result;
}

static int take_labels(levin_classifier *c, int64_t num_labels, const levin_classifier_opts *o,
                       const char *folder)
{
    int64_t own = levin__config_num_labels(c->bert->json, folder);
    c->num_labels = num_labels ? num_labels : own ? own : 2;
    if (levin_error())
        return levin_error();
    if (c->num_labels < 1 || c->num_labels > LEVIN_MAX_LABELS)
        return levin__error_set(LEVIN_EINVAL, "%lld labels; 1 to %d are possible",
                                (long long)num_labels, LEVIN_MAX_LABELS);
    if (o->label_names)
        return levin__config_set_labels(c->bert->json, o->label_names, c->num_labels);
    return own == c->num_labels ? LEVIN_OK : default_labels(c->bert->json, c->num_labels);
}

static int load(levin_classifier *c, const char *folder)
{
    levin_load_report report = { .missing = LEVIN_BUFFER(1 << 20) };
    int result = levin__state_load(&c->base, levin__weights_open(folder), "classifier.", &report);
    if (result == LEVIN_OK)
        result = levin__bert_complete(c->bert, folder);
    if (result == LEVIN_OK)
        c->new_weights = levin__buffer_take(&report.missing);
    levin__buffer_free(&report.missing);
    return result;
}

levin_module *levin_classifier_from_pretrained(const char *folder, int64_t num_labels,
                                               const levin_classifier_opts *opts)
{
    static const levin_classifier_opts defaults = { 0 };
    const levin_classifier_opts *o = opts ? opts : &defaults;
    if (!folder || levin_error())
        return NULL;
    levin_module *m = levin_module_new(&classifier_class);
    levin_classifier *c = levin_self(m);
    if (!c)
        return NULL;
    c->bert = levin__bert_declare_from(m, "bert", folder);
    if (c->bert && take_labels(c, num_labels, o, folder) == LEVIN_OK)
        c->head = levin_linear_new(m, "classifier", c->bert->config.hidden_size, c->num_labels);
    if (!c->head || take_options(c, o) < 0 || load(c, folder) < 0) {
        levin_module_free(m);
        return NULL;
    }
    levin_bert_gradient_checkpointing(c->bert, o->gradient_checkpointing.value > 0);
    if (o->freeze_encoder.value > 0)
        levin_module_freeze(&c->bert->base);
    return m;
}

const char *levin_classifier_new_weights(const levin_module *m)
{
    const levin_classifier *c = levin__classifier((levin_module *)m);
    return c ? c->new_weights : "";
}

int64_t levin_classifier_num_labels(const levin_module *m)
{
    const levin_classifier *c = levin__classifier((levin_module *)m);
    return c ? c->num_labels : 0;
}

const char *levin_classifier_label_name(const levin_module *m, int64_t label)
{
    const levin_classifier *c = levin__classifier((levin_module *)m);
    return c ? levin__config_label(c->bert->json, label) : NULL;
}
