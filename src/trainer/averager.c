/* averager.c: see averager.h. */
#include "trainer/averager.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/module.h"
#include "tensor/dispatch.h"

/* Calls change for each parameter, with its place in data. */
static void each(const levin_averager *a, levin_module *top,
                 bool (*change)(levin_tensor *t, float *at, double rate), double rate)
{
    float *at = a->data;
    for (levin_module *m = top; m; m = levin__module_next(top, m)) {
        for (levin_parameter *p = m->node->first; p; p = p->next) {
            levin_tensor *t = &p->tensor;
            if (t->data && !change(t, at, rate)) {
                levin__error_set(LEVIN_EUNSUPPORTED, "averaging: no back end takes the weights");
                return;
            }
            at += t->numel;
        }
    }
}

static bool add(float *y, double factor, const float *x, int64_t n, bool to_it)
{
    return LEVIN_RUN(axpy, ((levin_array){ y, LEVIN_F32 }), factor,
                     ((levin_array){ (void *)x, LEVIN_F32 }), n, to_it);
}

static bool copy(float *to, const float *from, int64_t n) { return add(to, 1, from, n, false); }

static bool take(levin_tensor *t, float *at, double rate)
{
    (void)rate;
    return copy(at, t->data, t->numel);
}

static bool give(levin_tensor *t, float *at, double rate)
{
    (void)rate;
    levin__tensor_touch(t);
    return copy(t->data, at, t->numel);
}

static bool exchange(levin_tensor *t, float *at, double rate)
{
    enum { PIECE = 4096 };
    float room[PIECE], *weights = t->data;
    (void)rate;
    levin__tensor_touch(t);
    for (int64_t i = 0; i < t->numel; i += PIECE) {
        int64_t n = t->numel - i < PIECE ? t->numel - i : PIECE;
        if (!copy(room, weights + i, n) || !copy(weights + i, at + i, n) || !copy(at + i, room, n))
            return false;
    }
    return true;
}

/* average += rate (weights - average) */
static bool move(levin_tensor *t, float *at, double rate)
{
    return add(at, 1 - rate, at, t->numel, false) && add(at, rate, t->data, t->numel, true);
}

int levin__averager_make(levin_averager *a, levin_module *m)
{
    int64_t n = levin_module_numel(m, false);
    if (a->data && a->n == n)
        return LEVIN_OK;
    levin__averager_free(a);
    a->data = levin__calloc((size_t)n, sizeof *a->data);
    a->n = a->data ? n : 0;
    return levin_error();
}

void levin__averager_free(levin_averager *a)
{
    levin__free(a->data);
    *a = (levin_averager){ 0 };
}

int levin__averager_update(levin_averager *a, levin_module *m, double rate)
{
    if (levin__averager_make(a, m) < 0)
        return levin_error();
    each(a, m, a->updates == 0 ? take : move, rate);
    a->updates++;
    return levin_error();
}

void levin__averager_swap(levin_averager *a, levin_module *m)
{
    each(a, m, exchange, 0);
    a->swapped = !a->swapped;
}

bool levin__averager_show(levin_averager *a, levin_module *m)
{
    if (!a || a->updates == 0 || a->swapped)
        return false;
    levin__averager_swap(a, m);
    return true;
}

void levin__averager_copy(const levin_averager *a, levin_module *m)
{
    if (a->updates > 0)
        each(a, m, give, 0);
}
