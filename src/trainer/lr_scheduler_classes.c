/* lr_scheduler_classes.c: the schedules as configurations name them: transformers' functions, under
 * the short names of its get_scheduler. */
#include "trainer/classes.h"

#include <levin/optim.h>

#define ROW(field, missing, help) LEVIN_ARGUMENT(levin_lr_scheduler_opts, field, missing, help)
#define WARMUP                                                                                     \
    ROW(warmup, "0.0",                                                                             \
        "steps in which the rate rises to its full value; below 1: a share of all steps")
#define TOTAL     ROW(total_steps, "null", "steps until the end; null: those of the run")
#define CYCLES(n) ROW(num_cycles, n, "waves between the full rate and none")
#define PER_EPOCH ROW(per_epoch, "false", "one step of the schedule is an epoch")
#define END                                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

static const levin_flag none[] = { PER_EPOCH, END };
static const levin_flag warmup[] = { WARMUP, TOTAL, PER_EPOCH, END };
static const levin_flag cosine[] = { WARMUP, TOTAL, CYCLES("0.5"), PER_EPOCH, END };
static const levin_flag restarts[] = { WARMUP, TOTAL, CYCLES("1.0"), PER_EPOCH, END };
static const levin_flag polynomial[] = {
    WARMUP,
    TOTAL,
    ROW(power, "1.0", "power of the share that is left"),
    ROW(lr_end, "1e-7", "rate at the end"),
    PER_EPOCH,
    END,
};
static const levin_flag inverse_sqrt[] = {
    WARMUP,
    TOTAL,
    ROW(timescale, "null", "steps that the root counts in; null: those of the warm-up, or 10000"),
    PER_EPOCH,
    END,
};
static const levin_flag stable_decay[] = {
    WARMUP,
    TOTAL,
    ROW(num_decay_steps, "null", "steps in which the rate falls"),
    ROW(num_stable_steps, "null", "steps at the full rate; null: all that are left"),
    CYCLES("0.5"),
    PER_EPOCH,
    END,
};
static const levin_flag min_lr[] = {
    WARMUP, TOTAL, CYCLES("0.5"), ROW(min_lr, "0.0", "rate that it falls to"), PER_EPOCH, END,
};

static const levin_class_limit limits[] = {
    LEVIN_FROM("warmup", 0),          LEVIN_FROM("total_steps", 1),
    LEVIN_ABOVE("num_cycles", 0),     LEVIN_ABOVE("power", 0),
    LEVIN_ABOVE("lr_end", 0),         LEVIN_FROM("min_lr", 0),
    LEVIN_FROM("timescale", 1),       LEVIN_FROM("num_stable_steps", 0),
    LEVIN_FROM("num_decay_steps", 1), { 0 },
};

/* transformers' names of the same. */
static const char *const also[][2] = { { "num_warmup_steps", "warmup" },
                                       { "num_training_steps", "total_steps" },
                                       { NULL } };
static const char *const fixed[][2] = { { "last_epoch", "-1" }, { NULL } };

#define SCHEDULE(symbol, path, rows, text)                                                         \
    const levin_class levin__class_##symbol = {                                                    \
        .kind = LEVIN_CLASS_LR_SCHEDULER,                                                          \
        .name = #symbol,                                                                           \
        .paths = (const char *const[]){ "transformers." path, NULL },                              \
        .help = text,                                                                              \
        .arguments = rows,                                                                         \
        .size = sizeof(levin_lr_scheduler_opts),                                                   \
        .limits = limits,                                                                          \
        .also = also,                                                                              \
        .fixed = fixed,                                                                            \
    }

SCHEDULE(linear, "get_linear_schedule_with_warmup", warmup, "down to 0 on a straight line");
SCHEDULE(cosine, "get_cosine_schedule_with_warmup", cosine, "down to 0 on half a wave");
SCHEDULE(cosine_with_restarts, "get_cosine_with_hard_restarts_schedule_with_warmup", restarts,
         "down to 0 on half a wave, again and again");
SCHEDULE(polynomial, "get_polynomial_decay_schedule_with_warmup", polynomial,
         "down to a last rate along a power");
SCHEDULE(constant, "get_constant_schedule", none, "always the same rate");
SCHEDULE(constant_with_warmup, "get_constant_schedule_with_warmup", warmup,
         "the same rate after the warm-up");
SCHEDULE(inverse_sqrt, "get_inverse_sqrt_schedule", inverse_sqrt,
         "down with the root of the steps, never to 0");
SCHEDULE(warmup_stable_decay, "get_wsd_schedule", stable_decay,
         "the full rate for a while, then down on half a wave");
SCHEDULE(cosine_with_min_lr, "get_cosine_with_min_lr_schedule_with_warmup", min_lr,
         "down to a least rate on half a wave");
