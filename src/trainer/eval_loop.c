/* eval_loop.c: one pass over evaluation loaders: the validations of fit, the sanity check before
 * it, and the calls validate and test. Modules go into evaluation mode for it and come back to the
 * modes they had, each its own. */
#include "trainer/loops.h"

#include "base/error.h"
#include "nn/module.h"
#include "trainer/checkpoint.h"
#include "trainer/interruption.h"
#include "trainer/loaders.h"
#include "trainer/profile.h"

/* The hooks of a stage, and its step. */
typedef struct {
    levin_hook start, epoch_start, batch_start, step, batch_end, epoch_end, end;
} stage_hooks;

#define STAGE_HOOKS(name)                                                                          \
    {                                                                                              \
        LEVIN_HOOK_on_##name##_start, LEVIN_HOOK_on_##name##_epoch_start,                          \
            LEVIN_HOOK_on_##name##_batch_start, LEVIN_HOOK_##name##_step,                          \
            LEVIN_HOOK_on_##name##_batch_end, LEVIN_HOOK_on_##name##_epoch_end,                    \
            LEVIN_HOOK_on_##name##_end                                                             \
    }

static const stage_hooks hooks_of[LEVIN_STAGES] = {
    [LEVIN_STAGE_VALIDATE] = STAGE_HOOKS(validation),
    [LEVIN_STAGE_TEST] = STAGE_HOOKS(test),
};

/* Whether this pass is part of training, and so of what a checkpoint describes. */
static bool is_tracked(const levin_trainer *t)
{
    return t->running == LEVIN_RUNNING_FIT && !t->sanity;
}

static bool is_stream(const levin_trainer *t, int loader)
{
    return levin_dataloader_len(t->loaders[t->stage].at[loader]) < 0;
}

/* Rows of steps count the batches of a loader over all validations; of a stream, which tells no
 * number, those of all loaders. */
static int64_t row_axis(const levin_trainer *t, const levin_batch *b)
{
    int64_t limit = levin__limits_of(t, (int)b->dataloader_idx), row;
    if (!is_tracked(t))
        return b->batch_idx;
    if (limit == INT64_MAX || __builtin_mul_overflow(t->position.val_runs, limit, &row) ||
        __builtin_add_overflow(row, b->batch_idx, &row))
        return t->position.val_batches;
    return row;
}

static void enter_evaluation(levin_trainer *t)
{
    levin__module_push_modes(t->module);
    if (t->stage == LEVIN_STAGE_VALIDATE && t->module->type->on_validation_model_eval)
        levin__hook_module(t, LEVIN_HOOK_on_validation_model_eval);
    else
        levin_module_train(t->module, false);
}

static void leave_evaluation(levin_trainer *t)
{
    if (t->stage == LEVIN_STAGE_VALIDATE && t->module->type->on_validation_model_train)
        levin__hook_module(t, LEVIN_HOOK_on_validation_model_train);
    levin__module_pop_modes(t->module);
}

/* Evaluation draws from the upper half of the step numbers, so that it never takes what a training
 * batch would get. */
static void set_random(levin_trainer *t, int64_t batch)
{
    uint64_t counter = (uint64_t)(is_tracked(t) ? t->position.val_batches : batch);
    levin_set_random(t->seed, counter | (uint64_t)1 << 63);
}

static void run_step(levin_trainer *t, levin_batch *b)
{
    const levin_module_class *type = t->module->type;
    const stage_hooks *h = &hooks_of[t->stage];
    levin_loaders *l = &t->loaders[t->stage];
    levin__log_begin_batch(t, b->size, l->n > 1 ? (int)b->dataloader_idx : -1);
    set_random(t, b->batch_idx);
    levin__hook_call_batch(t, h->batch_start, b);
    if (levin_error())
        return;
    double began = levin__hook_enter(t, h->step);
    if (t->stage == LEVIN_STAGE_TEST)
        type->test_step(t->module, b);
    else
        type->validation_step(t->module, b);
    levin__hook_leave(t, h->step, began);
    if (levin_error())
        return;
    levin__hook_call_batch(t, h->batch_end, b);
    if (!t->sanity && !levin_error())
        levin__log_write_steps(t, row_axis(t, b), false);
}

/* What a batch that is done leaves behind. */
static void note_batch(levin_trainer *t, int loader, int64_t batch)
{
    levin_position *p = &t->position;
    if (is_tracked(t)) {
        p->val_loader = loader;
        p->val_batch = batch + 1;
        p->val_batches++;
        p->moment = LEVIN_IN_VALIDATION;
    }
    levin__checkpoint_write_pending(t);
}

/* False if there is none, in *ended if a stream just has no more, or after an error. */
static bool run_batch(levin_trainer *t, int loader, int64_t batch, bool *ended)
{
    levin_scope *scope = levin_scope_begin();
    levin_batch b = { 0 };
    t->in_batch = true;
    double began = levin__action_begin(t);
    int found = levin_dataloader_next(t->loaders[t->stage].at[loader], &b);
    levin__action_end(t,
                      t->stage == LEVIN_STAGE_TEST ? "[_EvaluationLoop].test_next"
                                                   : "[_EvaluationLoop].val_next",
                      began);
    *ended = found == 0 && is_stream(t, loader);
    if (found == 0 && !*ended)
        levin__error_set(LEVIN_ESTATE, "loader %d ended before batch %lld", loader,
                         (long long)batch + 1);
    if (found > 0) {
        b.batch_idx = batch;
        b.dataloader_idx = loader;
        levin__hook_transfer(t, &b);
        run_step(t, &b);
    }
    t->in_batch = false;
    levin_scope_end(scope);
    if (levin_error() || *ended)
        return false;
    note_batch(t, loader, batch);
    return !levin__interrupted(t);
}

static bool run_loader(levin_trainer *t, int loader, int64_t first)
{
    int64_t limit = levin__limits_of(t, loader);
    int64_t epoch = is_tracked(t) ? t->position.epoch : 0;
    if (first >= limit)
        return true;
    if (levin_dataloader_begin(t->loaders[t->stage].at[loader], epoch, first) < 0)
        return false;
    bool ended = false;
    for (int64_t batch = first; batch < limit; batch++)
        if (!run_batch(t, loader, batch, &ended))
            return ended;
    return true;
}

/* A checkpoint may be of a run with more loaders, or a stranger's. Without any there is just
 * nothing left to do. */
static bool has_loader(const levin_trainer *t, int64_t loader)
{
    int n = t->loaders[t->stage].n;
    if (loader < n || n == 0)
        return true;
    levin__error_set(LEVIN_EINVAL,
                     "%s: saved in validation loader %lld, counted from 0, but this run has %d",
                     t->ckpt_path ? t->ckpt_path : "fit", (long long)loader, n);
    return false;
}

/* From the first batch on, or from where a checkpoint was taken in the middle. */
static bool run_batches(levin_trainer *t)
{
    bool goes_on = is_tracked(t) && t->position.moment == LEVIN_IN_VALIDATION;
    int64_t loader = goes_on ? t->position.val_loader : 0;
    int64_t first = goes_on ? t->position.val_batch : 0;
    if (!has_loader(t, loader))
        return false;
    if (!goes_on) {
        levin__log_reset(t, t->stage);
        levin__hook_call(t, hooks_of[t->stage].start);
        levin__hook_call(t, hooks_of[t->stage].epoch_start);
    }
    for (; loader < t->loaders[t->stage].n && !levin_error(); loader++, first = 0)
        if (!run_loader(t, (int)loader, first))
            return false;
    return !levin_error();
}

static void end_pass(levin_trainer *t)
{
    const stage_hooks *h = &hooks_of[t->stage];
    levin__log_end_batches(t);
    levin__hook_call(t, h->epoch_end);
    if (!levin_error() && !t->sanity)
        levin__log_write_epoch(t, t->position.stepped_batches);
    if (levin_error())
        return;
    levin__log_refresh(t);
    if (is_tracked(t)) {
        t->position.val_runs++;
        t->position.moment = LEVIN_AT_VALIDATION_END;
    }
    levin__hook_callbacks(t, h->end, LEVIN_PLAIN);
    levin__hook_module(t, h->end);
    levin__hook_callbacks(t, h->end, LEVIN_MONITORS);
}

void levin__eval_loop(levin_trainer *t, levin_stage stage)
{
    bool gradients = levin_set_grad_enabled(false);
    levin_dtype before = levin__precision_enter(t);
    t->stage = stage;
    enter_evaluation(t);
    if (run_batches(t))
        end_pass(t);
    levin__log_end_batches(t);
    leave_evaluation(t);
    levin__precision_leave(before);
    levin_set_grad_enabled(gradients);
}

/* A fit that is resumed inside an epoch has been checked before. */
void levin__sanity_check(levin_trainer *t)
{
    bool inside_epoch = t->resumed && t->position.moment != LEVIN_AT_EPOCH_START;
    if (!levin__wants_validation(t) || t->set.num_sanity_val_steps == 0 || inside_epoch)
        return;
    t->sanity = true;
    t->stage = LEVIN_STAGE_VALIDATE;
    levin__hook_callbacks(t, LEVIN_HOOK_on_sanity_check_start, LEVIN_ALL);
    if (!levin_error() && levin__loaders_prepare(t, LEVIN_STAGE_VALIDATE) == LEVIN_OK &&
        levin__limits_validates(t))
        levin__eval_loop(t, LEVIN_STAGE_VALIDATE);
    if (!levin_error())
        levin__hook_callbacks(t, LEVIN_HOOK_on_sanity_check_end, LEVIN_ALL);
    levin__log_reset(t, LEVIN_STAGE_VALIDATE);
    t->stage = LEVIN_STAGE_TRAIN;
    t->sanity = false;
}
