/* hparams.h: what TensorBoard's hparams page is told of a run: which values it has, how it began
 * and how it ended. */
#ifndef LEVIN_TRAINER_LOGGERS_HPARAMS_H
#define LEVIN_TRAINER_LOGGERS_HPARAMS_H

#include "formats/event_file.h"

#include <stdbool.h>

/** The run begins with these values, which are YAML scalars. metric is the tag that stands for its
 * result, NULL if there is none. 0 or an error code. */
int levin__hparams_begin(levin_event_file *f, const char *const (*pairs)[2], int n,
                         const char *metric);
/** It is over. */
int levin__hparams_end(levin_event_file *f, bool succeeded);

#endif
