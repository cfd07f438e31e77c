/* precision.c: what the precision flag does to a thread. bf16-mixed computes products in bf16 and
 * keeps weights, gradients and everything else in f32. */
#include "trainer/loops.h"

levin_dtype levin__precision_enter(const levin_trainer *t)
{
    return levin_set_autocast(t->set.autocast);
}

void levin__precision_leave(levin_dtype before) { levin_set_autocast(before); }
