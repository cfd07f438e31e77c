/* trainer.h: the inside of the Trainer, shared by the files of this room. Each group of fields
 * belongs to one file, which alone writes it. */
#ifndef LEVIN_TRAINER_TRAINER_H
#define LEVIN_TRAINER_TRAINER_H

#include "trainer/hooks.h"
#include "trainer/log.h"
#include "trainer/output.h"
#include "trainer/position.h"
#include "trainer/settings.h"

#include <levin/datamodule.h>
#include <levin/sys/logger.h>
#include <stdatomic.h>

enum { LEVIN_MAX_OPTIMIZERS = 8 };

/* Which public call runs. */
typedef enum levin_running {
    LEVIN_RUNNING_NOTHING,
    LEVIN_RUNNING_FIT,
    LEVIN_RUNNING_VALIDATE,
    LEVIN_RUNNING_TEST,
    LEVIN_RUNNING_PREDICT,
} levin_running;

/* Why fit ended. */
typedef enum levin_stop_reason {
    LEVIN_STOPPED_BY_NOTHING,
    LEVIN_STOPPED_BY_NO_BATCHES,
    LEVIN_STOPPED_BY_MAX_STEPS,
    LEVIN_STOPPED_BY_MAX_EPOCHS,
    LEVIN_STOPPED_BY_REQUEST,
} levin_stop_reason;

/* The loaders of a stage, and how many batches of each a run takes. */
typedef struct levin_loaders {
    levin_dataloader **at;
    int64_t *limit; // NULL until limits.c has looked
    int n;
    bool from_hook;    // asked for, not given
    int64_t loaded_at; // the epoch
    uint64_t *seeds;   // of a checkpoint, for loaders that have not come yet
    int n_seeds, seeds_capacity;
} levin_loaders;

struct levin_trainer {
    levin_settings set; // settings.c
    levin_output out;

    levin_callback **callbacks; // those that monitor last
    int n_callbacks, n_plain_callbacks;
    levin_logger **loggers;
    int n_loggers;

    levin_profiler *profiler; // NULL: none; the rest: profile.c
    bool profiled;            // it is being told of a call that runs
    char **action_names;      // of hooks: of data, module and each callback
    int n_action_names;

    levin_running running; // calls.c
    levin_stage stage;
    bool sanity; // the validation before training runs
    levin_module *module;
    levin_datamodule *datamodule; // lent; NULL: none
    levin_optimizer *optimizer;   // the first of optimizers, or NULL
    levin_optimizer *optimizers[LEVIN_MAX_OPTIMIZERS];
    int n_optimizers;
    levin_loaders loaders[LEVIN_STAGES];
    bool refused; // this call contradicts itself: nothing of it has been done

    levin_take_prediction *take; // predict_loop.c
    void *take_payload;
    bool keeps_predictions;
    struct levin_kept_predictions *kept; // of each loader, or NULL
    const levin_tensor *prediction;      // of the batch that runs

    char *ckpt_path; // what this call was asked to load, resolved; or NULL
    uint64_t seed;   // of all counter-based randomness of this call

    levin_position position; // fit_loop.c
    int64_t current_epoch;
    double began; // when training began, on levin__seconds
    double last_validation;
    int64_t val_check_batch; // limits.c: validate every so many batches; 0: another rule, or never
    int64_t accumulate;      // batches of a window in this epoch
    double loss;             // of the newest training batch
    int64_t losses;          // batches of this epoch whose training_step returned one
    struct levin_averager *averager; // of a WeightAveraging, or NULL
    int64_t saved_batch_size;        // of the checkpoint that fit goes on from; 0: not known
    bool in_batch;                   // a batch runs: checkpoints wait for its end
    bool resumed;                    // position came from a checkpoint and has not been used yet
    char **pending;                  // paths of checkpoints that wait: checkpoint.c
    int n_pending;
    char *newest_checkpoint;
    levin_stop_reason stopped_by;

    bool should_stop;
    bool stop_was_said; // whoever stopped it told why
    double found_lr;    // what a finder took for the module, 0: nothing
    bool tuning;        // a finder trains: nothing is logged, and nothing is an error of the run
    bool begun;      // fit stands where it is to go on from: a failure before has nothing to save
    bool exit_early; // a finder was all that was asked for
    atomic_int interrupted, requeue; // asked for by a signal, on any thread: interruption.c
    char *exception;                 // message, while on_exception runs

    levin_hook hook; // which one runs: hooks.c
    levin_log_book log;
};

/** Puts a callback among the others of its kind; takes it. 0 or an error code. */
int levin__trainer_add_callback(levin_trainer *t, levin_callback *c);

/** The first callback for which is holds, lent; NULL if there is none. */
levin_callback *levin__trainer_find(const levin_trainer *t, bool (*is)(const levin_callback *c));

/** Takes a callback off the list, without freeing it. */
void levin__trainer_remove_callback(levin_trainer *t, levin_callback *c);

/** The folder of the run of the first logger, lent: log_dir without a logger's own sub_dir. NULL if
 * there is none. */
const char *levin__trainer_run_dir(const levin_trainer *t);

/** The module is being freed or goes to another trainer: drops it and its optimizer. */
void levin__trainer_forget_module(levin_trainer *t);

#endif
