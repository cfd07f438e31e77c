/* timer.c: Lightning's Timer behind max_time. It asks to stop; min_epochs and min_steps still hold.
 * The time that a run took before it was resumed is part of its position and counts. */
#include "trainer/callbacks/builtin.h"

#include "base/clock.h"
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
