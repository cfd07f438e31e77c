/* timer.c: Lightning's Timer, and max_time. It asks to stop; min_epochs and min_steps still hold.
 * The time that a run took before it was resumed is part of its position and counts. */
#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/classes.h"
#include "trainer/duration.h"
#include "trainer/loops.h"
#include "trainer/trainer.h"

#include <math.h>
#include <string.h>

typedef struct {
    levin_callback base;
    double limit; // seconds; infinite: only measures
    levin_timer_interval interval;
    bool verbose;
    double trained;             // seconds of training, when it was looked at last
    double began[LEVIN_STAGES]; // on levin__seconds; 0: not running
    double took[LEVIN_STAGES];  // the newest pass of validation and test
} timer;

static void look(timer *c, levin_trainer *t)
{
    c->trained = levin__fit_seconds(t);
    if (c->trained < c->limit || t->should_stop)
        return;
    if (c->verbose)
        levin__output_note(&t->out, "the time of %g second%s is over: training stops", c->limit,
                           c->limit == 1 ? "" : "s");
    t->stop_was_said |= c->verbose;
    levin_trainer_stop(t);
}

static void on_train_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    look((timer *)c, t);
}

static void on_train_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    timer *c = (timer *)base;
    (void)m;
    (void)b;
    if (c->interval == LEVIN_TIMER_STEP)
        look(c, t);
}

static void on_train_epoch_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    timer *c = (timer *)base;
    (void)m;
    if (c->interval == LEVIN_TIMER_EPOCH)
        look(c, t);
}

static void on_train_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    ((timer *)base)->trained = levin__fit_seconds(t);
}

static void start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    ((timer *)base)->began[t->stage] = levin__seconds();
}

static void end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    timer *c = (timer *)base;
    (void)m;
    c->took[t->stage] = levin__seconds() - c->began[t->stage];
}

static const levin_callback_class timer_class = {
    .name = "Timer",
    .size = sizeof(timer),
    .on_fit_start = on_train_start,
    .on_train_start = on_train_start,
    .on_train_batch_end = on_train_batch_end,
    .on_train_epoch_end = on_train_epoch_end,
    .on_train_end = on_train_end,
    .on_validation_start = start,
    .on_validation_end = end,
    .on_test_start = start,
    .on_test_end = end,
};

levin_callback *levin_timer(const levin_timer_opts *opts)
{
    static const levin_timer_opts plain;
    const levin_timer_opts *o = opts ? opts : &plain;
    double limit = (double)INFINITY;
    if (levin_error() ||
        (o->duration && levin__duration_parse("Timer: duration", o->duration, &limit) < 0))
        return NULL;
    timer *c = (timer *)levin_callback_new(&timer_class);
    if (!c)
        return NULL;
    c->limit = limit;
    c->interval = o->interval;
    c->verbose = levin__is_on(o->verbose, true);
    return &c->base;
}

bool levin__is_timer(const levin_callback *c) { return c && c->type == &timer_class; }

double levin_timer_elapsed(const levin_callback *base, const char *stage)
{
    const timer *c = (const timer *)base;
    if (!levin__is_timer(base) || !stage)
        return 0;
    return strcmp(stage, "train") == 0      ? c->trained
           : strcmp(stage, "validate") == 0 ? c->took[LEVIN_STAGE_VALIDATE]
           : strcmp(stage, "test") == 0     ? c->took[LEVIN_STAGE_TEST]
                                            : 0;
}

double levin_timer_remaining(const levin_callback *base)
{
    return levin__is_timer(base) ? ((const timer *)base)->limit - ((const timer *)base)->trained
                                 : (double)INFINITY;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_timer_opts, duration, "null", "time for training, DD:HH:MM:SS"),
    LEVIN_ARGUMENT_WORDS(levin_timer_opts, interval, "step", "when it looks", "step epoch"),
    LEVIN_ARGUMENT(levin_timer_opts, verbose, "true", "say when the time is over"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_timer(options); }

const levin_class levin__class_timer = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "Timer",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.Timer", NULL },
    .help = "stops training when its time is over",
    .size = sizeof(levin_timer_opts),
    .arguments = arguments,
    .make.callback = make,
};
