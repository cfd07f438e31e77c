/* callbacks.h: things that happen beside training. A callback is made like a module: a struct of
 * yours with `levin_callback base` first and one constant levin_callback_class of hooks under
 * Lightning's names. */
#ifndef LEVIN_CALLBACKS_H
#define LEVIN_CALLBACKS_H

#include <levin/trainer.h>

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

typedef enum levin_mode { LEVIN_MODE_MIN, LEVIN_MODE_MAX } levin_mode;

typedef struct levin_model_checkpoint_opts {
    const char *dirpath, *filename; // NULL: <log_dir>/checkpoints and {epoch}-{step}
    const char *monitor;
    levin_mode mode;
    int64_t save_top_k;     // files kept; default 1, LEVIN_ZERO none, -1 all
    levin_switch save_last; // last.ckpt, always the newest; default off
    levin_switch save_weights_only;
    levin_switch save_on_train_epoch_end; // default: by the validation flags
    levin_switch save_on_exception;
    levin_switch auto_insert_metric_name, enable_version_counter; // default on
    /* When to save: at most one of the three; by default every epoch. LEVIN_ZERO: never. */
    int64_t every_n_train_steps, every_n_epochs;
    levin_amount train_time_interval; // LEVIN_SECONDS(s)
} levin_model_checkpoint_opts;

/** ModelCheckpoint. opts may be NULL; texts are copied. Yours until a trainer takes it. */
LEVIN_API levin_callback *levin_model_checkpoint(const levin_model_checkpoint_opts *opts);

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
