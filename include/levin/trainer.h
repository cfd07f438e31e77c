/* trainer.h: the Trainer, its flags and self.log, under Lightning's names. What differs from
 * Lightning stands in docs/from-lightning.md; callbacks are in callbacks.h. */
#ifndef LEVIN_TRAINER_H
#define LEVIN_TRAINER_H

#include <levin/datamodule.h>
#include <levin/optim.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_logger levin_logger;
typedef struct levin_profiler levin_profiler;

/* Where checkpoints lie when that is not a folder of this machine: Lightning's CheckpointIO. levin
 * writes and reads whole files of its own; these functions move them. 0 or an error code each. */
typedef struct levin_checkpoint_io {
    void *payload; // of every call
    /* Puts the finished file under the name path; the file is gone afterwards. */
    int (*save_checkpoint)(void *payload, const char *file, const char *path);
    /* Fetches what lies under path into file. */
    int (*load_checkpoint)(void *payload, const char *path, const char *file);
    int (*remove_checkpoint)(void *payload, const char *path);
    bool (*exists)(void *payload, const char *path);
    void (*teardown)(void *payload); // the run is over; may be NULL
} levin_checkpoint_io;

typedef struct levin_plugins {
    const levin_checkpoint_io *checkpoint_io; // lent; NULL: files
} levin_plugins;

/* Every field zero is Lightning's default; where 0 means something else there, LEVIN_ZERO says it.
 * docs/flags.md is made from the same table as the command line. */
typedef struct levin_trainer_flags {
    /* Where, and in which numbers. */
    const char *accelerator;      // "auto" (default), "cpu"
    const char *strategy;         // "auto" (default), "single_device"
    const char *devices;          // "auto" (default), "1"
    int64_t num_nodes;            // default, and all that this build has: 1
    const char *precision;        // "32-true" (default), "bf16-mixed"; "int8" but for fit
    const char *default_root_dir; // where lightning_logs goes; default the current folder

    /* For how long. */
    int64_t max_epochs; // default 1000, or no limit if max_steps or max_time is given; -1 no limit
    int64_t min_epochs;
    int64_t max_steps; // optimizer steps; default and -1: no limit
    int64_t min_steps;
    const char *max_time; // "DD:HH:MM:SS"

    /* Over which batches. */
    levin_amount limit_train_batches, limit_val_batches; // LEVIN_BATCHES(n), LEVIN_FRACTION(f)
    levin_amount limit_test_batches, limit_predict_batches;
    levin_amount overfit_batches;
    int64_t fast_dev_run;                      // number of batches; 0 off
    int64_t reload_dataloaders_every_n_epochs; // asks the hooks for new loaders; 0 never

    /* When it validates. */
    levin_amount val_check_interval;   // batches, a share of an epoch (default 1.0), LEVIN_SECONDS,
                                       // LEVIN_STEPS
    int64_t check_val_every_n_epoch;   // default 1; -1 is Lightning's None
    levin_amount num_sanity_val_steps; // LEVIN_BATCHES(n), n = -1 for all; default 2

    /* How it learns. */
    int64_t accumulate_grad_batches;      // default 1
    const char *accumulate_grad_schedule; // or by epoch: "{0: 1, 4: 2}"
    double gradient_clip_val;             // 0 off
    const char *gradient_clip_algorithm;  // "norm" (default), "value"
    levin_switch auto_lr_find;            // a LearningRateFinder before training
    const char *auto_scale_batch_size;    // a BatchSizeFinder: "power" or "binsearch"
    levin_switch stochastic_weight_avg;   // a StochasticWeightAveraging

    /* What it watches and writes. */
    double track_grad_norm;        // logs norms of gradients, of this order; 0 and -1 off
    levin_switch terminate_on_nan; // default: a loss that is not finite ends fit; on: also a
                                   // weight; off: neither
    levin_switch detect_anomaly;   // names the operator that first makes what is not finite
    int64_t log_every_n_steps;     // default 50; LEVIN_ZERO: no rows of steps
    levin_switch enable_checkpointing, enable_progress_bar, enable_model_summary; // default on
    levin_switch enable_autolog_hparams; // hyper-parameters to the loggers; default on
    levin_switch barebones;              // none of all that

    /* What one process on a CPU does anyway: accepted, without effect. */
    levin_switch deterministic;           // always
    levin_switch benchmark;               // nothing to choose from
    levin_switch inference_mode;          // evaluations never record
    levin_switch use_distributed_sampler; // for several processes
    levin_switch sync_batchnorm;          // likewise

    const levin_plugins *plugins;     // lent
    levin_logger *const *logger;      // a list closed by NULL, taken (loggers.h); NULL: both a
                                      // TensorBoardLogger and a CSVLogger, in one folder
    levin_callback *const *callbacks; // a list closed by NULL, taken
    levin_profiler *profiler;         // taken (profilers.h); default none
} levin_trainer_flags;

/* logger=True, said explicitly. */
LEVIN_API extern levin_logger *const levin_default_logger[];
/* logger=False: a list of none. */
LEVIN_API extern levin_logger *const levin_no_logger[];
#define LEVIN_NO_LOGGER levin_no_logger

/** A trainer with these flags, which may be NULL; texts are copied. Yours. Flags that make no sense
 * or contradict each other are LEVIN_EINVAL; the message names them all. So is a logger or a
 * callback that is given twice. */
LEVIN_API levin_trainer *levin_trainer_new_sized(const levin_trainer_flags *flags, size_t size);
static inline levin_trainer *levin_trainer_new(const levin_trainer_flags *flags)
{
    return levin_trainer_new_sized(flags, sizeof *flags);
}
LEVIN_API void levin_trainer_free(levin_trainer *t);

/** Trains m. Takes the loaders (NULL: the module's own hooks), of which each has its own place in
 * its data: the same one for two things is LEVIN_EINVAL. 0 or an error code, as every call here. */
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
/** Calls take for the output of every batch; without one the outputs are kept, for
 * levin_trainer_prediction. m and data as above. */
LEVIN_API int levin_trainer_predict(levin_trainer *t, levin_module *m, levin_dataloader *data,
                                    levin_take_prediction *take, void *payload);

/* What the short calls above leave out. */
typedef struct levin_run_opts {
    levin_dataloader *train; // fit
    levin_dataloader *const
        *loaders; // several for validation, test or prediction, closed by NULL; taken
    levin_datamodule *datamodule; // instead of loaders; lent
    const char *ckpt_path;        // a file, "last" or "best": continued by fit, else its weights
    levin_take_prediction *take;
    void *payload;                   // of take
    levin_switch return_predictions; // keeps them for levin_trainer_prediction; default: where
                                     // neither take nor a BasePredictionWriter sees them
} levin_run_opts;
LEVIN_API int levin_trainer_fit_with(levin_trainer *t, levin_module *m, const levin_run_opts *o);
LEVIN_API int levin_trainer_validate_with(levin_trainer *t, levin_module *m,
                                          const levin_run_opts *o);
LEVIN_API int levin_trainer_test_with(levin_trainer *t, levin_module *m, const levin_run_opts *o);
LEVIN_API int levin_trainer_predict_with(levin_trainer *t, levin_module *m,
                                         const levin_run_opts *o);

/** Outputs that the last predict kept, of one loader; output number batch of it, lent until the
 * next call, or NULL. */
LEVIN_API int64_t levin_trainer_num_predictions(const levin_trainer *t, int64_t loader);
LEVIN_API const levin_tensor *levin_trainer_prediction(const levin_trainer *t, int64_t loader,
                                                       int64_t batch);

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
/** Ends the call that runs, or else the next one, after the running batch, of validation too, with
 * LEVIN_EINTERRUPTED. A fit with a ModelCheckpoint then saves last-interrupted.ckpt beside its
 * checkpoints; the fit that goes on from it removes it at its end. Safe in a signal handler. */
LEVIN_API void levin_trainer_interrupt(levin_trainer *t);
/** For SIGUSR1: in a fit that is a job of SLURM the same, with hpc_ckpt_N.ckpt in default_root_dir,
 * after `scontrol requeue`; the next fit of the job goes on from it by itself. Elsewhere nothing.
 * Safe in a signal handler. */
LEVIN_API void levin_trainer_requeue(levin_trainer *t);
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
/** The data module of the call that runs, or NULL. */
LEVIN_API levin_datamodule *levin_trainer_datamodule(const levin_trainer *t);
/** While a training batch runs: whether it is the last of its epoch. */
LEVIN_API bool levin_trainer_is_last_batch(const levin_trainer *t);
/** The loss of the newest training batch; NaN if there is none. */
LEVIN_API double levin_trainer_loss(const levin_trainer *t);
/** The output of the batch that runs in predict; NULL elsewhere. Lent. */
LEVIN_API const levin_tensor *levin_trainer_current_prediction(const levin_trainer *t);
/** Where the bar, summary and notes go; stderr at first, NULL for nowhere. */
LEVIN_API void levin_trainer_set_output(levin_trainer *t, FILE *stream);

/* Manual optimization, in training_step. */
/** levin_backward with the hooks around it. 0 or an error code. */
LEVIN_API int levin_manual_backward(levin_module *m, levin_tensor *loss);
/** From here on only the parameters of o get gradients; untoggle brings back what was. */
LEVIN_API void levin_toggle_optimizer(levin_module *m, levin_optimizer *o);
LEVIN_API void levin_untoggle_optimizer(levin_module *m, levin_optimizer *o);

/* self.log */
typedef enum levin_reduce { LEVIN_MEAN, LEVIN_SUM, LEVIN_MIN, LEVIN_MAX } levin_reduce;
typedef struct levin_log_opts {
    levin_switch prog_bar;          // default off
    levin_switch logger;            // default on
    levin_switch on_step, on_epoch; // default by hook, as Lightning
    levin_reduce reduce_fx;
    int64_t batch_size;                     // weight in the mean; 0: the batch's; not below
    levin_switch sync_dist, rank_zero_only; // of several processes: no effect with one
    levin_switch add_dataloader_idx;        // default on: "/dataloader_idx_1" with several loaders;
                                            // off, each loader needs keys of its own
} levin_log_opts;

/** Logs a number under key, which is copied when it is new and has at least one character. As in
 * Lightning, two keys are special in rows for loggers: "step" is the step of its row and no value,
 * "epoch" replaces the number of the epoch. Nothing happens to a module that no trainer runs. */
LEVIN_API void levin_log(levin_module *m, const char *key, const levin_tensor *value);
LEVIN_API void levin_log_with(levin_module *m, const char *key, const levin_tensor *value,
                              const levin_log_opts *opts);
LEVIN_API void levin_log_number(levin_module *m, const char *key, double value,
                                const levin_log_opts *opts);
/** The key made as by printf; up to 255 bytes. */
LEVIN_API void levin_logf(levin_module *m, const levin_tensor *value, const char *key_fmt, ...)
    LEVIN_FORMAT(3, 4);
/** A hyper-parameter for hparams.yaml and the checkpoint; the value is made as by printf and stands
 * for what YAML reads in it: 3 is a number, '3' a text. One that is no YAML is a text as it is. A
 * later value replaces an earlier one. */
LEVIN_API int levin_save_hyperparameter(levin_module *m, const char *key, const char *value_fmt,
                                        ...) LEVIN_FORMAT(3, 4);

/** levin_log_number for n keys and values at once. */
LEVIN_API void levin_log_dict(levin_module *m, const char *const *keys, const double *values, int n,
                              const levin_log_opts *opts);

/* What hooks may put into a checkpoint: numbers, texts and arrays by name. */
LEVIN_API int levin_state_set_number(levin_state *s, const char *key, double value);
LEVIN_API int levin_state_set_text(levin_state *s, const char *key, const char *value);
LEVIN_API double levin_state_number(const levin_state *s, const char *key, double missing);
LEVIN_API const char *levin_state_text(const levin_state *s, const char *key); // NULL: missing
/** n numbers, which must stay until the checkpoint is written. */
LEVIN_API int levin_state_set_array(levin_state *s, const char *key, const float *data, int64_t n);
/** Copies them into out; false if there are none of that name, or not n. */
LEVIN_API bool levin_state_array(const levin_state *s, const char *key, float *out, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
