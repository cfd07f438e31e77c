/* logger.h: telling a logger something. A code that its class gives back is an error of the run,
 * whether it was recorded or not; a function that the class leaves out does nothing. */
#ifndef LEVIN_TRAINER_LOGGERS_LOGGER_H
#define LEVIN_TRAINER_LOGGERS_LOGGER_H

#include <levin/sys/logger.h>

/** Each returns the error that stands, or 0. */
int levin__logger_start(levin_logger *l, const char *root_dir);
int levin__logger_row(levin_logger *l, const levin_logged *row, int n, int64_t step);
int levin__logger_finalize(levin_logger *l, const char *status);

#endif
