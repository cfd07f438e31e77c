/* loaders.h: where batches come from, and how many of them a run takes. */
#ifndef LEVIN_TRAINER_LOADERS_H
#define LEVIN_TRAINER_LOADERS_H

#include "trainer/trainer.h"

/** Takes one loader, or a list closed by NULL, for a stage; both may be NULL. */
int levin__loaders_take(levin_trainer *t, levin_stage stage, levin_dataloader *one,
                        levin_dataloader *const *list);
/** Makes sure that a stage has its loaders, asking the data module or the module if the call
 *  brought none, and that its limits are known. A stage without any is no error. */
int levin__loaders_prepare(levin_trainer *t, levin_stage stage);
/** Whether there is somebody to ask. */
bool levin__loaders_have_hook(const levin_trainer *t, levin_stage stage);
/** Asks again if reload_dataloaders_every_n_epochs says so in this epoch. */
int levin__loaders_reload(levin_trainer *t, levin_stage stage);
/** Frees the loaders of all stages. */
void levin__loaders_free(levin_trainer *t);
/** The seed that the sampler of loader i had when a checkpoint was written; holds at once, or when
 * the loader comes. */
int levin__loaders_restore_seed(levin_trainer *t, levin_stage stage, int i, uint64_t seed);

/** limits.c: batches of one loader that a run takes; INT64_MAX: until a stream ends. */
int levin__limits_find(levin_trainer *t, levin_stage stage);
/** Sets val_check_batch from the batches of an epoch; an interval that never comes is an error. */
int levin__limits_find_val_check(levin_trainer *t);
/** Batches of a loader of the stage that runs; in the sanity check no more than that takes. */
int64_t levin__limits_of(const levin_trainer *t, int loader);
/** Batches of all loaders of a stage; INT64_MAX if one is a stream. */
int64_t levin__limits_total(const levin_trainer *t, levin_stage stage);
/** Says why a call runs no batch of its stage. */
void levin__limits_note_none(levin_trainer *t, levin_stage stage);
/** Whether fit validates at all; known when the loaders are. */
bool levin__limits_validates(const levin_trainer *t);
/** Whether it means to: there is a step, data or a hook that makes some, and no limit of 0. */
bool levin__wants_validation(const levin_trainer *t);

#endif
