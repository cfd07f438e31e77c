/* log_metrics.c: from what was logged to what is seen: metrics for callbacks and the progress bar,
 * rows for the loggers. Which value counts when is Lightning's rule: within the batches the newest
 * one, after them the reduction over the epoch. */
#include "trainer/log.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "trainer/loggers/logger.h"
#include "trainer/trainer.h"

#include <string.h>

static double epoch_value(const levin_result *r)
{
    return r->reduce == LEVIN_MEAN ? r->sum / r->weight : r->sum;
}

static void show(levin_log_book *log, int metric, int audience, double value)
{
    log->metrics[metric].value[audience] = value;
    log->metrics[metric].known[audience] = true;
}

/* Callbacks see step values of training alone; evaluations show them when the epoch is over. */
static void refresh_step(levin_log_book *log, const levin_result *r, bool training)
{
    if (!r->has_step)
        return;
    if (training) {
        show(log, r->name, LEVIN_FOR_CALLBACKS, r->step);
        show(log, r->name_step, LEVIN_FOR_CALLBACKS, r->step);
    }
    if (r->prog_bar)
        show(log, r->name_step, LEVIN_FOR_BAR, r->step);
}

static void refresh_epoch(levin_log_book *log, const levin_result *r)
{
    if (!r->on_epoch || !r->count)
        return;
    show(log, r->name, LEVIN_FOR_CALLBACKS, epoch_value(r));
    show(log, r->name_epoch, LEVIN_FOR_CALLBACKS, epoch_value(r));
    if (r->prog_bar)
        show(log, r->name_epoch, LEVIN_FOR_BAR, epoch_value(r));
}

void levin__log_refresh(levin_trainer *t)
{
    levin_results *list = &t->log.results[t->stage];
    if (t->running == LEVIN_RUNNING_NOTHING || t->sanity)
        return;
    for (int i = 0; i < list->n; i++) {
        if (t->log.in_batches)
            refresh_step(&t->log, &list->at[i], t->stage == LEVIN_STAGE_TRAIN);
        else
            refresh_epoch(&t->log, &list->at[i]);
    }
}

bool levin__log_metric(levin_trainer *t, const char *name, int audience, double *value)
{
    levin__log_refresh(t);
    int64_t i = levin__map_get(t->log.index, name, strlen(name), -1);
    if (i < 0 || !t->log.metrics[i].known[audience])
        return false;
    *value = t->log.metrics[i].value[audience];
    return true;
}

const char *levin__log_nearest(const levin_log_book *log, const char *name, bool known)
{
    const char **names = levin__calloc((size_t)log->n_metrics + 1, sizeof *names);
    int n = 0;
    for (int i = 0; names && i < log->n_metrics; i++)
        if (!known || log->metrics[i].known[LEVIN_FOR_CALLBACKS])
            names[n++] = log->metrics[i].name;
    const char *near = names ? levin__suggest(name, names) : NULL;
    levin__free((void *)names);
    return near;
}

/* Puts a cell into the row; the later of two under one name holds. */
static bool put(levin_log_book *log, int *n, int metric, double value)
{
    const char *name = log->metrics[metric].name;
    show(log, metric, LEVIN_FOR_LOGGERS, value);
    for (int i = 0; i < *n; i++) {
        if (log->row[i].name == name) {
            log->row[i].value = value;
            return true;
        }
    }
    if (!levin__grow(&log->row, *n + 2, &log->row_capacity, sizeof *log->row)) // one for the epoch
        return false;
    log->row[(*n)++] = (levin_logged){ .name = name, .value = value };
    return true;
}

/* A metric called "step" is the axis and no cell. */
static bool take_axis(levin_log_book *log, int *n, int64_t *step)
{
    for (int i = 0; i < *n; i++) {
        if (strcmp(log->row[i].name, "step") != 0)
            continue;
        *step = (int64_t)log->row[i].value;
        memmove(&log->row[i], &log->row[i + 1], (size_t)(*n - i - 1) * sizeof *log->row);
        --*n;
        return true;
    }
    return false;
}

static void add_epoch(levin_log_book *log, int *n, int64_t epoch)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(log->row[i].name, "epoch") == 0)
            return;
    log->row[(*n)++] = (levin_logged){ .name = "epoch", .value = (double)epoch, .integer = true };
}

int levin__log_write_row(levin_trainer *t, const levin_logged *row, int n, int64_t step)
{
    for (int i = 0; i < t->n_loggers && n > 0 && !levin_error(); i++)
        levin__logger_row(t->loggers[i], row, n, step);
    return levin_error();
}

static int write_row(levin_trainer *t, int n, int64_t step, bool with_epoch)
{
    levin_log_book *log = &t->log;
    if (n == 0)
        return LEVIN_OK;
    if (with_epoch && !take_axis(log, &n, &step))
        add_epoch(log, &n, t->current_epoch);
    return levin__log_write_row(t, log->row, n, step);
}

int levin__log_write_steps(levin_trainer *t, int64_t step, bool with_epoch)
{
    levin_results *list = &t->log.results[t->stage];
    int n = 0;
    for (int i = 0; i < list->n; i++) {
        const levin_result *r = &list->at[i];
        bool here = t->stage == LEVIN_STAGE_TRAIN || r->loader == t->log.loader;
        if (r->has_step && r->logger && here && !put(&t->log, &n, r->name_step, r->step))
            return levin_error();
    }
    return write_row(t, n, step, with_epoch);
}

int levin__log_write_epoch(levin_trainer *t, int64_t step)
{
    levin_results *list = &t->log.results[t->stage];
    int n = 0;
    for (int i = 0; i < list->n; i++) {
        const levin_result *r = &list->at[i];
        if (r->on_epoch && r->count && r->logger &&
            !put(&t->log, &n, r->name_epoch, epoch_value(r)))
            return levin_error();
    }
    return write_row(t, n, step, true) < 0 ? levin_error() : levin__log_flush(t);
}

int levin__log_flush(levin_trainer *t)
{
    for (int i = 0; i < t->n_loggers && !levin_error(); i++)
        levin_logger_flush(t->loggers[i]);
    return levin_error();
}
