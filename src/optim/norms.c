/* norms.c: the norm of each gradient by itself, of any order, for whoever watches them. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "tensor/dispatch.h"

#include <math.h>

static bool norm_of(const levin_slot *s, double order, double *out)
{
    const levin_tensor *g = s->tensor->grad;
    double sum = 0;
    if (order == 2) {
        bool done = LEVIN_RUN(sum_squares, &sum, g->data, g->numel, levin__slot_live(s));
        *out = sqrt(sum);
        return done;
    }
    for (int64_t i = 0; i < g->numel; i++) {
        double x = fabs(levin_tensor_get(g, i));
        sum = isinf(order) ? fmax(sum, x) : sum + pow(x, order);
    }
    *out = isinf(order) ? sum : pow(sum, 1 / order);
    return true;
}

double levin__optimizer_visit_norms(const levin_optimizer *o, double order,
                                    void (*visit)(void *payload, const char *name, double norm),
                                    void *payload)
{
    double total = 0;
    for (int k = 0; k < o->n_groups; k++) {
        for (int64_t i = 0; i < o->groups[k].n; i++) {
            const levin_slot *s = &o->groups[k].slots[i];
            double norm;
            if (!levin__slot_grad(s))
                continue;
            if (!norm_of(s, order, &norm)) {
                levin__error_set(LEVIN_EUNSUPPORTED, "grad_norm: no back end takes the gradients");
                return 0;
            }
            visit(payload, s->name, norm);
            total = isinf(order) ? fmax(total, norm) : total + pow(norm, order);
        }
    }
    return isinf(order) ? total : pow(total, 1 / order);
}
