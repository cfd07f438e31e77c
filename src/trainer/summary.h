/* summary.h: the table of a model's parts and sizes. */
#ifndef LEVIN_TRAINER_SUMMARY_H
#define LEVIN_TRAINER_SUMMARY_H

#include "base/buffer.h"

#include <levin/module.h>

/** Adds Lightning's table: name, type, parameters and mode of each part down to a depth of the
 * tree, -1 for all, then totals. */
bool levin__summary(levin_buffer *out, levin_module *m, int64_t max_depth);

#endif
