/* schedule_shapes.c: formulas, defaults and edges of transformers.get_scheduler and of
 * torch.optim.lr_scheduler. */
#include "optim/schedule_shapes.h"

#include "base/error.h"
#include "base/options.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

typedef levin_schedule_moment moment;

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

static double step_lr(const moment *t)
{
    return pow(t->opts->gamma, floor(t->step / (double)t->opts->step_size));
}

static double multi_step_lr(const moment *t)
{
    int64_t passed = 0;
    const int64_t *steps = t->opts->milestones;
    while (passed < LEVIN_MAX_MILESTONES && steps[passed] && (double)steps[passed] <= t->step)
        passed++;
    return pow(t->opts->gamma, (double)passed);
}

static double exponential_lr(const moment *t) { return pow(t->opts->gamma, t->step); }

/* Of what lies above eta_min. */
static double cosine_annealing_lr(const moment *t)
{
    double t_max = t->opts->t_max ? (double)t->opts->t_max : t->total;
    return (1 + cos(pi * t->step / at_least(t_max, 1))) / 2;
}

static double lambda_lr(const moment *t)
{
    return t->opts->lr_lambda(t->opts->payload, (int64_t)t->step);
}

/* From a to b and, with three phases, back to a, then to c. */
static double one_cycle(const moment *t, double a, double b, double c)
{
    const levin_lr_scheduler_opts *o = t->opts;
    bool three = o->three_phase.value > 0;
    const double ends[] = { o->pct_start * t->total - 1, 2 * o->pct_start * t->total - 2,
                            t->total - 1 };
    const double values[] = { a, b, three ? a : c, c };
    double begin = 0;
    int phase = 0;
    for (; phase < 2 && t->step > (phase == 1 && !three ? ends[2] : ends[phase]); phase++)
        begin = ends[phase];
    double end = phase == 1 && !three ? ends[2] : ends[phase];
    double share = end > begin ? (t->step - begin) / (end - begin) : 1;
    share = share > 1 ? 1 : at_least(share, 0);
    double done = o->anneal_strategy == LEVIN_ANNEAL_LINEAR ? share : (1 - cos(pi * share)) / 2;
    return values[phase] + (values[phase + 1] - values[phase]) * done;
}

static double one_cycle_lr(const moment *t)
{
    const levin_lr_scheduler_opts *o = t->opts;
    double most = o->max_lr > 0 && t->default_lr > 0 ? o->max_lr / t->default_lr : 1;
    double first = most / o->div_factor;
    return one_cycle(t, first, most, first / o->final_div_factor);
}

static double one_cycle_momentum(const moment *t)
{
    const levin_lr_scheduler_opts *o = t->opts;
    return one_cycle(t, o->max_momentum, o->base_momentum, o->max_momentum);
}

static const levin_schedule_shape shapes[] = {
    { .name = "linear", linear, .warms_up = true, .needs_total = true },
    { .name = "cosine", cosine, .warms_up = true, .needs_total = true },
    { .name = "cosine_with_restarts", cosine_with_restarts, .warms_up = true, .needs_total = true },
    { .name = "polynomial", polynomial, .warms_up = true, .needs_total = true },
    { .name = "constant", constant },
    { .name = "constant_with_warmup", constant, .warms_up = true },
    { .name = "inverse_sqrt", inverse_sqrt, .warms_up = true },
    { .name = "warmup_stable_decay", warmup_stable_decay, .warms_up = true, .needs_total = true },
    { .name = "cosine_with_min_lr", cosine_with_min_lr, .warms_up = true, .needs_total = true },
    { .name = "StepLR", step_lr, .is_torchs = true },
    { .name = "MultiStepLR", multi_step_lr, .is_torchs = true },
    { .name = "ExponentialLR", exponential_lr, .is_torchs = true },
    { .name = "CosineAnnealingLR",
      cosine_annealing_lr,
      .needs_total = true,
      .is_torchs = true,
      .has_floor = true },
    { .name = "LambdaLR", lambda_lr, .is_torchs = true },
    { .name = "OneCycleLR", one_cycle_lr, one_cycle_momentum, .needs_total = true },
    { .name = "ReduceLROnPlateau", constant, .is_torchs = true, .is_plateau = true },
};

const levin_schedule_shape *levin__schedule_shape(int i)
{
    return i < (int)(sizeof shapes / sizeof *shapes) ? &shapes[i] : NULL;
}

static void fill(double *option, double missing) { *option = levin__real_or(*option, missing); }

static void fill_in(levin_schedule *s)
{
    levin_lr_scheduler_opts *o = &s->opts;
    fill(&o->num_cycles, s->shape->factor == cosine_with_restarts ? 1 : 0.5);
    fill(&o->power, 1);
    fill(&o->lr_end, 1e-7);
    fill(&o->gamma, 0.1);
    fill(&o->pct_start, 0.3);
    fill(&o->div_factor, 25);
    fill(&o->final_div_factor, 1e4);
    fill(&o->base_momentum, 0.85);
    fill(&o->max_momentum, 0.95);
    fill(&o->factor, 0.1);
    fill(&o->threshold, 1e-4);
    fill(&o->eps, 1e-8);
    o->patience = levin__number_or(o->patience, 10);
    o->cooldown = levin__number_or(o->cooldown, 0);
    o->num_stable_steps = levin__number_or(o->num_stable_steps, 0);
    o->frequency = o->frequency ? o->frequency : 1;
    if (!o->per_epoch.value)
        o->per_epoch = s->shape->is_torchs ? LEVIN_ON : LEVIN_OFF;
}

static void check_option(const char *shape, const char *option, double value, bool good,
                         const char *wanted)
{
    if (!good)
        levin__error_set(LEVIN_EINVAL, "%s schedule: %s must be %s, not %g", shape, option, wanted,
                         value);
}

/* All options that must not be negative. */
static void check_signs(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *o = &s->opts;
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
        { "frequency", (double)o->frequency },
        { "gamma", o->gamma },
        { "t_max", (double)o->t_max },
        { "max_lr", o->max_lr },
        { "div_factor", o->div_factor },
        { "final_div_factor", o->final_div_factor },
        { "patience", (double)o->patience },
        { "threshold", o->threshold },
        { "cooldown", (double)o->cooldown },
        { "eps", o->eps },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        check_option(s->shape->name, numbers[i].name, numbers[i].value,
                     numbers[i].value >= 0 && isfinite(numbers[i].value), "at least 0");
}

static void check_milestones(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *o = &s->opts;
    bool rising = o->milestones[0] > 0, ended = false;
    for (int i = 1; i < LEVIN_MAX_MILESTONES; i++) {
        ended |= o->milestones[i] == 0;
        rising &= ended ? o->milestones[i] == 0 : o->milestones[i - 1] < o->milestones[i];
    }
    if (!rising)
        levin__error_set(LEVIN_EINVAL, "%s schedule: milestones must be steps that rise",
                         s->shape->name);
}

static void check_modes(const levin_schedule *s)
{
    const levin_lr_scheduler_opts *o = &s->opts;
    const char *shape = s->shape->name;
    check_option(shape, "mode", o->mode, o->mode <= LEVIN_MODE_MAX, "min or max");
    check_option(shape, "threshold_mode", o->threshold_mode,
                 o->threshold_mode <= LEVIN_THRESHOLD_ABS, "rel or abs");
    check_option(shape, "anneal_strategy", o->anneal_strategy,
                 o->anneal_strategy <= LEVIN_ANNEAL_LINEAR, "cos or linear");
}

/* Those that one shape asks for. */
int levin__schedule_check(levin_schedule *s)
{
    const levin_lr_scheduler_opts *o = &s->opts;
    const char *shape = s->shape->name;
    double (*factor)(const moment *t) = s->shape->factor;
    fill_in(s);
    check_signs(s);
    check_modes(s);
    if (factor == polynomial)
        check_option(shape, "lr_end", o->lr_end, o->lr_end < s->default_lr, "below lr");
    if (!s->shape->is_plateau)
        check_option(shape, "min_lr", o->min_lr, o->min_lr <= s->default_lr, "at most lr");
    if (factor == warmup_stable_decay)
        check_option(shape, "num_decay_steps", (double)o->num_decay_steps, o->num_decay_steps > 0,
                     "above 0");
    if (factor == step_lr)
        check_option(shape, "step_size", (double)o->step_size, o->step_size > 0, "above 0");
    if (factor == multi_step_lr)
        check_milestones(s);
    if (factor == lambda_lr && !o->lr_lambda)
        levin__error_set(LEVIN_EINVAL, "%s schedule: it needs lr_lambda, its factor", shape);
    if (s->shape->momentum)
        check_option(shape, "pct_start", o->pct_start, o->pct_start <= 1, "at most 1");
    if (s->shape->is_plateau)
        check_option(shape, "factor", o->factor, o->factor > 0 && o->factor < 1, "between 0 and 1");
    if (s->shape->is_plateau && !o->monitor)
        levin__error_set(LEVIN_EINVAL,
                         "%s schedule: it needs a monitor, the metric that it looks "
                         "at",
                         shape);
    return levin_error();
}
