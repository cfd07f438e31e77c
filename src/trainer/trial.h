/* trial.h: training for the sake of looking at it: steps that nobody logs and no callback sees, and
 * whose traces are wiped out afterwards. What the finders do between on_fit_start and the first
 * epoch. */
#ifndef LEVIN_TRAINER_TRIAL_H
#define LEVIN_TRAINER_TRIAL_H

#include "trainer/averager.h"
#include "trainer/trainer.h"

typedef struct levin_trial {
    levin_averager weights; // as they were
    levin_position position;
    double loss;
    uint64_t generator[4];
    int n_callbacks, n_plain_callbacks;
    int64_t epoch, taken; // of the training loader, and its batches in it
} levin_trial;

/** Notes how everything is; the training loader stands at its first batch. 0 or an error code; end
 *  it either way. */
int levin__trial_begin(levin_trial *x, levin_trainer *t);
/** One optimizer step, over as many batches as the first epoch accumulates. The mean loss in *loss,
 *  NaN where training_step gave none. 0 or an error code. */
int levin__trial_step(levin_trial *x, levin_trainer *t, double *loss);
/** Another batch size for the training loader, which begins anew. 0 or an error code. */
int levin__trial_set_batch_size(levin_trial *x, levin_trainer *t, int64_t batch_size);
/** Writes what was found over the module's hyper-parameter of the first of these names that it has.
 */
void levin__trial_save(levin_module *m, const char *const *names, const char *value);
/** Everything is as it was; optimizers and schedules are made anew. 0 or an error code. */
int levin__trial_end(levin_trial *x, levin_trainer *t);

#endif
