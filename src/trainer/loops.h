/* loops.h: the loops, outermost first. All leave their result in the thread's error. */
#ifndef LEVIN_TRAINER_LOOPS_H
#define LEVIN_TRAINER_LOOPS_H

#include "trainer/trainer.h"

/** fit_loop.c: epochs until something says stop, from t->position on. */
/** Seconds of training so far, those before a checkpoint too. */
double levin__fit_seconds(const levin_trainer *t);
void levin__fit_loop(levin_trainer *t);
/** Optimizer steps of the whole fit by its limits; 0 if there is none. */
int64_t levin__fit_steps(const levin_trainer *t);

/** train_loop.c: one batch: forward, backward and, at the end of a window, a step. False if the
 *  epoch ends before it, or after an error. */
bool levin__train_batch(levin_trainer *t);

/** eval_loop.c: one pass over the loaders of a stage; in fit, from t->position on. */
void levin__eval_loop(levin_trainer *t, levin_stage stage);
/** The few validation batches before training. */
void levin__sanity_check(levin_trainer *t);

/** predict_loop.c */
void levin__predict_loop(levin_trainer *t);

/** precision.c: enters the number format of the run on this thread; leave brings the one before
 *  back. */
levin_dtype levin__precision_enter(const levin_trainer *t);
void levin__precision_leave(levin_dtype before);

#endif
