/* finetuning.c: Lightning's BackboneFinetuning: the backbone is frozen at first, learns from some
 * epoch on with a rate of its own, and catches up with the head; and BaseFinetuning's helpers. */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "trainer/classes.h"
#include "trainer/trainer.h"

#include <string.h>

typedef struct {
    levin_callback base;
    levin_backbone_finetuning_opts opts; // backbone is ours
    int64_t from_epoch;
    double lr;     // of the backbone, when it was set last
    bool unfrozen; // it has a group
} finetuning;

static void set_trainable(levin_module *top, bool on, bool but_for_norms)
{
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        for (levin_parameter *p = m->node->first; p; p = p->next)
            p->tensor.requires_grad = on || (but_for_norms && m->type->reset_running_stats);
}

void levin_finetuning_freeze(levin_module *m, bool train_bn)
{
    if (m)
        set_trainable(m, false, train_bn);
}

/* Those that learn and that no group has yet. */
static levin_params *new_params(levin_module *m, const levin_optimizer *o)
{
    levin_params *list = levin_parameters(m);
    for (int64_t i = levin_params_count(list) - 1; i >= 0; i--)
        if (levin__optimizer_has(o, levin_params_tensor(list, i)))
            levin__params_remove(list, i);
    if (levin_params_count(list) > 0)
        return list;
    levin_params_free(list);
    return NULL;
}

int levin_unfreeze_and_add_group(levin_module *m, levin_optimizer *o, double lr,
                                 double initial_denom_lr)
{
    if (!m || !o || levin_error())
        return levin_error();
    set_trainable(m, true, false);
    levin_params *list = new_params(m, o);
    double rate = lr > 0 ? lr : levin_optimizer_lr(o, 0) / levin__real_or(initial_denom_lr, 10);
    if (!list || levin_optimizer_add_group(o, list, rate, o->groups[0].weight_decay) < 0)
        return levin_error();
    levin__optimizer_set_group_lr(o, levin_optimizer_num_groups(o) - 1, rate);
    return LEVIN_OK;
}

static levin_module *child(const levin_module *m, const char *name)
{
    levin_module *c = m->node->first_child;
    while (c && strcmp(c->node->name, name) != 0)
        c = c->node->next;
    return c;
}

static levin_module *backbone(const finetuning *c, const levin_module *m)
{
    const char *name = c->opts.backbone;
    levin_module *found = child(m, name ? name : "backbone");
    return found || name ? found : child(m, "bert");
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const finetuning *c = (finetuning *)base;
    if (m && t->running == LEVIN_RUNNING_FIT && !backbone(c, m))
        levin__error_set(LEVIN_EINVAL, "BackboneFinetuning: %s has no child '%s'", m->type->name,
                         c->opts.backbone ? c->opts.backbone : "backbone");
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    finetuning *c = (finetuning *)base;
    if (t->running != LEVIN_RUNNING_FIT)
        return;
    c->unfrozen = false;
    levin_finetuning_freeze(backbone(c, m), levin__is_on(c->opts.train_bn, true));
}

static void note(const finetuning *c, levin_trainer *t)
{
    int digits = c->opts.rounding > 0 ? (int)c->opts.rounding : 12;
    if (levin__is_on(c->opts.verbose, false))
        levin__output_note(&t->out, "BackboneFinetuning: lr %.*g, of the backbone %.*g", digits,
                           levin_optimizer_lr(t->optimizer, 0), digits, c->lr);
}

static void unfreeze(finetuning *c, levin_trainer *t, levin_module *m)
{
    if (levin_unfreeze_and_add_group(backbone(c, m), t->optimizer, c->lr,
                                     c->opts.initial_denom_lr) < 0)
        return;
    c->unfrozen = true;
}

/* A run that goes on where the backbone learned already: its group must be there before its moments
 * come back. */
static void on_fit_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    finetuning *c = (finetuning *)base;
    if (!t->optimizer)
        levin__error_set(LEVIN_EINVAL, "BackboneFinetuning: there is no optimizer to add to");
    else if (c->unfrozen)
        unfreeze(c, t, m);
}

static double first_rate(const finetuning *c, double head)
{
    return c->opts.backbone_initial_lr > 0
               ? c->opts.backbone_initial_lr
               : head * levin__real_or(c->opts.backbone_initial_ratio_lr, 0.1);
}

static void on_train_epoch_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    finetuning *c = (finetuning *)base;
    int64_t epoch = t->current_epoch;
    double head = levin_optimizer_lr(t->optimizer, 0);
    if (epoch < c->from_epoch)
        return;
    if (!c->unfrozen) {
        c->lr = first_rate(c, head);
        unfreeze(c, t, m);
        note(c, t);
        return;
    }
    double growth = c->opts.lambda_func ? c->opts.lambda_func(c->opts.payload, epoch + 1) : 2;
    c->lr *= growth;
    if (levin__is_on(c->opts.should_align, true) && c->lr > head)
        c->lr = head;
    levin__optimizer_set_group_lr(t->optimizer, levin_optimizer_num_groups(t->optimizer) - 1,
                                  c->lr);
    note(c, t);
}

static void state_dict(levin_callback *base, levin_state *s)
{
    const finetuning *c = (finetuning *)base;
    levin_state_set_number(s, "unfrozen", c->unfrozen);
    levin_state_set_number(s, "previous_backbone_lr", c->lr);
}

static void load_state_dict(levin_callback *base, const levin_state *s)
{
    finetuning *c = (finetuning *)base;
    c->unfrozen = levin_state_number(s, "unfrozen", 0) != 0;
    c->lr = levin_state_number(s, "previous_backbone_lr", 0);
}

static void free_callback(levin_callback *base)
{
    levin__free((void *)((finetuning *)base)->opts.backbone);
}

static const levin_callback_class finetuning_class = {
    .name = "BackboneFinetuning",
    .size = sizeof(finetuning),
    .free = free_callback,
    .check = check,
    .setup = setup,
    .state_dict = state_dict,
    .load_state_dict = load_state_dict,
    .on_fit_start = on_fit_start,
    .on_train_epoch_start = on_train_epoch_start,
};

levin_callback *levin_backbone_finetuning(const levin_backbone_finetuning_opts *opts)
{
    static const levin_backbone_finetuning_opts plain;
    const levin_backbone_finetuning_opts *o = opts ? opts : &plain;
    if (levin_error())
        return NULL;
    if (o->backbone_initial_ratio_lr < 0 || o->backbone_initial_lr < 0 || o->initial_denom_lr < 0 ||
        levin__number_or(o->unfreeze_backbone_at_epoch, 10) < 0) {
        levin__error_set(LEVIN_EINVAL, "BackboneFinetuning: rates and epochs must not be negative");
        return NULL;
    }
    finetuning *c = (finetuning *)levin_callback_new(&finetuning_class);
    if (!c)
        return NULL;
    c->opts = *o;
    c->opts.backbone = levin__strdup(o->backbone);
    c->from_epoch = levin__number_or(o->unfreeze_backbone_at_epoch, 10);
    return &c->base;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_backbone_finetuning_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(backbone, "null", "name of the part; null is backbone, else bert"),
    ARGUMENT(unfreeze_backbone_at_epoch, "10", "epoch from which it learns"),
    ARGUMENT(backbone_initial_ratio_lr, "0.1", "its first rate, as a share of the head's"),
    ARGUMENT(backbone_initial_lr, "0.0", "its first rate; 0: the share holds"),
    ARGUMENT(should_align, "true", "its rate never rises above the head's"),
    ARGUMENT(initial_denom_lr, "10.0", "divides the rate of a group that got none"),
    ARGUMENT(train_bn, "true", "layers with running statistics learn throughout"),
    ARGUMENT(verbose, "false", "say the rates in each epoch"),
    ARGUMENT(rounding, "12", "digits of the rates"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_backbone_finetuning(options); }

const levin_class levin__class_backbone_finetuning = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "BackboneFinetuning",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.BackboneFinetuning", NULL },
    .help = "trains the head first, and the backbone from some epoch on",
    .size = sizeof(levin_backbone_finetuning_opts),
    .arguments = arguments,
    .make.callback = make,
};
