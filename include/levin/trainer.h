/* trainer.h: the Trainer, its flags and self.log, under Lightning's names. What differs from
 * Lightning stands in docs/from-lightning.md; callbacks are in callbacks.h. */
#ifndef LEVIN_TRAINER_H
#define LEVIN_TRAINER_H

#include <levin/data.h>
#include <levin/optim.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_logger levin_logger;
typedef struct levin_profiler levin_profiler;

/* Every field zero is Lightning's default; where 0 means something else there, LEVIN_ZERO says it.
 * docs/flags.md is made from the same table as the command line. */
typedef struct levin_trainer_flags {
    const char *accelerator;      // "auto" (default), "cpu"
    const char *devices;          // "auto" (default), "1"
    const char *precision;        // "32-true" (default), "bf16-mixed"; "int8" but for fit
    const char *default_root_dir; // where lightning_logs goes; default the current folder
    int64_t max_epochs; // default 1000, or no limit if max_steps or max_time is given; -1 no limit
    int64_t min_epochs;
    int64_t max_steps; // optimizer steps; default and -1: no limit
    int64_t min_steps;
    const char *max_time;                                // "DD:HH:MM:SS"
    levin_amount limit_train_batches, limit_val_batches; // LEVIN_BATCHES(n), LEVIN_FRACTION(f)
    levin_amount limit_test_batches, limit_predict_batches;
    levin_amount overfit_batches;
    int64_t fast_dev_run;              // number of batches; 0 off
    levin_amount val_check_interval;   // batches, a share of an epoch (default 1.0), LEVIN_SECONDS
    int64_t check_val_every_n_epoch;   // default 1; -1 is Lightning's None
    levin_amount num_sanity_val_steps; // LEVIN_BATCHES(n), n = -1 for all; default 2
    int64_t accumulate_grad_batches;   // default 1
    double gradient_clip_val;          // 0 off
    const char *gradient_clip_algorithm; // "norm" (default), "value"
    int64_t log_every_n_steps;           // default 50; LEVIN_ZERO: no rows of steps
    levin_switch enable_checkpointing, enable_progress_bar, enable_model_summary; // default on
    levin_switch deterministic;       // levin always is; LEVIN_OFF is accepted and changes nothing
    levin_logger *const *logger;      // a list closed by NULL, taken (loggers.h); NULL: both a
                                      // TensorBoardLogger and a CSVLogger, in one folder
    levin_callback *const *callbacks; // a list closed by NULL, taken
    levin_profiler *profiler;         // taken (profilers.h); default none
} levin_trainer_flags;

/* logger=False: a list of none. */
LEVIN_API extern levin_logger *const levin_no_logger[];
#define LEVIN_NO_LOGGER levin_no_logger

/** A trainer with these flags, which may be NULL; texts are copied. Yours. Flags that make no sense
 * or contradict each other are LEVIN_EINVAL; the message names them all. */
LEVIN_API levin_trainer *levin_trainer_new_sized(const levin_trainer_flags *flags, size_t size);
static inline levin_trainer *levin_trainer_new(const levin_trainer_flags *flags)
{
    return levin_trainer_new_sized(flags, sizeof *flags);
}
LEVIN_API void levin_trainer_free(levin_trainer *t);

/** Trains m. Takes the loaders (NULL: the module's own hooks). 0 or an error code, as every call
 * here. */
LEVIN_API int levin_trainer_fit(levin_trainer *t, levin_module *m, levin_dataloader *train,
                                levin_dataloader *val);
/** The same, continued from a checkpoint: a file, "last" or "best". From the moment it was taken
 * on, every bit is as if the run had never stopped. */
LEVIN_API int levin_trainer_fit_from(levin_trainer *t, levin_module *m, levin_dataloader *train,
                                     levin_dataloader *val, const char *ckpt_path);
/** One pass of validation or test. Takes the loader. Results are read with levin_trainer_metric. m
 * NULL is the module of the last fit with its best checkpoint, as in Lightning. */
LEVIN_API int levin_trainer_validate(levin_trainer *t, levin_module *m, levin_dataloader *val);
LEVIN_API int levin_trainer_test(levin_trainer *t, levin_module *m, levin_dataloader *test);

/* Receives the output of each batch of predict; a result that is not 0 ends it. */
typedef int levin_take_prediction(void *payload, const levin_tensor *output, const levin_batch *b);
/** Calls take for the output of every batch; m and data as above. */
LEVIN_API int levin_trainer_predict(levin_trainer *t, levin_module *m, levin_dataloader *data,
                                    levin_take_prediction *take, void *payload);

/* What the short calls above leave out. */
typedef struct levin_run_opts {
    levin_dataloader *train; // fit
    levin_dataloader *const
        *loaders;          // several for validation, test or prediction, closed by NULL; taken
    const char *ckpt_path; // a file, "last" or "best": continued by fit, else its weights
    levin_take_prediction *take;
    void *payload; // of take
} levin_run_opts;
LEVIN_API int levin_trainer_fit_with(levin_trainer *t, levin_module *m, const levin_run_opts *o);
LEVIN_API int levin_trainer_validate_with(levin_trainer *t, levin_module *m,
                                          const levin_run_opts *o);
LEVIN_API int levin_trainer_test_with(levin_trainer *t, levin_module *m, const levin_run_opts *o);
LEVIN_API int levin_trainer_predict_with(levin_trainer *t, levin_module *m,
                                         const levin_run_opts *o);

/** Writes everything that a run needs to go on from here. Called while a batch runs, it writes when
 * that batch is done. */
LEVIN_API int levin_trainer_save_checkpoint(levin_trainer *t, const char *path);
/** Loads the weights alone of a checkpoint into m. */
LEVIN_API int levin_module_load_checkpoint(levin_module *m, const char *path);

/** Optimizer steps made. */
LEVIN_API int64_t levin_trainer_global_step(const levin_trainer *t);
/** Number of the running epoch, from 0; after fit the number of epochs, a part one counts. */
LEVIN_API int64_t levin_trainer_current_epoch(const levin_trainer *t);
/** Batches of one training epoch within the limits; 0 before they are known. */
LEVIN_API int64_t levin_trainer_num_training_batches(const levin_trainer *t);
/** callback_metrics[key]: the newest value logged under it; NaN if there is none. */
LEVIN_API double levin_trainer_metric(const levin_trainer *t, const char *key);
/** Whether key has been logged. */
LEVIN_API bool levin_trainer_has_metric(const levin_trainer *t, const char *key);
/** The folder of the first logger, lent; NULL without one. */
LEVIN_API const char *levin_trainer_log_dir(const levin_trainer *t);
/** trainer.loggers[i], lent; NULL behind the last. */
LEVIN_API levin_logger *levin_trainer_logger(const levin_trainer *t, int i);
/** Of the first ModelCheckpoint, lent; "" if nothing was saved. */
LEVIN_API const char *levin_trainer_best_model_path(const levin_trainer *t);
/** should_stop = True: ends fit after the running batch, once min_epochs and min_steps are met. */
LEVIN_API void levin_trainer_stop(levin_trainer *t);
/** The same at once, with LEVIN_EINTERRUPTED as the result of the call that runs. Safe in a signal
 * handler. */
LEVIN_API void levin_trainer_interrupt(levin_trainer *t);
/** In on_exception: what went wrong, lent; "" otherwise. */
LEVIN_API const char *levin_trainer_exception(const levin_trainer *t);
/** Whether the validation before training runs. */
LEVIN_API bool levin_trainer_sanity_checking(const levin_trainer *t);
/** Optimizer steps that this fit makes by its limits; 0 if there is none. */
LEVIN_API int64_t levin_trainer_estimated_stepping_batches(levin_trainer *t);
/** The trainer that runs m now, or NULL. */
LEVIN_API levin_trainer *levin_module_trainer(const levin_module *m);
/** The trainer's self.optimizers()[i]; NULL if there is none. Lent. */
LEVIN_API levin_optimizer *levin_trainer_optimizer(const levin_trainer *t, int i);
/** Where the bar, summary and notes go; stderr at first, NULL for nowhere. */
LEVIN_API void levin_trainer_set_output(levin_trainer *t, FILE *stream);

/* self.log */
typedef enum levin_reduce { LEVIN_MEAN, LEVIN_SUM, LEVIN_MIN, LEVIN_MAX } levin_reduce;
typedef struct levin_log_opts {
    levin_switch prog_bar;          // default off
    levin_switch logger;            // default on
    levin_switch on_step, on_epoch; // default by hook, as Lightning
    levin_reduce reduce_fx;
    int64_t batch_size;              // weight in the mean; 0: the batch's
    levin_switch add_dataloader_idx; // default on: "/dataloader_idx_1" with several loaders
} levin_log_opts;

/** Logs a number under key, which is copied when it is new. Nothing happens to a module that no
 * trainer runs. */
LEVIN_API void levin_log(levin_module *m, const char *key, const levin_tensor *value);
LEVIN_API void levin_log_with(levin_module *m, const char *key, const levin_tensor *value,
                              const levin_log_opts *opts);
LEVIN_API void levin_log_number(levin_module *m, const char *key, double value,
                                const levin_log_opts *opts);
/** The key made as by printf; up to 255 bytes. */
LEVIN_API void levin_logf(levin_module *m, const levin_tensor *value, const char *key_fmt, ...)
    LEVIN_FORMAT(3, 4);
/** A hyper-parameter for hparams.yaml and the checkpoint; the value is made as by printf and is
 * YAML scalar text. A later value replaces an earlier one. */
LEVIN_API int levin_save_hyperparameter(levin_module *m, const char *key, const char *value_fmt,
                                        ...) LEVIN_FORMAT(3, 4);

/* What hooks may put into a checkpoint: numbers and texts by name. */
LEVIN_API int levin_state_set_number(levin_state *s, const char *key, double value);
LEVIN_API int levin_state_set_text(levin_state *s, const char *key, const char *value);
LEVIN_API double levin_state_number(const levin_state *s, const char *key, double missing);
LEVIN_API const char *levin_state_text(const levin_state *s, const char *key); // NULL: missing

#ifdef __cplusplus
}
#endif
#endif
