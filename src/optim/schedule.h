/* schedule.h: learning-rate schedules as the optimizer and the trainer see them. */
#ifndef LEVIN_OPTIM_SCHEDULE_H
#define LEVIN_OPTIM_SCHEDULE_H

#include <levin/optim.h>

struct levin_schedule_shape;

typedef struct levin_schedule {
    const struct levin_schedule_shape *shape; // NULL: no schedule
    levin_lr_scheduler_opts opts;             // defaults filled in; texts are ours
    bool total_is_estimate;                   // total_steps came, or is to come, from the trainer
    bool suspended;                           // somebody else sets the rates
    double default_lr;                        // of the optimizer, which lr_end and min_lr refer to
    int64_t step;
    /* ReduceLROnPlateau. */
    double best;
    int64_t bad_steps, cooldown_left;
} levin_schedule;

/** Sets lr of every group from the schedule's step; nothing without a schedule, or while it lacks
 *  total_steps, or is suspended. */
void levin__schedule_apply(levin_optimizer *o);
void levin__schedule_free(levin_schedule *s);

/** "linear" and so on; NULL without a schedule. */
const char *levin__lr_scheduler_name(const levin_optimizer *o);
/** Whether its steps are epochs. */
bool levin__lr_scheduler_per_epoch(const levin_optimizer *o);
/** Every so many of them. */
int64_t levin__lr_scheduler_frequency(const levin_optimizer *o);
/** Whether it is moved by a metric, whose name is monitor. */
bool levin__lr_scheduler_is_plateau(const levin_optimizer *o);
const char *levin__lr_scheduler_monitor(const levin_optimizer *o);
bool levin__lr_scheduler_is_strict(const levin_optimizer *o);
/** Whether it waits for the trainer's estimate of total_steps (also when one was given already). */
bool levin__lr_scheduler_wants_total(const levin_optimizer *o);
/** Gives the estimate and sets the rates of the current step. */
void levin__lr_scheduler_set_total(levin_optimizer *o, int64_t total_steps);
/** From here on somebody else sets the rates, or the schedule again. */
void levin__lr_scheduler_suspend(levin_optimizer *o, bool on);

/** Sets the rate of the first group, and those of the others in their proportion to it: for now, or
 * for good, as if the optimizer had been made with it. */
void levin__optimizer_set_lr(levin_optimizer *o, double lr);
void levin__optimizer_set_initial_lr(levin_optimizer *o, double lr);
/** The rate of one group; a schedule moves it on from there. */
void levin__optimizer_set_group_lr(levin_optimizer *o, int group, double lr);

#endif
