/* call_steps.c: see call_steps.h. */
#include "trainer/call_steps.h"

#include "base/error.h"
#include "base/memory.h"
#include "trainer/checkpoint.h"
#include "trainer/checks.h"
#include "trainer/loggers/logger.h"
#include "trainer/module_state.h"
#include "trainer/profile.h"

#include <string.h>

static void start_loggers(levin_trainer *t)
{
    for (int i = 0; i < t->n_loggers && !levin_error(); i++)
        if (t->running != LEVIN_RUNNING_PREDICT)
            levin__logger_start(t->loggers[i], t->set.root_dir);
}

void levin__finish_loggers(levin_trainer *t, const char *status)
{
    for (int i = 0; i < t->n_loggers; i++)
        if (t->running != LEVIN_RUNNING_PREDICT)
            levin__logger_finalize(t->loggers[i], status);
}

/* A callback of the module's, taken; one that an earlier call gave stays. */
static void take_callback(levin_trainer *t, levin_callback *c)
{
    bool there = false;
    for (int i = t->n_callbacks - 1; i >= 0; i--) {
        levin_callback *old = t->callbacks[i];
        there = there || old == c;
        if (old == c || old->type != c->type)
            continue;
        levin__trainer_remove_callback(t, old);
        levin_callback_free(old);
    }
    if (!there)
        levin__trainer_add_callback(t, c);
}

void levin__ask_for_callbacks(levin_trainer *t)
{
    const levin_module_class *type = t->module->type;
    if (!type->configure_callbacks || levin_error())
        return;
    double began = levin__hook_enter(t, LEVIN_HOOK_configure_callbacks);
    levin_callback *const *list = type->configure_callbacks(t->module);
    levin__hook_leave(t, LEVIN_HOOK_configure_callbacks, began);
    for (; list && *list; list++)
        take_callback(t, *list);
}

void levin__set_up(levin_trainer *t)
{
    const levin_datamodule_class *data = t->datamodule ? t->datamodule->type : NULL;
    const char *stage = levin__call_name(t->running);
    double began = levin__hook_enter(t, LEVIN_HOOK_prepare_data);
    if (data && data->prepare_data) {
        data->prepare_data(t->datamodule);
        levin__hook_end(t, LEVIN_OF_DATA, LEVIN_HOOK_prepare_data, began);
    }
    levin__hook_module(t, LEVIN_HOOK_prepare_data);
    if (!levin_error())
        start_loggers(t);
    if (levin_error() || levin__profile_call(t, stage) < 0)
        return;
    began = levin__hook_enter(t, LEVIN_HOOK_setup);
    if (data && data->setup) {
        data->setup(t->datamodule, stage);
        levin__hook_end(t, LEVIN_OF_DATA, LEVIN_HOOK_setup, began);
    }
    levin__hook_callbacks(t, LEVIN_HOOK_setup, LEVIN_ALL);
    began = levin__action_begin(t);
    if (t->module->type->setup) {
        t->module->type->setup(t->module, stage);
        levin__hook_leave(t, LEVIN_HOOK_setup, began);
    }
    if (!levin_error())
        levin__hook_module(t, LEVIN_HOOK_configure_model);
}

void levin__tear_down(levin_trainer *t)
{
    const levin_datamodule_class *data = t->datamodule ? t->datamodule->type : NULL;
    const char *stage = levin__call_name(t->running);
    double began = levin__hook_enter(t, LEVIN_HOOK_teardown);
    if (data && data->teardown) {
        data->teardown(t->datamodule, stage);
        levin__hook_end(t, LEVIN_OF_DATA, LEVIN_HOOK_teardown, began);
    }
    levin__hook_callbacks(t, LEVIN_HOOK_teardown, LEVIN_ALL);
    began = levin__action_begin(t);
    if (t->module->type->teardown) {
        t->module->type->teardown(t->module, stage);
        levin__hook_leave(t, LEVIN_HOOK_teardown, began);
    }
    if (t->set.io && t->set.io->teardown)
        t->set.io->teardown(t->set.io->payload);
}

levin_checkpoint *levin__call_checkpoint(levin_trainer *t, const char *what)
{
    levin__free(t->ckpt_path);
    t->ckpt_path = NULL;
    if (!what || levin_error())
        return NULL;
    t->ckpt_path = levin__checkpoint_find(t, what);
    levin_checkpoint *c = t->ckpt_path ? levin__checkpoint_read(t, t->ckpt_path) : NULL;
    if (t->ckpt_path && !c)
        levin__checkpoint_name_other(t);
    if (c)
        levin__restore_model(t, c, t->ckpt_path);
    return c;
}

static void set(levin_hparams *h, const char *key, const char *fmt, ...) LEVIN_FORMAT(3, 4);
static void set(levin_hparams *h, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    levin__hparams_set(h, key, fmt, args);
    va_end(args);
}

int levin__call_hparams(const levin_trainer *t, levin_hparams *out)
{
    static const levin_hparams none;
    const levin_hparams *of_module = levin__module_hparams(t->module);
    const levin_hparams *of_data = t->datamodule ? t->datamodule->hparams : &none;
    *out = none;
    for (int i = 0; i < of_module->n; i++)
        set(out, of_module->pairs[i][0], "%s", of_module->pairs[i][1]);
    for (int i = 0; i < of_data->n; i++) {
        const char *key = of_data->pairs[i][0], *value = of_data->pairs[i][1];
        const char *other = levin__hparams_get(of_module, key);
        if (other && strcmp(other, value) != 0)
            levin__error_set(LEVIN_EINVAL,
                             "hyper-parameter %s: %s says %s, %s says %s; give them two names", key,
                             t->module->type->name, other, t->datamodule->type->name, value);
        set(out, key, "%s", value);
    }
    return levin_error();
}
