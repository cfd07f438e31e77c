/* trial.c: see trial.h. */
#include "trainer/trial.h"

#include "base/error.h"
#include "nn/init.h"
#include "trainer/interruption.h"
#include "trainer/loaders.h"
#include "trainer/loops.h"
#include "trainer/module_state.h"
#include "trainer/optimize.h"

#include <math.h>
#include <string.h>

static levin_dataloader *loader(const levin_trainer *t)
{
    return t->loaders[LEVIN_STAGE_TRAIN].at[0];
}

static int rewind_loader(levin_trial *x, levin_trainer *t, int64_t epoch)
{
    x->epoch = epoch;
    x->taken = 0;
    return levin_dataloader_begin(loader(t), epoch, 0);
}

int levin__trial_begin(levin_trial *x, levin_trainer *t)
{
    *x = (levin_trial){ .position = t->position,
                        .loss = t->loss,
                        .n_callbacks = t->n_callbacks,
                        .n_plain_callbacks = t->n_plain_callbacks };
    memcpy(x->generator, levin__generator()->s, sizeof x->generator);
    t->n_callbacks = t->n_plain_callbacks = 0;
    t->tuning = true;
    if (levin__loaders_prepare(t, LEVIN_STAGE_TRAIN) < 0 ||
        levin__averager_update(&x->weights, t->module, 1) < 0)
        return levin_error();
    if (levin__limits_total(t, LEVIN_STAGE_TRAIN) == 0)
        return levin__error_set(LEVIN_EINVAL, "tuner: there are no training batches");
    return rewind_loader(x, t, 0);
}

/* The next batch; after the last one of an epoch the first of another. */
static bool next_batch(levin_trial *x, levin_trainer *t, levin_batch *b)
{
    int found = x->taken < levin__limits_total(t, LEVIN_STAGE_TRAIN)
                    ? levin_dataloader_next(loader(t), b)
                    : 0;
    if (found == 0 && rewind_loader(x, t, x->epoch + 1) == LEVIN_OK)
        found = levin_dataloader_next(loader(t), b);
    if (found == 0)
        levin__error_set(LEVIN_EINVAL, "tuner: the training loader gives no batches");
    if (found <= 0 || levin_error())
        return false;
    b->batch_idx = x->taken++;
    b->dataloader_idx = 0;
    levin__hook_transfer(t, b);
    return !levin_error();
}

static bool run_batch(levin_trial *x, levin_trainer *t, levin_window w)
{
    levin_scope *scope = levin_scope_begin();
    levin_dtype before = levin__precision_enter(t);
    levin_batch b = { 0 };
    t->in_batch = true;
    t->loss = (double)NAN;
    if (next_batch(x, t, &b)) {
        levin_set_random(t->seed, (uint64_t)t->position.total_batches++);
        levin__optimize(t, &b, w);
    }
    t->in_batch = false;
    levin__precision_leave(before);
    levin_scope_end(scope);
    return !levin_error() && !levin__interrupted(t);
}

int levin__trial_step(levin_trial *x, levin_trainer *t, double *loss)
{
    int64_t k = levin__by_epoch_at(&t->set.accumulate, 0);
    double sum = 0;
    for (int64_t i = 0; i < k; i++) {
        levin_window w = { .divisor = k, .size = i + 1, .first = i == 0, .last = i + 1 == k };
        if (!run_batch(x, t, w))
            return levin_error();
        sum += t->loss;
    }
    *loss = sum / (double)k;
    return LEVIN_OK;
}

int levin__trial_set_batch_size(levin_trial *x, levin_trainer *t, int64_t batch_size)
{
    if (levin_dataloader_set_batch_size(loader(t), batch_size) < 0 ||
        levin__limits_find(t, LEVIN_STAGE_TRAIN) < 0)
        return levin_error();
    return rewind_loader(x, t, 0);
}

int levin__trial_end(levin_trial *x, levin_trainer *t)
{
    levin__averager_copy(&x->weights, t->module);
    levin__averager_free(&x->weights);
    memcpy(levin__generator()->s, x->generator, sizeof x->generator);
    t->position = x->position;
    t->loss = x->loss;
    t->n_callbacks = x->n_callbacks;
    t->n_plain_callbacks = x->n_plain_callbacks;
    t->tuning = false;
    return levin_error() ? levin_error() : levin__optimizers_make(t);
}

void levin__trial_save(levin_module *m, const char *const *names, const char *value)
{
    while (*names && !levin__hparams_get(levin__module_hparams(m), *names))
        names++;
    if (*names)
        levin_save_hyperparameter(m, *names, "%s", value);
}
