/* timer.c: Lightning's Timer behind max_time. It asks to stop; min_epochs and min_steps still hold.
 * The time that a run took before it was resumed is part of its position and counts. */
#include "trainer/callbacks/builtin.h"

#include "base/clock.h"
#include "trainer/classes.h"
#include "trainer/duration.h"
#include "trainer/trainer.h"

typedef struct {
    levin_callback base;
    double limit; // seconds
} timer;

static void check(const timer *c, levin_trainer *t)
{
    double now = t->began > 0 ? levin__seconds() - t->began : 0;
    if (t->position.seconds + now < c->limit || t->should_stop)
        return;
    levin__output_note(&t->out, "max_time of %g seconds is over: training stops", c->limit);
    levin_trainer_stop(t);
}

static void on_train_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    check((timer *)c, t);
}

static void on_train_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    (void)m;
    (void)b;
    check((timer *)c, t);
}

static const levin_callback_class timer_class = {
    LEVIN_CALLBACK(timer),
    .on_fit_start = on_train_start,
    .on_train_start = on_train_start,
    .on_train_batch_end = on_train_batch_end,
};

levin_callback *levin__timer(double seconds)
{
    timer *c = (timer *)levin_callback_new(&timer_class);
    if (c)
        c->limit = seconds;
    return (levin_callback *)c;
}

typedef struct {
    const char *duration;
} timer_options;

static levin_callback *make(const void *options)
{
    double seconds;
    const timer_options *o = options;
    return levin__duration_parse("duration", o->duration, &seconds) < 0 ? NULL
                                                                        : levin__timer(seconds);
}

const levin_class levin__class_timer = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "Timer",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.Timer", NULL },
    .help = "stops training after a while, as the flag max_time",
    .arguments =
        (const levin_flag[]){
            LEVIN_ARGUMENT(timer_options, duration, "null", "how long, DD:HH:MM:SS"), { 0 } },
    .size = sizeof(timer_options),
    .required = (const char *const[]){ "duration", NULL },
    .fixed = (const char *const[][2]){ { "interval", "step" }, { "verbose", "true" }, { NULL } },
    .make.callback = make,
};
