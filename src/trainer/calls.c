/* calls.c: fit, validate, test and predict from the first hook to the last, in Lightning's
 * sequence, and what happens when one of them fails: on_exception, a note to the loggers, and the
 * error that the caller reads. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "nn/init.h"
#include "optim/optimizer.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/checkpoint.h"
#include "trainer/loaders.h"
#include "trainer/loops.h"
#include "trainer/module_state.h"
#include "trainer/profile.h"
#include "trainer/results_table.h"

static const struct {
    const char *name, *stage_name;
    levin_stage stage; // whose loaders levin_run_opts.loaders are
} calls[] = {
    [LEVIN_RUNNING_FIT] = { "fit", "fit", LEVIN_STAGE_VALIDATE },
    [LEVIN_RUNNING_VALIDATE] = { "validate", "validate", LEVIN_STAGE_VALIDATE },
    [LEVIN_RUNNING_TEST] = { "test", "test", LEVIN_STAGE_TEST },
    [LEVIN_RUNNING_PREDICT] = { "predict", "predict", LEVIN_STAGE_PREDICT },
};

static void need_hook(const levin_trainer *t, bool there, const char *hook)
{
    if (!there)
        levin__error_set(LEVIN_EINVAL, "%s: %s has no %s hook", calls[t->running].name,
                         t->module->type->name, hook);
}

static void check_hooks(const levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    switch (t->running) {
    case LEVIN_RUNNING_FIT:
        need_hook(t, type->training_step, "training_step");
        need_hook(t, type->configure_optimizers, "configure_optimizers");
        break;
    case LEVIN_RUNNING_VALIDATE:
        need_hook(t, type->validation_step, "validation_step");
        break;
    case LEVIN_RUNNING_TEST:
        need_hook(t, type->test_step, "test_step");
        break;
    default:
        need_hook(t, type->predict_step || type->forward, "predict_step or forward");
        break;
    }
}

/* The loaders are taken in any case, so that they are freed with the rest. */
static void take_loaders(levin_trainer *t, levin_running running, const levin_run_opts *o)
{
    levin__loaders_free(t);
    levin__loaders_take(t, LEVIN_STAGE_TRAIN, o->train, NULL);
    levin__loaders_take(t, calls[running].stage, NULL, o->loaders);
}

static void drop_loaders(const levin_run_opts *o)
{
    levin_dataloader_free(o->train);
    for (levin_dataloader *const *l = o->loaders; l && *l; l++)
        levin_dataloader_free(*l);
}

static void attach(levin_trainer *t, levin_module *m)
{
    if (m == t->module)
        return;
    if (t->module)
        levin__module_set_trainer(t->module, NULL);
    levin__trainer_forget_module(t);
    if (levin__module_set_trainer(m, t) == LEVIN_OK)
        t->module = m;
}

static void begin(levin_trainer *t, levin_module *m, levin_running running, const levin_run_opts *o)
{
    take_loaders(t, running, o);
    if (levin_error())
        return;
    if (!m && !t->module) {
        levin__error_set(LEVIN_EINVAL, "%s: no module, and none was run before",
                         calls[running].name);
        return;
    }
    attach(t, m ? m : t->module);
    if (levin_error())
        return;
    t->running = running;
    t->take = o->take;
    t->take_payload = o->payload;
    t->should_stop = t->resumed = false;
    t->interrupted = 0;
    t->seed = levin__seed();
    levin__log_begin_call(t);
    check_hooks(t);
    if (running == LEVIN_RUNNING_FIT && t->set.autocast == LEVIN_I8)
        levin__error_set(LEVIN_EINVAL, "precision: nothing is learned in int8, use 32-true or "
                                       "bf16-mixed to fit; int8 is for what comes after");
}

static void start_loggers(levin_trainer *t)
{
    for (int i = 0; i < t->n_loggers && !levin_error(); i++)
        if (t->running != LEVIN_RUNNING_PREDICT && t->loggers[i]->type->start)
            t->loggers[i]->type->start(t->loggers[i], t->set.root_dir);
}

static void finish_loggers(levin_trainer *t, const char *status)
{
    for (int i = 0; i < t->n_loggers; i++)
        if (t->running != LEVIN_RUNNING_PREDICT && t->loggers[i]->type->finalize)
            t->loggers[i]->type->finalize(t->loggers[i], status);
}

static void set_up(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    levin__hook_module(t, LEVIN_HOOK_prepare_data);
    if (!levin_error())
        start_loggers(t);
    if (levin_error() || levin__profile_call(t, calls[t->running].stage_name) < 0)
        return;
    levin__hook_callbacks(t, LEVIN_HOOK_setup, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (type->setup) {
        type->setup(t->module, calls[t->running].stage_name);
        levin__hook_leave(t, LEVIN_HOOK_setup, began);
    }
    if (!levin_error())
        levin__hook_module(t, LEVIN_HOOK_configure_model);
}

static void tear_down(levin_trainer *t)
{
    levin__hook_callbacks(t, LEVIN_HOOK_teardown, LEVIN_ALL);
    double began = levin__action_begin(t);
    if (t->module->type->teardown) {
        t->module->type->teardown(t->module, calls[t->running].stage_name);
        levin__hook_leave(t, LEVIN_HOOK_teardown, began);
    }
}

/* Opens what the call was asked to load; NULL if that is nothing, or after an error. */
static levin_checkpoint *open_checkpoint(levin_trainer *t, const char *what)
{
    levin__free(t->ckpt_path);
    t->ckpt_path = NULL;
    if (!what || levin_error())
        return NULL;
    t->ckpt_path = levin__checkpoint_find(t, what);
    levin_checkpoint *c = t->ckpt_path ? levin__checkpoint_open(t->ckpt_path) : NULL;
    if (c)
        levin__restore_model(t, c, t->ckpt_path);
    return c;
}

static void make_optimizer(levin_trainer *t)
{
    levin_optimizer_free(t->optimizer);
    double began = levin__hook_enter(t, LEVIN_HOOK_configure_optimizers);
    t->optimizer = t->module->type->configure_optimizers(t->module);
    levin__hook_leave(t, LEVIN_HOOK_configure_optimizers, began);
    if (!t->optimizer && !levin_error())
        levin__output_note(&t->out, "configure_optimizers returned none: nothing will be trained");
    if (levin_error() || !t->optimizer || !levin__lr_scheduler_wants_total(t->optimizer))
        return;
    bool per_epoch = levin__lr_scheduler_per_epoch(t->optimizer);
    int64_t total = levin_trainer_estimated_stepping_batches(t);
    if (per_epoch)
        total = t->set.max_epochs;
    if (total > 0)
        levin__lr_scheduler_set_total(t->optimizer, total);
    else if (!levin_error())
        levin__error_set(LEVIN_EINVAL,
                         "lr_scheduler %s: its total_steps follow from max_epochs%s, and there is "
                         "no such limit",
                         levin__lr_scheduler_name(t->optimizer), per_epoch ? "" : " or max_steps");
}

static void log_hyperparameters(levin_trainer *t)
{
    int n;
    const char *const(*pairs)[2] = levin__module_hyperparameters(t->module, &n);
    for (int i = 0; i < t->n_loggers && !levin_error(); i++)
        if (t->loggers[i]->type->log_hyperparameters)
            t->loggers[i]->type->log_hyperparameters(t->loggers[i], pairs, n);
}

/* Limits of loaders that the call brought are looked at before anything runs; a module's own hooks
 * are asked when Lightning would. */
static void check_given_loaders(levin_trainer *t)
{
    if (t->loaders[LEVIN_STAGE_TRAIN].n)
        levin__loaders_prepare(t, LEVIN_STAGE_TRAIN);
    if (t->loaders[LEVIN_STAGE_VALIDATE].n)
        levin__loaders_prepare(t, LEVIN_STAGE_VALIDATE);
    if (!levin_error() && t->loaders[LEVIN_STAGE_TRAIN].n)
        levin__limits_find_val_check(t);
}

static void prepare_loaders(levin_trainer *t)
{
    if (levin__loaders_prepare(t, LEVIN_STAGE_TRAIN) < 0)
        return;
    if (levin__wants_validation(t))
        levin__loaders_prepare(t, LEVIN_STAGE_VALIDATE);
    if (t->loaders[LEVIN_STAGE_TRAIN].n == 0)
        levin__error_set(LEVIN_EINVAL,
                         "fit: no training data; give a loader or let %s have a "
                         "train_dataloader hook",
                         t->module->type->name);
    else
        levin__limits_find_val_check(t);
}

static void say_why_it_stopped(levin_trainer *t)
{
    const levin_settings *s = &t->set;
    switch (t->stopped_by) {
    case LEVIN_STOPPED_BY_MAX_STEPS:
        levin__output_note(&t->out, "fit stopped: max_steps %lld reached", (long long)s->max_steps);
        break;
    case LEVIN_STOPPED_BY_MAX_EPOCHS:
        levin__output_note(&t->out, "fit stopped: max_epochs %lld reached",
                           (long long)s->max_epochs);
        break;
    case LEVIN_STOPPED_BY_NO_BATCHES:
        levin__output_note(&t->out, "fit stopped: there are no training batches");
        break;
    default:
        break;
    }
}

static void restore(levin_trainer *t, const levin_checkpoint *c)
{
    if (!c)
        return;
    levin__restore_fit(t, c, t->ckpt_path);
    if (!levin_error() && t->set.max_epochs >= 0 && t->current_epoch > t->set.max_epochs)
        levin__error_set(LEVIN_EINVAL, "%s: is in epoch %lld, but max_epochs is %lld", t->ckpt_path,
                         (long long)t->current_epoch, (long long)t->set.max_epochs);
    if (!levin_error())
        levin__output_note(&t->out, "resumed from %s: epoch %lld, step %lld", t->ckpt_path,
                           (long long)t->position.epoch, (long long)t->position.global_step);
}

static void run_fit(levin_trainer *t, const char *ckpt_path)
{
    t->stage = LEVIN_STAGE_TRAIN;
    check_given_loaders(t);
    if (levin_error())
        return;
    set_up(t);
    levin_checkpoint *c = open_checkpoint(t, ckpt_path);
    if (!levin_error())
        make_optimizer(t);
    if (!levin_error())
        levin__hook_call(t, LEVIN_HOOK_on_fit_start);
    if (!levin_error())
        log_hyperparameters(t);
    if (!levin_error())
        restore(t, c);
    levin__checkpoint_free(c);
    if (!levin_error())
        levin__sanity_check(t);
    if (!levin_error())
        prepare_loaders(t);
    if (!levin_error())
        levin__fit_loop(t);
    if (levin_error())
        return;
    t->position.seconds += t->began > 0 ? levin__seconds() - t->began : 0;
    t->began = 0;
    say_why_it_stopped(t);
    levin__hook_call(t, LEVIN_HOOK_on_fit_end);
    tear_down(t);
}

static void run_evaluation(levin_trainer *t, const char *ckpt_path)
{
    levin_stage stage = calls[t->running].stage;
    t->stage = stage;
    if (levin__loaders_prepare(t, stage) < 0)
        return;
    if (t->loaders[stage].n == 0) {
        levin__error_set(LEVIN_EINVAL, "%s: no data; give a loader", calls[t->running].name);
        return;
    }
    set_up(t);
    levin__checkpoint_free(open_checkpoint(t, ckpt_path));
    if (levin_error())
        return;
    if (levin__limits_total(t, stage) > 0 && stage == LEVIN_STAGE_PREDICT)
        levin__predict_loop(t);
    else if (levin__limits_total(t, stage) > 0)
        levin__eval_loop(t, stage);
    if (levin_error())
        return;
    if (stage != LEVIN_STAGE_PREDICT)
        levin__results_table(t, stage);
    tear_down(t);
}

/* The error steps aside, so that callbacks may still save something, and comes back. */
static void fail(levin_trainer *t)
{
    levin_error_note note, later;
    levin__checkpoint_write_pending(t); // forgets them
    levin__error_take(&note);
    t->exception = levin__strdup(note.message);
    t->in_batch = false;
    levin__log_end_batches(t);
    levin__hook_callbacks(t, LEVIN_HOOK_on_exception, LEVIN_ALL);
    if (t->module->type->on_exception)
        t->module->type->on_exception(t->module, note.code, note.message);
    finish_loggers(t, "failed");
    levin__free(t->exception);
    t->exception = NULL;
    levin__error_take(&later);
    levin__error_give(&note);
}

static void run_call(levin_trainer *t, const levin_run_opts *o, bool wants_best)
{
    if (!levin_error() && t->running == LEVIN_RUNNING_FIT)
        run_fit(t, o->ckpt_path);
    else if (!levin_error())
        run_evaluation(t, o->ckpt_path || !wants_best ? o->ckpt_path : "best");
    levin__output_close_line(&t->out);
    if (levin_error())
        fail(t);
    else
        finish_loggers(t, "success");
    levin__profile_report(t);
    levin__log_refresh(t);
    t->running = LEVIN_RUNNING_NOTHING;
    t->hook = LEVIN_HOOK_NONE;
}

static int run(levin_trainer *t, levin_module *m, levin_running running, const levin_run_opts *o)
{
    static const levin_run_opts nothing;
    o = o ? o : &nothing;
    if (!t || t->running != LEVIN_RUNNING_NOTHING) {
        levin__error_set(LEVIN_ESTATE, "%s: %s", calls[running].name,
                         t ? "the trainer runs another call" : "no trainer");
        drop_loaders(o);
        return levin_error();
    }
    begin(t, m, running, o);
    if (t->running != LEVIN_RUNNING_NOTHING)
        run_call(t, o, !m); // without a module: that of the last fit, at its best
    levin__loaders_free(t);
    return levin_error();
}

int levin_trainer_fit_with(levin_trainer *t, levin_module *m, const levin_run_opts *o)
{
    return run(t, m, LEVIN_RUNNING_FIT, o);
}

int levin_trainer_validate_with(levin_trainer *t, levin_module *m, const levin_run_opts *o)
{
    return run(t, m, LEVIN_RUNNING_VALIDATE, o);
}

int levin_trainer_test_with(levin_trainer *t, levin_module *m, const levin_run_opts *o)
{
    return run(t, m, LEVIN_RUNNING_TEST, o);
}

int levin_trainer_predict_with(levin_trainer *t, levin_module *m, const levin_run_opts *o)
{
    return run(t, m, LEVIN_RUNNING_PREDICT, o);
}

int levin_trainer_fit_from(levin_trainer *t, levin_module *m, levin_dataloader *train,
                           levin_dataloader *val, const char *ckpt_path)
{
    levin_dataloader *loaders[] = { val, NULL };
    return levin_trainer_fit_with(
        t, m, &(levin_run_opts){ .train = train, .loaders = loaders, .ckpt_path = ckpt_path });
}

int levin_trainer_fit(levin_trainer *t, levin_module *m, levin_dataloader *train,
                      levin_dataloader *val)
{
    return levin_trainer_fit_from(t, m, train, val, NULL);
}

int levin_trainer_validate(levin_trainer *t, levin_module *m, levin_dataloader *val)
{
    levin_dataloader *loaders[] = { val, NULL };
    return levin_trainer_validate_with(t, m, &(levin_run_opts){ .loaders = loaders });
}

int levin_trainer_test(levin_trainer *t, levin_module *m, levin_dataloader *test)
{
    levin_dataloader *loaders[] = { test, NULL };
    return levin_trainer_test_with(t, m, &(levin_run_opts){ .loaders = loaders });
}

int levin_trainer_predict(levin_trainer *t, levin_module *m, levin_dataloader *data,
                          levin_take_prediction *take, void *payload)
{
    levin_dataloader *loaders[] = { data, NULL };
    return levin_trainer_predict_with(
        t, m, &(levin_run_opts){ .loaders = loaders, .take = take, .payload = payload });
}
