/* hooks.h: the one table of hooks: who has them, and what self.log may do inside. Calls go through
 * here, so that order, profiling and logging levels have one place. */
#ifndef LEVIN_TRAINER_HOOKS_H
#define LEVIN_TRAINER_HOOKS_H

#include <levin/callbacks.h>

/* What self.log does in a hook when on_step and on_epoch are left open. */
typedef enum levin_log_rule {
    LEVIN_LOG_NOTHING, // not allowed
    LEVIN_LOG_STEP,    // on_step; on_epoch may be asked for
    LEVIN_LOG_EPOCH,   // on_epoch; on_step may be asked for
    LEVIN_LOG_EPOCH_ONLY,
} levin_log_rule;

/* Hook, who has it (MODULE, CALLBACK or BOTH), and its rule. */
#define LEVIN_HOOK_MAP(X)                                                                          \
    X(configure_callbacks, MODULE, NOTHING)                                                        \
    X(prepare_data, MODULE, NOTHING)                                                               \
    X(setup, BOTH, NOTHING)                                                                        \
    X(configure_model, MODULE, NOTHING)                                                            \
    X(configure_optimizers, MODULE, NOTHING)                                                       \
    X(train_dataloader, MODULE, NOTHING)                                                           \
    X(val_dataloader, MODULE, NOTHING)                                                             \
    X(test_dataloader, MODULE, NOTHING)                                                            \
    X(predict_dataloader, MODULE, NOTHING)                                                         \
    X(teardown, BOTH, NOTHING)                                                                     \
    X(on_fit_start, BOTH, NOTHING)                                                                 \
    X(on_fit_end, BOTH, NOTHING)                                                                   \
    X(on_sanity_check_start, CALLBACK, EPOCH_ONLY)                                                 \
    X(on_sanity_check_end, CALLBACK, EPOCH_ONLY)                                                   \
    X(on_train_start, BOTH, EPOCH_ONLY)                                                            \
    X(on_train_end, BOTH, NOTHING)                                                                 \
    X(on_train_epoch_start, BOTH, EPOCH_ONLY)                                                      \
    X(on_train_epoch_end, BOTH, EPOCH_ONLY)                                                        \
    X(on_before_batch_transfer, MODULE, NOTHING)                                                   \
    X(transfer_batch_to_device, MODULE, NOTHING)                                                   \
    X(on_after_batch_transfer, MODULE, NOTHING)                                                    \
    X(on_train_batch_start, BOTH, STEP)                                                            \
    X(training_step, MODULE, STEP)                                                                 \
    X(on_before_zero_grad, BOTH, STEP)                                                             \
    X(optimizer_zero_grad, MODULE, STEP)                                                           \
    X(on_before_backward, BOTH, STEP)                                                              \
    X(backward, MODULE, STEP)                                                                      \
    X(on_after_backward, BOTH, STEP)                                                               \
    X(on_before_optimizer_step, BOTH, STEP)                                                        \
    X(configure_gradient_clipping, MODULE, STEP)                                                   \
    X(optimizer_step, MODULE, STEP)                                                                \
    X(lr_scheduler_step, MODULE, STEP)                                                             \
    X(on_train_batch_end, BOTH, STEP)                                                              \
    X(on_validation_model_zero_grad, MODULE, NOTHING)                                              \
    X(on_validation_model_eval, MODULE, NOTHING)                                                   \
    X(on_validation_model_train, MODULE, NOTHING)                                                  \
    X(on_validation_start, BOTH, EPOCH_ONLY)                                                       \
    X(on_validation_end, BOTH, NOTHING)                                                            \
    X(on_validation_epoch_start, BOTH, EPOCH_ONLY)                                                 \
    X(on_validation_epoch_end, BOTH, EPOCH_ONLY)                                                   \
    X(on_validation_batch_start, BOTH, EPOCH)                                                      \
    X(validation_step, MODULE, EPOCH)                                                              \
    X(on_validation_batch_end, BOTH, EPOCH)                                                        \
    X(on_test_start, BOTH, EPOCH_ONLY)                                                             \
    X(on_test_end, BOTH, NOTHING)                                                                  \
    X(on_test_epoch_start, BOTH, EPOCH_ONLY)                                                       \
    X(on_test_epoch_end, BOTH, EPOCH_ONLY)                                                         \
    X(on_test_batch_start, BOTH, EPOCH)                                                            \
    X(test_step, MODULE, EPOCH)                                                                    \
    X(on_test_batch_end, BOTH, EPOCH)                                                              \
    X(on_predict_start, BOTH, NOTHING)                                                             \
    X(on_predict_end, BOTH, NOTHING)                                                               \
    X(on_predict_epoch_start, BOTH, NOTHING)                                                       \
    X(on_predict_epoch_end, BOTH, NOTHING)                                                         \
    X(on_predict_batch_start, BOTH, NOTHING)                                                       \
    X(predict_step, MODULE, NOTHING)                                                               \
    X(on_predict_batch_end, BOTH, NOTHING)                                                         \
    X(on_save_checkpoint, BOTH, NOTHING)                                                           \
    X(on_load_checkpoint, BOTH, NOTHING)                                                           \
    X(on_exception, BOTH, NOTHING)

typedef enum levin_hook {
    LEVIN_HOOK_NONE,
#define LEVIN_HOOK_ENUM(name, who, rule) LEVIN_HOOK_##name,
    LEVIN_HOOK_MAP(LEVIN_HOOK_ENUM)
#undef LEVIN_HOOK_ENUM
        LEVIN_HOOKS
} levin_hook;

typedef enum levin_who {
    LEVIN_ALL,     // every callback
    LEVIN_PLAIN,   // those that do not monitor
    LEVIN_MONITORS // those that do
} levin_who;

const char *levin__hook_name(levin_hook h);
levin_log_rule levin__hook_log_rule(levin_hook h);
/** Who has it. */
bool levin__hook_is_of_module(levin_hook h);
bool levin__hook_is_of_callback(levin_hook h);
/** By name; LEVIN_HOOK_NONE if there is none. For checkpoints. */
levin_hook levin__hook_find(const char *name);

/** Callbacks first, then the module, for hooks that take nothing else. */
void levin__hook_call(levin_trainer *t, levin_hook h);
/** The same for hooks that take a batch. */
void levin__hook_call_batch(levin_trainer *t, levin_hook h, const levin_batch *b);
/** Callbacks alone, in their order. */
void levin__hook_callbacks(levin_trainer *t, levin_hook h, levin_who who);
void levin__hook_callbacks_batch(levin_trainer *t, levin_hook h, levin_who who,
                                 const levin_batch *b);
/** The module alone. */
void levin__hook_module(levin_trainer *t, levin_hook h);
/** The hooks around moving a batch to its device: the data module's if it has them, else the
 * module's. */
void levin__hook_transfer(levin_trainer *t, levin_batch *b);
/** For hooks of the module with a signature of their own: says that it runs now; the caller calls,
 * and gives levin__hook_leave the result. */
double levin__hook_enter(levin_trainer *t, levin_hook h);
void levin__hook_leave(levin_trainer *t, levin_hook h, double began);

#endif
