/* adam.c: Adam (Kingma and Ba, 2015), with AMSGrad (Reddi et al., 2018), and AdamW (Loshchilov and
 * Hutter, 2019), as torch.optim computes them: bias correction, eps outside the root. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "tensor/dispatch.h"

#include <math.h>

/* Packed copies that the back end of today made, for products of bf16, are written along. */
static void add_packings(levin_adam_args *a, levin_slot *s)
{
    const levin_tensor *t = s->tensor;
    const levin_packing *p = t->ndim == 2 ? t->packings : NULL;
    a->cols = t->ndim ? t->dim[t->ndim - 1] : 1;
    for (int i = 0; p && i <= LEVIN_PACKED_BACKWARD; i++)
        if (p[i].data && p[i].operand == LEVIN_BF16 && p[i].by == levin__kernel_tables()[0])
            a->packed[i] =
                (levin_packed){ p[i].data, i == LEVIN_PACKED_FORWARD, &s->packings_fresh[i] };
}

/* The parts that both have in common; what the decay does is the caller's. */
static levin_adam_args common(const levin_optimizer *o, const levin_group *g, levin_slot *s,
                              const float *grad)
{
    const levin_adam_opts *opts = &o->opts.adam;
    double t = (double)(s->steps + 1);
    levin_adam_args a = {
        .p = s->tensor->data,
        .m = s->state[0],
        .v = s->state[1],
        .v_max = s->state[2],
        .g = grad,
        .n = s->tensor->numel,
        .lr = g->lr,
        .beta1 = opts->betas[0],
        .beta2 = opts->betas[1],
        .eps = opts->eps,
        .bias1 = 1 - pow(opts->betas[0], t),
        .bias2 = 1 - pow(opts->betas[1], t),
        .grad_scale = o->grad_scale,
        .live = { s->live_rows, s->live_rows ? s->tensor->numel / s->tensor->dim[0] : 0 },
    };
    add_packings(&a, s);
    return a;
}

static bool update_adam(const levin_optimizer *o, const levin_group *g, levin_slot *s,
                        const float *grad)
{
    levin_adam_args a = common(o, g, s, grad);
    a.l2 = s->decays ? g->weight_decay : 0;
    return LEVIN_RUN(adam, &a);
}

static bool update_adamw(const levin_optimizer *o, const levin_group *g, levin_slot *s,
                         const float *grad)
{
    levin_adam_args a = common(o, g, s, grad);
    a.decay = s->decays ? g->lr * g->weight_decay : 0;
    return LEVIN_RUN(adam, &a);
}

static double *momentum(levin_optimizer *o) { return &o->opts.adam.betas[0]; }

#define ADAM_STATES                                                                                \
    {                                                                                              \
        "exp_avg", "exp_avg_sq", "max_exp_avg_sq"                                                  \
    }
static const levin_rule adam = { "Adam", ADAM_STATES, update_adam, momentum };
static const levin_rule adamw = { "AdamW", ADAM_STATES, update_adamw, momentum };

static bool fill_opts(levin_optimizer *draft, const levin_adam_opts *given)
{
    levin_adam_opts *opts = &draft->opts.adam;
    const double betas[2] = { 0.9, 0.999 };
    if (given)
        *opts = *given;
    for (int i = 0; i < 2; i++) {
        if (opts->betas[i] == 0)
            opts->betas[i] = betas[i];
        if (!(opts->betas[i] > 0 && opts->betas[i] < 1))
            levin__error_set(LEVIN_EINVAL, "%s: beta%d must lie in [0, 1), not %g",
                             draft->rule->name, i + 1, opts->betas[i]);
    }
    if (opts->eps == 0)
        opts->eps = 1e-8;
    if (!(opts->eps > 0 && isfinite(opts->eps)))
        levin__error_set(LEVIN_EINVAL, "%s: eps must be above 0, not %g", draft->rule->name,
                         opts->eps);
    draft->n_states = opts->amsgrad.value > 0 ? 3 : 2;
    draft->decay_only_weights = opts->decay_only_weights.value > 0;
    return !levin_error();
}

levin_optimizer *levin_adam(levin_params *params, double lr, const levin_adam_opts *opts)
{
    levin_optimizer draft = { .rule = &adam };
    if (params && !levin_error())
        fill_opts(&draft, opts);
    return levin__optimizer_new(&draft, params, lr, draft.opts.adam.weight_decay);
}

levin_optimizer *levin_adamw(levin_params *params, double lr, double weight_decay,
                             const levin_adam_opts *opts)
{
    levin_optimizer draft = { .rule = &adamw };
    if (params && !levin_error() && fill_opts(&draft, opts) && draft.opts.adam.weight_decay != 0)
        levin__error_set(LEVIN_EINVAL, "AdamW: weight_decay is an argument of its own, not an "
                                       "option; the option is Adam's");
    return levin__optimizer_new(&draft, params, lr, weight_decay);
}
