/* loaders.c: taking loaders, or asking hooks for them, once or every few epochs. */
#include "trainer/loaders.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "trainer/profile.h"

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

static bool has(const levin_trainer *t, const levin_dataloader *loader)
{
    for (int stage = 0; stage < LEVIN_STAGES; stage++)
        for (int i = 0; i < t->loaders[stage].n; i++)
            if (t->loaders[stage].at[i] == loader)
                return true;
    return false;
}

/* A loader, and those behind it. One that is there already stays the trainer's, once: two walks
 * through the data, as validation inside an epoch is, need two places in it. */
static void add_chain(levin_trainer *t, levin_stage stage, levin_dataloader *loader)
{
    while (loader) {
        levin_dataloader *next = levin__dataloader_unchain(loader);
        if (has(t, loader))
            levin__error_set(LEVIN_EINVAL, "%s: the same loader is given twice; make one for each",
                             levin_dataloader_dataset(loader)->node->name);
        else
            add(&t->loaders[stage], loader);
        loader = next;
    }
}

int levin__loaders_take(levin_trainer *t, levin_stage stage, levin_dataloader *one,
                        levin_dataloader *const *list)
{
    add_chain(t, stage, one);
    for (; list && *list; list++)
        add_chain(t, stage, *list);
    return levin_error();
}

static const levin_hook hooks[LEVIN_STAGES] = {
    LEVIN_HOOK_train_dataloader,
    LEVIN_HOOK_val_dataloader,
    LEVIN_HOOK_test_dataloader,
    LEVIN_HOOK_predict_dataloader,
};

typedef levin_dataloader *data_hook(levin_datamodule *d);
typedef levin_dataloader *module_hook(levin_module *m);

static data_hook *hook_of_data(const levin_trainer *t, levin_stage stage)
{
    const levin_datamodule_class *type = t->datamodule ? t->datamodule->type : NULL;
    data_hook *const methods[LEVIN_STAGES] = {
        type ? type->train_dataloader : NULL,
        type ? type->val_dataloader : NULL,
        type ? type->test_dataloader : NULL,
        type ? type->predict_dataloader : NULL,
    };
    return methods[stage];
}

static module_hook *hook_of_module(const levin_trainer *t, levin_stage stage)
{
    const levin_module_class *type = t->module->type;
    module_hook *const methods[LEVIN_STAGES] = {
        type->train_dataloader,
        type->val_dataloader,
        type->test_dataloader,
        type->predict_dataloader,
    };
    return methods[stage];
}

bool levin__loaders_have_hook(const levin_trainer *t, levin_stage stage)
{
    return hook_of_data(t, stage) || hook_of_module(t, stage);
}

static void ask(levin_trainer *t, levin_stage stage)
{
    levin_loaders *l = &t->loaders[stage];
    data_hook *of_data = hook_of_data(t, stage);
    if (!levin__loaders_have_hook(t, stage))
        return;
    double began = levin__hook_enter(t, hooks[stage]);
    levin_dataloader *chain =
        of_data ? of_data(t->datamodule) : hook_of_module(t, stage)(t->module);
    levin__hook_end(t, of_data ? LEVIN_OF_DATA : LEVIN_OF_MODULE, hooks[stage], began);
    add_chain(t, stage, chain);
    l->from_hook = true;
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

static void set_seed(levin_dataloader *l, uint64_t seed)
{
    levin_dataloader_set_order(l, levin_dataloader_shuffle(l), seed);
}

static void restore_seeds(levin_loaders *l)
{
    for (int i = 0; i < l->n && i < l->n_seeds; i++)
        set_seed(l->at[i], l->seeds[i]);
    l->n_seeds = 0;
}

int levin__loaders_restore_seed(levin_trainer *t, levin_stage stage, int i, uint64_t seed)
{
    levin_loaders *l = &t->loaders[stage];
    if (i < l->n) {
        set_seed(l->at[i], seed);
    } else if (l->n == 0 && levin__grow(&l->seeds, i + 1, &l->seeds_capacity, sizeof *l->seeds)) {
        l->seeds[i] = seed;
        l->n_seeds = i + 1;
    }
    return levin_error();
}

/* The epoch in which loaders count as fresh: on the grid that an uninterrupted run has. */
static int64_t load_epoch(const levin_trainer *t)
{
    int64_t every = t->set.reload_every, epoch = t->position.epoch;
    return every > 0 ? epoch - epoch % every : epoch;
}

static int load(levin_trainer *t, levin_stage stage)
{
    levin_loaders *l = &t->loaders[stage];
    if (l->n == 0)
        ask(t, stage);
    if (levin_error() || l->n == 0)
        return levin_error();
    if (stage == LEVIN_STAGE_TRAIN && l->n > 1)
        return levin__error_set(LEVIN_EINVAL,
                                "train_dataloader: %d loaders, but training reads one; let it be "
                                "over all the data",
                                l->n);
    l->loaded_at = load_epoch(t);
    fix_order(t, stage);
    restore_seeds(l);
    return levin__limits_find(t, stage);
}

int levin__loaders_prepare(levin_trainer *t, levin_stage stage)
{
    return t->loaders[stage].limit ? levin_error() : load(t, stage);
}

static void drop(levin_loaders *l)
{
    for (int i = 0; i < l->n; i++)
        levin_dataloader_free(l->at[i]);
    levin__free(l->at);
    levin__free(l->limit);
    levin__free(l->seeds);
    *l = (levin_loaders){ 0 };
}

static bool is_stale(const levin_trainer *t, levin_stage stage)
{
    int64_t every = t->set.reload_every;
    const levin_loaders *l = &t->loaders[stage];
    return every > 0 && l->from_hook && t->position.epoch - l->loaded_at >= every;
}

int levin__loaders_reload(levin_trainer *t, levin_stage stage)
{
    if (levin_error() || !is_stale(t, stage))
        return levin_error();
    drop(&t->loaders[stage]);
    if (load(t, stage) == LEVIN_OK && stage == LEVIN_STAGE_TRAIN && t->loaders[stage].n == 0)
        levin__error_set(LEVIN_EINVAL,
                         "reload_dataloaders_every_n_epochs: asked again, the train_dataloader "
                         "hook gave no loader");
    if (levin_error())
        return levin_error();
    return stage == LEVIN_STAGE_TRAIN ? levin__limits_find_val_check(t) : levin_error();
}

void levin__loaders_free(levin_trainer *t)
{
    for (int stage = 0; stage < LEVIN_STAGES; stage++)
        drop(&t->loaders[stage]);
}
