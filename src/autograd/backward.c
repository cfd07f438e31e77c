/* backward.c: the way back along the tape.
 *
 * Gradients of results live in the scope and have the dtype of the result; as soon as a call has
 * passed its gradient on, the memory serves the next one. Gradients of leaves are f32, on the heap,
 * and stay. */
#include "autograd/autograd.h"

#include "autograd/anomaly.h"
#include "autograd/tape.h"
#include "base/error.h"
#include "base/memory.h"

enum { MAX_SPARE = 32 };

/* Tensors whose numbers may be overwritten, in this backward pass. */
typedef struct {
    levin_tensor *spare[MAX_SPARE];
    int n;
} spares;

static _Thread_local spares dead;

static size_t bytes_of(const levin_tensor *t)
{
    return (size_t)t->numel * levin_dtype_size((levin_dtype)t->dtype);
}

levin_tensor *levin__backward_scratch(const levin_tensor *like)
{
    for (int i = 0; i < dead.n; i++) {
        levin_tensor *t = dead.spare[i];
        if (bytes_of(t) != bytes_of(like))
            continue;
        dead.spare[i] = dead.spare[--dead.n];
        return levin__tensor_wrap(t, (levin_dtype)like->dtype, like->ndim, like->dim, like->ragged,
                                  t->data);
    }
    return levin__tensor_like(like, (levin_dtype)like->dtype);
}

void levin__backward_recycle(levin_tensor *t)
{
    if (t && dead.n < MAX_SPARE)
        dead.spare[dead.n++] = t;
}

bool levin__wants_grad(const levin_call *c, int i) { return c->x[i] && c->x[i]->requires_grad; }

/* A result that is no longer on the tape of the current scope, or never was, cannot hand its
 * gradient on; without this check it would be lost in silence. */
static bool has_history(const levin_tensor *t)
{
    if (!t->call || t->call->tape == levin__scope_current())
        return true;
    levin__error_set(LEVIN_ESTATE,
                     "backward: the way back from a result of %s is gone: backward went it before, "
                     "or it belongs to the scope around this one",
                     t->call->op->name);
    return false;
}

static bool make_grad(levin_tensor *t)
{
    if (!has_history(t))
        return false;
    if (t->grad)
        return true;
    t->grad = t->call ? levin__backward_scratch(t) : levin__tensor_heap_like(t, LEVIN_F32);
    t->grad_is_fresh = true;
    if (t->grad)
        t->grad->is_zero = !t->call;
    return t->grad != NULL;
}

levin_array levin__grad_of(levin_call *c, int i, bool *add)
{
    levin_tensor *x = (levin_tensor *)c->x[i];
    *add = false;
    if (!make_grad(x))
        return (levin_array){ 0 };
    *add = !x->grad_is_fresh;
    x->grad_is_fresh = false;
    levin__grad_note_write(x->grad);
    return levin__array(x->grad);
}

levin_array levin__grad_in(const levin_call *c) { return levin__array(c->y->grad); }

bool levin__grad_give(levin_call *c, int i, levin_tensor *t)
{
    levin_tensor *x = (levin_tensor *)c->x[i];
    if (!x->grad && x->call && x->dtype == t->dtype) {
        x->grad = t;
        x->grad_is_fresh = false;
        return true;
    }
    bool add;
    levin_array dx = levin__grad_of(c, i, &add);
    bool done = dx.data && LEVIN_RUN(axpy, dx, 1, levin__array(t), t->numel, add);
    levin__backward_recycle(t);
    return done;
}

static int check_loss(const levin_tensor *loss)
{
    char text[96];
    if (!loss)
        return levin_error() ? levin_error()
                             : levin__error_set(LEVIN_EINVAL, "backward: the loss is NULL");
    if (loss->numel != 1)
        return levin__error_set(LEVIN_ESHAPE, "backward: a loss has one element, this one is %s",
                                levin_tensor_describe(loss, text, sizeof text));
    if (!loss->requires_grad)
        return levin__error_set(LEVIN_ESTATE, "backward: the loss depends on no parameter that "
                                              "requires a gradient");
    return has_history(loss) ? LEVIN_OK : levin_error();
}

static int walk(void)
{
    int before = levin_error();
    for (levin_call *c = *levin__tape(); c; c = c->before) {
        levin_tensor *y = c->y;
        if (!y->grad)
            continue; // nothing that the loss depends on
        double began = levin__span_begin();
        if (!c->op->backward(c))
            return levin__error_set(LEVIN_EBUG, "%s: no back end could compute its gradient",
                                    c->op->name);
        levin__call_is_done(c, LEVIN_SPAN_BACKWARD, began);
        if (levin_error() != before)
            return levin_error(); // a kernel met it on the way
        if (levin__detects_anomaly() && !levin__check_gradients(c))
            return levin_error();
        levin__backward_recycle(y->grad);
        y->grad = NULL;
    }
    return LEVIN_OK;
}

static void clear_tape(void)
{
    for (levin_call *c = *levin__tape(); c; c = c->before)
        c->tape = NULL;
    *levin__tape() = NULL;
}

/* d loss / d loss is 1, which a loss that is a leaf itself adds to what stands there. */
static bool begin_at(levin_tensor *loss)
{
    if (!make_grad(loss))
        return false;
    levin_tensor *one = levin__tensor_like(loss, (levin_dtype)loss->grad->dtype);
    bool add = !loss->grad_is_fresh;
    loss->grad_is_fresh = false;
    levin__grad_note_write(loss->grad);
    return one && LEVIN_RUN(fill, levin__array(one), 1, 1) &&
           LEVIN_RUN(axpy, levin__array(loss->grad), 1, levin__array(one), 1, add);
}

int levin_backward(levin_tensor *loss)
{
    int result = check_loss(loss);
    if (result < 0)
        return result;
    dead.n = 0;
    result = begin_at(loss) ? walk() : levin_error();
    clear_tape();
    dead.n = 0;
    return result;
}

int levin__backward_from(levin_tensor *y, levin_tensor *grad)
{
    if (!y->requires_grad || !y->call)
        return LEVIN_OK; // nothing in there learns
    if (!has_history(y))
        return levin_error();
    spares outer = dead;
    dead.n = 0;
    y->grad = grad;
    y->grad_is_fresh = false;
    int result = walk();
    clear_tape();
    dead = outer;
    return result;
}

static int check_leaf(const levin_tensor *t, bool on)
{
    if (t->call)
        return levin__error_set(LEVIN_EINVAL, "requires_grad: wants a leaf, not the result of %s",
                                t->call->op->name);
    if (t->dtype != LEVIN_F32)
        return levin__error_set(LEVIN_EDTYPE, "requires_grad: wants an f32 leaf, not %s",
                                levin_dtype_name((levin_dtype)t->dtype));
    if (on && !t->owned)
        return levin__error_set(LEVIN_EINVAL, "requires_grad: a gradient outlives the scope that "
                                              "this tensor belongs to; make it by "
                                              "levin_tensor_new");
    return LEVIN_OK;
}

levin_tensor *levin_requires_grad(levin_tensor *t, bool on)
{
    if (!t || check_leaf(t, on) < 0)
        return NULL;
    t->requires_grad = on;
    return t;
}

levin_tensor *levin_tensor_grad(const levin_tensor *t)
{
    return t && !t->grad_is_fresh ? t->grad : NULL;
}
