/* torch_scheduler_classes.c: torch's schedules as configurations name them. They move once an epoch
 * unless said otherwise, as in Lightning, OneCycleLR with each step. LambdaLR, which needs a
 * function, is for programs. */
#include "trainer/classes.h"

#include <levin/optim.h>

#define ROW(field, missing, help) LEVIN_ARGUMENT(levin_lr_scheduler_opts, field, missing, help)
#define ROW_NAMED(word, field, missing, help)                                                      \
    LEVIN_ARGUMENT_NAMED(levin_lr_scheduler_opts, word, field, missing, help, NULL)
#define CHOICE(field, missing, help, words)                                                        \
    LEVIN_ARGUMENT_WORDS(levin_lr_scheduler_opts, field, missing, help, words)
#define EVERY(when)                                                                                \
    ROW(per_epoch, when, "one step of the schedule is an epoch"),                                  \
        ROW(frequency, "1", "epochs, or optimizer steps, of one step of the schedule"),            \
    {                                                                                              \
        0                                                                                          \
    }

static const levin_flag step[] = {
    ROW(step_size, "null", "steps between two falls"),
    ROW(gamma, "0.1", "what the rate is multiplied by"),
    EVERY("true"),
};
static const levin_flag multi_step[] = {
    ROW(milestones, "null", "steps of the falls, in a list"),
    ROW(gamma, "0.1", "what the rate is multiplied by"),
    EVERY("true"),
};
static const levin_flag exponential[] = {
    ROW(gamma, "0.1", "what the rate is multiplied by in each step"),
    EVERY("true"),
};
static const levin_flag cosine_annealing[] = {
    ROW_NAMED("T_max", t_max, "null", "steps down; null: those of the run"),
    ROW_NAMED("eta_min", min_lr, "0.0", "rate that it falls to"),
    EVERY("true"),
};
static const levin_flag one_cycle[] = {
    ROW(max_lr, "null", "rate at the top; null: that of the optimizer"),
    ROW(total_steps, "null", "steps of the cycle; null: those of the run"),
    ROW(pct_start, "0.3", "share of the steps until the top"),
    ROW(div_factor, "25.0", "the top over the first rate"),
    ROW(final_div_factor, "10000.0", "the first rate over the last"),
    ROW(cycle_momentum, "true", "momentum goes the other way"),
    ROW(base_momentum, "0.85", "momentum at the top"),
    ROW(max_momentum, "0.95", "momentum at both ends"),
    ROW(three_phase, "false", "down as fast as up, then to nothing"),
    CHOICE(anneal_strategy, "cos", "half waves or straight lines", "cos linear"),
    EVERY("false"),
};
static const levin_flag plateau[] = {
    ROW(monitor, "null", "metric that it looks at"),
    CHOICE(mode, "min", "which values are better", "min max"),
    ROW(factor, "0.1", "what the rate is multiplied by"),
    ROW(patience, "10", "steps without improvement that it bears"),
    ROW(threshold, "0.0001", "improvement that counts"),
    CHOICE(threshold_mode, "rel", "the threshold as a share of the best, or as it is", "rel abs"),
    ROW(cooldown, "0", "steps after a fall in which none is counted"),
    ROW(min_lr, "0.0", "rate that it does not go below"),
    ROW(eps, "1e-8", "least change of the rate"),
    ROW(strict, "true", "a metric that is not there is an error"),
    EVERY("true"),
};

static const levin_class_limit limits[] = {
    LEVIN_FROM("step_size", 1),       LEVIN_ABOVE("gamma", 0),
    LEVIN_FROM("T_max", 1),           LEVIN_FROM("min_lr", 0),
    LEVIN_FROM("eta_min", 0),         LEVIN_ABOVE("max_lr", 0),
    LEVIN_FROM("total_steps", 1),     LEVIN_FROM("frequency", 1),
    LEVIN_ABOVE("div_factor", 0),     LEVIN_ABOVE("final_div_factor", 0),
    LEVIN_BETWEEN("factor", 0, 1),    LEVIN_FROM("patience", 0),
    LEVIN_FROM("cooldown", 0),        LEVIN_ABOVE("eps", 0),
    LEVIN_FROM_TO("pct_start", 0, 1), { 0 },
};

static const char *const fixed[][2] = { { "last_epoch", "-1" }, { NULL } };
static const char *const needs_step_size[] = { "step_size", NULL };
static const char *const needs_milestones[] = { "milestones", NULL };
static const char *const needs_monitor[] = { "monitor", NULL };

#define SCHEDULE(symbol, word, rows, needs, text)                                                  \
    const levin_class levin__class_##symbol = {                                                    \
        .kind = LEVIN_CLASS_LR_SCHEDULER,                                                          \
        .name = word,                                                                              \
        .paths = (const char *const[]){ "torch.optim.lr_scheduler." word, NULL },                  \
        .help = text,                                                                              \
        .arguments = rows,                                                                         \
        .size = sizeof(levin_lr_scheduler_opts),                                                   \
        .required = needs,                                                                         \
        .limits = limits,                                                                          \
        .fixed = fixed,                                                                            \
    }

SCHEDULE(step_lr, "StepLR", step, needs_step_size, "down by a factor every so many steps");
SCHEDULE(multi_step_lr, "MultiStepLR", multi_step, needs_milestones,
         "down by a factor at each of a list of steps");
SCHEDULE(exponential_lr, "ExponentialLR", exponential, NULL, "down by a factor in each step");
SCHEDULE(cosine_annealing_lr, "CosineAnnealingLR", cosine_annealing, NULL,
         "down on half a wave, and up again after it");
SCHEDULE(one_cycle_lr, "OneCycleLR", one_cycle, NULL, "up to a high rate and down to nearly none");
SCHEDULE(reduce_lr_on_plateau, "ReduceLROnPlateau", plateau, needs_monitor,
         "down by a factor when a metric no longer improves");
