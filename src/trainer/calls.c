/* calls.c: fit, validate, test and predict from the first hook to the last, in Lightning's
 * sequence, and what happens when one of them fails: on_exception, a note to the loggers, and the
 * error that the caller reads. */
#include "autograd/anomaly.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "nn/init.h"
#include "trainer/call_steps.h"
#include "trainer/callbacks/prediction_writer.h"
#include "trainer/checkpoint.h"
#include "trainer/checks.h"
#include "trainer/loaders.h"
#include "trainer/loops.h"
#include "trainer/module_state.h"
#include "trainer/predictions.h"
#include "trainer/profile.h"
#include "trainer/results_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The loaders are taken in any case, so that they are freed with the rest. */
static void take_loaders(levin_trainer *t, levin_running running, const levin_run_opts *o)
{
    levin__loaders_free(t);
    levin__loaders_take(t, LEVIN_STAGE_TRAIN, o->train, NULL);
    levin__loaders_take(t, levin__call_stage(running), NULL, o->loaders);
}

/* A loader that is given twice goes once. */
static void drop_loaders(const levin_run_opts *o)
{
    levin_dataloader_free(o->train);
    for (levin_dataloader *const *l = o->loaders; l && *l; l++) {
        levin_dataloader *const *earlier = o->loaders;
        while (*earlier != *l)
            earlier++;
        if (earlier == l && *l != o->train)
            levin_dataloader_free(*l);
    }
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
                         levin__call_name(running));
        return;
    }
    attach(t, m ? m : t->module);
    if (levin_error())
        return;
    t->running = running;
    if (running == LEVIN_RUNNING_FIT) {
        levin__free(t->newest_checkpoint);
        t->newest_checkpoint = NULL;
    }
    t->datamodule = o->datamodule;
    t->take = o->take;
    t->take_payload = o->payload;
    t->stop_was_said = t->should_stop = t->resumed = t->refused = t->exit_early = t->begun = false;
    t->saved_batch_size = 0;
    t->loss = (double)NAN;
    t->seed = levin__seed();
    if (t->datamodule)
        t->datamodule->trainer = t;
    levin__log_begin_call(t);
    levin__ask_for_callbacks(t);
    t->refused = !levin_error() && levin__check_call(t, o) < 0;
}

/* Outputs of predict are kept where nobody else looks at them. */
static bool keeps_predictions(const levin_trainer *t, const levin_run_opts *o)
{
    bool seen = o->take || levin__trainer_find(t, levin__is_prediction_writer);
    return levin__is_on(o->return_predictions, !seen) || levin__writes_all_predictions(t);
}

static void run_evaluation(levin_trainer *t, const levin_run_opts *o, const char *ckpt_path)
{
    levin_stage stage = levin__call_stage(t->running);
    t->stage = stage;
    levin__predictions_free(t);
    t->keeps_predictions = keeps_predictions(t, o);
    levin__set_up(t);
    levin__checkpoint_free(levin__call_checkpoint(t, ckpt_path));
    if (levin_error() || levin__loaders_prepare(t, stage) < 0)
        return;
    if (t->loaders[stage].n == 0) {
        levin__error_set(LEVIN_EINVAL, "%s: no data; give a loader", levin__call_name(t->running));
        return;
    }
    if (levin__limits_total(t, stage) > 0 && stage == LEVIN_STAGE_PREDICT)
        levin__predict_loop(t);
    else if (levin__limits_total(t, stage) > 0)
        levin__eval_loop(t, stage);
    else
        levin__limits_note_none(t, stage);
    if (levin_error())
        return;
    if (stage != LEVIN_STAGE_PREDICT)
        levin__results_table(t, stage);
    levin__tear_down(t);
}

typedef struct {
    const levin_tensor *parameter;
    char name[256];
} sought;

static int compare(void *payload, const levin_state_entry *e)
{
    sought *s = payload;
    if (e->tensor == s->parameter)
        snprintf(s->name, sizeof s->name, " at %s", e->name);
    return e->tensor == s->parameter;
}

/* An operator that met what is not finite knows nothing of modules and batches. */
static void say_where(const levin_trainer *t, levin_error_note *note)
{
    const levin_position *p = &t->position;
    sought s = { .name = "" };
    if (!t->set.detect_anomaly || t->running != LEVIN_RUNNING_FIT || note->code != LEVIN_ENUMERIC ||
        !levin__anomaly_found(&s.parameter))
        return;
    if (s.parameter)
        levin_state_dict_visit(t->module, compare, &s);
    size_t n = strlen(note->message), room = sizeof note->message - n;
    snprintf(note->message + n, room, ";%s in %s of %s, epoch %lld, batch %lld (step %lld)", s.name,
             levin__hook_name(t->hook), t->module->type->name, (long long)t->current_epoch,
             (long long)(t->stage == LEVIN_STAGE_TRAIN ? p->batch : p->val_batch),
             (long long)p->global_step);
}

/* The error steps aside, so that callbacks may still save something, and comes back. */
static void fail(levin_trainer *t)
{
    levin_error_note note, later;
    levin__checkpoint_write_pending(t); // forgets them
    levin__error_take(&note);
    say_where(t, &note);
    t->exception = levin__strdup(note.message);
    t->in_batch = false;
    levin__log_end_batches(t);
    levin__hook_callbacks(t, LEVIN_HOOK_on_exception, LEVIN_ALL);
    if (t->datamodule && t->datamodule->type->on_exception)
        t->datamodule->type->on_exception(t->datamodule, note.code, note.message);
    if (t->module->type->on_exception)
        t->module->type->on_exception(t->module, note.code, note.message);
    levin__finish_loggers(t, "failed");
    levin__free(t->exception);
    t->exception = NULL;
    levin__error_take(&later);
    levin__error_give(&note);
}

static void run_call(levin_trainer *t, const levin_run_opts *o, bool wants_best)
{
    if (!levin_error() && t->running == LEVIN_RUNNING_FIT)
        levin__run_fit(t, levin__fit_checkpoint(t, o->ckpt_path));
    else if (!levin_error())
        run_evaluation(t, o, o->ckpt_path || !wants_best ? o->ckpt_path : "best");
    levin__output_close_line(&t->out);
    if (levin_error())
        fail(t);
    else
        levin__finish_loggers(t, "success");
    levin__profile_report(t);
    levin__log_refresh(t);
    t->interrupted = t->requeue = 0;
    if (t->datamodule)
        t->datamodule->trainer = NULL;
    t->datamodule = NULL;
    t->running = LEVIN_RUNNING_NOTHING;
    t->hook = LEVIN_HOOK_NONE;
}

static int run(levin_trainer *t, levin_module *m, levin_running running, const levin_run_opts *o)
{
    static const levin_run_opts nothing;
    o = o ? o : &nothing;
    if (!t || t->running != LEVIN_RUNNING_NOTHING) {
        levin__error_set(LEVIN_ESTATE, "%s: %s", levin__call_name(running),
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
