/* optimizer_classes.c: the optimizers as configurations name them. Their defaults are torch's, but
 * for the rate, which is one for fine-tuning, and for what AdamW leaves without decay. */
#include "trainer/classes.h"

#include <levin/optim.h>

typedef struct {
    double lr, betas[2], eps, weight_decay;
    levin_switch amsgrad, decay_only_weights;
} adam_options;

static levin_adam_opts adam_opts(const adam_options *o)
{
    return (levin_adam_opts){
        .betas = { o->betas[0], o->betas[1] },
        .eps = o->eps,
        .weight_decay = o->weight_decay,
        .amsgrad = o->amsgrad,
        .decay_only_weights = o->decay_only_weights,
    };
}

static levin_optimizer *make_adamw(levin_params *params, const void *options)
{
    const adam_options *o = options;
    levin_adam_opts opts = adam_opts(o);
    opts.weight_decay = 0; // AdamW's is no part of the gradient
    return levin_adamw(params, o->lr, o->weight_decay, &opts);
}

static levin_optimizer *make_adam(levin_params *params, const void *options)
{
    const adam_options *o = options;
    const levin_adam_opts opts = adam_opts(o);
    return levin_adam(params, o->lr, &opts);
}

#define LR(type) LEVIN_ARGUMENT(type, lr, "2e-5", "learning rate")
#define ADAM_ARGUMENTS                                                                             \
    LR(adam_options),                                                                              \
        LEVIN_ARGUMENT(adam_options, betas, "[0.9, 0.999]",                                        \
                       "how long the means of the gradient and of its square remember"),           \
        LEVIN_ARGUMENT(adam_options, eps, "1e-8", "added to the root of the mean square")
#define AMSGRAD                                                                                    \
    LEVIN_ARGUMENT(adam_options, amsgrad, "false", "divide by the largest mean square so far")

static const levin_flag adamw_arguments[] = {
    ADAM_ARGUMENTS,
    LEVIN_ARGUMENT(adam_options, weight_decay, "0.01", "decay of weights, times the rate"),
    AMSGRAD,
    LEVIN_ARGUMENT(adam_options, decay_only_weights, "true",
                   "no decay of biases and LayerNorm; torch decays them too"),
    { 0 },
};

static const levin_flag adam_arguments[] = {
    ADAM_ARGUMENTS,
    LEVIN_ARGUMENT(adam_options, weight_decay, "0.0", "L2 penalty, added to the gradient"),
    AMSGRAD,
    LEVIN_ARGUMENT(adam_options, decay_only_weights, "false", "no decay of biases and LayerNorm"),
    { 0 },
};

static const levin_class_limit adam_limits[] = {
    LEVIN_ABOVE("lr", 0),
    LEVIN_BETWEEN("betas", 0, 1),
    LEVIN_ABOVE("eps", 0),
    LEVIN_FROM("weight_decay", 0),
    { 0 },
};

/* torch's ways to compute the same thing, or to run uphill. */
static const char *const fixed[][2] = {
    { "maximize", "false" },       { "foreach", "null" }, { "capturable", "false" },
    { "differentiable", "false" }, { "fused", "null" },   { NULL },
};

const levin_class levin__class_adamw = {
    .kind = LEVIN_CLASS_OPTIMIZER,
    .name = "AdamW",
    .paths = (const char *const[]){ "torch.optim.AdamW", NULL },
    .help = "Adam with decay of the weights apart from the gradient (Loshchilov and Hutter, 2019)",
    .arguments = adamw_arguments,
    .size = sizeof(adam_options),
    .defaults = &(const adam_options){ .lr = 2e-5,
                                       .betas = { 0.9, 0.999 },
                                       .eps = 1e-8,
                                       .weight_decay = 0.01,
                                       .decay_only_weights = { 1 } },
    .limits = adam_limits,
    .fixed = fixed,
    .make.optimizer = make_adamw,
};

const levin_class levin__class_adam = {
    .kind = LEVIN_CLASS_OPTIMIZER,
    .name = "Adam",
    .paths = (const char *const[]){ "torch.optim.Adam", NULL },
    .help = "Adam (Kingma and Ba, 2015)",
    .arguments = adam_arguments,
    .size = sizeof(adam_options),
    .defaults = &(const adam_options){ .lr = 2e-5, .betas = { 0.9, 0.999 }, .eps = 1e-8 },
    .limits = adam_limits,
    .fixed = fixed,
    .make.optimizer = make_adam,
};

typedef struct {
    double lr, momentum, dampening, weight_decay;
    levin_switch nesterov;
} sgd_options;

static levin_optimizer *make_sgd(levin_params *params, const void *options)
{
    const sgd_options *o = options;
    return levin_sgd(params, o->lr,
                     &(levin_sgd_opts){ .momentum = o->momentum,
                                        .dampening = o->dampening,
                                        .weight_decay = o->weight_decay,
                                        .nesterov = o->nesterov });
}

static const levin_flag sgd_arguments[] = {
    LR(sgd_options),
    LEVIN_ARGUMENT(sgd_options, momentum, "0.0", "share of the last update that is kept"),
    LEVIN_ARGUMENT(sgd_options, dampening, "0.0", "share of the gradient that momentum leaves out"),
    LEVIN_ARGUMENT(sgd_options, weight_decay, "0.0", "L2 penalty, added to the gradient"),
    LEVIN_ARGUMENT(sgd_options, nesterov, "false", "look ahead along the momentum"),
    { 0 },
};

static const levin_class_limit sgd_limits[] = {
    LEVIN_ABOVE("lr", 0),
    LEVIN_FROM("momentum", 0),
    LEVIN_FROM("weight_decay", 0),
    { 0 },
};

const levin_class levin__class_sgd = {
    .kind = LEVIN_CLASS_OPTIMIZER,
    .name = "SGD",
    .paths = (const char *const[]){ "torch.optim.SGD", NULL },
    .help = "stochastic gradient descent",
    .arguments = sgd_arguments,
    .size = sizeof(sgd_options),
    .defaults = &(const sgd_options){ .lr = 2e-5 },
    .limits = sgd_limits,
    .fixed = fixed,
    .make.optimizer = make_sgd,
};
