/* accumulation_scheduler.c: Lightning's GradientAccumulationScheduler: accumulate_grad_batches by
 * epoch. The schedule is the trainer's own from the moment that the trainer is made; nothing is
 * left to do in hooks. */
#include "base/error.h"
#include "trainer/classes.h"
#include "trainer/trainer.h"

typedef struct {
    levin_callback base;
    levin_by_epoch schedule;
    bool taken; // by the trainer
} scheduler;

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    scheduler *c = (scheduler *)base;
    if (!c->taken && !levin__by_epoch_is_one(&t->set.accumulate)) {
        levin__error_set(LEVIN_EINVAL, "accumulate_grad_batches and a "
                                       "GradientAccumulationScheduler: give one");
        return;
    }
    t->set.accumulate = c->schedule;
    c->taken = true;
    if (m && m->type->manual_optimization)
        levin__error_set(LEVIN_EINVAL, "GradientAccumulationScheduler and manual_optimization: "
                                       "accumulate in training_step");
}

static const levin_callback_class scheduler_class = {
    .name = "GradientAccumulationScheduler",
    .size = sizeof(scheduler),
    .check = check,
};

levin_callback *levin_gradient_accumulation_scheduler(const levin_accumulation_scheduler_opts *opts)
{
    levin_by_epoch schedule;
    if (levin_error())
        return NULL;
    if (!opts || !opts->scheduling) {
        levin__error_set(LEVIN_EINVAL,
                         "GradientAccumulationScheduler: it needs scheduling, {0: 1, 4: 2}");
        return NULL;
    }
    if (levin__by_epoch_parse("GradientAccumulationScheduler: scheduling", opts->scheduling,
                              &schedule) < 0)
        return NULL;
    scheduler *c = (scheduler *)levin_callback_new(&scheduler_class);
    if (c)
        c->schedule = schedule;
    return (levin_callback *)c;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_accumulation_scheduler_opts, scheduling, "null",
                   "batches of one step by epoch, {0: 1, 4: 2}; needed"),
    { 0 },
};

static levin_callback *make(const void *options)
{
    return levin_gradient_accumulation_scheduler(options);
}

const levin_class levin__class_gradient_accumulation_scheduler = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "GradientAccumulationScheduler",
    .paths =
        (const char *const[]){ "lightning.pytorch.callbacks.GradientAccumulationScheduler", NULL },
    .help = "changes accumulate_grad_batches by epoch",
    .size = sizeof(levin_accumulation_scheduler_opts),
    .arguments = arguments,
    .required = (const char *const[]){ "scheduling", NULL },
    .make.callback = make,
};
