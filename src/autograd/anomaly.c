/* anomaly.c: see anomaly.h. */
#include "autograd/anomaly.h"

#include "base/error.h"

#include <math.h>

static _Thread_local bool detects, found;
static _Thread_local const levin_tensor *found_at;

bool levin__detect_anomaly(bool on)
{
    bool before = detects;
    detects = on;
    if (on)
        found = false;
    return before;
}

bool levin__anomaly_found(const levin_tensor **parameter)
{
    *parameter = found ? found_at : NULL;
    return found;
}

static void note(const levin_call *c)
{
    found = true;
    found_at = NULL;
    for (int i = c->n - 1; i >= 0; i--)
        if (c->x[i] && c->x[i]->requires_grad && !c->x[i]->call)
            found_at = c->x[i];
}

bool levin__detects_anomaly(void) { return detects; }

/* The first element that is not finite; -1 if all are. */
static int64_t first_anomaly(const levin_tensor *t)
{
    double sum = 0;
    if (t->dtype != LEVIN_F32 && t->dtype != LEVIN_BF16)
        return -1;
    if (t->dtype == LEVIN_F32 && LEVIN_RUN(sum_squares, &sum, t->data, t->numel, (levin_live){ 0 }))
        if (isfinite(sum))
            return -1;
    for (int64_t i = 0; i < t->numel; i++)
        if (!isfinite(levin_tensor_get(t, i)))
            return i;
    return -1;
}

bool levin__check_result(const levin_call *c)
{
    char shape[96];
    int64_t i = first_anomaly(c->y);
    if (i < 0)
        return true;
    note(c);
    levin__error_set(LEVIN_ENUMERIC,
                     "detect_anomaly: the result of %s, %s, is the first that is not finite: "
                     "element %lld is %g",
                     c->op->name, levin_tensor_describe(c->y, shape, sizeof shape), (long long)i,
                     levin_tensor_get(c->y, i));
    return false;
}

bool levin__check_gradients(const levin_call *c)
{
    char shape[96];
    for (int k = 0; k < c->n; k++) {
        const levin_tensor *dx = levin__wants_grad(c, k) ? c->x[k]->grad : NULL;
        int64_t i = dx && !c->x[k]->grad_is_fresh ? first_anomaly(dx) : -1;
        if (i < 0)
            continue;
        note(c);
        levin__error_set(
            LEVIN_ENUMERIC,
            "detect_anomaly: the gradient that %s gives its input %d, %s, is the first "
            "that is not finite: element %lld is %g",
            c->op->name, k, levin_tensor_describe(dx, shape, sizeof shape), (long long)i,
            levin_tensor_get(dx, i));
        return false;
    }
    return true;
}
