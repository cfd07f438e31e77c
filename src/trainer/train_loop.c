/* train_loop.c: one training batch: from the loader through optimize.c to what is logged and seen
 * by callbacks. */
#include "trainer/loops.h"

#include "base/error.h"
#include "data/loader.h"
#include "trainer/checkpoint.h"
#include "trainer/interruption.h"
#include "trainer/loaders.h"
#include "trainer/optimize.h"
#include "trainer/profile.h"

/* Whether there is one; a stream may just have ended. */
static bool next_batch(levin_trainer *t, levin_batch *b)
{
    levin_dataloader *l = t->loaders[LEVIN_STAGE_TRAIN].at[0];
    int64_t total = levin__limits_total(t, LEVIN_STAGE_TRAIN);
    double began = levin__action_begin(t);
    int found = levin_dataloader_next(l, b);
    levin__action_end(t, "[_TrainingEpochLoop].train_dataloader_next", began);
    if (found == 0 && levin_dataloader_len(l) < 0)
        t->position.last = true;
    else if (found == 0)
        levin__error_set(LEVIN_ESTATE, "the training loader ended before batch %lld of %lld",
                         (long long)t->position.batch + 1, (long long)total);
    if (found <= 0 || levin_error())
        return false;
    b->batch_idx = t->position.batch;
    b->dataloader_idx = 0;
    t->position.last = t->position.batch + 1 >= total ||
                       (levin_dataloader_len(l) < 0 && levin__dataloader_is_last(l));
    levin__hook_transfer(t, b);
    return !levin_error();
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

static bool row_is_due(const levin_trainer *t)
{
    int64_t every = t->set.log_every_n_steps;
    if (!t->position.stepped || every == 0 || t->tuning)
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
    if (!next_batch(t, &b))
        return false;
    if (!begin_batch(t, &b)) {
        t->in_batch = false;
        levin__checkpoint_write_pending(t); // nothing of this batch has happened
        return false;
    }
    levin_window w = levin__window_find(t);
    p->batch_steps = 0;
    levin_set_random(t->seed, (uint64_t)p->total_batches);
    double began = levin__action_begin(t);
    levin_tensor *loss = levin__optimize(t, &b, w);
    levin__action_end(t, "run_training_batch", began);
    if (levin_error())
        return false;
    levin__schedule_step_batch(t);
    t->losses += loss != NULL;
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
