/* checks.c: see checks.h. Flags by themselves are settings.c's; here they meet the module, the
 * callbacks and the data. */
#include "trainer/checks.h"

#include "base/error.h"
#include "trainer/complaints.h"
#include "trainer/loaders.h"

static const struct {
    const char *name;
    levin_stage stage;
} calls[] = {
    [LEVIN_RUNNING_NOTHING] = { "", LEVIN_STAGE_TRAIN },
    [LEVIN_RUNNING_FIT] = { "fit", LEVIN_STAGE_VALIDATE },
    [LEVIN_RUNNING_VALIDATE] = { "validate", LEVIN_STAGE_VALIDATE },
    [LEVIN_RUNNING_TEST] = { "test", LEVIN_STAGE_TEST },
    [LEVIN_RUNNING_PREDICT] = { "predict", LEVIN_STAGE_PREDICT },
};

const char *levin__call_name(levin_running running) { return calls[running].name; }
levin_stage levin__call_stage(levin_running running) { return calls[running].stage; }

static void need(const levin_trainer *t, levin_complaints *c, bool there, const char *hook)
{
    if (!there)
        levin__complain(c, "%s: %s has no %s hook", levin__call_name(t->running),
                        t->module->type->name, hook);
}

static void check_hooks(const levin_trainer *t, levin_complaints *c)
{
    const levin_module_class *type = t->module->type;
    switch (t->running) {
    case LEVIN_RUNNING_FIT:
        need(t, c, type->training_step, "training_step");
        need(t, c, type->configure_optimizers, "configure_optimizers");
        break;
    case LEVIN_RUNNING_VALIDATE:
        need(t, c, type->validation_step, "validation_step");
        break;
    case LEVIN_RUNNING_TEST:
        need(t, c, type->test_step, "test_step");
        break;
    default:
        need(t, c, type->predict_step || type->forward, "predict_step or forward");
        break;
    }
}

static void check_manual(const levin_trainer *t, levin_complaints *c)
{
    if (!t->module->type->manual_optimization)
        return;
    if (t->set.gradient_clip_val > 0)
        levin__complain(c, "gradient_clip_val %g and manual_optimization: clip in training_step",
                        t->set.gradient_clip_val);
    if (!levin__by_epoch_is_one(&t->set.accumulate))
        levin__complain(c, "accumulate_grad_batches and manual_optimization: accumulate in "
                           "training_step");
}

static bool brings_loaders(const levin_run_opts *o)
{
    return o->train || (o->loaders && *o->loaders);
}

static void check_data(const levin_trainer *t, levin_complaints *c, const levin_run_opts *o)
{
    bool fits = t->running == LEVIN_RUNNING_FIT;
    if (o->datamodule && brings_loaders(o))
        levin__complain(c, "%s: loaders and a datamodule; give one", levin__call_name(t->running));
    if (fits && t->loaders[LEVIN_STAGE_TRAIN].n == 0 &&
        !levin__loaders_have_hook(t, LEVIN_STAGE_TRAIN))
        levin__complain(c,
                        "fit: no training data; give a loader, a datamodule, or let %s have a "
                        "train_dataloader hook",
                        t->module->type->name);
    if (fits && t->set.reload_every > 0 && brings_loaders(o) && !o->datamodule)
        levin__complain(c,
                        "reload_dataloaders_every_n_epochs %lld, but fit was given loaders: only "
                        "those of hooks can be asked for again",
                        (long long)t->set.reload_every);
}

/* Limits of loaders that the call brought; hooks are asked when Lightning would. */
static void check_limits(levin_trainer *t, levin_complaints *c)
{
    levin_stage stages[] = { LEVIN_STAGE_TRAIN, levin__call_stage(t->running) };
    for (int i = 0; i < 2; i++) {
        if (t->loaders[stages[i]].n && !t->loaders[stages[i]].limit)
            levin__loaders_prepare(t, stages[i]);
        levin__complain_error(c);
    }
    if (t->running == LEVIN_RUNNING_FIT && t->loaders[LEVIN_STAGE_TRAIN].limit)
        levin__limits_find_val_check(t);
    levin__complain_error(c);
}

static void check_callbacks(levin_trainer *t, levin_complaints *c)
{
    for (int i = 0; i < t->n_callbacks; i++) {
        if (t->callbacks[i]->type->check)
            t->callbacks[i]->type->check(t->callbacks[i], t, t->module);
        levin__complain_error(c);
    }
}

static void check_precision(const levin_trainer *t, levin_complaints *c)
{
    if (t->running == LEVIN_RUNNING_FIT && t->set.autocast == LEVIN_I8)
        levin__complain(c, "precision int8 and fit: nothing is learned in int8, use 32-true or "
                           "bf16-mixed; int8 is for what comes after");
}

int levin__check_call(levin_trainer *t, const levin_run_opts *o)
{
    levin_complaints c = LEVIN_COMPLAINTS;
    if (levin_error())
        return levin_error();
    check_hooks(t, &c);
    check_data(t, &c, o);
    if (t->running == LEVIN_RUNNING_FIT)
        check_manual(t, &c);
    check_precision(t, &c);
    check_limits(t, &c);
    check_callbacks(t, &c);
    return levin__complaints_end(&c);
}

int levin__check_ahead(levin_trainer *t, levin_running running)
{
    levin_complaints c = LEVIN_COMPLAINTS;
    if (levin_error())
        return levin_error();
    t->running = running;
    check_precision(t, &c);
    check_callbacks(t, &c);
    t->running = LEVIN_RUNNING_NOTHING;
    return levin__complaints_end(&c);
}
