/* optim.h: optimizers, learning-rate schedules, gradient clipping. Names, defaults and formulas are
 * torch.optim's and transformers.get_scheduler's. */
#ifndef LEVIN_OPTIM_H
#define LEVIN_OPTIM_H

#include <levin/module.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_adam_opts {
    double betas[2];                 // each: 0 means its default, 0.9 and 0.999
    double eps;                      // 0 means 1e-8
    double weight_decay;             // levin_adam alone: L2, added to the gradient
    levin_switch amsgrad;            // default off
    levin_switch decay_only_weights; // on: no decay on biases and LayerNorm; default off, as torch
} levin_adam_opts;

/** Adam (Kingma and Ba, 2015). Takes params. */
LEVIN_API levin_optimizer *levin_adam(levin_params *params, double lr, const levin_adam_opts *opts);
/** AdamW (Loshchilov and Hutter, 2019): p -= lr weight_decay p before the step. Takes params. */
LEVIN_API levin_optimizer *levin_adamw(levin_params *params, double lr, double weight_decay,
                                       const levin_adam_opts *opts);

typedef struct levin_sgd_opts {
    double momentum, dampening, weight_decay;
    levin_switch nesterov; // default off
} levin_sgd_opts;

/** Stochastic gradient descent. Takes params. */
LEVIN_API levin_optimizer *levin_sgd(levin_params *params, double lr, const levin_sgd_opts *opts);

/** Adds a parameter group with its own rate and decay; takes params. 0 or an error code; a
 * parameter that is in another group already is LEVIN_EINVAL. */
LEVIN_API int levin_optimizer_add_group(levin_optimizer *o, levin_params *params, double lr,
                                        double weight_decay);
/** [first, next]: for configure_optimizers, which may return several where the module steps them
 * itself. Takes next; gives first, or NULL if either is, and then frees the other. One optimizer
 * twice is LEVIN_EINVAL, and frees it. */
LEVIN_API levin_optimizer *levin_optimizer_and(levin_optimizer *first, levin_optimizer *next);
/** Frees o, the optimizers that levin_optimizer_and put behind it, and the gradients that lie in
 * them. Before the module whose parameters they have. */
LEVIN_API void levin_optimizer_free(levin_optimizer *o);

/** One update from the gradients that stand; parameters without a gradient are left alone. */
LEVIN_API int levin_optimizer_step(levin_optimizer *o);
/** Forgets all gradients. */
LEVIN_API void levin_optimizer_zero_grad(levin_optimizer *o);
/** "AdamW" and so on. */
LEVIN_API const char *levin_optimizer_name(const levin_optimizer *o);
LEVIN_API int levin_optimizer_num_groups(const levin_optimizer *o);
/** The rate of a group as the schedule has set it. */
LEVIN_API double levin_optimizer_lr(const levin_optimizer *o, int group);
/** param_groups[group]["lr"] = lr, at least 0 and finite. Without a schedule it stays, and one that
 * is attached later begins from it; a schedule sets its own rate again when it moves, and
 * ReduceLROnPlateau lowers this one. 0 or an error code. */
LEVIN_API int levin_optimizer_set_lr(levin_optimizer *o, int group, double lr);

/** Global L2 norm of all gradients of o, summed in double. */
LEVIN_API double levin_grad_norm(const levin_optimizer *o);
/** Scales all gradients by max_norm / (norm + 1e-6) if that is below 1; returns the norm before. */
LEVIN_API double levin_clip_grad_norm(levin_optimizer *o, double max_norm);
/** Clamps each element of all gradients to [-value, value]. */
LEVIN_API void levin_clip_grad_value(levin_optimizer *o, double value);

/* Which values of a metric are better. */
typedef enum levin_mode { LEVIN_MODE_MIN, LEVIN_MODE_MAX } levin_mode;
/* Whether an improvement counts as a share of the best value or as it is. */
typedef enum levin_threshold_mode { LEVIN_THRESHOLD_REL, LEVIN_THRESHOLD_ABS } levin_threshold_mode;
/* Half waves or straight lines. */
typedef enum levin_annealing { LEVIN_ANNEAL_COS, LEVIN_ANNEAL_LINEAR } levin_annealing;

enum { LEVIN_MAX_MILESTONES = 32 };

/* Learning-rate schedules. Most are a factor of the step, counted from 0, and the rate of each
 * group is its own times that. */
typedef struct levin_lr_scheduler_opts {
    /* Of transformers.get_scheduler. */
    double warmup;       // below 1: a share of total_steps, rounded up; else a number of steps
    int64_t total_steps; // of the run; 0: the trainer fills in its own estimate; without a trainer
                         // it must be given where the formula needs it
    double num_cycles;   // 0 means 0.5; cosine_with_restarts: 1
    double power;        // polynomial; 0 means 1
    double lr_end;       // polynomial; 0 means 1e-7
    double min_lr;       // cosine_with_min_lr, ReduceLROnPlateau; eta_min of CosineAnnealingLR
    int64_t timescale;   // inverse_sqrt; 0 means the warm-up steps, or 10000
    int64_t num_stable_steps, num_decay_steps; // warmup_stable_decay; 0 stable: all that is left

    /* When the trainer moves it: Lightning's interval, frequency, monitor, strict and name. */
    levin_switch per_epoch; // on: interval "epoch"; default on for torch's but OneCycleLR, else off
    int64_t frequency;      // every so many of its steps; 0 means 1
    const char *monitor;    // ReduceLROnPlateau: the metric; copied
    levin_switch strict;    // default on: a monitor that is not there is an error
    const char *name;       // for the LearningRateMonitor; copied

    /* Of torch.optim.lr_scheduler. */
    int64_t step_size;                        // StepLR
    double gamma;                             // StepLR, MultiStepLR, ExponentialLR; 0 means 0.1
    int64_t milestones[LEVIN_MAX_MILESTONES]; // MultiStepLR: steps, rising; 0 ends them
    int64_t t_max;                            // CosineAnnealingLR; 0: total_steps
    double max_lr;                            // OneCycleLR; 0: the rate of the optimizer
    double pct_start;                         // OneCycleLR; 0 means 0.3
    double div_factor, final_div_factor;      // OneCycleLR; 0 means 25 and 1e4
    double base_momentum, max_momentum;       // OneCycleLR; 0 means 0.85 and 0.95
    levin_switch cycle_momentum;              // OneCycleLR; default on
    levin_switch three_phase;                 // OneCycleLR; default off
    levin_annealing anneal_strategy;          // OneCycleLR
    double (*lr_lambda)(void *payload, int64_t step); // LambdaLR: the factor
    void *payload;
    double factor;                       // ReduceLROnPlateau; 0 means 0.1
    int64_t patience;                    // ReduceLROnPlateau; 0 means 10, LEVIN_ZERO none
    double threshold;                    // ReduceLROnPlateau; 0 means 1e-4
    int64_t cooldown;                    // ReduceLROnPlateau
    double eps;                          // ReduceLROnPlateau; 0 means 1e-8
    levin_mode mode;                     // ReduceLROnPlateau
    levin_threshold_mode threshold_mode; // ReduceLROnPlateau
} levin_lr_scheduler_opts;

/** Attaches a schedule by name (any case). transformers': linear, cosine, cosine_with_restarts,
 * polynomial, constant, constant_with_warmup, inverse_sqrt, warmup_stable_decay,
 * cosine_with_min_lr. torch's: StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR, LambdaLR,
 * OneCycleLR, ReduceLROnPlateau. Sets the rates of step 0. An unknown name is LEVIN_EINVAL and
 * names the nearest. */
LEVIN_API int levin_optimizer_set_lr_scheduler(levin_optimizer *o, const char *name,
                                               const levin_lr_scheduler_opts *opts);
/** Moves the schedule one step on; nothing without one. A ReduceLROnPlateau moves by a metric. */
LEVIN_API void levin_lr_scheduler_step(levin_optimizer *o);
/** ReduceLROnPlateau: looks at the metric and, if it has not improved for too long, lowers the
 * rates. */
LEVIN_API void levin_lr_scheduler_step_metric(levin_optimizer *o, double metric);

#ifdef __cplusplus
}
#endif
#endif
