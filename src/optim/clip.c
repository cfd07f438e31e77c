/* clip.c: norms and clipping of all gradients of an optimizer, by torch.nn.utils' formulas. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "tensor/dispatch.h"

#include <math.h>

bool levin__optimizer_each_gradient(const levin_optimizer *o, levin_gradient_visit *visit,
                                    void *payload)
{
    for (int k = 0; k < o->n_groups; k++) {
        const levin_group *g = &o->groups[k];
        for (int64_t i = 0; i < g->n; i++) {
            float *grad = levin__slot_grad(&g->slots[i]);
            if (grad && !visit(payload, &g->slots[i], grad))
                return false;
        }
    }
    return true;
}

void levin__no_back_end(const char *what)
{
    levin__error_set(LEVIN_EUNSUPPORTED, "%s: no back end takes the gradients", what);
}

/* A product that wrote a gradient has added up its squares on the way. */
static bool add_squares(void *payload, const levin_slot *s, float *grad)
{
    const levin_tensor *g = s->tensor->grad;
    double sum = g->squares;
    if ((!g->squares_known || g->lent) &&
        !LEVIN_RUN(sum_squares, &sum, grad, g->numel, levin__slot_live(s)))
        return false;
    *(double *)payload += sum;
    return true;
}

double levin_grad_norm(const levin_optimizer *o)
{
    double sum = 0;
    if (!o || levin_error())
        return 0;
    if (!levin__optimizer_each_gradient(o, add_squares, &sum)) {
        levin__no_back_end("grad_norm");
        return 0;
    }
    return sqrt(sum) * o->grad_scale;
}

static bool scale_numbers(void *payload, float *grad, int64_t n)
{
    levin_array g = { grad, LEVIN_F32 };
    return LEVIN_RUN(axpy, g, *(double *)payload, g, n, false);
}

/* Calls change for the live part of a gradient: zeros stay what they are, and are not touched. */
static bool each_live_row(bool (*change)(void *payload, float *grad, int64_t n), void *payload,
                          const levin_slot *s, float *grad)
{
    levin_live live = levin__slot_live(s);
    bool done = true;
    s->tensor->grad->squares_known = false;
    if (!live.rows)
        return change(payload, grad, s->tensor->numel);
    for (int64_t i = 0; done && i < s->tensor->dim[0]; i++)
        done = !live.rows[i] || change(payload, grad + i * live.width, live.width);
    return done;
}

static bool scale(void *payload, const levin_slot *s, float *grad)
{
    return each_live_row(scale_numbers, payload, s, grad);
}

/* Writes a factor that waits for the step into the gradients. */
static void settle(levin_optimizer *o)
{
    if (o->grad_scale == 1)
        return;
    if (!levin__optimizer_each_gradient(o, scale, &o->grad_scale))
        levin__no_back_end("clip_grad");
    o->grad_scale = 1;
}

void levin__optimizer_scale_grads(levin_optimizer *o, double factor)
{
    o->grad_scale *= factor;
    settle(o);
}

double levin__clip_grad_norm_later(levin_optimizer *o, double max_norm)
{
    if (!o || levin_error())
        return 0;
    if (!(max_norm >= 0)) {
        levin__error_set(LEVIN_EINVAL, "clip_grad_norm: max_norm must be at least 0, not %g",
                         max_norm);
        return 0;
    }
    double norm = levin_grad_norm(o);
    double factor = max_norm / (norm + 1e-6);
    if (!(factor >= 1)) // also when it is NaN: a norm that is none must not go unseen
        o->grad_scale *= factor;
    return norm;
}

double levin_clip_grad_norm(levin_optimizer *o, double max_norm)
{
    double norm = levin__clip_grad_norm_later(o, max_norm);
    if (o && !levin_error())
        settle(o);
    return norm;
}

static bool clamp_numbers(void *payload, float *grad, int64_t n)
{
    double value = *(double *)payload;
    return LEVIN_RUN(clamp, grad, -value, value, n);
}

static bool clamp(void *payload, const levin_slot *s, float *grad)
{
    return each_live_row(clamp_numbers, payload, s, grad);
}

void levin_clip_grad_value(levin_optimizer *o, double value)
{
    if (!o || levin_error())
        return;
    if (!(value >= 0)) {
        levin__error_set(LEVIN_EINVAL, "clip_grad_value: value must be at least 0, not %g", value);
        return;
    }
    settle(o);
    if (!levin__optimizer_each_gradient(o, clamp, &value))
        levin__no_back_end("clip_grad");
}
