/* profile.c: see profile.h. Names of hooks are made once in a call of the trainer, each when it is
 * first needed. */
#include "trainer/profile.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/span.h"

#include <levin/sys/profiler.h>
#include <stdio.h>

/* What Lightning's strategy calls on the module's behalf. */
static bool is_strategys(levin_hook h)
{
    return h == LEVIN_HOOK_training_step || h == LEVIN_HOOK_validation_step ||
           h == LEVIN_HOOK_test_step || h == LEVIN_HOOK_predict_step || h == LEVIN_HOOK_backward;
}

/* Its class; numbered from the second of the class on. A state key, which Lightning shows here, may
 * be a hundred characters of options. */
static char *callback_action(const levin_trainer *t, int of, levin_hook h)
{
    const levin_callback_class *type = t->callbacks[of]->type;
    char number[16] = "";
    int before = 0;
    for (int i = 0; i < of; i++)
        before += t->callbacks[i]->type == type;
    if (before)
        snprintf(number, sizeof number, " %d", before + 1);
    return levin__format("[Callback]%s%s.%s", type->name, number, levin__hook_name(h));
}

static char *make_name(const levin_trainer *t, int of, levin_hook h)
{
    if (of == LEVIN_OF_DATA)
        return levin__format("[LightningDataModule]%s.%s", t->datamodule->type->name,
                             levin__hook_name(h));
    if (of != LEVIN_OF_MODULE)
        return callback_action(t, of, h);
    if (is_strategys(h))
        return levin__format("[Strategy]SingleDeviceStrategy.%s", levin__hook_name(h));
    return levin__format("[LightningModule]%s.%s", t->module->type->name, levin__hook_name(h));
}

static void forget_names(levin_trainer *t)
{
    for (int i = 0; i < t->n_action_names; i++)
        levin__free(t->action_names[i]);
    levin__free((void *)t->action_names);
    t->action_names = NULL;
    t->n_action_names = 0;
}

levin_profiler *levin_profiler_new(const levin_profiler_class *type)
{
    if (!type || type->size < sizeof(levin_profiler)) {
        levin__error_set(LEVIN_EINVAL, "profiler class: LEVIN_PROFILER(type) sets its size");
        return NULL;
    }
    levin_profiler *p = levin_error() ? NULL : levin__calloc(1, type->size);
    if (p)
        p->type = type;
    return p;
}

void levin_profiler_free(levin_profiler *p)
{
    if (!p || !p->type)
        return;
    if (p->type->free)
        p->type->free(p);
    levin__free(p);
}

static void record(void *self, const levin_span *span)
{
    levin_profiler *p = self;
    p->type->record(p, span);
}

/* Ends what setup began, for nobody to see; the error that there is stays. */
static void take_back(levin_profiler *p)
{
    levin_error_note note;
    levin__error_take(&note);
    if (p->type->finish)
        levin_free(p->type->finish(p));
    levin__error_give(&note);
}

static bool listen_to_operators(levin_profiler *p)
{
    if (!p->type->operators || levin__spans_listen(record, p))
        return true;
    take_back(p);
    levin__error_set(LEVIN_ESTATE, "profiler: another run of this process is being profiled by its "
                                   "operators");
    return false;
}

int levin__profile_call(levin_trainer *t, const char *stage)
{
    levin_profiler *p = t->profiler;
    const char *dir = levin_trainer_log_dir(t);
    if (!p || levin_error())
        return levin_error();
    int n = (t->n_callbacks - LEVIN_OF_DATA) * LEVIN_HOOKS;
    t->action_names = levin__calloc((size_t)n, sizeof *t->action_names);
    t->n_action_names = t->action_names ? n : 0;
    const levin_profiled_call call = { .stage = stage,
                                       .dir = dir ? dir : t->set.root_dir,
                                       .autocast = t->set.autocast };
    int code = t->action_names && p->type->setup ? p->type->setup(p, &call) : LEVIN_OK;
    if (levin__error_returned(code, "profiler %s: its setup failed", p->type->name) == LEVIN_OK)
        t->profiled = listen_to_operators(p);
    if (!t->profiled)
        forget_names(t);
    return levin_error();
}

void levin__profile_report(levin_trainer *t)
{
    levin_error_note note;
    if (!t->profiled)
        return;
    t->profiled = false;
    levin__error_take(&note);
    if (t->profiler->type->operators)
        levin__spans_forget();
    char *text = t->profiler->type->finish ? t->profiler->type->finish(t->profiler) : NULL;
    if (text)
        levin__output_text(&t->out, text);
    levin_free(text);
    forget_names(t);
    levin__error_give(&note);
}

void levin__action_tell(levin_trainer *t, const char *name, double began)
{
    if (!name || !t->profiled)
        return;
    if (t->profiler->type->operators) { // in turn with other threads
        levin__span_tell(LEVIN_SPAN_ACTION, name, began, 0);
        return;
    }
    levin_span span = {
        .kind = LEVIN_SPAN_ACTION, .name = name, .began = began, .ended = levin__seconds()
    };
    levin__span_set_thread(&span);
    t->profiler->type->record(t->profiler, &span);
}

void levin__hook_tell(levin_trainer *t, int of, levin_hook h, double began)
{
    int place = (of - LEVIN_OF_DATA) * LEVIN_HOOKS + (int)h;
    if (place >= t->n_action_names)
        return;
    char **name = &t->action_names[place];
    if (!*name)
        *name = make_name(t, of, h);
    levin__action_tell(t, *name, began);
}

double levin_profile_begin(const levin_trainer *t) { return t ? levin__action_begin(t) : 0; }

void levin_profile_end(levin_trainer *t, const char *action, double began)
{
    if (t && action)
        levin__action_end(t, action, began);
}
