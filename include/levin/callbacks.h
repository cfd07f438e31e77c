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

#ifdef __cplusplus
}
#endif
#endif
