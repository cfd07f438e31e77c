/* monitors.c: see monitors.h. */
#include "trainer/monitors.h"

#include "base/error.h"
#include "optim/schedule.h"

#include <string.h>

int levin__monitor_is_missing(const levin_trainer *t, const char *who, const char *name)
{
    const char *near = levin__log_nearest(&t->log, name, true);
    return levin__error_set(LEVIN_EINVAL, "%s: monitor '%s' was never logged%s%s", who, name,
                            near ? ", did you mean " : "", near ? near : "");
}

static void check(levin_trainer *t, const char *who, const char *name)
{
    if (!name || levin__map_get(t->log.index, name, strlen(name), -1) >= 0)
        return;
    const char *near = levin__log_nearest(&t->log, name, false);
    if (near)
        levin__error_set(LEVIN_EINVAL,
                         "%s: monitor '%s' was not logged by the first batches, did you mean %s?",
                         who, name, near);
}

void levin__monitors_check(levin_trainer *t)
{
    for (int i = 0; i < t->n_callbacks; i++) {
        const levin_callback_class *type = t->callbacks[i]->type;
        if (type->monitor)
            check(t, type->name, type->monitor(t->callbacks[i]));
    }
    if (t->optimizer)
        check(t, "lr_scheduler", levin__lr_scheduler_monitor(t->optimizer));
}
