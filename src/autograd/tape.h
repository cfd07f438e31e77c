/* tape.h: what apply.c and backward.c share: the calls of a scope, newest first. */
#ifndef LEVIN_AUTOGRAD_TAPE_H
#define LEVIN_AUTOGRAD_TAPE_H

#include "autograd/autograd.h"
#include "base/scope.h"

/** The newest call recorded in the current scope, to be read or replaced. */
static inline levin_call **levin__tape(void)
{
    return (levin_call **)levin__scope_attachment(levin__scope_current());
}

/** Puts a call on the tape of the current scope: its result leads to parameters. */
void levin__record(levin_call *c);
/** Goes the way back along the tape of the current scope from y, whose gradient is given, and
 * clears the tape; in the middle of another scope's way back. 0 or an error code. */
int levin__backward_from(levin_tensor *y, levin_tensor *grad);

#endif
