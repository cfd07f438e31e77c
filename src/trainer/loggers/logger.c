/* logger.c: what can be asked of any logger, of the trainer's kinds or the user's. */
#include "trainer/loggers/logger.h"

#include "base/error.h"
#include "base/memory.h"

levin_logger *levin_logger_new(const levin_logger_class *type)
{
    if (!type || type->size < sizeof(levin_logger)) {
        levin__error_set(LEVIN_EINVAL, "logger class: LEVIN_LOGGER(type) sets its size");
        return NULL;
    }
    levin_logger *l = levin_error() ? NULL : levin__calloc(1, type->size);
    if (l)
        l->type = type;
    return l;
}

void levin_logger_free(levin_logger *l)
{
    if (l && l->type->free)
        l->type->free(l);
    levin__free(l);
}

static int report(const levin_logger *l, int code, const char *function)
{
    return levin__error_returned(code, "logger %s: its %s failed", l->type->name, function);
}

int levin__logger_start(levin_logger *l, const char *root_dir)
{
    int code = report(l, l->type->start ? l->type->start(l, root_dir) : LEVIN_OK, "start");
    l->has_begun = code == LEVIN_OK;
    return code;
}

int levin__logger_row(levin_logger *l, const levin_logged *row, int n, int64_t step)
{
    int code = l->type->log_metrics ? l->type->log_metrics(l, row, n, step) : LEVIN_OK;
    return report(l, code, "log_metrics");
}

int levin__logger_finalize(levin_logger *l, const char *status)
{
    l->has_begun = false;
    return report(l, l->type->finalize ? l->type->finalize(l, status) : LEVIN_OK, "finalize");
}

/* Whether there is something to do, for a logger that has begun at the latest now. */
static bool ready(levin_logger *l)
{
    return l && !levin_error() && (l->has_begun || levin__logger_start(l, ".") == LEVIN_OK);
}

static int has_no_place(const levin_logger *l, const char *what, const char *tag)
{
    return levin__error_set(LEVIN_EUNSUPPORTED, "%s: '%.80s': it has no place for %s",
                            l->type->name, tag, what);
}

int levin_logger_log_number(levin_logger *l, const char *key, double value, int64_t step)
{
    const levin_logged row = { .name = key, .value = value };
    return key && ready(l) ? levin__logger_row(l, &row, 1, step) : levin_error();
}

int levin_logger_log_text(levin_logger *l, const char *tag, const char *text, int64_t step)
{
    if (!tag || !text || !ready(l))
        return levin_error();
    return l->type->log_text ? report(l, l->type->log_text(l, tag, text, step), "log_text")
                             : has_no_place(l, "texts", tag);
}

int levin_logger_log_histogram(levin_logger *l, const char *tag, const levin_tensor *values,
                               int64_t step)
{
    if (!tag || !values || !ready(l))
        return levin_error();
    if (!l->type->log_histogram)
        return has_no_place(l, "histograms", tag);
    return report(l, l->type->log_histogram(l, tag, values, step), "log_histogram");
}

int levin_logger_flush(levin_logger *l)
{
    return l && l->type->flush ? report(l, l->type->flush(l), "flush") : levin_error();
}

const char *levin_logger_log_dir(const levin_logger *l)
{
    return l && l->type->log_dir ? l->type->log_dir(l) : NULL;
}
