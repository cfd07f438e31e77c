/* fit_call.c: fit from the first hook to the last. */
#include "trainer/call_steps.h"

#include "autograd/anomaly.h"
#include "base/error.h"
#include "trainer/checkpoint.h"
#include "trainer/interruption.h"
#include "trainer/loaders.h"
#include "trainer/loops.h"
#include "trainer/optimize.h"

#include <string.h>

static void log_hyperparameters(levin_trainer *t)
{
    levin_hparams h;
    levin__call_hparams(t, &h);
    for (int i = 0; i < t->n_loggers && !levin_error() && t->set.autolog_hparams; i++) {
        levin_logger *l = t->loggers[i];
        if (l->type->log_hyperparameters)
            levin__error_returned(
                l->type->log_hyperparameters(l, (const char *const(*)[2])h.pairs, h.n),
                "logger %s: its log_hyperparameters failed", l->type->name);
    }
    levin__hparams_free(&h);
}

/* What the file knows of and this run does not have goes its own way, but not in silence. */
static void note_resumed(levin_trainer *t, const levin_checkpoint *c)
{
    const json_t *states = json_object_get(levin__checkpoint_header(c), "callbacks");
    const char *key;
    json_t *state;
    levin__output_note(&t->out, "resumed from %s: epoch %lld, step %lld", t->ckpt_path,
                       (long long)t->position.epoch, (long long)t->position.global_step);
    json_object_foreach((json_t *)states, key, state)
    {
        int i = 0;
        while (i < t->n_callbacks && strcmp(levin__callback_key(t->callbacks[i]), key) != 0)
            i++;
        if (i == t->n_callbacks)
            levin__output_note(&t->out,
                               "the checkpoint has the state of a callback that this run "
                               "has not: %s",
                               key);
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
        note_resumed(t, c);
}

/* A short epoch ends before a row of step metrics is due. */
static void note_rare_rows(levin_trainer *t)
{
    int64_t total = levin__limits_total(t, LEVIN_STAGE_TRAIN), every = t->set.log_every_n_steps;
    if (t->n_loggers && total >= 0 && total < every && total > 0 && !t->set.fast_dev_run)
        levin__output_note(&t->out,
                           "log_every_n_steps %lld is more than the %lld batches of an epoch: step "
                           "metrics get fewer rows than epochs",
                           (long long)every, (long long)total);
}

/* Batches are what is counted: of another size, the same number are other rows. */
static void note_batch_size(levin_trainer *t)
{
    int64_t size = levin_dataloader_batch_size(t->loaders[LEVIN_STAGE_TRAIN].at[0]);
    if (t->position.batch > 0 && t->saved_batch_size > 0 && size != t->saved_batch_size)
        levin__output_note(&t->out,
                           "the epoch was begun with batches of %lld rows and goes on with %lld: "
                           "some of its rows come twice or not at all",
                           (long long)t->saved_batch_size, (long long)size);
}

static void prepare_loaders(levin_trainer *t)
{
    if (levin__loaders_prepare(t, LEVIN_STAGE_TRAIN) < 0)
        return;
    if (levin__wants_validation(t))
        levin__loaders_prepare(t, LEVIN_STAGE_VALIDATE);
    if (t->loaders[LEVIN_STAGE_TRAIN].n == 0 && !levin_error())
        levin__error_set(LEVIN_EINVAL, "fit: the train_dataloader hook gave no loader");
    else
        levin__limits_find_val_check(t);
    if (levin_error())
        return;
    note_rare_rows(t);
    note_batch_size(t);
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
    case LEVIN_STOPPED_BY_REQUEST:
        if (!t->stop_was_said)
            levin__output_note(&t->out, "fit stopped: asked to, after step %lld",
                               (long long)t->position.global_step);
        break;
    default:
        break;
    }
}

/* Everything before the first batch. */
static void begin(levin_trainer *t, const char *ckpt_path)
{
    levin__set_up(t);
    levin_checkpoint *c = levin__call_checkpoint(t, ckpt_path);
    if (!levin_error())
        levin__optimizers_make(t);
    if (!levin_error() && !t->optimizer)
        levin__output_note(&t->out, "configure_optimizers returned none: nothing will be trained");
    if (!levin_error())
        levin__hook_call(t, LEVIN_HOOK_on_fit_start);
    if (!levin_error() && !t->exit_early)
        log_hyperparameters(t);
    if (!levin_error() && !t->exit_early)
        restore(t, c);
    levin__checkpoint_free(c);
    t->begun = !levin_error();
}

static void train(levin_trainer *t)
{
    bool before = levin__detect_anomaly(t->set.detect_anomaly);
    levin__sanity_check(t);
    if (!levin_error())
        prepare_loaders(t);
    if (!levin_error())
        levin__fit_loop(t);
    levin__detect_anomaly(before);
    t->position.seconds = levin__fit_seconds(t);
    t->began = 0;
    if (!levin_error())
        say_why_it_stopped(t);
}

void levin__run_fit(levin_trainer *t, const char *ckpt_path)
{
    t->stage = LEVIN_STAGE_TRAIN;
    begin(t, ckpt_path);
    if (!levin_error() && !t->exit_early && !levin__interrupted(t))
        train(t);
    if (levin_error())
        return;
    levin__hook_call(t, LEVIN_HOOK_on_fit_end);
    levin__tear_down(t);
    levin__interruption_over(t);
}
