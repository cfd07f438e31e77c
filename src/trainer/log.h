/* log.h: what self.log collects, and what becomes of it.
 *
 * A result is one (hook, key, loader): its newest value, and its running reduction over the epoch.
 * A metric is one name that users, loggers and the progress bar see; a result logged on step and on
 * epoch has three: "loss", "loss_step", "loss_epoch". Values go from results to metrics when
 * somebody looks. */
#ifndef LEVIN_TRAINER_LOG_H
#define LEVIN_TRAINER_LOG_H

#include "base/map.h"
#include "trainer/hooks.h"
#include "trainer/settings.h"

#include <levin/sys/logger.h>

typedef struct levin_result {
    char *key;
    levin_hook hook;
    int loader; // -1: the only one
    bool on_step, on_epoch, logger, prog_bar, add_loader;
    levin_reduce reduce;
    bool has_step; // since the last reset
    double step;
    int64_t count;      // values of this epoch
    double sum, weight; // mean: of value times weight, and of weights; else sum, min or max
    int name, name_step, name_epoch; // metrics; equal unless both levels are logged
} levin_result;

typedef struct levin_results {
    levin_result *at;
    int n, capacity;
    int next; // the one that will likely be logged next: steps log the same keys in the same order
} levin_results;

enum { LEVIN_FOR_CALLBACKS, LEVIN_FOR_LOGGERS, LEVIN_FOR_BAR, LEVIN_AUDIENCES };

typedef struct levin_published {
    char *name;
    double value[LEVIN_AUDIENCES];
    bool known[LEVIN_AUDIENCES];
} levin_published;

typedef struct levin_log_book {
    levin_results results[LEVIN_STAGES]; // of train, validate and test
    levin_published *metrics;
    int n_metrics, capacity;
    levin_map *index; // name -> metric
    levin_logged *row;
    int row_capacity;
    bool in_batches; // values of steps count now, else those of epochs
    int loader;      // of the running evaluation, -1 if it has one only
    int64_t batch_size;
} levin_log_book;

int levin__log_init(levin_log_book *log);
void levin__log_free(levin_log_book *log);
/** The metric of that name, made if it is new; -1 after an error. */
int levin__log_name(levin_log_book *log, const char *name);
/** A new result with the options, and the values, of draft; its key is copied. For restore.c too.
 */
levin_result *levin__log_add_result(levin_log_book *log, levin_stage stage,
                                    const levin_result *draft);

/** A call begins: forgets all results, what the bar shows and, for a fit, all metrics. */
void levin__log_begin_call(levin_trainer *t);
/** Forgets the results of a stage altogether. */
void levin__log_clear(levin_log_book *log, levin_stage stage);
/** Forgets what a stage has logged so far, not what the metrics show. */
void levin__log_reset(levin_trainer *t, levin_stage stage);
/** A batch of that size begins: step values count, means get its weight. */
void levin__log_begin_batch(levin_trainer *t, int64_t batch_size, int loader);
/** The batches are over: epoch values count from here on. */
void levin__log_end_batches(levin_trainer *t);
/** Brings the metrics up to date with the results of the running stage. */
void levin__log_refresh(levin_trainer *t);
/** Writes a row of step values to the loggers, if there are any; step is the axis. With epoch it
 *  gets that column, as training rows do. */
int levin__log_write_steps(levin_trainer *t, int64_t step, bool with_epoch);
/** Writes a row of epoch values of the running stage, and flushes. */
int levin__log_write_epoch(levin_trainer *t, int64_t step);
/** Writes a row to every logger as it is; names are lent. */
int levin__log_write_row(levin_trainer *t, const levin_logged *row, int n, int64_t step);
/** Has every logger bring what it has to its files. 0 or an error code. */
int levin__log_flush(levin_trainer *t);

/** The metric of that name for an audience; false if there is none. Refreshes first. */
bool levin__log_metric(levin_trainer *t, const char *name, int audience, double *value);
/** The logged name that looks most like name, lent; NULL if none does. known: only names that
 *  callbacks see a value of. */
const char *levin__log_nearest(const levin_log_book *log, const char *name, bool known);

#endif
