/* predictions.h: outputs of predict that are kept until the next call, where nobody took them. */
#ifndef LEVIN_TRAINER_PREDICTIONS_H
#define LEVIN_TRAINER_PREDICTIONS_H

#include "trainer/trainer.h"

/** Keeps a copy of the output of a batch, the next of its loader. 0 or an error code. */
int levin__predictions_keep(levin_trainer *t, const levin_tensor *output, int64_t loader);
void levin__predictions_free(levin_trainer *t);

#endif
