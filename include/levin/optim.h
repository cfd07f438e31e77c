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
/** Frees o and the gradients that lie in it. Before the module whose parameters it has. */
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

/** Global L2 norm of all gradients of o, summed in double. */
LEVIN_API double levin_grad_norm(const levin_optimizer *o);
/** Scales all gradients by max_norm / (norm + 1e-6) if that is below 1; returns the norm before. */
LEVIN_API double levin_clip_grad_norm(levin_optimizer *o, double max_norm);
/** Clamps each element of all gradients to [-value, value]. */
LEVIN_API void levin_clip_grad_value(levin_optimizer *o, double value);

/* Learning-rate schedules: the rate of each group is its own times a factor of the step, steps
 * counted from 0. */
typedef struct levin_lr_scheduler_opts {
    double warmup;       // below 1: a share of total_steps, rounded up; else a number of steps
    int64_t total_steps; // of the run; 0: the trainer fills in its own estimate; without a trainer
                         // it must be given where the formula needs it
    double num_cycles;   // 0 means 0.5; cosine_with_restarts: 1
    double power;        // polynomial; 0 means 1
    double lr_end;       // polynomial; 0 means 1e-7
    double min_lr;       // cosine_with_min_lr
    int64_t timescale;   // inverse_sqrt; 0 means the warm-up steps, or 10000
    int64_t num_stable_steps, num_decay_steps; // warmup_stable_decay; 0 stable: all that is left
    levin_switch per_epoch; // on: one step of the schedule is an epoch; default off
} levin_lr_scheduler_opts;

/** Attaches a schedule by Hugging Face's name (any case): linear, cosine, cosine_with_restarts,
 *  polynomial, constant, constant_with_warmup, inverse_sqrt, warmup_stable_decay,
 * cosine_with_min_lr. Sets the rates of step 0. An unknown name is LEVIN_EINVAL and names the
 * nearest. */
LEVIN_API int levin_optimizer_set_lr_scheduler(levin_optimizer *o, const char *name,
                                               const levin_lr_scheduler_opts *opts);
/** Moves the schedule one step on; nothing without one. */
LEVIN_API void levin_lr_scheduler_step(levin_optimizer *o);

#ifdef __cplusplus
}
#endif
#endif
