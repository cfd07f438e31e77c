/* results_table.h: what validate and test print at their end. */
#ifndef LEVIN_TRAINER_RESULTS_TABLE_H
#define LEVIN_TRAINER_RESULTS_TABLE_H

#include "trainer/trainer.h"

/** Prints the epoch values of a stage, one column a loader, names sorted. */
void levin__results_table(levin_trainer *t, levin_stage stage);

#endif
