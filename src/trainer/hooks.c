/* hooks.c: calling a hook by its row: the place of its pointer in the two classes. */
#include "trainer/hooks.h"

#include "trainer/profile.h"
#include "trainer/trainer.h"

#include <string.h>

enum { NOWHERE = 0 }; // both classes begin with their name, so no hook stands at offset 0

typedef void plain_callback_hook(levin_callback *c, levin_trainer *t, levin_module *m);
typedef void batch_callback_hook(levin_callback *c, levin_trainer *t, levin_module *m,
                                 const levin_batch *b);
typedef void plain_module_hook(levin_module *m);
typedef void batch_module_hook(levin_module *m, const levin_batch *b);

#define IN_MODULE(name)       offsetof(levin_module_class, name)
#define IN_CALLBACK(name)     offsetof(levin_callback_class, name)
#define PLACES_MODULE(name)   NOWHERE, IN_MODULE(name)
#define PLACES_CALLBACK(name) IN_CALLBACK(name), NOWHERE
#define PLACES_BOTH(name)     IN_CALLBACK(name), IN_MODULE(name)
#define ROW(name, who, rule)  [LEVIN_HOOK_##name] = { #name, PLACES_##who(name), LEVIN_LOG_##rule },

static const struct {
    const char *name;
    size_t in_callback, in_module;
    levin_log_rule rule;
} rows[LEVIN_HOOKS] = { [LEVIN_HOOK_NONE] = { "outside of a hook", NOWHERE, NOWHERE,
                                              LEVIN_LOG_NOTHING },
                        LEVIN_HOOK_MAP(ROW) };

const char *levin__hook_name(levin_hook h) { return rows[h].name; }
levin_log_rule levin__hook_log_rule(levin_hook h) { return rows[h].rule; }
bool levin__hook_is_of_module(levin_hook h) { return rows[h].in_module != NOWHERE; }
bool levin__hook_is_of_callback(levin_hook h) { return rows[h].in_callback != NOWHERE; }

levin_hook levin__hook_find(const char *name)
{
    for (int h = LEVIN_HOOK_NONE + 1; h < LEVIN_HOOKS; h++)
        if (strcmp(rows[h].name, name) == 0)
            return (levin_hook)h;
    return LEVIN_HOOK_NONE;
}

double levin__hook_enter(levin_trainer *t, levin_hook h)
{
    t->hook = h;
    return levin__action_begin(t);
}

void levin__hook_leave(levin_trainer *t, levin_hook h, double began)
{
    levin__hook_end(t, LEVIN_OF_MODULE, h, began);
}

/* The callbacks that hook h may be called on, [first, last). */
static void range(const levin_trainer *t, levin_hook h, levin_who who, int *first, int *last)
{
    *first = who == LEVIN_MONITORS ? t->n_plain_callbacks : 0;
    *last = rows[h].in_callback == NOWHERE ? 0
            : who == LEVIN_PLAIN           ? t->n_plain_callbacks
                                           : t->n_callbacks;
}

void levin__hook_callbacks(levin_trainer *t, levin_hook h, levin_who who)
{
    int i, last;
    t->hook = h;
    for (range(t, h, who, &i, &last); i < last; i++) {
        levin_callback *c = t->callbacks[i];
        plain_callback_hook *hook;
        memcpy(&hook, (const char *)c->type + rows[h].in_callback, sizeof hook);
        if (!hook)
            continue;
        double began = levin__action_begin(t);
        hook(c, t, t->module);
        levin__hook_end(t, i, h, began);
    }
}

void levin__hook_callbacks_batch(levin_trainer *t, levin_hook h, levin_who who,
                                 const levin_batch *b)
{
    int i, last;
    t->hook = h;
    for (range(t, h, who, &i, &last); i < last; i++) {
        levin_callback *c = t->callbacks[i];
        batch_callback_hook *hook;
        memcpy(&hook, (const char *)c->type + rows[h].in_callback, sizeof hook);
        if (!hook)
            continue;
        double began = levin__action_begin(t);
        hook(c, t, t->module, b);
        levin__hook_end(t, i, h, began);
    }
}

void levin__hook_module(levin_trainer *t, levin_hook h)
{
    plain_module_hook *hook;
    t->hook = h;
    if (rows[h].in_module == NOWHERE)
        return;
    memcpy(&hook, (const char *)t->module->type + rows[h].in_module, sizeof hook);
    if (!hook)
        return;
    double began = levin__action_begin(t);
    hook(t->module);
    levin__hook_leave(t, h, began);
}

void levin__hook_call(levin_trainer *t, levin_hook h)
{
    levin__hook_callbacks(t, h, LEVIN_ALL);
    levin__hook_module(t, h);
}

typedef void transfer_module_hook(levin_module *m, levin_batch *b);
typedef void transfer_data_hook(levin_datamodule *d, levin_batch *b);

static void transfer(levin_trainer *t, levin_hook h, transfer_data_hook *of_data,
                     transfer_module_hook *of_module, levin_batch *b)
{
    if (!of_data && !of_module)
        return;
    double began = levin__hook_enter(t, h);
    if (of_data)
        of_data(t->datamodule, b);
    else
        of_module(t->module, b);
    levin__hook_end(t, of_data ? LEVIN_OF_DATA : LEVIN_OF_MODULE, h, began);
}

void levin__hook_transfer(levin_trainer *t, levin_batch *b)
{
    static const levin_datamodule_class none = { .name = "" };
    const levin_module_class *m = t->module->type;
    const levin_datamodule_class *d = t->datamodule ? t->datamodule->type : &none;
    transfer(t, LEVIN_HOOK_on_before_batch_transfer, d->on_before_batch_transfer,
             m->on_before_batch_transfer, b);
    transfer(t, LEVIN_HOOK_transfer_batch_to_device, d->transfer_batch_to_device,
             m->transfer_batch_to_device, b);
    transfer(t, LEVIN_HOOK_on_after_batch_transfer, d->on_after_batch_transfer,
             m->on_after_batch_transfer, b);
}

void levin__hook_call_batch(levin_trainer *t, levin_hook h, const levin_batch *b)
{
    levin__hook_callbacks_batch(t, h, LEVIN_ALL, b);
    batch_module_hook *hook;
    memcpy(&hook, (const char *)t->module->type + rows[h].in_module, sizeof hook);
    if (!hook)
        return;
    double began = levin__action_begin(t);
    hook(t->module, b);
    levin__hook_leave(t, h, began);
}
