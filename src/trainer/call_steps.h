/* call_steps.h: what every call does before and after its loop, in Lightning's order. */
#ifndef LEVIN_TRAINER_CALL_STEPS_H
#define LEVIN_TRAINER_CALL_STEPS_H

#include "formats/checkpoint.h"
#include "trainer/hparams.h"
#include "trainer/trainer.h"

/** prepare_data, loggers, setup and configure_model. */
void levin__set_up(levin_trainer *t);
void levin__tear_down(levin_trainer *t);
/** Opens what the call was asked to load, and loads the model's part of it; NULL if that is
 * nothing, or after an error. Yours. */
levin_checkpoint *levin__call_checkpoint(levin_trainer *t, const char *what);
/** "success" or "failed". */
void levin__finish_loggers(levin_trainer *t, const char *status);
/** Callbacks of the module, instead of those of their class. */
void levin__ask_for_callbacks(levin_trainer *t);
/** Hyper-parameters of the module and of the data module, copies; free them. A key with two values
 *  is LEVIN_EINVAL. */
int levin__call_hparams(const levin_trainer *t, levin_hparams *out);

/** fit_call.c: fit, from its first hook to its last. */
void levin__run_fit(levin_trainer *t, const char *ckpt_path);

#endif
