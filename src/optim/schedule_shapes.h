/* schedule_shapes.h: the formulas of schedules: one row each. */
#ifndef LEVIN_OPTIM_SCHEDULE_SHAPES_H
#define LEVIN_OPTIM_SCHEDULE_SHAPES_H

#include "optim/schedule.h"

/* What every formula reads. Steps are whole numbers; doubles, since they are divided. */
typedef struct levin_schedule_moment {
    double step, warmup, total;
    const levin_lr_scheduler_opts *opts;
    double default_lr;
} levin_schedule_moment;

typedef struct levin_schedule_shape {
    const char *name;
    double (*factor)(const levin_schedule_moment *t);   // from the end of the warm-up on
    double (*momentum)(const levin_schedule_moment *t); // NULL: left alone
    bool warms_up, needs_total;
    bool is_torchs;  // moves once an epoch unless told otherwise
    bool has_floor;  // the factor is of what lies above min_lr
    bool is_plateau; // moved by a metric, not by a formula
} levin_schedule_shape;

/** Row i; NULL behind the last. */
const levin_schedule_shape *levin__schedule_shape(int i);
/** Fills in what was left zero and checks what cannot be. 0 or LEVIN_EINVAL. */
int levin__schedule_check(levin_schedule *s);

#endif
