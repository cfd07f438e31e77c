/* fit_loop.c: epochs. The loop goes from moment to moment of position.h and can begin at any of
 * them, which is all that resuming is. When validation comes and what ends training is Lightning's
 * rule, told in docs/hooks.md. */
#include "trainer/loops.h"

#include "base/clock.h"
#include "base/error.h"
#include "trainer/loaders.h"
#include "trainer/monitors.h"
#include "trainer/optimize.h"
#include "trainer/profile.h"

static bool may_stop(const levin_trainer *t)
{
    return t->current_epoch >= t->set.min_epochs && t->position.global_step >= t->set.min_steps;
}

static bool steps_are_used_up(const levin_trainer *t)
{
    return t->set.max_steps >= 0 && t->position.global_step >= t->set.max_steps;
}

static bool batches_are_used_up(const levin_trainer *t)
{
    const levin_position *p = &t->position;
    bool is_stream = levin_dataloader_len(t->loaders[LEVIN_STAGE_TRAIN].at[0]) < 0;
    return (is_stream && p->last) || p->batch >= levin__limits_total(t, LEVIN_STAGE_TRAIN);
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
    return batches_are_used_up(t) || steps_are_used_up(t) || (t->should_stop && may_stop(t));
}

/* Whether the steps of the batch that is done reached or passed a multiple of n. */
static bool steps_passed(const levin_position *p, int64_t n)
{
    return p->global_step / n != (p->global_step - p->batch_steps) / n;
}

static bool interval_is_over(const levin_trainer *t)
{
    const levin_position *p = &t->position;
    levin_amount interval = t->set.val_check_interval;
    if (interval.kind == 3)
        return levin__seconds() - t->last_validation >= interval.value;
    if (interval.kind == 4)
        return steps_passed(p, (int64_t)interval.value);
    if (t->val_check_batch == 0) // the whole of a stream
        return p->last;
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
    t->position.last = false;
    t->position.moment = LEVIN_AT_BATCH;
    t->losses = 0;
}

/* A step may skip its batch by returning NULL; one that always does was hardly meant to. */
static void check_losses(levin_trainer *t)
{
    if (t->losses == 0 && t->position.epoch == 0 && t->position.batch > 0 && !t->tuning &&
        !t->module->type->manual_optimization)
        levin__output_note(&t->out,
                           "training_step returned NULL for every batch of the first epoch: "
                           "nothing was learned");
}

static void validate(levin_trainer *t)
{
    levin_module *m = t->module;
    if (levin__loaders_reload(t, LEVIN_STAGE_VALIDATE) < 0)
        return;
    if (t->position.stepped && m->type->on_validation_model_zero_grad)
        levin__hook_module(t, LEVIN_HOOK_on_validation_model_zero_grad);
    levin__log_refresh(t);
    levin__eval_loop(t, LEVIN_STAGE_VALIDATE);
    t->stage = LEVIN_STAGE_TRAIN;
    t->last_validation = levin__seconds();
}

/* What belongs to a batch after it is done: its validation, a schedule that looks at metrics, and
 * the step of the row axis. */
static void finish_batch(levin_trainer *t)
{
    levin_position *p = &t->position;
    bool goes_on = p->moment == LEVIN_IN_VALIDATION && levin__wants_validation(t);
    bool validates = goes_on || (p->moment == LEVIN_AT_BATCH_END && validation_is_due(t));
    if (validates)
        validate(t);
    if (!levin_error())
        levin__schedule_step_metric(t, false);
    if (levin_error())
        return;
    p->stepped_batches += p->stepped;
    p->moment = LEVIN_AT_BATCH;
    if (p->total_batches == 1)
        levin__monitors_check(t);
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
    if (complete) {
        check_losses(t);
        levin__schedule_step_metric(t, true);
        p->moment = LEVIN_AT_EPOCH_END;
    }
    if (!levin_error())
        levin__hook_callbacks(t, LEVIN_HOOK_on_train_epoch_end, LEVIN_MONITORS);
    if (levin_error())
        return;
    t->current_epoch++;
    if (complete) {
        p->epoch++;
        p->batch = 0;
        p->last = false;
        p->moment = LEVIN_AT_EPOCH_START;
    }
}

static void run_epoch(levin_trainer *t)
{
    levin_position *p = &t->position;
    bool goes_on = true;
    t->current_epoch = p->epoch;
    t->accumulate = levin__by_epoch_at(&t->set.accumulate, p->epoch);
    if (levin__loaders_reload(t, LEVIN_STAGE_TRAIN) < 0)
        return;
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
        end_epoch(t, batches_are_used_up(t) || !epoch_is_over(t));
}

double levin__fit_seconds(const levin_trainer *t)
{
    return t->position.seconds + (t->began > 0 ? levin__seconds() - t->began : 0);
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

/* Steps of epochs first up to, without, last, whose windows have k batches. */
static int64_t steps_of(int64_t batches, int64_t k, int64_t first, int64_t last)
{
    int64_t steps;
    if (last <= first)
        return 0;
    if (__builtin_mul_overflow(batches / k + (batches % k != 0), last - first, &steps))
        return INT64_MAX;
    return steps;
}

int64_t levin__fit_steps(const levin_trainer *t)
{
    const levin_by_epoch *k = &t->set.accumulate;
    int64_t batches = levin__limits_total(t, LEVIN_STAGE_TRAIN), epochs = t->set.max_epochs;
    int64_t steps = 0;
    bool endless = epochs < 0 || batches == INT64_MAX;
    for (int i = 0; i < k->n && !endless; i++) {
        int64_t until = i + 1 < k->n && k->at[i + 1].epoch < epochs ? k->at[i + 1].epoch : epochs;
        int64_t more = steps_of(batches, k->at[i].value, k->at[i].epoch, until);
        steps = more > INT64_MAX - steps ? INT64_MAX : steps + more;
    }
    if (t->set.max_steps >= 0 && (endless || t->set.max_steps < steps))
        steps = t->set.max_steps;
    return steps;
}
