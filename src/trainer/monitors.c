/* monitors.c: see monitors.h. */
#include "trainer/monitors.h"

#include "base/error.h"
#include "optim/schedule.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_LIST = 512 };

/* The names that callbacks see a value of, as many as a message holds. */
static void list_logged(const levin_log_book *log, char text[LONGEST_LIST])
{
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < log->n_metrics && at + 8 < LONGEST_LIST; i++) {
        const levin_published *m = &log->metrics[i];
        if (!m->known[LEVIN_FOR_CALLBACKS])
            continue;
        bool fits = at + strlen(m->name) + 8 < LONGEST_LIST;
        at += (size_t)snprintf(text + at, LONGEST_LIST - at, "%s%s", at ? ", " : "",
                               fits ? m->name : "...");
        if (!fits)
            return;
    }
}

static const char *why_missing(const levin_trainer *t)
{
    if (t->set.limit[LEVIN_STAGE_VALIDATE].value == 0)
        return "; limit_val_batches is 0, nothing is validated";
    return t->position.val_runs == 0 ? "; no validation has run" : "";
}

int levin__monitor_is_missing(const levin_trainer *t, const char *who, const char *name)
{
    char logged[LONGEST_LIST];
    const char *near = levin__log_nearest(&t->log, name, true);
    list_logged(&t->log, logged);
    return levin__error_set(LEVIN_EINVAL, "%s: monitor '%s' was never logged%s%s; %s%s%s", who,
                            name, near ? ", did you mean " : "", near ? near : "",
                            *logged ? "logged were " : "nothing was logged", logged,
                            why_missing(t));
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
    if (t->optimizer && levin__lr_scheduler_is_strict(t->optimizer))
        check(t, "lr_scheduler", levin__lr_scheduler_monitor(t->optimizer));
}
