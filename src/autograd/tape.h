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

#endif
