/* predict_loop.c: outputs of every batch, given away one by one, so that no list of them grows
 * unless it is wanted. */
#include "trainer/loops.h"

#include "base/error.h"
#include "nn/module.h"
#include "trainer/interruption.h"
#include "trainer/loaders.h"
#include "trainer/predictions.h"
#include "trainer/profile.h"

static void run_step(levin_trainer *t, const levin_batch *b)
{
    const levin_module_class *type = t->module->type;
    levin__hook_call_batch(t, LEVIN_HOOK_on_predict_batch_start, b);
    double began = levin__hook_enter(t, LEVIN_HOOK_predict_step);
    levin_tensor *output =
        type->predict_step ? type->predict_step(t->module, b) : type->forward(t->module, b);
    levin__hook_leave(t, LEVIN_HOOK_predict_step, began);
    if (levin_error())
        return;
    t->prediction = output;
    levin__hook_callbacks_batch(t, LEVIN_HOOK_on_predict_batch_end, LEVIN_ALL, b);
    began = levin__action_begin(t);
    if (type->on_predict_batch_end) {
        type->on_predict_batch_end(t->module, output, b);
        levin__hook_leave(t, LEVIN_HOOK_on_predict_batch_end, began);
    }
    if (!levin_error() && t->keeps_predictions)
        levin__predictions_keep(t, output, b->dataloader_idx);
    if (!levin_error() && t->take && t->take(t->take_payload, output, b) != 0)
        t->should_stop = true;
    t->prediction = NULL;
}

static bool run_batch(levin_trainer *t, int loader, int64_t batch)
{
    levin_scope *scope = levin_scope_begin();
    levin_dataloader *l = t->loaders[LEVIN_STAGE_PREDICT].at[loader];
    levin_batch b = { 0 };
    double began = levin__action_begin(t);
    int found = levin_dataloader_next(l, &b);
    levin__action_end(t, "[_PredictionLoop].predict_next", began);
    bool ended = found == 0 && levin_dataloader_len(l) < 0;
    if (found == 0 && !ended)
        levin__error_set(LEVIN_ESTATE, "loader %d ended before batch %lld", loader,
                         (long long)batch + 1);
    if (found > 0) {
        b.batch_idx = batch;
        b.dataloader_idx = loader;
        levin__hook_transfer(t, &b);
        levin_set_random(t->seed, (uint64_t)batch | (uint64_t)1 << 63);
        run_step(t, &b);
    }
    levin_scope_end(scope);
    return !ended && !levin_error() && !t->should_stop && !levin__interrupted(t);
}

static bool run_loader(levin_trainer *t, int loader)
{
    const levin_loaders *l = &t->loaders[LEVIN_STAGE_PREDICT];
    if (levin_dataloader_begin(l->at[loader], 0, 0) < 0)
        return false;
    for (int64_t batch = 0; batch < l->limit[loader]; batch++)
        if (!run_batch(t, loader, batch))
            break;
    return !levin_error() && !t->should_stop;
}

void levin__predict_loop(levin_trainer *t)
{
    bool gradients = levin_set_grad_enabled(false);
    levin_dtype before = levin__precision_enter(t);
    t->stage = LEVIN_STAGE_PREDICT;
    levin__module_push_modes(t->module);
    levin_module_train(t->module, false);
    levin__hook_call(t, LEVIN_HOOK_on_predict_start);
    levin__hook_call(t, LEVIN_HOOK_on_predict_epoch_start);
    for (int i = 0; i < t->loaders[LEVIN_STAGE_PREDICT].n && !levin_error(); i++)
        if (!run_loader(t, i))
            break;
    if (!levin_error()) {
        levin__hook_call(t, LEVIN_HOOK_on_predict_epoch_end);
        levin__hook_call(t, LEVIN_HOOK_on_predict_end);
    }
    levin__module_pop_modes(t->module);
    levin__precision_leave(before);
    levin_set_grad_enabled(gradients);
}
