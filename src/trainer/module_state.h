/* module_state.h: what the trainer keeps with a module: who runs it, and its hyper-parameters. It
 * hangs on the root of the module tree and goes with it. */
#ifndef LEVIN_TRAINER_MODULE_STATE_H
#define LEVIN_TRAINER_MODULE_STATE_H

#include <levin/trainer.h>

typedef const char *const levin_pair[2]; // key, value

/** Says who runs m from here on; t may be NULL. 0 or LEVIN_ENOMEM. */
int levin__module_set_trainer(levin_module *m, levin_trainer *t);
/** The hyper-parameters in the order they came, lent; their number in *n. */
const char *const (*levin__module_hyperparameters(const levin_module *m, int *n))[2];

#endif
