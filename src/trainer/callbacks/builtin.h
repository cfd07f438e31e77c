/* builtin.h: callbacks that flags bring. Each is the caller's, until a trainer takes it. */
#ifndef LEVIN_TRAINER_CALLBACKS_BUILTIN_H
#define LEVIN_TRAINER_CALLBACKS_BUILTIN_H

#include <levin/callbacks.h>

/** max_time: stops training after so many seconds, those before a resume included. */
levin_callback *levin__timer(double seconds);
/** enable_progress_bar */
levin_callback *levin__progress_bar(void);
/** enable_model_summary */
levin_callback *levin__model_summary(void);

#endif
