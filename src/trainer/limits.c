/* limits.c: from limit_*_batches and val_check_interval to numbers of batches. Shares are cut off,
 * as Lightning does: 0.25 of 10 batches is 2. */
#include "trainer/loaders.h"

#include "base/error.h"
#include "base/memory.h"

static const char *const flags[LEVIN_STAGES] = { "limit_train_batches", "limit_val_batches",
                                                 "limit_test_batches", "limit_predict_batches" };

static const char *flag_of(const levin_trainer *t, levin_stage stage)
{
    return t->set.overfit.value > 0 && stage <= LEVIN_STAGE_VALIDATE ? "overfit_batches"
                                                                     : flags[stage];
}

/* Of a stream: its end is not known. */
static int64_t limit_of_stream(const levin_trainer *t, levin_stage stage)
{
    levin_amount limit = t->set.limit[stage];
    if (limit.kind == 1 || limit.value == 0)
        return (int64_t)limit.value;
    if (limit.value < 1)
        levin__error_set(LEVIN_EINVAL,
                         "%s: %g of a stream, whose length is not known; give a number of batches",
                         flag_of(t, stage), limit.value);
    return INT64_MAX;
}

static int64_t limit_of(const levin_trainer *t, levin_stage stage, int64_t batches)
{
    levin_amount limit = t->set.limit[stage];
    if (batches < 0)
        return limit_of_stream(t, stage);
    if (limit.kind == 1)
        return limit.value < (double)batches ? (int64_t)limit.value : batches;
    int64_t n = (int64_t)((double)batches * limit.value);
    if (n == 0 && limit.value > 0 && batches > 0)
        levin__error_set(LEVIN_EINVAL, "%s: %g of %lld batches is less than one", flag_of(t, stage),
                         limit.value, (long long)batches);
    return n;
}

int levin__limits_find(levin_trainer *t, levin_stage stage)
{
    levin_loaders *l = &t->loaders[stage];
    int64_t *limit = levin__calloc((size_t)l->n, sizeof *limit);
    for (int i = 0; limit && i < l->n; i++)
        limit[i] = limit_of(t, stage, levin_dataloader_len(l->at[i]));
    if (levin_error()) {
        levin__free(limit);
        return levin_error();
    }
    levin__free(l->limit);
    l->limit = limit;
    return LEVIN_OK;
}

int64_t levin__limits_of(const levin_trainer *t, int loader)
{
    int64_t limit = t->loaders[t->stage].limit[loader];
    return t->sanity && t->set.num_sanity_val_steps < limit ? t->set.num_sanity_val_steps : limit;
}

int64_t levin__limits_total(const levin_trainer *t, levin_stage stage)
{
    const levin_loaders *l = &t->loaders[stage];
    int64_t n = 0;
    for (int i = 0; l->limit && i < l->n; i++)
        n = l->limit[i] > INT64_MAX - n ? INT64_MAX : n + l->limit[i];
    return n;
}

void levin__limits_note_none(levin_trainer *t, levin_stage stage)
{
    if (t->set.limit[stage].value == 0)
        levin__output_note(&t->out, "%s 0: not one batch is run", flag_of(t, stage));
    else
        levin__output_note(&t->out, "no batch is run: the data is empty");
}

bool levin__limits_validates(const levin_trainer *t)
{
    return t->module && t->module->type->validation_step &&
           levin__limits_total(t, LEVIN_STAGE_VALIDATE) > 0;
}

bool levin__wants_validation(const levin_trainer *t)
{
    return t->module->type->validation_step && t->set.limit[LEVIN_STAGE_VALIDATE].value > 0 &&
           (t->loaders[LEVIN_STAGE_VALIDATE].n > 0 ||
            levin__loaders_have_hook(t, LEVIN_STAGE_VALIDATE));
}

/* A share of an epoch; of a stream only the whole. */
static int64_t share(levin_amount every, int64_t batches)
{
    if (batches < INT64_MAX) {
        int64_t n = (int64_t)((double)batches * every.value);
        return n < 1 ? 1 : n;
    }
    if (every.value < 1)
        levin__error_set(LEVIN_EINVAL,
                         "val_check_interval: %g of a stream, whose length is not known; give a "
                         "number of batches",
                         every.value);
    return 0;
}

int levin__limits_find_val_check(levin_trainer *t)
{
    levin_amount every = t->set.val_check_interval;
    int64_t batches = levin__limits_total(t, LEVIN_STAGE_TRAIN);
    t->val_check_batch = 0;
    if (every.kind == 2)
        t->val_check_batch = share(every, batches);
    if (every.kind == 1)
        t->val_check_batch = every.value < 1 ? 1 : (int64_t)every.value;
    bool never = every.kind == 1 && t->val_check_batch > batches && batches > 0;
    if (never && t->set.check_val_every_n_epoch != -1 && levin__limits_validates(t))
        return levin__error_set(LEVIN_EINVAL,
                                "val_check_interval: %lld is more than the %lld batches of an "
                                "epoch; check_val_every_n_epoch null counts on over epochs",
                                (long long)t->val_check_batch, (long long)batches);
    return levin_error();
}
