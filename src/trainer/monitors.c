/* monitors.c: see monitors.h. */
#include "trainer/monitors.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "optim/schedule.h"

#include <string.h>

static const char *nearest(const levin_log_book *log, const char *name)
{
    const char **names = levin__calloc((size_t)log->n_metrics + 1, sizeof *names);
    for (int i = 0; names && i < log->n_metrics; i++)
        names[i] = log->metrics[i].name;
    const char *near = names ? levin__suggest(name, names) : NULL;
    levin__free((void *)names);
    return near;
}

static void check(levin_trainer *t, const char *who, const char *name)
{
    if (!name || levin__map_get(t->log.index, name, strlen(name), -1) >= 0)
        return;
    const char *near = nearest(&t->log, name);
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
