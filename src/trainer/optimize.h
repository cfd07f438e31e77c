/* optimize.h: from a batch to the optimizer: one training step, by the trainer or by the module. */
#ifndef LEVIN_TRAINER_OPTIMIZE_H
#define LEVIN_TRAINER_OPTIMIZE_H

#include "trainer/trainer.h"

/* Where a batch stands in its window of accumulate_grad_batches. */
typedef struct levin_window {
    int64_t divisor; // of the loss
    int64_t size;    // batches so far, this one included
    bool first, last;
} levin_window;

levin_window levin__window_find(const levin_trainer *t);

/** training_step, the way back and, at the end of a window, the step. Gives the loss, undivided;
 *  NULL if there is none, or after an error. */
levin_tensor *levin__optimize(levin_trainer *t, const levin_batch *b, levin_window w);

/** What configure_optimizers returns becomes the trainer's, instead of what it had; totals of
 *  schedules follow from the limits of the run. 0 or an error code. */
int levin__optimizers_make(levin_trainer *t);
void levin__optimizers_free(levin_trainer *t);

/** Moves the schedule on if it is due after this batch, or at the end of the epoch if it looks at a
 * metric. */
void levin__schedule_step_batch(levin_trainer *t);
void levin__schedule_step_metric(levin_trainer *t, bool end_of_epoch);

#endif
