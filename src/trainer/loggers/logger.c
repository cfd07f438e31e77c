/* logger.c: what can be asked of any logger, of the trainer's kinds or the user's. */
#include "base/error.h"
#include "base/memory.h"

#include <levin/sys/logger.h>

void levin_logger_free(levin_logger *l)
{
    if (l && l->type->free)
        l->type->free(l);
    levin__free(l);
}

/* Whether there is something to do, for a logger that has begun at the latest now. */
static bool ready(levin_logger *l)
{
    return l && !levin_error() && (!l->type->start || l->type->start(l, ".") == LEVIN_OK);
}

static int has_no_place(const levin_logger *l, const char *what, const char *tag)
{
    return levin__error_set(LEVIN_EUNSUPPORTED, "%s: '%.80s': it has no place for %s",
                            l->type->name, tag, what);
}

int levin_logger_log_number(levin_logger *l, const char *key, double value, int64_t step)
{
    const levin_logged row = { .name = key, .value = value };
    if (!key || !ready(l) || !l->type->log_metrics)
        return levin_error();
    return l->type->log_metrics(l, &row, 1, step);
}

int levin_logger_log_text(levin_logger *l, const char *tag, const char *text, int64_t step)
{
    if (!tag || !text || !ready(l))
        return levin_error();
    return l->type->log_text ? l->type->log_text(l, tag, text, step)
                             : has_no_place(l, "texts", tag);
}

int levin_logger_log_histogram(levin_logger *l, const char *tag, const levin_tensor *values,
                               int64_t step)
{
    if (!tag || !values || !ready(l))
        return levin_error();
    return l->type->log_histogram ? l->type->log_histogram(l, tag, values, step)
                                  : has_no_place(l, "histograms", tag);
}

int levin_logger_flush(levin_logger *l)
{
    return l && l->type->flush ? l->type->flush(l) : levin_error();
}

const char *levin_logger_log_dir(const levin_logger *l)
{
    return l && l->type->log_dir ? l->type->log_dir(l) : NULL;
}
