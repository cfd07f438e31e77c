/* sgd.c: stochastic gradient descent with momentum, in torch's form: the rate multiplies the
 * velocity, and the first velocity is the gradient itself, not damped. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "tensor/dispatch.h"

#include <math.h>

static bool update(const levin_optimizer *o, const levin_group *g, levin_slot *s, const float *grad)
{
    const levin_sgd_opts *opts = &o->opts.sgd;
    levin_sgd_args a = {
        .p = s->tensor->data,
        .momentum_buffer = s->state[0],
        .g = grad,
        .n = s->tensor->numel,
        .lr = g->lr,
        .momentum = opts->momentum,
        .dampening = opts->dampening,
        .weight_decay = s->decays ? g->weight_decay : 0,
        .nesterov = opts->nesterov.value > 0,
        .first = s->steps == 0,
        .grad_scale = o->grad_scale,
    };
    return LEVIN_RUN(sgd, &a);
}

/* Without any from the start there is no velocity to keep it. */
static double *momentum(levin_optimizer *o) { return o->n_states ? &o->opts.sgd.momentum : NULL; }

static const levin_rule sgd = { "SGD", { "momentum_buffer" }, update, momentum };

static void check(const levin_sgd_opts *opts)
{
    if (!(opts->momentum >= 0 && isfinite(opts->momentum)))
        levin__error_set(LEVIN_EINVAL, "SGD: momentum must be at least 0, not %g", opts->momentum);
    if (!isfinite(opts->dampening))
        levin__error_set(LEVIN_EINVAL, "SGD: dampening must be a number, not %g", opts->dampening);
    if (opts->nesterov.value > 0 && (opts->momentum <= 0 || opts->dampening != 0))
        levin__error_set(LEVIN_EINVAL,
                         "SGD: nesterov needs momentum above 0 and dampening 0, not %g and %g",
                         opts->momentum, opts->dampening);
}

levin_optimizer *levin_sgd(levin_params *params, double lr, const levin_sgd_opts *opts)
{
    levin_optimizer draft = { .rule = &sgd };
    if (opts)
        draft.opts.sgd = *opts;
    if (params && !levin_error())
        check(&draft.opts.sgd);
    draft.n_states = draft.opts.sgd.momentum != 0 ? 1 : 0;
    return levin__optimizer_new(&draft, params, lr, draft.opts.sgd.weight_decay);
}
