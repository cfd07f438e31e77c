/* weight_averaging.c: Lightning's WeightAveraging and EMAWeightAveraging. The average is kept by
 * averager.c; checkpoint.c saves it as the weights, and here the weights that learn go beside it.
 */
#include "base/error.h"
#include "base/options.h"
#include "trainer/averager.h"
#include "trainer/classes.h"
#include "trainer/state.h"
#include "trainer/trainer.h"

typedef struct {
    levin_callback base;
    levin_averager average;
    double decay; // negative: the plain mean
    int64_t every, from_step, from_epoch;
    levin_weight_averaging_opts opts;
    int64_t updated_step, updated_epoch; // when it was last
    levin_trainer *trainer;              // that it works for
    const levin_module *module;          // whose weights are averaged
} averaging;

/* step -1: at the end of an epoch. */
static bool is_due(const averaging *c, int64_t step, int64_t epoch)
{
    if (c->opts.should_update)
        return c->opts.should_update(c->opts.payload, step, epoch);
    return step >= 0 && step >= c->from_step && epoch >= c->from_epoch && step % c->every == 0;
}

static void update(averaging *c, levin_module *m)
{
    double rate = c->decay >= 0 ? 1 - c->decay : 1.0 / (double)(c->average.updates + 1);
    levin__averager_update(&c->average, m, rate);
}

static void on_train_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    averaging *c = (averaging *)base;
    int64_t steps = t->position.global_step;
    (void)b;
    if (steps <= c->updated_step || !is_due(c, steps - 1, t->current_epoch))
        return;
    update(c, m);
    c->updated_step = steps;
}

static void on_train_epoch_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    averaging *c = (averaging *)base;
    if (t->current_epoch <= c->updated_epoch || !is_due(c, -1, t->current_epoch))
        return;
    update(c, m);
    c->updated_epoch = t->current_epoch;
}

static void show(levin_callback *base, levin_trainer *t, levin_module *m)
{
    if (t->running == LEVIN_RUNNING_FIT)
        levin__averager_show(&((averaging *)base)->average, m);
}

static void hide(levin_callback *base, levin_trainer *t, levin_module *m)
{
    averaging *c = (averaging *)base;
    if (t->running == LEVIN_RUNNING_FIT && c->average.swapped)
        levin__averager_swap(&c->average, m);
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    averaging *c = (averaging *)base;
    c->trainer = t;
    if (t->running != LEVIN_RUNNING_FIT)
        return;
    if (c->module != m) {
        levin__averager_free(&c->average);
        c->updated_step = 0;
        c->updated_epoch = -1;
    }
    c->module = m;
    t->averager = &c->average;
}

/* A fit that goes on does so with the weights that learn; one that was saved inside a validation
 * goes on in there. */
static void on_train_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    if (t->position.moment != LEVIN_IN_VALIDATION)
        hide(base, t, m);
}

static void state_dict(levin_callback *base, levin_state *s)
{
    const averaging *c = (averaging *)base;
    levin_state_set_number(s, "updates", (double)c->average.updates);
    levin_state_set_number(s, "updated_step", (double)c->updated_step);
    levin_state_set_number(s, "updated_epoch", (double)c->updated_epoch);
    if (c->average.updates > 0)
        levin_state_set_array(s, "current", c->average.data, c->average.n);
}

/* The module has the average now, which stands in the file as the weights. */
static void load_state_dict(levin_callback *base, const levin_state *s)
{
    averaging *c = (averaging *)base;
    levin_averager *a = &c->average;
    if (c->trainer->running != LEVIN_RUNNING_FIT || levin__averager_make(a, c->trainer->module) < 0)
        return;
    a->swapped = levin_state_array(s, "current", a->data, a->n);
    a->updates = a->swapped ? levin__state_count(s, "updates", 0) : 0;
    c->updated_step = levin__state_count(s, "updated_step", 0);
    c->updated_epoch = levin__state_count(s, "updated_epoch", -1);
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    for (int i = 0; i < t->n_callbacks; i++)
        if (t->callbacks[i] != base && t->callbacks[i]->type->on_validation_epoch_start == show)
            levin__error_set(LEVIN_EINVAL, "%s and %s both average the weights: give one",
                             base->type->name, t->callbacks[i]->type->name);
}

static void free_callback(levin_callback *base)
{
    averaging *c = (averaging *)base;
    if (c->trainer && c->trainer->averager == &c->average)
        c->trainer->averager = NULL;
    levin__averager_free(&c->average);
}

#define HOOKS                                                                                      \
    .size = sizeof(averaging), .free = free_callback, .check = check, .setup = setup,              \
    .state_dict = state_dict, .load_state_dict = load_state_dict,                                  \
    .on_train_start = on_train_start, .on_train_batch_end = on_train_batch_end,                    \
    .on_train_epoch_end = on_train_epoch_end, .on_validation_epoch_start = show,                   \
    .on_validation_epoch_end = hide, .on_train_end = show

static const levin_callback_class mean_class = { .name = "WeightAveraging", HOOKS };
static const levin_callback_class ema_class = { .name = "EMAWeightAveraging", HOOKS };

static averaging *make_averaging(const levin_callback_class *type)
{
    averaging *c = levin_error() ? NULL : (averaging *)levin_callback_new(type);
    if (c) {
        c->decay = -1;
        c->every = 1;
        c->updated_epoch = -1;
    }
    return c;
}

levin_callback *levin_weight_averaging(const levin_weight_averaging_opts *opts)
{
    averaging *c = make_averaging(&mean_class);
    if (c && opts)
        c->opts = *opts;
    return (levin_callback *)c;
}

levin_callback *levin_ema_weight_averaging(const levin_ema_opts *opts)
{
    static const levin_ema_opts plain;
    const levin_ema_opts *o = opts ? opts : &plain;
    double decay = levin__real_or(o->decay, 0.999);
    int64_t every = levin__number_or(o->update_every_n_steps, 1);
    if (!(decay > 0 && decay < 1) || every < 1) {
        levin__error_set(LEVIN_EINVAL,
                         "EMAWeightAveraging: decay %g must lie between 0 and 1, "
                         "update_every_n_steps %lld be 1 or more",
                         decay, (long long)every);
        return NULL;
    }
    averaging *c = make_averaging(&ema_class);
    if (c) {
        c->decay = decay;
        c->every = every;
        c->from_step = levin__number_or(o->update_starting_at_step, 0);
        c->from_epoch = levin__number_or(o->update_starting_at_epoch, 0);
    }
    return (levin_callback *)c;
}

static const levin_flag no_arguments[] = { { 0 } };

static levin_callback *make_mean(const void *options) { return levin_weight_averaging(options); }

const levin_class levin__class_weight_averaging = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "WeightAveraging",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.WeightAveraging", NULL },
    .help = "validates and saves the mean of the weights after each step",
    .size = sizeof(levin_weight_averaging_opts),
    .arguments = no_arguments,
    .make.callback = make_mean,
};

static const levin_flag ema_arguments[] = {
    LEVIN_ARGUMENT(levin_ema_opts, decay, "0.999", "share that the average keeps at each update"),
    LEVIN_ARGUMENT(levin_ema_opts, update_every_n_steps, "1", "optimizer steps between updates"),
    LEVIN_ARGUMENT(levin_ema_opts, update_starting_at_step, "null", "first step that counts"),
    LEVIN_ARGUMENT(levin_ema_opts, update_starting_at_epoch, "null", "first epoch that counts"),
    { 0 },
};

static levin_callback *make_ema(const void *options) { return levin_ema_weight_averaging(options); }

const levin_class levin__class_ema_weight_averaging = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "EMAWeightAveraging",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.EMAWeightAveraging", NULL },
    .help = "validates and saves an exponential moving average of the weights",
    .size = sizeof(levin_ema_opts),
    .arguments = ema_arguments,
    .make.callback = make_ema,
};
