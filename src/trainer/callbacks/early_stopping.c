/* early_stopping.c: Lightning's EarlyStopping: what is looked at, in which order, and when. It asks
 * to stop; min_epochs and min_steps still hold, and it goes on counting then. */
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "trainer/classes.h"
#include "trainer/monitors.h"
#include "trainer/state.h"
#include "trainer/trainer.h"

#include <math.h>

typedef enum { NOT_STOPPED, THRESHOLD, DIVERGENCE, PATIENCE, NON_FINITE, CAUSES } cause;

static const char *const reasons[CAUSES] = {
    [NOT_STOPPED] = "NOT_STOPPED",         [THRESHOLD] = "STOPPING_THRESHOLD",
    [DIVERGENCE] = "DIVERGENCE_THRESHOLD", [PATIENCE] = "PATIENCE_EXHAUSTED",
    [NON_FINITE] = "NON_FINITE_METRIC",
};

typedef struct {
    levin_callback base;
    levin_early_stopping_opts opts; // monitor is ours
    char *key;
    int64_t patience, wait, stopped_epoch;
    double best;
    cause why;
    bool warned;
} early_stopping;

static bool is_better(const early_stopping *c, double a, double b)
{
    return c->opts.mode == LEVIN_MODE_MIN ? a < b : a > b;
}

static bool improves(const early_stopping *c, double metric)
{
    double margin = fabs(c->opts.min_delta);
    return is_better(c, metric, c->best + (c->opts.mode == LEVIN_MODE_MIN ? -margin : margin));
}

/* Why to stop at this value, if at all. */
static cause judge(early_stopping *c, double metric)
{
    const levin_early_stopping_opts *o = &c->opts;
    if (levin__is_on(o->check_finite, true) && !isfinite(metric))
        return NON_FINITE;
    if (o->stopping_threshold.is_given && is_better(c, metric, o->stopping_threshold.value))
        return THRESHOLD;
    if (o->divergence_threshold.is_given && is_better(c, o->divergence_threshold.value, metric))
        return DIVERGENCE;
    if (improves(c, metric)) {
        c->best = metric;
        c->wait = 0;
        return NOT_STOPPED;
    }
    return ++c->wait >= c->patience ? PATIENCE : NOT_STOPPED;
}

static void monitor_is_missing(early_stopping *c, levin_trainer *t)
{
    const char *monitor = c->opts.monitor;
    if (levin__is_on(c->opts.strict, true))
        levin__monitor_is_missing(t, "EarlyStopping", monitor);
    else if (!c->warned)
        levin__output_note(&t->out, "EarlyStopping: monitor '%s' was not logged", monitor);
    c->warned = true;
}

static void say_why(const early_stopping *c, levin_trainer *t, double metric)
{
    static const char *const words[CAUSES] = {
        [THRESHOLD] = "stopping_threshold is reached",
        [DIVERGENCE] = "divergence_threshold is passed",
        [NON_FINITE] = "it is not finite",
    };
    if (c->why == PATIENCE)
        levin__output_note(
            &t->out, "EarlyStopping: %s %g, best %g: %lld check%s without a better one",
            c->opts.monitor, metric, c->best, (long long)c->wait, c->wait == 1 ? "" : "s");
    else
        levin__output_note(&t->out, "EarlyStopping: %s %g, best %g: %s", c->opts.monitor, metric,
                           c->best, words[c->why]);
}

static void look(early_stopping *c, levin_trainer *t)
{
    double metric;
    if (t->set.fast_dev_run || t->sanity || t->running != LEVIN_RUNNING_FIT || levin_error())
        return;
    if (!levin__log_metric(t, c->opts.monitor, LEVIN_FOR_CALLBACKS, &metric)) {
        monitor_is_missing(c, t);
        return;
    }
    cause why = judge(c, metric);
    if (why == NOT_STOPPED)
        return;
    c->why = why;
    c->stopped_epoch = t->current_epoch;
    bool tells = levin__is_on(c->opts.verbose, false) && !t->should_stop;
    if (tells)
        say_why(c, t, metric);
    t->stop_was_said |= tells;
    levin_trainer_stop(t);
}

/* By default at the end of a training epoch, unless validation keeps another time. */
static bool looks_at_epoch_end(const early_stopping *c, const levin_trainer *t)
{
    levin_amount interval = t->set.val_check_interval;
    return levin__is_on(c->opts.check_on_train_epoch_end, interval.kind == 2 &&
                                                              interval.value == 1 &&
                                                              t->set.check_val_every_n_epoch == 1);
}

static void on_train_epoch_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    if (looks_at_epoch_end((early_stopping *)base, t))
        look((early_stopping *)base, t);
}

static void on_validation_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    if (!looks_at_epoch_end((early_stopping *)base, t))
        look((early_stopping *)base, t);
}

/* One that may be missing is not looked for ahead. */
static const char *monitor(const levin_callback *base)
{
    const early_stopping *c = (const early_stopping *)base;
    return levin__is_on(c->opts.strict, true) ? c->opts.monitor : NULL;
}
static const char *state_key(const levin_callback *c) { return ((const early_stopping *)c)->key; }

static void state_dict(levin_callback *base, levin_state *s)
{
    const early_stopping *c = (early_stopping *)base;
    levin_state_set_number(s, "wait_count", (double)c->wait);
    levin_state_set_number(s, "stopped_epoch", (double)c->stopped_epoch);
    levin_state_set_number(s, "best_score", c->best);
    levin_state_set_number(s, "cause", (double)c->why);
}

static void load_state_dict(levin_callback *base, const levin_state *s)
{
    early_stopping *c = (early_stopping *)base;
    double why = levin_state_number(s, "cause", NOT_STOPPED);
    c->wait = levin__state_count(s, "wait_count", 0);
    c->stopped_epoch = levin__state_count(s, "stopped_epoch", 0);
    c->best = levin_state_number(s, "best_score", c->best);
    c->why = why > 0 && why < CAUSES ? (cause)why : NOT_STOPPED;
}

static void free_callback(levin_callback *base)
{
    early_stopping *c = (early_stopping *)base;
    levin__free((void *)c->opts.monitor);
    levin__free(c->key);
}

static const levin_callback_class early_stopping_class = {
    .name = "EarlyStopping",
    .size = sizeof(early_stopping),
    .free = free_callback,
    .monitors = true,
    .monitor = monitor,
    .state_key = state_key,
    .state_dict = state_dict,
    .load_state_dict = load_state_dict,
    .on_train_epoch_end = on_train_epoch_end,
    .on_validation_end = on_validation_end,
};

static int check_options(const levin_early_stopping_opts *o)
{
    if (!o || !o->monitor || !*o->monitor)
        return levin__error_set(LEVIN_EINVAL, "EarlyStopping: it needs a monitor, the metric that "
                                              "it looks at");
    if (o->mode != LEVIN_MODE_MIN && o->mode != LEVIN_MODE_MAX)
        return levin__error_set(LEVIN_EINVAL, "EarlyStopping: mode is neither min nor max");
    if (levin__number_or(o->patience, 3) < 0)
        return levin__error_set(LEVIN_EINVAL, "EarlyStopping: patience %lld must not be negative",
                                (long long)o->patience);
    return levin_error();
}

levin_callback *levin_early_stopping(const levin_early_stopping_opts *o)
{
    if (levin_error() || check_options(o) < 0)
        return NULL;
    early_stopping *c = (early_stopping *)levin_callback_new(&early_stopping_class);
    if (!c)
        return NULL;
    bool least = o->mode == LEVIN_MODE_MIN;
    c->opts = *o;
    c->opts.monitor = levin__strdup(o->monitor);
    c->key = levin__format("EarlyStopping{monitor=%s, mode=%s}", o->monitor, least ? "min" : "max");
    c->patience = levin__number_or(o->patience, 3);
    c->best = least ? (double)INFINITY : -(double)INFINITY;
    if (!levin_error())
        return &c->base;
    levin_callback_free(&c->base);
    return NULL;
}

levin_early_stopping_result levin_early_stopping_status(const levin_callback *base)
{
    const early_stopping *c = (const early_stopping *)base;
    if (!base || base->type != &early_stopping_class)
        return (levin_early_stopping_result){ .reason = reasons[NOT_STOPPED] };
    return (levin_early_stopping_result){
        .wait_count = c->wait,
        .stopped_epoch = c->stopped_epoch,
        .best_score = c->best,
        .reason = reasons[c->why],
    };
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_early_stopping_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(monitor, "null", "metric to look at; needed"),
    ARGUMENT(min_delta, "0.0", "a change up to this is no improvement"),
    ARGUMENT(patience, "3", "checks without improvement after which training stops"),
    ARGUMENT(verbose, "false", "say when it stops, and why"),
    LEVIN_ARGUMENT_WORDS(levin_early_stopping_opts, mode, "min", "which values are better",
                         "min max"),
    ARGUMENT(strict, "true", "a monitor that is not there is an error"),
    ARGUMENT(check_finite, "true", "stop at a value that is not finite"),
    ARGUMENT(stopping_threshold, "null", "stop at once at a value better than this"),
    ARGUMENT(divergence_threshold, "null", "stop at once at a value worse than this"),
    ARGUMENT(
        check_on_train_epoch_end, "null",
        "look when a training epoch ends, not a validation; null follows the validation flags"),
    ARGUMENT(log_rank_zero_only, "false", "of several processes: no effect with one"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_early_stopping(options); }

const levin_class levin__class_early_stopping = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "EarlyStopping",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.EarlyStopping", NULL },
    .help = "stops training when a metric no longer improves",
    .size = sizeof(levin_early_stopping_opts),
    .arguments = arguments,
    .required = (const char *const[]){ "monitor", NULL },
    .make.callback = make,
};
