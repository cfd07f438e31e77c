/* profile.h: telling the trainer's profiler, if there is one, how long its actions took, under the
 * names that Lightning gives them. Without a profiler an action costs one predictable branch at
 * either end. */
#ifndef LEVIN_TRAINER_PROFILE_H
#define LEVIN_TRAINER_PROFILE_H

#include "base/clock.h"
#include "trainer/trainer.h"

/** A call of the trainer begins to be profiled; the folder of its run stands. 0 or an error. */
int levin__profile_call(levin_trainer *t, const char *stage);
/** It is over, after an error too: reports. */
void levin__profile_report(levin_trainer *t);

/* A piece of the call, by name: end gets what begin gave. */
static inline double levin__action_begin(const levin_trainer *t)
{
    return t->profiled ? levin__seconds() : 0;
}
void levin__action_tell(levin_trainer *t, const char *name, double began);
static inline void levin__action_end(levin_trainer *t, const char *name, double began)
{
    if (began > 0)
        levin__action_tell(t, name, began);
}

/** The same of a hook: of callback number i, of the module or of the data module. */
enum { LEVIN_OF_DATA = -2, LEVIN_OF_MODULE = -1 };
void levin__hook_tell(levin_trainer *t, int of, levin_hook h, double began);
static inline void levin__hook_end(levin_trainer *t, int of, levin_hook h, double began)
{
    if (began > 0)
        levin__hook_tell(t, of, h, began);
}

#endif
