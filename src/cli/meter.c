/* meter.c: see meter.h. */
#include "cli/meter.h"

#include "base/clock.h"

static void go_on(cli_meter *m) { m->began = levin__seconds(); }

static void pause_it(cli_meter *m)
{
    if (m->began > 0)
        m->seconds += levin__seconds() - m->began;
    m->began = 0;
}

static void on_train_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)t, (void)m;
    go_on((cli_meter *)c);
}

static void on_train_end(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)t, (void)m;
    pause_it((cli_meter *)c);
}

static void on_train_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    (void)t, (void)m;
    ((cli_meter *)c)->sequences += b->size;
}

static void on_validation_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)t, (void)m;
    pause_it((cli_meter *)c);
}

static void on_validation_end(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    if (levin_trainer_sanity_checking(t))
        return;
    ((cli_meter *)c)->validated_step = levin_trainer_global_step(t);
    go_on((cli_meter *)c);
}

static const levin_callback_class meter_class = {
    .name = "SequenceMeter", // as profilers show it
    .size = sizeof(cli_meter),
    .on_train_start = on_train_start,
    .on_train_end = on_train_end,
    .on_train_batch_end = on_train_batch_end,
    .on_validation_start = on_validation_start,
    .on_validation_end = on_validation_end,
};

cli_meter *cli_meter_new(void)
{
    cli_meter *m = (cli_meter *)levin_callback_new(&meter_class);
    if (m)
        m->validated_step = -1;
    return m;
}
