/* loggers.h: where logged values go. Loggers are made here, given to a trainer in its flags, and
 * may also be used by hand. */
#ifndef LEVIN_LOGGERS_H
#define LEVIN_LOGGERS_H

#include <levin/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_csv_logger_opts {
    const char *save_dir; // NULL: the trainer's default_root_dir
    const char *name;     // NULL: "lightning_logs"; "": none
    const char *version;  // "3" is version_3, other texts are the folder; NULL: the next number
    const char *prefix;   // put before names, with a dash
    int64_t flush_logs_every_n_steps; // 0: 100; a second is the longest wait anyway
} levin_csv_logger_opts;

/** CSVLogger: <save_dir>/<name>/version_N/{metrics.csv,hparams.yaml}. opts may be NULL; texts are
 * copied. Loggers of one trainer that would go to the same place share one version. Yours until a
 * trainer takes it, as every logger. */
LEVIN_API levin_logger *levin_csv_logger(const levin_csv_logger_opts *opts);

typedef struct levin_tensorboard_logger_opts {
    const char *save_dir, *name, *version, *prefix; // as above
    const char *sub_dir;            // below version_N, for everything but checkpoints
    levin_switch default_hp_metric; // default on: hp_metric, -1, stands for the run's result
    levin_switch log_graph;         // default off; on is LEVIN_EUNSUPPORTED: there is no graph
} levin_tensorboard_logger_opts;

/** TensorBoardLogger: <save_dir>/<name>/version_N/{events.out.tfevents.*,hparams.yaml}. */
LEVIN_API levin_logger *levin_tensorboard_logger(const levin_tensorboard_logger_opts *opts);

LEVIN_API void levin_logger_free(levin_logger *l);

/* What follows is for hooks, and for programs without a trainer: a logger that has not begun begins
 * in the current folder. Each returns 0 or an error code; a NULL logger takes everything in
 * silence. A kind of logger that has no place for texts or histograms is LEVIN_EUNSUPPORTED. */

/** logger.log_metrics({key: value}, step): a row of its own. */
LEVIN_API int levin_logger_log_number(levin_logger *l, const char *key, double value, int64_t step);
/** add_text: Markdown, shown under tag. */
LEVIN_API int levin_logger_log_text(levin_logger *l, const char *tag, const char *text,
                                    int64_t step);
/** add_histogram: how all numbers of values are spread. Those that are not finite are left out;
 * without a finite one it is LEVIN_ENUMERIC. */
LEVIN_API int levin_logger_log_histogram(levin_logger *l, const char *tag,
                                         const levin_tensor *values, int64_t step);
/** logger.save(): everything is in the files afterwards. */
LEVIN_API int levin_logger_flush(levin_logger *l);
/** The folder of this run, lent; NULL before it has begun. */
LEVIN_API const char *levin_logger_log_dir(const levin_logger *l);

#ifdef __cplusplus
}
#endif
#endif
