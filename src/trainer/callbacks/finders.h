/* finders.h: what the trainer asks of the LearningRateFinder and the BatchSizeFinder. */
#ifndef LEVIN_TRAINER_CALLBACKS_FINDERS_H
#define LEVIN_TRAINER_CALLBACKS_FINDERS_H

#include <levin/callbacks.h>

bool levin__is_learning_rate_finder(const levin_callback *c);
bool levin__is_batch_size_finder(const levin_callback *c);
/** lr_curve.c: whether a curve can be written there: LEVIN_EINVAL unless it ends in .svg or .csv.
 *  NULL is fine. */
int levin__lr_found_check_path(const char *path);

#endif
