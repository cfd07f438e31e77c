/* checks.h: what a call must be right about before any of its work. */
#ifndef LEVIN_TRAINER_CHECKS_H
#define LEVIN_TRAINER_CHECKS_H

#include "trainer/trainer.h"

/** Of fit, validate, test and predict, as a user writes them. */
const char *levin__call_name(levin_running running);
/** The stage whose loaders levin_run_opts.loaders are. */
levin_stage levin__call_stage(levin_running running);

/** Looks at the module's hooks, the flags, the callbacks and the loaders that the call brought,
 *  and reports everything that is wrong with them in one LEVIN_EINVAL. */
int levin__check_call(levin_trainer *t, const levin_run_opts *o);
/** The part that needs no module and no data, of a call that is to come; LEVIN_RUNNING_NOTHING: of
 *  any. */
int levin__check_ahead(levin_trainer *t, levin_running running);

#endif
