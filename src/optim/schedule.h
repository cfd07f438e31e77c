/* schedule.h: learning-rate schedules as the optimizer and the trainer see them. */
#ifndef LEVIN_OPTIM_SCHEDULE_H
#define LEVIN_OPTIM_SCHEDULE_H

#include <levin/optim.h>

struct levin_schedule_shape;

typedef struct levin_schedule {
    const struct levin_schedule_shape *shape; // NULL: no schedule
    levin_lr_scheduler_opts opts;             // defaults filled in
    bool total_is_estimate;                   // total_steps came, or is to come, from the trainer
    double default_lr;                        // of the optimizer, which lr_end and min_lr refer to
    int64_t step;
} levin_schedule;

/** Sets lr of every group from the schedule's step; nothing without a schedule, or while it lacks
 *  total_steps. */
void levin__schedule_apply(levin_optimizer *o);

/** Name of schedule i of those that there are; NULL behind the last. */
const char *levin__lr_scheduler_word(int i);
/** "linear" and so on; NULL without a schedule. */
const char *levin__lr_scheduler_name(const levin_optimizer *o);
/** Whether its steps are epochs. */
bool levin__lr_scheduler_per_epoch(const levin_optimizer *o);
/** Whether it waits for the trainer's estimate of total_steps (also when one was given already). */
bool levin__lr_scheduler_wants_total(const levin_optimizer *o);
/** Gives the estimate and sets the rates of the current step. */
void levin__lr_scheduler_set_total(levin_optimizer *o, int64_t total_steps);

#endif
