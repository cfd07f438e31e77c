/* schedule.c: learning-rate schedules, with the formulas, defaults and edges of
 * transformers.get_scheduler. A schedule is a factor of the step, counted from 0; the rate of a
 * group is its own times that. */
#include "optim/schedule.h"

#include "base/error.h"
#include "base/suggest.h"
#include "optim/optimizer.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* What every formula reads. Steps are whole numbers; doubles, since they are divided. */
typedef struct {
    double step, warmup, total;
    const levin_lr_scheduler_opts *opts;
    double default_lr;
} moment;

typedef struct levin_schedule_shape {
    const char *name;
    double (*factor)(const moment *t); // from the end of the warm-up on
    bool warms_up;
    bool needs_total;
} levin_schedule_shape;

static double at_least(double x, double low) { return x > low ? x : low; }
/* Half a wave per 0.5 cycles, from 1 down to 0. */
static double wave(double cycles, double progress)
{
    return at_least(0.5 * (1 + cos(pi * cycles * 2 * progress)), 0);
}
/* Share of the way from the end of the warm-up to the end of the run. */
static double progress(const moment *t)
{
    return (t->step - t->warmup) / at_least(t->total - t->warmup, 1);
}

static double constant(const moment *t)
{
    (void)t;
    return 1;
}

static double linear(const moment *t)
{
    return at_least((t->total - t->step) / at_least(t->total - t->warmup, 1), 0);
}

static double cosine(const moment *t) { return wave(t->opts->num_cycles, progress(t)); }

static double cosine_with_restarts(const moment *t)
{
    double p = progress(t);
    return p >= 1 ? 0 : wave(0.5, fmod(t->opts->num_cycles * p, 1));
}

static double cosine_with_min_lr(const moment *t)
{
    double floor_factor = t->default_lr > 0 ? t->opts->min_lr / t->default_lr : 0;
    double factor = 0.5 * (1 + cos(pi * t->opts->num_cycles * 2 * progress(t)));
    return at_least(factor * (1 - floor_factor) + floor_factor, 0);
}

static double polynomial(const moment *t)
{
    double end = t->opts->lr_end;
    if (t->step > t->total)
        return end / t->default_lr;
    double left = pow(1 - progress(t), t->opts->power);
    return ((t->default_lr - end) * left + end) / t->default_lr;
}

static double inverse_sqrt(const moment *t)
{
    double timescale = t->opts->timescale ? (double)t->opts->timescale
                       : t->warmup > 0    ? t->warmup
                                          : 10000;
    return 1 / sqrt((t->step + timescale - t->warmup) / timescale);
}

static double warmup_stable_decay(const moment *t)
{
    double decay = (double)t->opts->num_decay_steps;
    double stable = t->opts->num_stable_steps ? (double)t->opts->num_stable_steps
                                              : t->total - t->warmup - decay;
    double past = t->step - t->warmup - stable;
    if (past < 0)
        return 1;
    return past < decay ? wave(t->opts->num_cycles, past / decay) : 0;
}

static const levin_schedule_shape shapes[] = {
    { "linear", linear, true, true },
    { "cosine", cosine, true, true },
    { "cosine_with_restarts", cosine_with_restarts, true, true },
    { "polynomial", polynomial, true, true },
    { "constant", constant, false, false },
    { "constant_with_warmup", constant, true, false },
    { "inverse_sqrt", inverse_sqrt, true, false },
    { "warmup_stable_decay", warmup_stable_decay, true, true },
    { "cosine_with_min_lr", cosine_with_min_lr, true, true },
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static bool needs_total(const levin_schedule *s)
{
    bool by_share = s->shape->warms_up && s->opts.warmup < 1 && s->opts.warmup > 0;
    bool has_end = s->shape->needs_total && !s->opts.num_stable_steps;
    return has_end || by_share;
}

static double factor(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *opts = &s->opts;
    double total = (double)opts->total_steps;
    moment t = { (double)s->step, 0, total, opts, s->default_lr };
    if (s->shape->warms_up)
        t.warmup = ceil(opts->warmup < 1 ? opts->warmup * total : opts->warmup);
    return t.step < t.warmup ? t.step / t.warmup : s->shape->factor(&t);
}

void levin__schedule_apply(levin_optimizer *o)
{
    const levin_schedule *s = &o->schedule;
    if (!s->shape || (needs_total(s) && s->opts.total_steps == 0))
        return;
    double f = factor(s);
    for (int k = 0; k < o->n_groups; k++)
        o->groups[k].lr = o->groups[k].initial_lr * f;
}

static void check_option(const char *shape, const char *option, double value, bool good,
                         const char *wanted)
{
    if (!good)
        levin__error_set(LEVIN_EINVAL, "%s schedule: %s must be %s, not %g", shape, option, wanted,
                         value);
}

/* All options that must not be negative, then those that a shape asks for. */
static bool check(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *o = &s->opts;
    const char *shape = s->shape->name;
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        { "warmup", o->warmup },
        { "total_steps", (double)o->total_steps },
        { "num_cycles", o->num_cycles },
        { "power", o->power },
        { "lr_end", o->lr_end },
        { "min_lr", o->min_lr },
        { "timescale", (double)o->timescale },
        { "num_stable_steps", (double)o->num_stable_steps },
        { "num_decay_steps", (double)o->num_decay_steps },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        check_option(shape, numbers[i].name, numbers[i].value,
                     numbers[i].value >= 0 && isfinite(numbers[i].value), "at least 0");
    if (s->shape->factor == polynomial)
        check_option(shape, "lr_end", o->lr_end, o->lr_end < s->default_lr, "below lr");
    check_option(shape, "min_lr", o->min_lr, o->min_lr <= s->default_lr, "at most lr");
    if (s->shape->factor == warmup_stable_decay)
        check_option(shape, "num_decay_steps", (double)o->num_decay_steps, o->num_decay_steps > 0,
                     "above 0");
    return !levin_error();
}

const char *levin__lr_scheduler_word(int i) { return i < SHAPES ? shapes[i].name : NULL; }

static const levin_schedule_shape *find(const char *name)
{
    const char *words[SHAPES + 1];
    for (int i = 0; i <= SHAPES; i++)
        words[i] = levin__lr_scheduler_word(i);
    int i = levin__find_word(name, words);
    if (i < 0)
        levin__unknown_word("lr_scheduler", name, words);
    return i < 0 ? NULL : &shapes[i];
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
    if (s.opts.num_cycles == 0)
        s.opts.num_cycles = s.shape->factor == cosine_with_restarts ? 1 : 0.5;
    if (s.opts.power == 0)
        s.opts.power = 1;
    if (s.opts.lr_end == 0)
        s.opts.lr_end = 1e-7;
    if (!check(&s))
        return levin_error();
    o->schedule = s;
    levin__schedule_apply(o);
    return LEVIN_OK;
}

void levin_lr_scheduler_step(levin_optimizer *o)
{
    if (!o || levin_error() || !o->schedule.shape)
        return;
    if (needs_total(&o->schedule) && o->schedule.opts.total_steps == 0) {
        levin__error_set(LEVIN_ESTATE,
                         "%s schedule: total_steps is not known; give it as an option",
                         o->schedule.shape->name);
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
