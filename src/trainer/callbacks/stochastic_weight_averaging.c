/* stochastic_weight_averaging.c: Lightning's StochasticWeightAveraging (Izmailov et al., 2018).
 * From an epoch on the user's schedule rests, the rate anneals to swa_lrs, and the weights at the
 * beginning of each epoch are averaged; the module gets the average when training ends.
 *
 * Layers that keep running statistics (batch norm) get them anew by one more pass over the training
 * data, which is no epoch and no step (Lightning counts it as both). */
#include "base/error.h"
#include "base/options.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "trainer/averager.h"
#include "trainer/classes.h"
#include "trainer/loaders.h"
#include "trainer/loops.h"
#include "trainer/state.h"

#include <math.h>
#include <stdio.h>

enum { MOST_GROUPS = 64 };
static const double pi = 3.14159265358979323846;

typedef struct {
    levin_callback base;
    levin_swa_opts opts;
    levin_trainer *trainer;
    const levin_module *module; // whose weights are averaged
    levin_averager average;
    int64_t annealing;
    int64_t start;                // epoch; -1: not known yet
    int64_t averaged_epoch;       // the newest, -1: none
    double first_lr[MOST_GROUPS]; // rates when averaging began
} swa;

/* Fractions are of max_epochs; the n-th epoch is number n - 1. */
static int64_t find_start(const swa *c, const levin_trainer *t)
{
    levin_amount a = c->opts.swa_epoch_start;
    double share = a.kind == 0 ? 0.8 : a.value;
    int64_t nth = a.kind == 1 ? (int64_t)a.value : (int64_t)((double)t->set.max_epochs * share);
    return nth > 0 ? nth - 1 : 0;
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const swa *c = (swa *)base;
    (void)m;
    if (c->opts.swa_epoch_start.kind != 1 && t->set.max_epochs < 0)
        levin__error_set(LEVIN_EINVAL,
                         "StochasticWeightAveraging: swa_epoch_start is a share of max_epochs, and "
                         "there is no such limit; give the number of an epoch");
}

/* Where there are none, nothing is to be done but to average. */
static bool has_statistics(const levin_module *top)
{
    for (const levin_module *m = top; m; m = levin__module_next(top, m))
        if (m->type->reset_running_stats)
            return true;
    return false;
}

static void on_fit_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    swa *c = (swa *)base;
    (void)m;
    c->start = find_start(c, t);
    if (t->n_optimizers != 1)
        levin__error_set(LEVIN_EINVAL,
                         "StochasticWeightAveraging: works with one optimizer, not %d",
                         t->n_optimizers);
    else if (levin_optimizer_num_groups(t->optimizer) > MOST_GROUPS)
        levin__error_set(LEVIN_EINVAL, "StochasticWeightAveraging: at most %d groups of parameters",
                         MOST_GROUPS);
}

/* Torch's SWALR, as a function of the epoch. */
static void set_rates(const swa *c, levin_optimizer *o, int64_t epoch)
{
    double way = c->annealing > 0 ? (double)(epoch - c->start) / (double)c->annealing : 1;
    way = way > 1 ? 1 : way;
    double share = c->opts.annealing_strategy == LEVIN_ANNEAL_COS ? (1 - cos(pi * way)) / 2 : way;
    for (int k = 0; k < levin_optimizer_num_groups(o); k++) {
        double last = c->opts.swa_lrs > 0 ? c->opts.swa_lrs : c->first_lr[k];
        levin__optimizer_set_group_lr(o, k, last * share + c->first_lr[k] * (1 - share));
    }
}

static void on_train_epoch_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    swa *c = (swa *)base;
    levin_optimizer *o = t->optimizer;
    if (t->current_epoch < c->start || t->current_epoch <= c->averaged_epoch)
        return;
    if (c->average.updates == 0) {
        for (int k = 0; k < levin_optimizer_num_groups(o); k++)
            c->first_lr[k] = levin_optimizer_lr(o, k);
        levin__lr_scheduler_suspend(o, true);
    }
    levin__averager_update(&c->average, m, 1.0 / (double)(c->average.updates + 1));
    set_rates(c, o, t->current_epoch);
    c->averaged_epoch = t->current_epoch;
}

/* One pass without gradients in which layers see every training batch. */
static void renew_statistics(levin_trainer *t, levin_module *top)
{
    levin_dataloader *l = t->loaders[LEVIN_STAGE_TRAIN].at[0];
    int64_t n = levin__limits_total(t, LEVIN_STAGE_TRAIN);
    bool gradients = levin_set_grad_enabled(false), tuning = t->tuning;
    levin_dtype before = levin__precision_enter(t);
    levin_batch b = { 0 };
    for (levin_module *m = top; m; m = levin__module_next(top, m))
        if (m->type->reset_running_stats)
            m->type->reset_running_stats(m);
    t->tuning = true; // nothing is logged
    levin_dataloader_begin(l, t->position.epoch, 0);
    for (int64_t i = 0; i < n && levin_dataloader_next(l, &b) > 0 && !levin_error(); i++) {
        levin_scope *scope = levin_scope_begin();
        b.batch_idx = i;
        levin_set_random(t->seed, (uint64_t)(t->position.total_batches + i));
        levin__hook_transfer(t, &b);
        top->type->training_step(top, &b);
        levin_scope_end(scope);
    }
    t->tuning = tuning;
    levin__precision_leave(before);
    levin_set_grad_enabled(gradients);
}

static void on_train_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    swa *c = (swa *)base;
    if (c->average.updates == 0)
        return;
    levin__averager_copy(&c->average, m);
    if (has_statistics(m) && !m->type->manual_optimization)
        renew_statistics(t, m);
}

static void state_dict(levin_callback *base, levin_state *s)
{
    const swa *c = (swa *)base;
    char name[32];
    levin_state_set_number(s, "n_averaged", (double)c->average.updates);
    levin_state_set_number(s, "latest_update_epoch", (double)c->averaged_epoch);
    if (c->average.updates == 0)
        return;
    for (int k = 0; k < levin_optimizer_num_groups(c->trainer->optimizer); k++) {
        snprintf(name, sizeof name, "first_lr.%d", k);
        levin_state_set_number(s, name, c->first_lr[k]);
    }
    levin_state_set_array(s, "average", c->average.data, c->average.n);
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    swa *c = (swa *)base;
    c->trainer = t;
    if (t->running != LEVIN_RUNNING_FIT)
        return;
    if (c->module != m) {
        levin__averager_free(&c->average);
        c->averaged_epoch = -1;
    }
    c->module = m;
}

static void load_state_dict(levin_callback *base, const levin_state *s)
{
    swa *c = (swa *)base;
    char name[32];
    levin_averager *a = &c->average;
    if (c->trainer->running != LEVIN_RUNNING_FIT || levin__averager_make(a, c->trainer->module) < 0)
        return;
    bool there = levin_state_array(s, "average", a->data, a->n);
    a->updates = there ? levin__state_count(s, "n_averaged", 0) : 0;
    c->averaged_epoch = levin__state_count(s, "latest_update_epoch", -1);
    for (int k = 0; k < MOST_GROUPS; k++) {
        snprintf(name, sizeof name, "first_lr.%d", k);
        c->first_lr[k] = levin_state_number(s, name, 0);
    }
}

/* The rates of a resumed run came back with the optimizer; its schedule goes on resting. */
static void on_train_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    if (((swa *)base)->average.updates > 0 && t->optimizer)
        levin__lr_scheduler_suspend(t->optimizer, true);
}

static void free_callback(levin_callback *base) { levin__averager_free(&((swa *)base)->average); }

static const levin_callback_class swa_class = {
    .name = "StochasticWeightAveraging",
    .size = sizeof(swa),
    .free = free_callback,
    .check = check,
    .setup = setup,
    .state_dict = state_dict,
    .load_state_dict = load_state_dict,
    .on_fit_start = on_fit_start,
    .on_train_start = on_train_start,
    .on_train_epoch_start = on_train_epoch_start,
    .on_train_end = on_train_end,
};

static int check_options(const levin_swa_opts *o)
{
    levin_amount a = o->swa_epoch_start;
    if (!(o->swa_lrs >= 0 && isfinite(o->swa_lrs)))
        return levin__error_set(
            LEVIN_EINVAL, "StochasticWeightAveraging: swa_lrs %g must be above 0", o->swa_lrs);
    if (a.kind > 2 || (a.kind == 1 && !(a.value >= 1 && a.value <= 0x1p53)) ||
        (a.kind == 2 && !(a.value >= 0 && a.value <= 1)))
        return levin__error_set(LEVIN_EINVAL,
                                "StochasticWeightAveraging: swa_epoch_start %g is neither an epoch "
                                "from 1 nor a share between 0 and 1",
                                a.value);
    if (levin__number_or(o->annealing_epochs, 10) < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "StochasticWeightAveraging: annealing_epochs %lld is below 0",
                                (long long)o->annealing_epochs);
    return LEVIN_OK;
}

levin_callback *levin_stochastic_weight_averaging(const levin_swa_opts *opts)
{
    static const levin_swa_opts plain;
    const levin_swa_opts *o = opts ? opts : &plain;
    if (levin_error() || check_options(o) < 0)
        return NULL;
    swa *c = (swa *)levin_callback_new(&swa_class);
    if (!c)
        return NULL;
    c->opts = *o;
    c->annealing = levin__number_or(o->annealing_epochs, 10);
    c->start = c->averaged_epoch = -1;
    return &c->base;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_swa_opts, swa_lrs, "0.0",
                   "learning rate while averaging; 0 is that of the optimizer"),
    LEVIN_ARGUMENT(levin_swa_opts, swa_epoch_start, "0.8",
                   "when averaging begins: a share of max_epochs, or the n-th epoch"),
    LEVIN_ARGUMENT(levin_swa_opts, annealing_epochs, "10", "epochs until the rate is swa_lrs"),
    LEVIN_ARGUMENT_WORDS(levin_swa_opts, annealing_strategy, "cos", "how it gets there",
                         "cos linear"),
    { 0 },
};

static levin_callback *make(const void *options)
{
    return levin_stochastic_weight_averaging(options);
}

const levin_class levin__class_stochastic_weight_averaging = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "StochasticWeightAveraging",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.StochasticWeightAveraging", NULL },
    .help = "averages the weights of the last epochs",
    .size = sizeof(levin_swa_opts),
    .arguments = arguments,
    .make.callback = make,
};
