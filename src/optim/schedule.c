/* schedule.c: a schedule on an optimizer: attaching it, moving it on, and the rates that follow.
 * The formulas are schedule_shapes.c's. */
#include "optim/schedule.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "optim/optimizer.h"
#include "optim/schedule_shapes.h"

#include <math.h>
#include <string.h>

enum { MOST_SHAPES = 32 };

static bool needs_total(const levin_schedule *s)
{
    bool by_share = s->shape->warms_up && s->opts.warmup < 1 && s->opts.warmup > 0;
    bool has_end = s->shape->needs_total && !s->opts.num_stable_steps && !s->opts.t_max;
    return has_end || by_share;
}

static levin_schedule_moment now(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *opts = &s->opts;
    double total = (double)opts->total_steps;
    levin_schedule_moment t = { (double)s->step, 0, total, opts, s->default_lr };
    if (s->shape->warms_up)
        t.warmup = ceil(opts->warmup < 1 ? opts->warmup * total : opts->warmup);
    return t;
}

/* Of SGD its momentum, of Adam the first of its betas; an optimizer without any keeps none. */
static void set_momentum(levin_optimizer *o, const levin_schedule_moment *t)
{
    double *momentum = levin__optimizer_momentum(o);
    if (t->opts->cycle_momentum.value >= 0 && momentum)
        *momentum = o->schedule.shape->momentum(t);
}

void levin__schedule_apply(levin_optimizer *o)
{
    const levin_schedule *s = &o->schedule;
    if (!s->shape || s->suspended || s->shape->is_plateau ||
        (needs_total(s) && s->opts.total_steps == 0))
        return;
    levin_schedule_moment t = now(s);
    double factor = t.step < t.warmup ? t.step / t.warmup : s->shape->factor(&t);
    double floor_lr = s->shape->has_floor ? s->opts.min_lr : 0;
    for (int k = 0; k < o->n_groups; k++)
        o->groups[k].lr = floor_lr + (o->groups[k].initial_lr - floor_lr) * factor;
    if (s->shape->momentum)
        set_momentum(o, &t);
}

static const char *word(int i)
{
    const levin_schedule_shape *shape = levin__schedule_shape(i);
    return shape ? shape->name : NULL;
}

static const levin_schedule_shape *find(const char *name)
{
    const char *words[MOST_SHAPES] = { NULL };
    for (int i = 0; i + 1 < MOST_SHAPES && (words[i] = word(i)); i++)
        continue;
    int i = levin__find_word(name, words);
    if (i < 0)
        levin__unknown_word("lr_scheduler", name, words);
    return i < 0 ? NULL : levin__schedule_shape(i);
}

/* Copies of what the options only lend. */
static bool take_options(levin_schedule *s)
{
    levin_lr_scheduler_opts *o = &s->opts;
    o->monitor = levin__strdup(o->monitor);
    o->name = levin__strdup(o->name);
    return !levin_error();
}

void levin__schedule_free(levin_schedule *s)
{
    levin__free((void *)s->opts.monitor);
    levin__free((void *)s->opts.name);
    *s = (levin_schedule){ 0 };
}

int levin_optimizer_set_lr_scheduler(levin_optimizer *o, const char *name,
                                     const levin_lr_scheduler_opts *opts)
{
    if (!o || levin_error())
        return levin_error();
    levin_schedule s = { .shape = find(name ? name : "") };
    if (!s.shape)
        return levin_error();
    if (opts)
        s.opts = *opts;
    s.default_lr = o->groups[0].initial_lr;
    s.total_is_estimate = s.opts.total_steps == 0;
    s.best = s.opts.mode == LEVIN_MODE_MAX ? -(double)INFINITY : (double)INFINITY;
    if (levin__schedule_check(&s) < 0)
        return levin_error();
    if (!take_options(&s)) {
        levin__schedule_free(&s);
        return levin_error();
    }
    levin__schedule_free(&o->schedule);
    o->schedule = s;
    levin__schedule_apply(o);
    return LEVIN_OK;
}

void levin_lr_scheduler_step(levin_optimizer *o)
{
    if (!o || levin_error() || !o->schedule.shape)
        return;
    const char *name = o->schedule.shape->name;
    if (o->schedule.shape->is_plateau) {
        levin__error_set(LEVIN_EINVAL,
                         "%s schedule: it moves by a metric: "
                         "levin_lr_scheduler_step_metric",
                         name);
        return;
    }
    if (needs_total(&o->schedule) && o->schedule.opts.total_steps == 0) {
        levin__error_set(LEVIN_ESTATE,
                         "%s schedule: total_steps is not known; give it as an option", name);
        return;
    }
    o->schedule.step++;
    levin__schedule_apply(o);
}

const char *levin__lr_scheduler_name(const levin_optimizer *o)
{
    return o && o->schedule.shape ? o->schedule.shape->name : NULL;
}

bool levin__lr_scheduler_per_epoch(const levin_optimizer *o)
{
    return o && o->schedule.opts.per_epoch.value > 0;
}

int64_t levin__lr_scheduler_frequency(const levin_optimizer *o)
{
    return o && o->schedule.shape ? o->schedule.opts.frequency : 1;
}

bool levin__lr_scheduler_is_plateau(const levin_optimizer *o)
{
    return o && o->schedule.shape && o->schedule.shape->is_plateau;
}

const char *levin__lr_scheduler_monitor(const levin_optimizer *o)
{
    return levin__lr_scheduler_is_plateau(o) ? o->schedule.opts.monitor : NULL;
}

bool levin__lr_scheduler_is_strict(const levin_optimizer *o)
{
    return o && o->schedule.opts.strict.value >= 0;
}

bool levin__lr_scheduler_wants_total(const levin_optimizer *o)
{
    return o && o->schedule.shape && o->schedule.total_is_estimate && needs_total(&o->schedule);
}

void levin__lr_scheduler_set_total(levin_optimizer *o, int64_t total_steps)
{
    if (!levin__lr_scheduler_wants_total(o))
        return;
    o->schedule.opts.total_steps = total_steps;
    levin__schedule_apply(o);
}

void levin__lr_scheduler_suspend(levin_optimizer *o, bool on)
{
    o->schedule.suspended = on;
    levin__schedule_apply(o);
}

void levin__optimizer_set_lr(levin_optimizer *o, double lr)
{
    double first = o->groups[0].initial_lr;
    for (int k = 0; k < o->n_groups; k++)
        o->groups[k].lr = first > 0 ? lr * (o->groups[k].initial_lr / first) : lr;
}

void levin__optimizer_set_initial_lr(levin_optimizer *o, double lr)
{
    levin__optimizer_set_lr(o, lr);
    for (int k = 0; k < o->n_groups; k++)
        o->groups[k].initial_lr = o->groups[k].lr;
    o->schedule.default_lr = lr;
    levin__schedule_apply(o);
}

void levin__optimizer_set_group_lr(levin_optimizer *o, int group, double lr)
{
    const levin_group *first = &o->groups[0];
    o->groups[group].lr = lr;
    if (o->schedule.shape && !o->schedule.suspended && first->lr > 0)
        o->groups[group].initial_lr = lr * first->initial_lr / first->lr;
}
