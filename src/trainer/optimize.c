/* optimize.c: one training step in Lightning's order: training_step, zero_grad at the first batch
 * of a window, backward, and at its last batch clipping and the step. The last window of an epoch
 * may be short; its gradient is the mean over the batches that it really has. */
#include "trainer/optimize.h"

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "trainer/checkpoint.h"
#include "trainer/loaders.h"
#include "trainer/monitors.h"
#include "trainer/number.h"
#include "trainer/profile.h"

#include <math.h>

/* Of a stream it is not known ahead how short the last window will be: its gradients are divided by
 * the whole and put right at its end. */
levin_window levin__window_find(const levin_trainer *t)
{
    int64_t k = t->accumulate, place = t->position.batch % k;
    int64_t total = levin__limits_total(t, LEVIN_STAGE_TRAIN);
    int64_t left = total - (t->position.batch - place);
    return (levin_window){
        .divisor = left < k ? left : k,
        .size = place + 1,
        .first = place == 0,
        .last = place + 1 == k || t->position.last,
    };
}

static bool loss_is_good(levin_trainer *t, const levin_tensor *loss)
{
    char shape[96];
    if (levin_tensor_numel(loss) != 1)
        levin__error_set(LEVIN_ESHAPE, "training_step of %s returned %s; a loss is a single number",
                         t->module->type->name, levin_tensor_describe(loss, shape, sizeof shape));
    if (levin_error())
        return false;
    t->loss = levin_item(loss);
    if (isfinite(t->loss) || !t->set.loss_must_be_finite || t->tuning)
        return true;
    const char *saved = levin__newest_checkpoint(t);
    levin__error_set(LEVIN_ENUMERIC, "the loss is %s in epoch %lld, batch %lld (step %lld); %s%s",
                     isnan(t->loss) ? "not a number" : "infinite", (long long)t->current_epoch,
                     (long long)t->position.batch, (long long)t->position.global_step,
                     saved ? "last good checkpoint: " : "no good checkpoint had been saved",
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

static void call_before_step(levin_trainer *t, levin_optimizer *o)
{
    levin__hook_callbacks(t, LEVIN_HOOK_on_before_optimizer_step, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (t->module->type->on_before_optimizer_step) {
        t->module->type->on_before_optimizer_step(t->module, o);
        levin__hook_leave(t, LEVIN_HOOK_on_before_optimizer_step, began);
    }
}

static void check_weights(levin_trainer *t)
{
    const char *name;
    for (int i = 0; i < t->n_optimizers; i++)
        if (!levin__optimizer_is_finite(t->optimizers[i], &name))
            levin__error_set(LEVIN_ENUMERIC,
                             "terminate_on_nan: %s is not finite after step %lld (epoch %lld, "
                             "batch %lld)",
                             name, (long long)t->position.global_step, (long long)t->current_epoch,
                             (long long)t->position.batch);
}

static void log_norm(void *payload, const char *name, double norm)
{
    levin_trainer *t = payload;
    char order[LEVIN_NUMBER_SIZE];
    levin__number_print(order, t->set.track_grad_norm);
    char *key = levin__format("grad_%s_norm%s%s", order, name ? "/" : "_total", name ? name : "");
    levin_log_number(t->module, key, norm, NULL);
    levin__free(key);
}

/* Under the names of lightning.pytorch.utilities.grad_norm. */
static void log_norms(levin_trainer *t)
{
    double order = t->set.track_grad_norm;
    levin__hook_enter(t, LEVIN_HOOK_on_before_optimizer_step);
    log_norm(t, NULL, levin__optimizer_visit_norms(t->optimizer, order, log_norm, t));
}

static bool norms_are_due(const levin_trainer *t)
{
    int64_t every = t->set.log_every_n_steps;
    return t->set.track_grad_norm > 0 && t->optimizer && every > 0 && !t->tuning &&
           (t->position.stepped_batches + 1) % every == 0;
}

static void step(levin_trainer *t, levin_window w)
{
    const levin_module_class *type = t->module->type;
    if (t->optimizer && w.size < w.divisor)
        levin__optimizer_scale_grads(t->optimizer, (double)w.divisor / (double)w.size);
    if (norms_are_due(t))
        log_norms(t);
    call_before_step(t, t->optimizer);
    clip_gradients(t);
    if (levin_error())
        return;
    double began = levin__hook_enter(t, LEVIN_HOOK_optimizer_step);
    if (type->optimizer_step)
        type->optimizer_step(t->module, t->optimizer);
    else if (t->optimizer)
        levin_optimizer_step(t->optimizer);
    levin__hook_leave(t, LEVIN_HOOK_optimizer_step, began);
    t->position.global_step++;
    t->position.batch_steps++;
    if (t->set.weights_must_be_finite && !t->tuning && !levin_error())
        check_weights(t);
}

static levin_tensor *training_step(levin_trainer *t, const levin_batch *b)
{
    double began = levin__hook_enter(t, LEVIN_HOOK_training_step);
    levin_tensor *loss = t->module->type->training_step(t->module, b);
    levin__hook_leave(t, LEVIN_HOOK_training_step, began);
    return loss;
}

/* The module goes the way back and steps by itself; what it returns is only looked at. */
static levin_tensor *optimize_manually(levin_trainer *t, const levin_batch *b)
{
    levin_tensor *loss = training_step(t, b);
    if (levin_error() || (loss && !loss_is_good(t, loss)))
        return NULL;
    if (t->set.weights_must_be_finite && t->position.batch_steps > 0)
        check_weights(t);
    return loss;
}

levin_tensor *levin__optimize(levin_trainer *t, const levin_batch *b, levin_window w)
{
    if (t->module->type->manual_optimization)
        return optimize_manually(t, b);
    levin_tensor *loss = training_step(t, b);
    if (levin_error() || (loss && !loss_is_good(t, loss)))
        return NULL;
    if (w.first)
        zero_grad(t);
    if (loss && !levin_error())
        backward(t, w.divisor > 1 ? levin_scale(loss, 1.0 / (double)w.divisor) : loss);
    if (w.last && !levin_error())
        step(t, w);
    return loss;
}

int levin_manual_backward(levin_module *m, levin_tensor *loss)
{
    levin_trainer *t = levin_module_trainer(m);
    if (!loss || levin_error())
        return levin_error();
    if (!t || t->running != LEVIN_RUNNING_FIT)
        return levin_backward(loss);
    levin_hook outer = t->hook;
    backward(t, loss);
    t->hook = outer;
    return levin_error();
}

/* Each step that the module makes counts, as in Lightning. */
static void before_manual_step(void *payload, levin_optimizer *o)
{
    levin_trainer *t = payload;
    levin_hook outer = t->hook;
    call_before_step(t, o);
    t->hook = outer;
    t->position.global_step++;
    t->position.batch_steps++;
}

static void take_optimizers(levin_trainer *t, levin_optimizer *chain)
{
    bool manual = t->module->type->manual_optimization;
    t->n_optimizers = 0;
    while (chain) {
        levin_optimizer *next = levin__optimizer_unchain(chain);
        if (t->n_optimizers == LEVIN_MAX_OPTIMIZERS) {
            levin__error_set(LEVIN_EINVAL, "configure_optimizers: at most %d optimizers",
                             LEVIN_MAX_OPTIMIZERS);
            levin_optimizer_free(chain);
        } else {
            t->optimizers[t->n_optimizers++] = chain;
            chain->before_step = manual ? before_manual_step : NULL;
            chain->payload = t;
        }
        chain = next;
    }
    t->optimizer = t->n_optimizers ? t->optimizers[0] : NULL;
    if (t->n_optimizers > 1 && !manual)
        levin__error_set(LEVIN_EINVAL,
                         "configure_optimizers returned %d optimizers: the trainer steps one; set "
                         "manual_optimization and let training_step step them",
                         t->n_optimizers);
}

static void fill_total(levin_trainer *t, levin_optimizer *o)
{
    bool per_epoch = levin__lr_scheduler_per_epoch(o);
    int64_t total = per_epoch ? t->set.max_epochs : levin_trainer_estimated_stepping_batches(t);
    int64_t frequency = levin__lr_scheduler_frequency(o);
    if (total > 0)
        levin__lr_scheduler_set_total(o, total / frequency + (total % frequency != 0));
    else if (!levin_error())
        levin__error_set(LEVIN_EINVAL,
                         "lr_scheduler %s: its total_steps follow from max_epochs%s, and there is "
                         "no such limit",
                         levin__lr_scheduler_name(o), per_epoch ? "" : " or max_steps");
}

int levin__optimizers_make(levin_trainer *t)
{
    levin__optimizers_free(t);
    double began = levin__hook_enter(t, LEVIN_HOOK_configure_optimizers);
    levin_optimizer *chain = t->module->type->configure_optimizers(t->module);
    levin__hook_leave(t, LEVIN_HOOK_configure_optimizers, began);
    take_optimizers(t, chain);
    for (int i = 0; i < t->n_optimizers && !levin_error(); i++)
        if (levin__lr_scheduler_wants_total(t->optimizers[i]))
            fill_total(t, t->optimizers[i]);
    if (t->found_lr > 0 && t->optimizer && !levin_error())
        levin__optimizer_set_initial_lr(t->optimizer, t->found_lr);
    return levin_error();
}

void levin__optimizers_free(levin_trainer *t)
{
    for (int i = 0; i < t->n_optimizers; i++)
        levin_optimizer_free(t->optimizers[i]);
    t->n_optimizers = 0;
    t->optimizer = NULL;
}

static bool has_schedule(const levin_trainer *t)
{
    return t->optimizer && levin__lr_scheduler_name(t->optimizer) && !t->tuning &&
           !t->module->type->manual_optimization;
}

/* Steps are counted over the whole run (Lightning: batches inside the epoch). */
void levin__schedule_step_batch(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    const levin_position *p = &t->position;
    if (!has_schedule(t) || levin__lr_scheduler_is_plateau(t->optimizer))
        return;
    bool per_epoch = levin__lr_scheduler_per_epoch(t->optimizer);
    int64_t frequency = levin__lr_scheduler_frequency(t->optimizer);
    if (per_epoch ? !p->last || (p->epoch + 1) % frequency != 0
                  : p->batch_steps == 0 || p->global_step % frequency != 0)
        return;
    double began = levin__hook_enter(t, LEVIN_HOOK_lr_scheduler_step);
    if (type->lr_scheduler_step)
        type->lr_scheduler_step(t->module, t->optimizer);
    else
        levin_lr_scheduler_step(t->optimizer);
    levin__hook_leave(t, LEVIN_HOOK_lr_scheduler_step, began);
}

/* By steps, nothing can be there before the first validation. */
static void metric_is_missing(levin_trainer *t, bool end_of_epoch)
{
    const char *monitor = levin__lr_scheduler_monitor(t->optimizer);
    if (!end_of_epoch && t->position.val_runs == 0)
        return;
    if (levin__lr_scheduler_is_strict(t->optimizer))
        levin__monitor_is_missing(t, "ReduceLROnPlateau", monitor);
    else if (t->position.epoch == 0)
        levin__output_note(&t->out, "ReduceLROnPlateau: monitor '%s' was not logged", monitor);
}

void levin__schedule_step_metric(levin_trainer *t, bool end_of_epoch)
{
    const levin_position *p = &t->position;
    double metric;
    if (!has_schedule(t) || !levin__lr_scheduler_is_plateau(t->optimizer) ||
        levin__lr_scheduler_per_epoch(t->optimizer) != end_of_epoch)
        return;
    int64_t frequency = levin__lr_scheduler_frequency(t->optimizer);
    if (end_of_epoch ? (p->epoch + 1) % frequency != 0
                     : p->batch_steps == 0 || p->global_step % frequency != 0)
        return;
    const char *monitor = levin__lr_scheduler_monitor(t->optimizer);
    if (!levin__log_metric(t, monitor, LEVIN_FOR_CALLBACKS, &metric)) {
        metric_is_missing(t, end_of_epoch);
        return;
    }
    double began = levin__hook_enter(t, LEVIN_HOOK_lr_scheduler_step);
    if (t->module->type->lr_scheduler_step)
        t->module->type->lr_scheduler_step(t->module, t->optimizer);
    else
        levin_lr_scheduler_step_metric(t->optimizer, metric);
    levin__hook_leave(t, LEVIN_HOOK_lr_scheduler_step, began);
}

void levin_toggle_optimizer(levin_module *m, levin_optimizer *o)
{
    levin_trainer *t = levin_module_trainer(m);
    for (int i = 0; t && o && i < t->n_optimizers; i++)
        levin__optimizer_note_trainable(t->optimizers[i]);
    for (int i = 0; t && o && i < t->n_optimizers; i++)
        if (t->optimizers[i] != o)
            levin__optimizer_set_trainable(t->optimizers[i], false);
    if (t && o)
        levin__optimizer_set_trainable(o, true);
}

void levin_untoggle_optimizer(levin_module *m, levin_optimizer *o)
{
    levin_trainer *t = levin_module_trainer(m);
    (void)o;
    for (int i = 0; t && i < t->n_optimizers; i++) {
        levin__optimizer_set_trainable(t->optimizers[i], true);
        levin__optimizer_forget_trainable(t->optimizers[i]);
    }
}
