/* builtin.h: what the trainer asks of callbacks that flags bring or forbid. */
#ifndef LEVIN_TRAINER_CALLBACKS_BUILTIN_H
#define LEVIN_TRAINER_CALLBACKS_BUILTIN_H

#include <levin/callbacks.h>

bool levin__is_timer(const levin_callback *c);
bool levin__is_progress_bar(const levin_callback *c);
bool levin__is_model_summary(const levin_callback *c);
/** The file of an OnExceptionCheckpoint, lent; NULL for another callback. */
const char *levin__on_exception_path(const levin_callback *c);

#endif
