/* autograd.h: the tape. An operator that is called while gradients are on, with an input that leads
 * to a parameter, appends its call; levin_backward walks the calls of the current scope backwards.
 */
#ifndef LEVIN_AUTOGRAD_AUTOGRAD_H
#define LEVIN_AUTOGRAD_AUTOGRAD_H

#include "base/span.h"
#include "tensor/dispatch.h"
#include "tensor/tensor.h"

enum { LEVIN_MAX_INPUTS = 8, LEVIN_MAX_SAVED = 4 };

typedef struct levin_call levin_call;

/* One operator: a row. Registered by being listed in ops/ops.def. */
typedef struct levin_op {
    const char *name;
    /* Checks inputs, makes c->y (and what is to be saved); 0 or an error code. */
    int (*infer)(levin_call *c);
    /* Fills c->y; false if no back end could, or after an error. */
    bool (*forward)(levin_call *c);
    /* Adds to the gradients of the inputs by levin__grad_of; NULL: no gradient passes. */
    bool (*backward)(levin_call *c);
    /* What forward, or else backward, takes in products and sums of products, as far as inputs want
     * their gradients. NULL: it is bound by memory. */
    double (*flops)(const levin_call *c, bool back);
    /* Problems for the tests, one a line: see tests/support/cases.h. */
    const char *cases;
} levin_op;

struct levin_call {
    const levin_op *op;
    levin_call *before; // on the tape
    levin_scope *tape;  // whose tape that is; NULL once it was walked or cleared
    levin_tensor *y;
    const levin_tensor *x[LEVIN_MAX_INPUTS];
    int n; // inputs
    levin_tensor *saved[LEVIN_MAX_SAVED];
    const int64_t *index; // of gather and friends, in the scope
    const int32_t *cu;    // segments, in the scope
    int64_t i[4];
    double a[3];
    bool records;         // the way back will be asked for
    bool on;              // training, and other yes or no
    levin_random_key key; // of this call, if it draws
};

/** Runs an operator: checks for NULL inputs (those before required), infers, computes, records.
 * draft is copied. Returns the result, NULL after an error. */
levin_tensor *levin__apply(const levin_op *op, const levin_call *draft, int required);

/** The operator of c is done, its way there or back: counts what it took, and tells whoever listens
 * to spans (base/span.h); began is what levin__span_begin gave before it. */
void levin__call_is_done(const levin_call *c, levin_span_kind kind, double began);
/** levin_op.flops of everything that this thread has computed, summed since it began. What a
 * levin_recompute computes for the second time is not counted again. */
double levin__flops_done(void);
/** Takes the sum back to what it was. */
void levin__flops_take_back(double done);

/** Whether input i leads to a parameter and so wants a gradient. */
bool levin__wants_grad(const levin_call *c, int i);
/** Where the gradient of input i is to be written; *add says whether something stands there
 * already. Data is NULL after an error. */
levin_array levin__grad_of(levin_call *c, int i, bool *add);
/** The same where only these n rows of a table will be added to (-1: none): always to be added. */
levin_array levin__grad_of_rows(levin_call *c, int i, const int64_t *rows, int64_t n, bool *add);
/** The gradient that has arrived at the result of c. */
levin_array levin__grad_in(const levin_call *c);
/** Makes t, a scratch tensor of this backward pass, the gradient of input i, without copying if
 * none stands there yet. */
bool levin__grad_give(levin_call *c, int i, levin_tensor *t);
/** A tensor for the duration of this backward pass, like t; memory of dead gradients is used again.
 */
levin_tensor *levin__backward_scratch(const levin_tensor *like);
void levin__backward_recycle(levin_tensor *t);

/** The key for the next operator call that draws random numbers on this thread. */
levin_random_key levin__next_key(void);
/** The same without taking it; and putting another in its place, which gives the one before. */
levin_random_key levin__peek_key(void);
levin_random_key levin__swap_key(levin_random_key key);
bool levin__grad_enabled(void);
levin_dtype levin__autocast(void);
/** Whether a call is part of a step that learns: because it is recorded, or because levin_recompute
 * will record it later. */
bool levin__learns(const levin_call *c);
void levin__set_learning(bool on);

/** The parameter w as operand b of m, whose other operand, shape and flags stand, as the back end
 * reads it best; made and kept here. NULL if it is not worth it, or after an error. learns: the
 * product is part of a step of training. */
const void *levin__packed_of(const levin_tensor *w, levin_packing_use use,
                             const levin_matmul_args *m, bool learns);

static inline levin_array levin__array(const levin_tensor *t)
{
    return t ? (levin_array){ t->data, (levin_dtype)t->dtype } : (levin_array){ 0 };
}

#endif
