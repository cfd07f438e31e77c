/* module_state.h: what the trainer keeps with a module: who runs it, and its hyper-parameters. It
 * hangs on the root of the module tree and goes with it. */
#ifndef LEVIN_TRAINER_MODULE_STATE_H
#define LEVIN_TRAINER_MODULE_STATE_H

#include "trainer/hparams.h"

#include <levin/trainer.h>

/** Says who runs m from here on; t may be NULL. 0 or LEVIN_ENOMEM. */
int levin__module_set_trainer(levin_module *m, levin_trainer *t);
/** Its hyper-parameters, lent; never NULL. */
const levin_hparams *levin__module_hparams(const levin_module *m);

#endif
