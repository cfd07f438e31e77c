/* fit_loop.c: epochs. The loop goes from moment to moment of position.h and can begin at any of
 * them, which is all that resuming is. When validation comes and what ends training is Lightning's
 * rule, told in docs/hooks.md. */
#include "trainer/loops.h"

#include "base/clock.h"
#include "base/error.h"
#include "trainer/loaders.h"
#include "trainer/profile.h"

static bool may_stop(const levin_trainer *t)
{
    return t->current_epoch >= t->set.min_epochs && t->position.global_step >= t->set.min_steps;
}

static bool steps_are_used_up(const levin_trainer *t)
{
    return t->set.max_steps >= 0 && t->position.global_step >= t->set.max_steps;
}

/* Maxima are looked at before minima: the first that is reached ends training. */
static bool is_done(levin_trainer *t)
{
    levin_stop_reason why = LEVIN_STOPPED_BY_NOTHING;
    if (levin__limits_total(t, LEVIN_STAGE_TRAIN) == 0)
        why = LEVIN_STOPPED_BY_NO_BATCHES;
    else if (steps_are_used_up(t))
        why = LEVIN_STOPPED_BY_MAX_STEPS;
    else if (t->set.max_epochs >= 0 && t->current_epoch >= t->set.max_epochs)
        why = LEVIN_STOPPED_BY_MAX_EPOCHS;
    else if (t->should_stop && may_stop(t))
        why = LEVIN_STOPPED_BY_REQUEST;
    t->stopped_by = why;
    return why != LEVIN_STOPPED_BY_NOTHING;
}

static bool epoch_is_over(const levin_trainer *t)
{
    return t->position.batch >= levin__limits_total(t, LEVIN_STAGE_TRAIN) || steps_are_used_up(t) ||
           (t->should_stop && may_stop(t));
}

static bool interval_is_over(const levin_trainer *t)
{
    const levin_position *p = &t->position;
    if (t->set.val_check_interval.kind == 3)
        return levin__seconds() - t->last_validation >= t->set.val_check_interval.value;
    bool over_epochs = t->set.check_val_every_n_epoch == -1;
    return (over_epochs ? p->total_batches : p->batch) % t->val_check_batch == 0;
}

static bool validation_is_due(const levin_trainer *t)
{
    int64_t every = t->set.check_val_every_n_epoch;
    if (!levin__limits_validates(t) || (every != -1 && (t->current_epoch + 1) % every != 0))
        return false;
    return (t->should_stop && may_stop(t)) || interval_is_over(t);
}

static void begin_epoch(levin_trainer *t)
{
    levin__log_reset(t, LEVIN_STAGE_TRAIN);
    levin__hook_call(t, LEVIN_HOOK_on_train_epoch_start);
    t->position.batch = 0;
    t->position.moment = LEVIN_AT_BATCH;
}

static void validate(levin_trainer *t)
{
    levin_module *m = t->module;
    if (t->position.stepped && m->type->on_validation_model_zero_grad)
        levin__hook_module(t, LEVIN_HOOK_on_validation_model_zero_grad);
    levin__log_refresh(t);
    levin__eval_loop(t, LEVIN_STAGE_VALIDATE);
    t->stage = LEVIN_STAGE_TRAIN;
    t->last_validation = levin__seconds();
}

/* What belongs to a batch after it is done: its validation, and the step of the row axis. */
static void finish_batch(levin_trainer *t)
{
    levin_position *p = &t->position;
    bool validates = p->moment == LEVIN_IN_VALIDATION ||
                     (p->moment == LEVIN_AT_BATCH_END && validation_is_due(t));
    if (validates)
        validate(t);
    if (levin_error())
        return;
    p->stepped_batches += p->stepped;
    p->moment = LEVIN_AT_BATCH;
}

/* Callbacks that monitor come last, when the epoch is logged: a checkpoint that they take lacks
 * nothing. An epoch that was cut short stays unfinished in position, so that a later fit goes on
 * inside it. */
static void end_epoch(levin_trainer *t, bool complete)
{
    levin_position *p = &t->position;
    levin__log_end_batches(t);
    levin__hook_callbacks(t, LEVIN_HOOK_on_train_epoch_end, LEVIN_PLAIN);
    levin__hook_module(t, LEVIN_HOOK_on_train_epoch_end);
    if (levin_error() || levin__log_write_epoch(t, p->stepped_batches - 1) < 0)
        return;
    if (complete)
        p->moment = LEVIN_AT_EPOCH_END;
    levin__hook_callbacks(t, LEVIN_HOOK_on_train_epoch_end, LEVIN_MONITORS);
    if (levin_error())
        return;
    t->current_epoch++;
    if (complete) {
        p->epoch++;
        p->batch = 0;
        p->moment = LEVIN_AT_EPOCH_START;
    }
}

static void run_epoch(levin_trainer *t)
{
    levin_position *p = &t->position;
    bool goes_on = true;
    t->current_epoch = p->epoch;
    if (p->moment == LEVIN_AT_EPOCH_START)
        begin_epoch(t);
    if (levin_error() ||
        levin_dataloader_begin(t->loaders[LEVIN_STAGE_TRAIN].at[0], p->epoch, p->batch) < 0)
        return;
    double began = levin__action_begin(t);
    while (goes_on && !levin_error()) {
        if (p->moment != LEVIN_AT_BATCH)
            finish_batch(t);
        else
            goes_on = !epoch_is_over(t) && levin__train_batch(t);
    }
    levin__action_end(t, "run_training_epoch", began);
    if (!levin_error())
        end_epoch(t, p->batch >= levin__limits_total(t, LEVIN_STAGE_TRAIN) || !epoch_is_over(t));
}

void levin__fit_loop(levin_trainer *t)
{
    if (is_done(t))
        return;
    t->stage = LEVIN_STAGE_TRAIN;
    t->began = t->last_validation = levin__seconds();
    levin__hook_call(t, LEVIN_HOOK_on_train_start);
    while (!levin_error() && !is_done(t))
        run_epoch(t);
    if (!levin_error())
        levin__hook_call(t, LEVIN_HOOK_on_train_end);
}

int64_t levin__fit_steps(const levin_trainer *t)
{
    int64_t batches = levin__limits_total(t, LEVIN_STAGE_TRAIN);
    int64_t k = t->set.accumulate_grad_batches;
    int64_t steps = 0;
    if (t->set.max_epochs > 0 &&
        __builtin_mul_overflow((batches + k - 1) / k, t->set.max_epochs, &steps))
        steps = INT64_MAX;
    if (t->set.max_steps >= 0 && (t->set.max_epochs < 0 || t->set.max_steps < steps))
        steps = t->set.max_steps;
    return steps;
}
