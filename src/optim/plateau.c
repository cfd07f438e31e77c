/* plateau.c: torch's ReduceLROnPlateau: a rate that falls when a metric has not improved for some
 * time. */
#include "optim/optimizer.h"
#include "optim/schedule_shapes.h"

#include "base/error.h"

static bool is_better(const levin_schedule *s, double metric)
{
    const levin_lr_scheduler_opts *o = &s->opts;
    bool most = o->mode == LEVIN_MODE_MAX, absolute = o->threshold_mode == LEVIN_THRESHOLD_ABS;
    double margin = most ? o->threshold : -o->threshold;
    double wanted = absolute ? s->best + margin : s->best * (1 + margin);
    return most ? metric > wanted : metric < wanted;
}

static void reduce(levin_optimizer *o)
{
    const levin_lr_scheduler_opts *opts = &o->schedule.opts;
    for (int k = 0; k < o->n_groups; k++) {
        double lr = o->groups[k].lr * opts->factor;
        lr = lr > opts->min_lr ? lr : opts->min_lr;
        if (o->groups[k].lr - lr > opts->eps)
            o->groups[k].lr = lr;
    }
}

void levin_lr_scheduler_step_metric(levin_optimizer *o, double metric)
{
    if (!o || levin_error() || !o->schedule.shape)
        return;
    levin_schedule *s = &o->schedule;
    if (!s->shape->is_plateau) {
        levin__error_set(LEVIN_EINVAL, "%s schedule: it moves by steps, not by a metric",
                         s->shape->name);
        return;
    }
    bool better = is_better(s, metric);
    if (better)
        s->best = metric;
    s->bad_steps = better ? 0 : s->bad_steps + 1;
    if (s->cooldown_left > 0) {
        s->cooldown_left--;
        s->bad_steps = 0;
    }
    if (s->bad_steps > s->opts.patience) {
        if (!s->suspended)
            reduce(o);
        s->cooldown_left = s->opts.cooldown;
        s->bad_steps = 0;
    }
    s->step++;
}
