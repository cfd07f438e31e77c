/* prediction_writer.h: what the trainer asks of a BasePredictionWriter. */
#ifndef LEVIN_TRAINER_CALLBACKS_PREDICTION_WRITER_H
#define LEVIN_TRAINER_CALLBACKS_PREDICTION_WRITER_H

#include "trainer/trainer.h"

bool levin__is_prediction_writer(const levin_callback *c);
/** Whether one of the trainer's wants all predictions at the end. */
bool levin__writes_all_predictions(const levin_trainer *t);

#endif
