/* optimizer.h: the inside of an optimizer: groups, their flat buckets, the rule that updates one
 * parameter, the schedule, and the doors for the trainer: clipping without a pass of its own, and
 * the state that a checkpoint keeps. */
#ifndef LEVIN_OPTIM_OPTIMIZER_H
#define LEVIN_OPTIM_OPTIMIZER_H

#include "optim/schedule.h"
#include "tensor/tensor.h"

#include <levin/sys/kernels.h>

#include <levin/optim.h>

enum { LEVIN_MAX_STATES = 3 };

/* One parameter in an optimizer. */
typedef struct levin_slot {
    levin_tensor *tensor; // lent by its module
    const char *name;     // lent by the group's list
    bool decays;
    int64_t steps;                  // updates made
    float *state[LEVIN_MAX_STATES]; // in the group's bucket; all NULL before the first update
    bool packings_fresh[2];         // the update wrote the tensor's packings
    levin_tensor grad; // in the group's bucket; the tensor's gradient, unless it had one
    bool moments_are_zero;
    uint8_t *live_rows; // rows whose moments may be other than zero; NULL: all
    bool trainable;     // what levin__optimizer_note_trainable saw
} levin_slot;

typedef struct levin_group {
    levin_params *params;
    int64_t n; // parameters
    levin_slot *slots;
    double initial_lr, lr, weight_decay;
    int64_t bucket;        // floats of a block
    float *grads, *states; // one block for the whole group, and one for each state
} levin_group;

/* How one kind of optimizer updates: a row. */
typedef struct levin_rule {
    const char *name;
    const char *states[LEVIN_MAX_STATES]; // torch's names; those not used come last
    bool (*update)(const levin_optimizer *o, const levin_group *g, levin_slot *s,
                   const float *grad);
    double *(*momentum)(levin_optimizer *o); // SGD's, or the first of Adam's betas; NULL: none
} levin_rule;

struct levin_optimizer {
    const levin_rule *rule;
    union {
        levin_adam_opts adam;
        levin_sgd_opts sgd;
    } opts; // defaults filled in
    bool decay_only_weights;
    int n_states; // of each parameter
    levin_group *groups;
    int n_groups;
    double grad_scale; // of the gradients that stand; not 1 after levin__clip_grad_norm_later
    levin_schedule schedule;
    levin_optimizer *next; // put behind it by levin_optimizer_and; owned
    bool noted_trainable;
    /* Called before each step; NULL: by nobody. */
    void (*before_step)(void *payload, levin_optimizer *o);
    void *payload;
};

/** An optimizer with one group; takes params. opts are checked and stand in draft. */
levin_optimizer *levin__optimizer_new(const levin_optimizer *draft, levin_params *params, double lr,
                                      double weight_decay);

/** Momentum as the options have it, to be read or written; NULL if it has none. */
double *levin__optimizer_momentum(levin_optimizer *o);
/** Whether a parameter is in one of its groups. */
bool levin__optimizer_has(const levin_optimizer *o, const levin_tensor *parameter);
/** Multiplies all gradients that stand. */
void levin__optimizer_scale_grads(levin_optimizer *o, double factor);
typedef bool levin_gradient_visit(void *payload, const levin_slot *s, float *grad);
/** Calls visit for each gradient that stands until it returns false. */
bool levin__optimizer_each_gradient(const levin_optimizer *o, levin_gradient_visit *visit,
                                    void *payload);
/** Records that no back end could do what. */
void levin__no_back_end(const char *what);
/** Calls visit with the norm, of an order above 0 or infinite, of each gradient that stands; gives
 * that of all together. */
double levin__optimizer_visit_norms(const levin_optimizer *o, double order,
                                    void (*visit)(void *payload, const char *name, double norm),
                                    void *payload);
/** Takes the chain of levin_optimizer_and apart: what follows o is the caller's. */
levin_optimizer *levin__optimizer_unchain(levin_optimizer *o);
/** Whether every parameter is finite; else the name of one that is not, lent, in *name. */
bool levin__optimizer_is_finite(const levin_optimizer *o, const char **name);

/** Notes which of its parameters require gradients, unless that is noted already; switches all of
 * them off, or back to what was noted; forgets it. */
void levin__optimizer_note_trainable(levin_optimizer *o);
void levin__optimizer_set_trainable(levin_optimizer *o, bool on);
static inline void levin__optimizer_forget_trainable(levin_optimizer *o)
{
    o->noted_trainable = false;
}

/** Makes the moments of a group, zeros, unless they stand. False after LEVIN_ENOMEM. */
bool levin__optimizer_make_states(const levin_optimizer *o, levin_group *g);
/** Whether opts.decay_only_weights leaves a parameter of this name alone. */
bool levin__no_decay_name(const char *name);
/** The gradient that stands for a slot's tensor, or NULL. */
static inline float *levin__slot_grad(const levin_slot *s)
{
    const levin_tensor *t = s->tensor;
    return t->grad && !t->grad_is_fresh ? t->grad->data : NULL;
}
/** Which rows of that gradient may be other than zero. */
static inline levin_live levin__slot_live(const levin_slot *s)
{
    const levin_tensor *t = s->tensor;
    const uint8_t *rows = t->grad ? levin__live_rows(t->grad) : NULL;
    return (levin_live){ rows, rows ? t->numel / t->dim[0] : 0 };
}

/** levin_clip_grad_norm for the trainer: the factor is left to the next step, which applies it in
 * the pass it makes anyway, so that gradients read before look as they were. Holds until zero_grad;
 *  add nothing to the gradients in between. */
double levin__clip_grad_norm_later(levin_optimizer *o, double max_norm);

/* Arrays of a checkpoint: "exp_avg" and so on of each parameter. */
typedef struct levin_optimizer_array {
    const char *parameter, *state; // lent
    const levin_tensor *like;      // the parameter, for its shape
    float *data;                   // to be read or written
} levin_optimizer_array;
/** Calls visit for each; makes those that were never needed yet (zeros). Stops at a result that is
 *  not 0 and returns it. */
int levin__optimizer_visit_arrays(levin_optimizer *o,
                                  int (*visit)(void *payload, const levin_optimizer_array *array),
                                  void *payload);
/** Moments were written by a visitor: which rows of them are zero is no longer known. */
void levin__optimizer_moments_changed(levin_optimizer *o);
/** Calls visit for each number: "step.<parameter>", "group.<i>.lr", ".initial_lr", ".weight_decay",
 *  "schedule.step". What visit leaves in *value is the number afterwards; LEVIN_EFORMAT if it
 *  cannot be one. */
int levin__optimizer_visit_numbers(levin_optimizer *o,
                                   int (*visit)(void *payload, const char *name, double *value),
                                   void *payload);

#endif
