/* recompute.c: memory for time: a part of a model whose insides are not kept for the way back, but
 * computed again when it comes there (Chen et al., 2016, arXiv 1604.06174). */
#include "autograd/autograd.h"
#include "autograd/tape.h"
#include "base/error.h"

typedef levin_tensor *part(void *context, const levin_tensor *x);

/* The part as one call on the tape. */
typedef struct {
    levin_call call; // first
    part *fn;
    void *context;
    levin_random_key key; // of the first random call within
} recomputed;

/* Where the second time begins: its way back ends by handing the gradient of x over. */
typedef struct {
    levin_call call;
    levin_array dx;
    bool add;
} beginning;

static bool hand_over(levin_call *c)
{
    const beginning *b = (const beginning *)c;
    return LEVIN_RUN(axpy, b->dx, 1, levin__grad_in(c), c->y->numel, b->add);
}
static const levin_op begin_op = { .name = "recompute", .backward = hand_over };

/* The result of that call: x without its history, in the current scope. */
static levin_tensor *begin_with(const levin_tensor *x, levin_array dx, bool add)
{
    beginning *b = levin__scope_alloc(sizeof *b);
    levin_tensor *again = levin__scope_alloc(sizeof *again);
    if (!b || !again)
        return NULL;
    levin__tensor_wrap(again, (levin_dtype)x->dtype, x->ndim, x->dim, x->ragged, x->data);
    if (!dx.data)
        return again;
    *b = (beginning){ .call = { .op = &begin_op, .y = again }, .dx = dx, .add = add };
    levin__record(&b->call);
    return again;
}

static bool backward(levin_call *c)
{
    const recomputed *r = (const recomputed *)c;
    bool add = false;
    levin_array dx = { 0 };
    if (levin__wants_grad(c, 0)) {
        dx = levin__grad_of(c, 0, &add);
        if (!dx.data)
            return false;
    }
    levin_random_key now = levin__swap_key(r->key);
    levin_scope *scope = levin_scope_begin();
    double flops = levin__flops_done();
    levin_tensor *again = begin_with(c->x[0], dx, add);
    levin_tensor *y = again ? r->fn(r->context, again) : NULL;
    levin__flops_take_back(flops);
    bool done = y && levin__backward_from(y, c->y->grad) == LEVIN_OK;
    levin_scope_end(scope);
    levin__swap_key(now);
    return done;
}
static const levin_op recompute_op = { .name = "recompute", .backward = backward };

/* The first time, without a tape. What is packed for products by frozen weights is not worth its
 * memory here: the weights learn. */
static levin_tensor *without_insides(part *fn, void *context, const levin_tensor *x)
{
    levin_scope *scope = levin_scope_begin();
    levin_set_grad_enabled(false);
    levin__set_learning(true);
    levin_tensor *y = levin_keep(fn(context, x));
    levin__set_learning(false);
    levin_set_grad_enabled(true);
    levin_scope_end(scope);
    return y;
}

levin_tensor *levin_recompute(part *fn, void *context, const levin_tensor *x)
{
    if (!x || !fn)
        return NULL;
    if (!levin__grad_enabled())
        return fn(context, x);
    recomputed *r = levin__scope_alloc(sizeof *r);
    if (!r)
        return NULL;
    *r = (recomputed){ .call = { .op = &recompute_op, .x = { x }, .n = 1 },
                       .fn = fn,
                       .context = context,
                       .key = levin__peek_key() };
    r->call.y = without_insides(fn, context, x);
    if (r->call.y)
        levin__record(&r->call);
    return r->call.y;
}
