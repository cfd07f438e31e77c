/* callbacks.h: things that happen beside training. A callback is made like a module: a struct of
 * yours with `levin_callback base` first and one constant levin_callback_class of hooks under
 * Lightning's names. */
#ifndef LEVIN_CALLBACKS_H
#define LEVIN_CALLBACKS_H

#include <levin/tuner.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEVIN_CALLBACK_HOOK(hook)                                                                  \
    void (*hook)(levin_callback * c, levin_trainer * t, levin_module * m)
#define LEVIN_CALLBACK_BATCH_HOOK(hook)                                                            \
    void (*hook)(levin_callback * c, levin_trainer * t, levin_module * m, const levin_batch *b)

/* Order and meaning of the calls: docs/hooks.md. A hook left NULL does nothing. */
typedef struct levin_callback_class {
    const char *name;
    size_t size;
    void (*free)(levin_callback *c);
    /* What a checkpoint keeps of it. Two callbacks with a state need different keys; NULL: name. */
    const char *(*state_key)(const levin_callback *c);
    void (*state_dict)(levin_callback *c, levin_state *state);
    void (*load_state_dict)(levin_callback *c, const levin_state *state);
    /* The metric that it looks at, or NULL; one that nobody logs is found early. */
    const char *(*monitor)(const levin_callback *c);
    /* Before anything runs: records an error if c cannot do its work with t, or with this call if
     * one has begun (m is NULL when the trainer is made). What is wrong is told together. */
    LEVIN_CALLBACK_HOOK(check);
    /* Looks at metrics or saves: runs after all other callbacks, and where a batch, a validation or
     * an epoch ends also after the module and after everything is logged. */
    bool monitors;

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
    LEVIN_CALLBACK_HOOK(on_exception); // levin_trainer_exception says which
    LEVIN_CALLBACK_HOOK(on_save_checkpoint);
    LEVIN_CALLBACK_HOOK(on_load_checkpoint);
} levin_callback_class;

#undef LEVIN_CALLBACK_HOOK
#undef LEVIN_CALLBACK_BATCH_HOOK

#define LEVIN_CALLBACK(type) .name = #type, .size = sizeof(type)

struct levin_callback {
    const levin_callback_class *type;
};

/** A callback of the class, zeroed beyond its base. Yours until a trainer takes it. */
LEVIN_API levin_callback *levin_callback_new(const levin_callback_class *type);
LEVIN_API void levin_callback_free(levin_callback *c);

/* Lightning's callbacks. Each is yours until a trainer takes it; texts in options are copied;
 * options may be NULL unless they say what is needed. */

typedef struct levin_model_checkpoint_opts {
    const char *dirpath, *filename; // NULL: <log_dir>/checkpoints and {epoch}-{step}
    const char *monitor;
    levin_switch verbose; // default off
    levin_mode mode;
    int64_t save_top_k;     // files kept; default 1, LEVIN_ZERO none, -1 all
    levin_switch save_last; // last.ckpt, always the newest; default off; LEVIN_LINK: a link to the
                            // newest file where that holds the same
    levin_switch save_weights_only;
    levin_switch save_on_train_epoch_end; // default: by the validation flags
    levin_switch save_on_exception;
    levin_switch save_on_train_end; // the end of training, if the rule left it out; default: if
                                    // nothing else was saved and there is no rule
    levin_switch auto_insert_metric_name, enable_version_counter; // default on
    /* When to save: at most one of the three; by default every epoch. LEVIN_ZERO: never. */
    int64_t every_n_train_steps, every_n_epochs;
    levin_amount train_time_interval; // LEVIN_SECONDS(s)
} levin_model_checkpoint_opts;

/** ModelCheckpoint: saves, and keeps the best. */
LEVIN_API levin_callback *levin_model_checkpoint(const levin_model_checkpoint_opts *opts);
/** Of a ModelCheckpoint: paths, lent until it saves again; "" if there are none, and of any other
 *  callback. The last one is that of save_last. */
LEVIN_API const char *levin_model_checkpoint_best_model_path(const levin_callback *c);
LEVIN_API const char *levin_model_checkpoint_last_model_path(const levin_callback *c);
/** What the monitor was when the best was saved; NaN without a monitor, or a file. */
LEVIN_API double levin_model_checkpoint_best_model_score(const levin_callback *c);

typedef struct levin_early_stopping_opts {
    const char *monitor; // needed
    double min_delta;
    int64_t patience;     // checks without improvement; default 3, LEVIN_ZERO 0
    levin_switch verbose; // default off
    levin_mode mode;
    levin_switch strict, check_finite; // default on
    levin_optional stopping_threshold, divergence_threshold;
    levin_switch check_on_train_epoch_end; // default: by the validation flags
    levin_switch log_rank_zero_only;       // of several processes: no effect with one
} levin_early_stopping_opts;

/** EarlyStopping: stops training when a metric no longer improves. */
LEVIN_API levin_callback *levin_early_stopping(const levin_early_stopping_opts *opts);

typedef struct levin_early_stopping_result {
    int64_t wait_count, stopped_epoch;
    double best_score;
    const char *reason; // "NOT_STOPPED", "STOPPING_THRESHOLD", "DIVERGENCE_THRESHOLD",
                        // "PATIENCE_EXHAUSTED", "NON_FINITE_METRIC"
} levin_early_stopping_result;
/** What an EarlyStopping has seen; zero for another callback. */
LEVIN_API levin_early_stopping_result levin_early_stopping_status(const levin_callback *c);

typedef struct levin_swa_opts {
    double swa_lrs;               // the rate while averaging; 0: that of the optimizer
    levin_amount swa_epoch_start; // LEVIN_FRACTION of max_epochs (default 0.8), or the n-th epoch
    int64_t annealing_epochs;     // until swa_lrs is reached; default 10, LEVIN_ZERO none
    levin_annealing annealing_strategy;
} levin_swa_opts;

/** StochasticWeightAveraging: the mean of the weights at the beginnings of epochs; the module has
 * it when training ends. */
LEVIN_API levin_callback *levin_stochastic_weight_averaging(const levin_swa_opts *opts);

typedef struct levin_weight_averaging_opts {
    /* Whether to update after optimizer step number step_idx, from 0, or (step_idx -1) at the end
     * of epoch epoch_idx; NULL: after each step. */
    bool (*should_update)(void *payload, int64_t step_idx, int64_t epoch_idx);
    void *payload;
} levin_weight_averaging_opts;

/** WeightAveraging: the mean of the weights after each step; validation and checkpoints use it, and
 *  the module has it when training ends. */
LEVIN_API levin_callback *levin_weight_averaging(const levin_weight_averaging_opts *opts);

typedef struct levin_ema_opts {
    double decay;                                              // 0 means 0.999
    int64_t update_every_n_steps;                              // 0 means 1
    int64_t update_starting_at_step, update_starting_at_epoch; // default: from the beginning
} levin_ema_opts;

/** EMAWeightAveraging: the same with average = decay average + (1 - decay) weights. */
LEVIN_API levin_callback *levin_ema_weight_averaging(const levin_ema_opts *opts);

typedef struct levin_backbone_finetuning_opts {
    const char *backbone;               // name of the child; NULL: "backbone", else "bert"
    int64_t unfreeze_backbone_at_epoch; // default 10, LEVIN_ZERO 0
    double (*lambda_func)(void *payload, int64_t epoch); // growth of the rate; NULL: 2
    void *payload;
    double backbone_initial_ratio_lr; // of the head's rate; 0 means 0.1
    double backbone_initial_lr;       // instead of that; 0: the ratio holds
    levin_switch should_align;        // never above the head's rate; default on
    double initial_denom_lr;          // of levin_unfreeze_and_add_group; 0 means 10
    levin_switch train_bn;            // layers with running statistics learn throughout; default on
    levin_switch verbose;             // default off
    int64_t rounding;                 // digits of the rates in notes; 0 means 12
} levin_backbone_finetuning_opts;

/** BackboneFinetuning: trains the rest first, and the backbone from some epoch on. */
LEVIN_API levin_callback *levin_backbone_finetuning(const levin_backbone_finetuning_opts *opts);
/* BaseFinetuning's helpers, for callbacks of your own; call the first in setup. */
/** No gradients below m; with train_bn all but layers with running statistics. */
LEVIN_API void levin_finetuning_freeze(levin_module *m, bool train_bn);
/** Gradients below m again, and its parameters that no group has as a new group of o; lr 0: that of
 * the first group over initial_denom_lr. 0 or an error code. */
LEVIN_API int levin_unfreeze_and_add_group(levin_module *m, levin_optimizer *o, double lr,
                                           double initial_denom_lr);

typedef struct levin_accumulation_scheduler_opts {
    const char *scheduling; // needed: "{0: 1, 4: 2}", batches of a step by epoch
} levin_accumulation_scheduler_opts;

/** GradientAccumulationScheduler. */
LEVIN_API levin_callback *
levin_gradient_accumulation_scheduler(const levin_accumulation_scheduler_opts *opts);

typedef enum levin_timer_interval { LEVIN_TIMER_STEP, LEVIN_TIMER_EPOCH } levin_timer_interval;

typedef struct levin_timer_opts {
    const char *duration; // "DD:HH:MM:SS"; NULL: only measures
    levin_timer_interval interval;
    levin_switch verbose; // default on
} levin_timer_opts;

/** Timer: stops training when its time is over; time before a resume counts. */
LEVIN_API levin_callback *levin_timer(const levin_timer_opts *opts);
/** Seconds of a stage, "train", "validate" or "test", so far, and, of training, those left
 * (infinite without a duration). */
LEVIN_API double levin_timer_elapsed(const levin_callback *c, const char *stage);
LEVIN_API double levin_timer_remaining(const levin_callback *c);

typedef struct levin_model_summary_opts {
    int64_t max_depth; // of the module tree; default 1, -1 all, LEVIN_ZERO nothing
} levin_model_summary_opts;

/** ModelSummary: parameters and modes of the parts, at the start of fit. */
LEVIN_API levin_callback *levin_model_summary(const levin_model_summary_opts *opts);

typedef struct levin_progress_bar_opts {
    int64_t refresh_rate;     // batches between two looks; default 1, LEVIN_ZERO no bar
    levin_switch leave;       // the line of each epoch stays; default off
    int64_t process_position; // lines that others have below it
} levin_progress_bar_opts;

/** The progress bar, under the names TQDMProgressBar and RichProgressBar too. */
LEVIN_API levin_callback *levin_progress_bar(const levin_progress_bar_opts *opts);

typedef struct levin_on_exception_opts {
    const char *dirpath;  // needed
    const char *filename; // without ending; NULL: "on_exception"
} levin_on_exception_opts;

/** OnExceptionCheckpoint: saves when a run fails; the next fit goes on from there by itself, and
 * the file goes when a run succeeds. */
LEVIN_API levin_callback *levin_on_exception_checkpoint(const levin_on_exception_opts *opts);

typedef enum levin_write_interval {
    LEVIN_WRITE_BATCH,
    LEVIN_WRITE_EPOCH,
    LEVIN_WRITE_BATCH_AND_EPOCH,
} levin_write_interval;

typedef struct levin_prediction_writer_opts {
    levin_write_interval write_interval;
    /* Each prediction as it is made; then all of them, by levin_trainer_prediction. 0 or an error
     * code. */
    int (*write_on_batch_end)(void *payload, levin_trainer *t, levin_module *m,
                              const levin_tensor *prediction, const levin_batch *b);
    int (*write_on_epoch_end)(void *payload, levin_trainer *t, levin_module *m);
    void *payload;
} levin_prediction_writer_opts;

/** BasePredictionWriter. */
LEVIN_API levin_callback *levin_prediction_writer(const levin_prediction_writer_opts *opts);

typedef struct levin_spike_detection_opts {
    levin_mode mode;
    int64_t window;                   // batches of the running mean; 0 means 10
    int64_t warmup;                   // batches before it looks; default 1, LEVIN_ZERO 0
    levin_optional atol, rtol;        // tolerances around the mean; default none and 2
    const char *exclude_batches_path; // skip_batches.json, or its folder; NULL: the current one
    levin_switch finite_only;         // what is not finite is a spike; default on
} levin_spike_detection_opts;

/** SpikeDetection: ends fit with LEVIN_ENUMERIC when the loss jumps, and writes down which batches
 * to leave out. */
LEVIN_API levin_callback *levin_spike_detection(const levin_spike_detection_opts *opts);

/** LambdaCallback: the hooks alone, without a struct; payload is levin_lambda_payload(c) there. */
LEVIN_API levin_callback *levin_lambda_callback(const levin_callback_class *hooks, void *payload);
LEVIN_API void *levin_lambda_payload(const levin_callback *c);

/** LearningRateFinder and BatchSizeFinder: look at the start of fit, as auto_lr_find and
 * auto_scale_batch_size do. */
LEVIN_API levin_callback *levin_learning_rate_finder(const levin_lr_finder_opts *opts);
LEVIN_API levin_callback *levin_batch_size_finder(const levin_batch_size_finder_opts *opts);
/** What the finder found, lent; NULL if it has not run. */
LEVIN_API const levin_lr_found *levin_learning_rate_finder_result(const levin_callback *c);
LEVIN_API int64_t levin_batch_size_finder_result(const levin_callback *c); // 0 likewise

typedef enum levin_logging_interval {
    LEVIN_INTERVAL_OF_SCHEDULE, // that of each schedule; an optimizer without one: both
    LEVIN_INTERVAL_STEP,        // every log_every_n_steps
    LEVIN_INTERVAL_EPOCH
} levin_logging_interval;

typedef struct levin_learning_rate_monitor_opts {
    levin_logging_interval logging_interval;
    levin_switch log_momentum;     // default off; Adam's is its first beta
    levin_switch log_weight_decay; // default off
} levin_learning_rate_monitor_opts;

/** LearningRateMonitor: lr-AdamW, with several groups lr-AdamW/pg1 and so on, before the batch or
 * epoch that they are used in; to the loggers, and as metrics that a monitor may name. Without a
 * logger fit is LEVIN_EINVAL. opts may be NULL, here and below. */
LEVIN_API levin_callback *levin_learning_rate_monitor(const levin_learning_rate_monitor_opts *opts);

typedef struct levin_device_stats_monitor_opts {
    levin_switch cpu_stats; // default on; off leaves nothing, for there is no other device
} levin_device_stats_monitor_opts;

/** DeviceStatsMonitor: how busy the machine is and how full its memory, in percent, before and
 * after each batch that log_every_n_steps counts. Without a logger fit is LEVIN_EINVAL. */
LEVIN_API levin_callback *levin_device_stats_monitor(const levin_device_stats_monitor_opts *opts);

typedef struct levin_throughput_monitor_opts {
    int64_t (*batch_size_fn)(const levin_batch *b); // samples; NULL: b->size
    int64_t (*length_fn)(const levin_batch *b);     // items; NULL: tokens, where there are any
    /* Operations of a batch, there and back; NULL: what the operators count of those computed. */
    double (*flops_fn)(levin_module *m, const levin_batch *b);
    int64_t window_size;   // batches that rates are an average over; 0: 100
    const char *separator; // between the parts of names; NULL: "/"
} levin_throughput_monitor_opts;

/** ThroughputMonitor: batches, samples, items and operations a second, and the latter as a share of
 * what the machine can do at most (MFU), which is measured when a call begins. In fit, validate and
 * test; a trainer without a logger is LEVIN_EINVAL there. */
LEVIN_API levin_callback *levin_throughput_monitor(const levin_throughput_monitor_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
