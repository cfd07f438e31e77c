/* loaders.h: where batches come from, and how many of them a run takes. */
#ifndef LEVIN_TRAINER_LOADERS_H
#define LEVIN_TRAINER_LOADERS_H

#include "trainer/trainer.h"

/** Takes one loader, or a list closed by NULL, for a stage; both may be NULL. */
int levin__loaders_take(levin_trainer *t, levin_stage stage, levin_dataloader *one,
                        levin_dataloader **list);
/** Makes sure that a stage has its loaders, asking the module if the call brought none, and that
 *  its limits are known. A stage without any is no error. */
int levin__loaders_prepare(levin_trainer *t, levin_stage stage);
/** Frees the loaders of all stages. */
void levin__loaders_free(levin_trainer *t);

/** Batches of one loader that a run takes: limits.c. */
int levin__limits_find(levin_trainer *t, levin_stage stage);
/** Sets val_check_batch from the batches of an epoch; an interval that never comes is an error. */
int levin__limits_find_val_check(levin_trainer *t);
/** Batches of all loaders of a stage. */
int64_t levin__limits_total(const levin_trainer *t, levin_stage stage);
/** Whether fit validates at all. */
bool levin__limits_validates(const levin_trainer *t);

#endif
