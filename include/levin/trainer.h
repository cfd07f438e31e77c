/* trainer.h: the Trainer, its flags, callbacks and loggers, under Lightning's names. */
#ifndef LEVIN_TRAINER_H
#define LEVIN_TRAINER_H

#include <levin/data.h>
#include <levin/optim.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_logger levin_logger;

/* Every field zero is Lightning's default. docs/flags.md is made from the same table as the command
 * line. */
typedef struct levin_trainer_flags {
    const char *accelerator;      // "auto" (default), "cpu"
    const char *devices;          // "auto" (default), "1"
    const char *precision;        // "32-true" (default), "bf16-mixed"
    const char *default_root_dir; // where lightning_logs goes; default the current folder
    int64_t max_epochs;           // default 1000 unless max_steps or max_time is given; -1 no limit
    int64_t min_epochs;
    int64_t max_steps; // optimizer steps; 0 and -1: no limit
    int64_t min_steps;
    const char *max_time; // "DD:HH:MM:SS"
    levin_amount limit_train_batches, limit_val_batches, limit_test_batches, limit_predict_batches;
    levin_amount overfit_batches;
    int64_t fast_dev_run; // number of batches; 0 off
    levin_amount val_check_interval;
    int64_t check_val_every_n_epoch;     // default 1; -1 is Lightning's None
    levin_amount num_sanity_val_steps;   // LEVIN_BATCHES(n), n = -1 for all; default 2
    int64_t accumulate_grad_batches;     // default 1
    double gradient_clip_val;            // 0 off
    const char *gradient_clip_algorithm; // "norm" (default), "value"
    int64_t log_every_n_steps;           // default 50; -1: never
    levin_switch enable_checkpointing, enable_progress_bar, enable_model_summary; // default on
    levin_switch deterministic; // levin always is; LEVIN_OFF is accepted and changes nothing
    levin_switch enable_logger; // logger=False is LEVIN_OFF
    levin_logger **logger;      // NULL: a CSVLogger; else a list closed by NULL, taken
    levin_callback **callbacks; // a list closed by NULL, taken
} levin_trainer_flags;

/** A trainer with these flags, which may be NULL. Yours. Flags that contradict each other are
 *  LEVIN_EINVAL and name both. */
LEVIN_API levin_trainer *levin_trainer_new_sized(const levin_trainer_flags *flags, size_t size);
static inline levin_trainer *levin_trainer_new(const levin_trainer_flags *flags)
{
    return levin_trainer_new_sized(flags, sizeof *flags);
}
LEVIN_API void levin_trainer_free(levin_trainer *t);

/** Trains m. Takes the loaders (NULL: the module's own hooks). */
LEVIN_API int levin_trainer_fit(levin_trainer *t, levin_module *m, levin_dataloader *train,
                                levin_dataloader *val);
/** The same, continued from a checkpoint file, or from "last" or "best". */
LEVIN_API int levin_trainer_fit_from(levin_trainer *t, levin_module *m, levin_dataloader *train,
                                     levin_dataloader *val, const char *ckpt_path);
/** One pass of validation or test; ckpt_path may be NULL. Takes the loader. Results are read with
 *  levin_trainer_metric. */
LEVIN_API int levin_trainer_validate(levin_trainer *t, levin_module *m, levin_dataloader *val);
LEVIN_API int levin_trainer_test(levin_trainer *t, levin_module *m, levin_dataloader *test);
/** Calls take for the output of every batch. Takes the loader. */
LEVIN_API int levin_trainer_predict(levin_trainer *t, levin_module *m, levin_dataloader *data,
                                    int (*take)(void *payload, const levin_tensor *output,
                                                const levin_batch *b),
                                    void *payload);

LEVIN_API int levin_trainer_save_checkpoint(levin_trainer *t, const char *path);
/** Loads the weights alone of a checkpoint into m. */
LEVIN_API int levin_module_load_checkpoint(levin_module *m, const char *path);

LEVIN_API int64_t levin_trainer_global_step(const levin_trainer *t);
LEVIN_API int64_t levin_trainer_current_epoch(const levin_trainer *t);
/** callback_metrics[key]: the newest value logged under it; NaN if there is none. */
LEVIN_API double levin_trainer_metric(const levin_trainer *t, const char *key);
LEVIN_API const char *levin_trainer_log_dir(const levin_trainer *t); // NULL without a logger
LEVIN_API const char *levin_trainer_best_model_path(const levin_trainer *t); // "" if none was saved
LEVIN_API void levin_trainer_stop(levin_trainer *t);                         // should_stop = True
/** Optimizer steps that this fit will make by its limits; 0 if there is none. */
LEVIN_API int64_t levin_trainer_estimated_stepping_batches(const levin_trainer *t);
/** The trainer that runs m now, or NULL. */
LEVIN_API levin_trainer *levin_module_trainer(const levin_module *m);
/** Where the bar, summary and notes go; stderr at first, NULL for nowhere. */
LEVIN_API void levin_trainer_set_output(levin_trainer *t, FILE *stream);

/* self.log */
typedef enum levin_reduce { LEVIN_MEAN, LEVIN_SUM, LEVIN_MIN, LEVIN_MAX } levin_reduce;
typedef struct levin_log_opts {
    levin_switch prog_bar;          // default off
    levin_switch logger;            // default on
    levin_switch on_step, on_epoch; // default by hook, as Lightning
    levin_reduce reduce_fx;
    int64_t batch_size; // weight in the mean; 0: the batch's
} levin_log_opts;

LEVIN_API void levin_log(levin_module *m, const char *key, const levin_tensor *value);
LEVIN_API void levin_log_with(levin_module *m, const char *key, const levin_tensor *value,
                              const levin_log_opts *opts);
LEVIN_API void levin_log_number(levin_module *m, const char *key, double value,
                                const levin_log_opts *opts);
/** The key made as by printf. */
LEVIN_API void levin_logf(levin_module *m, const levin_tensor *value, const char *key_fmt, ...)
    LEVIN_FORMAT(3, 4);
/** A hyper-parameter for hparams.yaml and the checkpoint; value is YAML scalar text. */
LEVIN_API int levin_save_hyperparameter(levin_module *m, const char *key, const char *value_fmt,
                                        ...) LEVIN_FORMAT(3, 4);

/* What hooks may put into a checkpoint: numbers and texts by name. */
LEVIN_API int levin_state_set_number(levin_state *s, const char *key, double value);
LEVIN_API int levin_state_set_text(levin_state *s, const char *key, const char *value);
LEVIN_API double levin_state_number(const levin_state *s, const char *key, double missing);
LEVIN_API const char *levin_state_text(const levin_state *s, const char *key); // NULL: missing

/* Callbacks: the same pattern as modules. A struct of yours with `levin_callback base` first. */
typedef struct levin_callback_class {
    const char *name;
    size_t size;
    void (*free)(levin_callback *c);
    void (*state_dict)(levin_callback *c, levin_state *state);
    void (*load_state_dict)(levin_callback *c, const levin_state *state);
#define LEVIN_CALLBACK_HOOK(hook)                                                                  \
    void (*hook)(levin_callback * c, levin_trainer * t, levin_module * m)
#define LEVIN_CALLBACK_BATCH_HOOK(hook)                                                            \
    void (*hook)(levin_callback * c, levin_trainer * t, levin_module * m, const levin_batch *b)
    LEVIN_CALLBACK_HOOK(setup);
    LEVIN_CALLBACK_HOOK(teardown);
    LEVIN_CALLBACK_HOOK(on_fit_start);
    LEVIN_CALLBACK_HOOK(on_fit_end);
    LEVIN_CALLBACK_HOOK(on_sanity_check_start);
    LEVIN_CALLBACK_HOOK(on_sanity_check_end);
    LEVIN_CALLBACK_HOOK(on_train_start);
    LEVIN_CALLBACK_HOOK(on_train_end);
    LEVIN_CALLBACK_HOOK(on_train_epoch_start);
    LEVIN_CALLBACK_HOOK(on_train_epoch_end);
    LEVIN_CALLBACK_BATCH_HOOK(on_train_batch_start);
    LEVIN_CALLBACK_BATCH_HOOK(on_train_batch_end);
    LEVIN_CALLBACK_HOOK(on_validation_start);
    LEVIN_CALLBACK_HOOK(on_validation_end);
    LEVIN_CALLBACK_HOOK(on_validation_epoch_start);
    LEVIN_CALLBACK_HOOK(on_validation_epoch_end);
    LEVIN_CALLBACK_BATCH_HOOK(on_validation_batch_start);
    LEVIN_CALLBACK_BATCH_HOOK(on_validation_batch_end);
    LEVIN_CALLBACK_HOOK(on_test_start);
    LEVIN_CALLBACK_HOOK(on_test_end);
    LEVIN_CALLBACK_HOOK(on_test_epoch_start);
    LEVIN_CALLBACK_HOOK(on_test_epoch_end);
    LEVIN_CALLBACK_BATCH_HOOK(on_test_batch_start);
    LEVIN_CALLBACK_BATCH_HOOK(on_test_batch_end);
    LEVIN_CALLBACK_HOOK(on_predict_start);
    LEVIN_CALLBACK_HOOK(on_predict_end);
    LEVIN_CALLBACK_HOOK(on_predict_epoch_start);
    LEVIN_CALLBACK_HOOK(on_predict_epoch_end);
    LEVIN_CALLBACK_BATCH_HOOK(on_predict_batch_start);
    LEVIN_CALLBACK_BATCH_HOOK(on_predict_batch_end);
    LEVIN_CALLBACK_HOOK(on_before_zero_grad);
    LEVIN_CALLBACK_HOOK(on_before_backward);
    LEVIN_CALLBACK_HOOK(on_after_backward);
    LEVIN_CALLBACK_HOOK(on_before_optimizer_step);
    LEVIN_CALLBACK_HOOK(on_exception);
    LEVIN_CALLBACK_HOOK(on_save_checkpoint);
    LEVIN_CALLBACK_HOOK(on_load_checkpoint);
} levin_callback_class;

#define LEVIN_CALLBACK(type) .name = #type, .size = sizeof(type)

struct levin_callback {
    const levin_callback_class *type;
};

/** A callback of the class, zeroed beyond its base. Yours until a trainer takes it. */
LEVIN_API levin_callback *levin_callback_new(const levin_callback_class *type);
LEVIN_API void levin_callback_free(levin_callback *c);

typedef enum levin_mode { LEVIN_MODE_MIN, LEVIN_MODE_MAX } levin_mode;

typedef struct levin_model_checkpoint_opts {
    const char *dirpath, *filename; // NULL: <log_dir>/checkpoints and {epoch}-{step}
    const char *monitor;
    levin_mode mode;
    levin_amount save_top_k; // LEVIN_BATCHES(k) in the sense of k files; default 1; -1 all
    levin_switch save_last;  // default off
    levin_switch save_weights_only;
    levin_switch save_on_train_epoch_end; // default: by the validation flags
    levin_switch save_on_exception;
    levin_switch auto_insert_metric_name, enable_version_counter; // default on
    int64_t every_n_train_steps, every_n_epochs;                  // 0: not given
    double train_time_interval;                                   // seconds; 0: not given
} levin_model_checkpoint_opts;
LEVIN_API levin_callback *levin_model_checkpoint(const levin_model_checkpoint_opts *opts);

/** CSVLogger: <save_dir>/<name>/version_N/{metrics.csv,hparams.yaml}; NULL name: lightning_logs. */
LEVIN_API levin_logger *levin_csv_logger(const char *save_dir, const char *name);
LEVIN_API void levin_logger_free(levin_logger *l);

#ifdef __cplusplus
}
#endif
#endif
