/* apply.c: running one operator and recording it; the modes of a thread. */
#include "autograd/autograd.h"

#include "autograd/anomaly.h"
#include "autograd/tape.h"
#include "base/error.h"
#include "base/memory.h"

static _Thread_local struct {
    bool no_grad;
    levin_dtype autocast; // LEVIN_F32, zero, is off
    levin_random_key key; // of the next call
    bool learning;        // without a tape, yet as a part of a step that learns
} mode;

bool levin_set_grad_enabled(bool on)
{
    bool before = !mode.no_grad;
    mode.no_grad = !on;
    return before;
}

bool levin__grad_enabled(void) { return !mode.no_grad; }

levin_dtype levin_set_autocast(levin_dtype dtype)
{
    levin_dtype before = mode.autocast;
    if (dtype != LEVIN_F32 && dtype != LEVIN_BF16 && dtype != LEVIN_I8)
        levin__error_set(LEVIN_EDTYPE, "autocast: %s is not possible, use f32, bf16 or i8",
                         levin_dtype_name(dtype));
    else
        mode.autocast = dtype;
    return before;
}

levin_dtype levin__autocast(void) { return mode.autocast; }

void levin_set_random(uint64_t seed, uint64_t step)
{
    mode.key = (levin_random_key){ .seed = seed ^ (step >> 32) * 0x9e3779b97f4a7c15u,
                                   .step = (uint32_t)step };
}

levin_random_key levin__next_key(void)
{
    levin_random_key key = mode.key;
    mode.key.call++;
    return key;
}

levin_random_key levin__peek_key(void) { return mode.key; }

levin_random_key levin__swap_key(levin_random_key key)
{
    levin_random_key before = mode.key;
    mode.key = key;
    return before;
}

void levin__set_learning(bool on) { mode.learning = on; }

bool levin__learns(const levin_call *c) { return c->records || mode.learning; }

void levin__record(levin_call *c)
{
    levin_call **tape = levin__tape();
    c->before = *tape;
    c->tape = levin__scope_current();
    *tape = c;
    c->y->call = c;
    c->y->requires_grad = true;
}

static bool leads_to_parameter(const levin_call *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->x[i] && c->x[i]->requires_grad)
            return true;
    return false;
}

static _Thread_local double flops_done;

double levin__flops_done(void) { return flops_done; }
void levin__flops_take_back(double done) { flops_done = done; }

void levin__call_is_done(const levin_call *c, levin_span_kind kind, double began)
{
    double flops = c->op->flops ? c->op->flops(c, kind == LEVIN_SPAN_BACKWARD) : 0;
    flops_done += flops;
    if (levin__span_is_heard(began))
        levin__span_tell(kind, c->op->name, began, flops);
}

levin_tensor *levin__apply(const levin_op *op, const levin_call *draft, int required)
{
    for (int i = 0; i < required; i++)
        if (!draft->x[i])
            return NULL; // the error that made it NULL is already recorded
    int before = levin_error();
    double began = levin__span_begin();
    levin_call *c = levin__scope_alloc(sizeof *c);
    if (!c)
        return NULL;
    *c = *draft;
    c->op = op;
    c->records = !mode.no_grad && op->backward && leads_to_parameter(c);
    if (op->infer(c) < 0 || !c->y)
        return NULL;
    if (!op->forward(c)) {
        levin__error_set(LEVIN_EBUG, "%s: no back end could compute it", op->name);
        return NULL;
    }
    if (levin_error() != before)
        return NULL; // a kernel met it on the way: what it wrote is worth nothing
    if (levin__detects_anomaly() && !levin__check_result(c))
        return NULL;
    if (c->records)
        levin__record(c);
    levin__call_is_done(c, LEVIN_SPAN_FORWARD, began);
    return c->y;
}
