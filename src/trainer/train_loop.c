/* train_loop.c: one training batch, in Lightning's order: training_step, zero_grad at the first
 * batch of a window, backward, and at its last batch clipping, the step and the schedule. The last
 * window of an epoch may be short; its loss is divided by the batches it really has. */
#include "trainer/loops.h"

#include "base/error.h"
#include "optim/optimizer.h"
#include "trainer/checkpoint.h"
#include "trainer/loaders.h"
#include "trainer/profile.h"

#include <math.h>

/* Where a batch stands in its window of accumulate_grad_batches. */
typedef struct {
    int64_t size;
    bool first, last;
} window;

static window find_window(const levin_trainer *t)
{
    int64_t k = t->set.accumulate_grad_batches, batch = t->position.batch;
    int64_t left = levin__limits_total(t, LEVIN_STAGE_TRAIN) - (batch - batch % k);
    return (window){
        .size = left < k ? left : k,
        .first = batch % k == 0,
        .last = (batch + 1) % k == 0 || left - batch % k == 1,
    };
}

static bool next_batch(levin_trainer *t, levin_batch *b)
{
    double began = levin__action_begin(t);
    int found = levin_dataloader_next(t->loaders[LEVIN_STAGE_TRAIN].at[0], b);
    levin__action_end(t, "[_TrainingEpochLoop].train_dataloader_next", began);
    if (found == 0)
        levin__error_set(LEVIN_ESTATE, "the training loader ended before batch %lld of %lld",
                         (long long)t->position.batch + 1,
                         (long long)levin__limits_total(t, LEVIN_STAGE_TRAIN));
    b->batch_idx = t->position.batch;
    b->dataloader_idx = 0;
    return found > 0 && !levin_error();
}

/* False if on_train_batch_start says that this epoch has had enough. */
static bool begin_batch(levin_trainer *t, const levin_batch *b)
{
    levin__log_begin_batch(t, b->size, -1);
    levin__hook_callbacks_batch(t, LEVIN_HOOK_on_train_batch_start, LEVIN_ALL, b);
    if (!t->module->type->on_train_batch_start)
        return !levin_error();
    double began = levin__hook_enter(t, LEVIN_HOOK_on_train_batch_start);
    int result = t->module->type->on_train_batch_start(t->module, b);
    levin__hook_leave(t, LEVIN_HOOK_on_train_batch_start, began);
    return result != -1 && !levin_error();
}

static bool loss_is_finite(levin_trainer *t, const levin_tensor *loss)
{
    double value = levin_item(loss);
    if (levin_error())
        return false;
    if (isfinite(value))
        return true;
    const char *saved = levin__newest_checkpoint(t);
    levin__error_set(LEVIN_ENUMERIC, "the loss is %s in epoch %lld, batch %lld (step %lld); %s%s",
                     isnan(value) ? "not a number" : "infinite", (long long)t->current_epoch,
                     (long long)t->position.batch, (long long)t->position.global_step,
                     saved ? "last good checkpoint: " : "no checkpoint had been saved",
                     saved ? saved : "");
    return false;
}

static void zero_grad(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    levin__hook_callbacks(t, LEVIN_HOOK_on_before_zero_grad, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (type->on_before_zero_grad) {
        type->on_before_zero_grad(t->module, t->optimizer);
        levin__hook_leave(t, LEVIN_HOOK_on_before_zero_grad, began);
    }
    began = levin__hook_enter(t, LEVIN_HOOK_optimizer_zero_grad);
    if (type->optimizer_zero_grad)
        type->optimizer_zero_grad(t->module, t->optimizer);
    else if (t->optimizer)
        levin_optimizer_zero_grad(t->optimizer);
    levin__hook_leave(t, LEVIN_HOOK_optimizer_zero_grad, began);
}

static void backward(levin_trainer *t, levin_tensor *loss)
{
    const levin_module_class *type = t->module->type;
    levin__hook_callbacks(t, LEVIN_HOOK_on_before_backward, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (type->on_before_backward) {
        type->on_before_backward(t->module, loss);
        levin__hook_leave(t, LEVIN_HOOK_on_before_backward, began);
    }
    began = levin__hook_enter(t, LEVIN_HOOK_backward);
    if (type->backward)
        type->backward(t->module, loss);
    else
        levin_backward(loss);
    levin__hook_leave(t, LEVIN_HOOK_backward, began);
    if (!levin_error())
        levin__hook_call(t, LEVIN_HOOK_on_after_backward);
}

static void clip_gradients(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    double limit = t->set.gradient_clip_val;
    double began = levin__hook_enter(t, LEVIN_HOOK_configure_gradient_clipping);
    if (type->configure_gradient_clipping)
        type->configure_gradient_clipping(t->module, t->optimizer);
    else if (limit > 0 && t->optimizer && t->set.clip_by_value)
        levin_clip_grad_value(t->optimizer, limit);
    else if (limit > 0 && t->optimizer)
        levin__clip_grad_norm_later(t->optimizer, limit);
    levin__hook_leave(t, LEVIN_HOOK_configure_gradient_clipping, began);
}

static void step(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    levin__hook_callbacks(t, LEVIN_HOOK_on_before_optimizer_step, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (type->on_before_optimizer_step) {
        type->on_before_optimizer_step(t->module, t->optimizer);
        levin__hook_leave(t, LEVIN_HOOK_on_before_optimizer_step, began);
    }
    clip_gradients(t);
    if (levin_error())
        return;
    began = levin__hook_enter(t, LEVIN_HOOK_optimizer_step);
    if (type->optimizer_step)
        type->optimizer_step(t->module, t->optimizer);
    else if (t->optimizer)
        levin_optimizer_step(t->optimizer);
    levin__hook_leave(t, LEVIN_HOOK_optimizer_step, began);
    t->position.global_step++;
}

/* The loss, undivided; NULL if the step returned none, or after an error. */
static levin_tensor *forward_and_backward(levin_trainer *t, const levin_batch *b, window w)
{
    double began = levin__hook_enter(t, LEVIN_HOOK_training_step);
    levin_tensor *loss = t->module->type->training_step(t->module, b);
    levin__hook_leave(t, LEVIN_HOOK_training_step, began);
    if (levin_error() || (loss && !loss_is_finite(t, loss)))
        return NULL;
    if (w.first)
        zero_grad(t);
    if (loss && !levin_error())
        backward(t, w.size > 1 ? levin_scale(loss, 1.0 / (double)w.size) : loss);
    return loss;
}

static void step_schedule(levin_trainer *t, window w)
{
    const levin_module_class *type = t->module->type;
    if (!t->optimizer || !levin__lr_scheduler_name(t->optimizer))
        return;
    bool last_of_epoch = t->position.batch + 1 >= levin__limits_total(t, LEVIN_STAGE_TRAIN);
    if (levin__lr_scheduler_per_epoch(t->optimizer) ? !last_of_epoch : !w.last)
        return;
    double began = levin__hook_enter(t, LEVIN_HOOK_lr_scheduler_step);
    if (type->lr_scheduler_step)
        type->lr_scheduler_step(t->module, t->optimizer);
    else
        levin_lr_scheduler_step(t->optimizer);
    levin__hook_leave(t, LEVIN_HOOK_lr_scheduler_step, began);
}

static bool row_is_due(const levin_trainer *t)
{
    int64_t every = t->set.log_every_n_steps;
    if (!t->position.stepped || every == 0)
        return false;
    return (t->position.stepped_batches + 1) % every == 0 || t->should_stop || t->set.fast_dev_run;
}

/* Everything that belongs to the batch happens before the callbacks that may save: their file is
 * then a moment that training can be resumed at. */
static void end_batch(levin_trainer *t, const levin_tensor *loss, const levin_batch *b)
{
    levin_position *p = &t->position;
    levin__hook_callbacks_batch(t, LEVIN_HOOK_on_train_batch_end, LEVIN_PLAIN, b);
    double began = levin__action_begin(t);
    if (t->module->type->on_train_batch_end) {
        t->module->type->on_train_batch_end(t->module, loss, b);
        levin__hook_leave(t, LEVIN_HOOK_on_train_batch_end, began);
    }
    if (levin_error() || (row_is_due(t) && levin__log_write_steps(t, p->stepped_batches, true) < 0))
        return;
    p->moment = LEVIN_AT_BATCH_END;
    t->in_batch = false;
    levin__hook_callbacks_batch(t, LEVIN_HOOK_on_train_batch_end, LEVIN_MONITORS, b);
    levin__checkpoint_write_pending(t);
}

static bool run_batch(levin_trainer *t)
{
    levin_position *p = &t->position;
    levin_batch b = { 0 };
    if (!next_batch(t, &b) || !begin_batch(t, &b))
        return false;
    window w = find_window(t);
    levin_set_random(t->seed, (uint64_t)p->total_batches);
    double began = levin__action_begin(t);
    levin_tensor *loss = forward_and_backward(t, &b, w);
    if (!levin_error() && w.last)
        step(t);
    levin__action_end(t, "run_training_batch", began);
    if (levin_error())
        return false;
    step_schedule(t, w);
    p->batch++;
    p->total_batches++;
    p->stepped = w.last;
    end_batch(t, loss, &b);
    return !levin_error() && !levin__interrupted(t);
}

bool levin__train_batch(levin_trainer *t)
{
    levin_scope *scope = levin_scope_begin();
    levin_dtype before = levin__precision_enter(t);
    t->in_batch = true;
    bool goes_on = run_batch(t);
    t->in_batch = false;
    levin__precision_leave(before);
    levin_scope_end(scope);
    return goes_on;
}
