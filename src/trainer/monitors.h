/* monitors.h: metrics that callbacks and schedules look at, by name. */
#ifndef LEVIN_TRAINER_MONITORS_H
#define LEVIN_TRAINER_MONITORS_H

#include "trainer/trainer.h"

/** After the sanity check and the first training batch: a monitor that nobody has logged, while
 * something of nearly that name was, is misspelt: LEVIN_EINVAL. What else is missing may still be
 * logged by a later hook. */
void levin__monitors_check(levin_trainer *t);

/** Records that who looked for a metric that was never logged, with the nearest name that was. */
int levin__monitor_is_missing(const levin_trainer *t, const char *who, const char *name);

#endif
