/* anomaly_place.h: where in a run detect_anomaly found what it found. */
#ifndef LEVIN_TRAINER_ANOMALY_PLACE_H
#define LEVIN_TRAINER_ANOMALY_PLACE_H

#include "base/error.h"
#include "trainer/trainer.h"

/** Adds epoch, batch and the parameter nearest to the operator to a message of detect_anomaly; any
 *  other stays as it is. */
void levin__anomaly_place(const levin_trainer *t, levin_error_note *note);

#endif
