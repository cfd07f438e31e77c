/* model_checkpoint.h: what the trainer asks of a ModelCheckpoint. */
#ifndef LEVIN_TRAINER_CALLBACKS_MODEL_CHECKPOINT_H
#define LEVIN_TRAINER_CALLBACKS_MODEL_CHECKPOINT_H

#include <levin/callbacks.h>

bool levin__is_model_checkpoint(const levin_callback *c);
/** Where it saves; before a run has begun its dirpath, NULL if it was given none. */
const char *levin__model_checkpoint_dir(const levin_callback *c);

#endif
