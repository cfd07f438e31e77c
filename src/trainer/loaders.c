/* loaders.c: taking loaders, or asking the module's hooks for them. */
#include "trainer/loaders.h"

#include "base/error.h"
#include "base/memory.h"

static bool add(levin_loaders *l, levin_dataloader *loader)
{
    levin_dataloader **grown =
        levin__realloc(l->at, (size_t)l->n * sizeof *l->at, (size_t)(l->n + 1) * sizeof *l->at);
    if (!grown) {
        levin_dataloader_free(loader);
        return false;
    }
    l->at = grown;
    l->at[l->n++] = loader;
    return true;
}

int levin__loaders_take(levin_trainer *t, levin_stage stage, levin_dataloader *one,
                        levin_dataloader *const *list)
{
    levin_loaders *l = &t->loaders[stage];
    if (one)
        add(l, one);
    for (; list && *list; list++)
        add(l, *list);
    return levin_error();
}

static void ask_module(levin_trainer *t, levin_stage stage)
{
    static const levin_hook hooks[LEVIN_STAGES] = {
        LEVIN_HOOK_train_dataloader,
        LEVIN_HOOK_val_dataloader,
        LEVIN_HOOK_test_dataloader,
        LEVIN_HOOK_predict_dataloader,
    };
    const levin_module_class *type = t->module->type;
    levin_dataloader *(*const methods[LEVIN_STAGES])(levin_module *) = {
        type->train_dataloader,
        type->val_dataloader,
        type->test_dataloader,
        type->predict_dataloader,
    };
    if (!methods[stage])
        return;
    double began = levin__hook_enter(t, hooks[stage]);
    levin_dataloader *loader = methods[stage](t->module);
    levin__hook_leave(t, hooks[stage], began);
    if (loader)
        add(&t->loaders[stage], loader);
}

/* overfit_batches wants the same batches every time. */
static void fix_order(levin_trainer *t, levin_stage stage)
{
    levin_loaders *l = &t->loaders[stage];
    if (t->set.overfit.value <= 0 || stage > LEVIN_STAGE_VALIDATE)
        return;
    for (int i = 0; i < l->n; i++)
        levin_dataloader_set_order(l->at[i], false, levin_dataloader_seed(l->at[i]));
}

int levin__loaders_prepare(levin_trainer *t, levin_stage stage)
{
    levin_loaders *l = &t->loaders[stage];
    if (l->limit)
        return levin_error();
    if (l->n == 0)
        ask_module(t, stage);
    if (levin_error() || l->n == 0)
        return levin_error();
    fix_order(t, stage);
    return levin__limits_find(t, stage);
}

void levin__loaders_free(levin_trainer *t)
{
    for (int stage = 0; stage < LEVIN_STAGES; stage++) {
        levin_loaders *l = &t->loaders[stage];
        for (int i = 0; i < l->n; i++)
            levin_dataloader_free(l->at[i]);
        levin__free(l->at);
        levin__free(l->limit);
        *l = (levin_loaders){ 0 };
    }
}
