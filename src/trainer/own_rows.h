/* own_rows.h: rows that callbacks write to the loggers beside self.log: rates, device statistics.
 */
#ifndef LEVIN_TRAINER_OWN_ROWS_H
#define LEVIN_TRAINER_OWN_ROWS_H

#include "trainer/trainer.h"

/** For check: without a logger the named callback has nothing to write to, LEVIN_EINVAL. A
 * fast_dev_run has none and needs none. */
int levin__own_rows_need_logger(const levin_trainer *t, const char *name);
/** Whether the batch that runs, or ends, is one whose row log_every_n_steps asks for: every n-th
 * step of training, or batch of another stage; and all when training is about to stop. The sanity
 * check has none. */
bool levin__own_row_is_due(const levin_trainer *t, const levin_batch *b);
/** Makes a value one of the metrics that callbacks see. */
int levin__own_metric(levin_trainer *t, const char *name, double value);

#endif
