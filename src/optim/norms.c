/* norms.c: the norm of each gradient by itself, of any order, for whoever watches them. */
#include "optim/optimizer.h"

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

/* Norms on their way to whoever watches, and to the norm of all. */
typedef struct {
    double order, total;
    void (*visit)(void *payload, const char *name, double norm);
    void *payload;
} norms;

static bool add_norm(void *payload, const levin_slot *s, float *grad)
{
    norms *n = payload;
    double norm;
    (void)grad;
    if (!norm_of(s, n->order, &norm))
        return false;
    n->visit(n->payload, s->name, norm);
    n->total = isinf(n->order) ? fmax(n->total, norm) : n->total + pow(norm, n->order);
    return true;
}

double levin__optimizer_visit_norms(const levin_optimizer *o, double order,
                                    void (*visit)(void *payload, const char *name, double norm),
                                    void *payload)
{
    norms n = { .order = order, .visit = visit, .payload = payload };
    if (!levin__optimizer_each_gradient(o, add_norm, &n)) {
        levin__no_back_end("grad_norm");
        return 0;
    }
    return isinf(order) ? n.total : pow(n.total, 1 / order);
}
