/* position.h: how far a fit has come. A checkpoint is taken at a moment between two batches, and
 * holds this; a fit that is resumed begins with the first thing that had not been done. */
#ifndef LEVIN_TRAINER_POSITION_H
#define LEVIN_TRAINER_POSITION_H

#include <levin/base.h>

typedef enum levin_moment {
    LEVIN_AT_EPOCH_START,    // nothing of this epoch has been done
    LEVIN_AT_BATCH,          // the epoch has begun; batch number `batch` is next
    LEVIN_AT_BATCH_END,      // the batch before `batch` is done and logged; validation may be due
    LEVIN_IN_VALIDATION,     // in the validation after it, before val_batch of val_loader
    LEVIN_AT_VALIDATION_END, // that validation is done and logged
    LEVIN_AT_EPOCH_END,      // every batch is done and the epoch is logged
    LEVIN_MOMENTS
} levin_moment;

typedef struct levin_position {
    levin_moment moment;
    int64_t epoch;           // number of the running epoch
    int64_t batch;           // its batches that are done
    int64_t global_step;     // optimizer steps made
    int64_t total_batches;   // training batches done, over all epochs
    int64_t stepped_batches; // batches that made a step: the axis of logged rows
    bool stepped;            // the batch before `batch` did
    int64_t batch_steps;     // how many optimizer steps it made
    bool last;               // it was the last of its epoch
    int64_t val_loader, val_batch;
    int64_t val_runs, val_batches; // validations and their batches so far, the sanity run aside
    double seconds;                // spent training before this process
} levin_position;

/** "epoch_start" and so on. */
const char *levin__moment_name(levin_moment m);
/** By name; LEVIN_MOMENTS if it is none. */
levin_moment levin__moment_find(const char *name);

#endif
