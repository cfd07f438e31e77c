/* devices.h: accelerator, strategy, devices and num_nodes: which of Lightning's this build serves.
 * There is one CPU and one process; the door for more is a row of these tables. */
#ifndef LEVIN_TRAINER_DEVICES_H
#define LEVIN_TRAINER_DEVICES_H

#include "trainer/complaints.h"

#include <levin/trainer.h>

/** Complains of everything that this build cannot serve, and says what it would take. */
void levin__devices_check(const levin_trainer_flags *f, levin_complaints *c);

#endif
