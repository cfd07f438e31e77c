/* summary.h: the table of a model's parts and sizes. */
#ifndef LEVIN_TRAINER_SUMMARY_H
#define LEVIN_TRAINER_SUMMARY_H

#include "base/buffer.h"

#include <levin/module.h>

/** Adds Lightning's table: name, type, parameters and mode of each child, then totals. */
bool levin__summary(levin_buffer *out, levin_module *m);

#endif
