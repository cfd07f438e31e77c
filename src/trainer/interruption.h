/* interruption.h: a run that is asked from outside to end, by a signal or by SLURM, and the state
 * that it leaves behind. */
#ifndef LEVIN_TRAINER_INTERRUPTION_H
#define LEVIN_TRAINER_INTERRUPTION_H

#include "trainer/trainer.h"

/** Between batches: whether the call is to end. A fit has then saved its state, and
 *  LEVIN_EINTERRUPTED tells where it stands and which file goes on from there. */
bool levin__interrupted(levin_trainer *t);

/** A fit has ended well: the file of the interruption that it came from has done its work, once a
 *  checkpoint of this fit stands. */
void levin__interruption_over(levin_trainer *t);

/* slurm.c: jobs of SLURM that are ended before their time and started again. */
/** Whether this process is a batch job: SLURM_NTASKS is set and the job is no shell. */
bool levin__slurm_is_job(void);
/** Whether name is hpc_ckpt_N.ckpt. */
bool levin__slurm_owns(const char *name);
/** The hpc_ckpt_N.ckpt of the highest N in default_root_dir, and N; NULL if there is none. Yours.
 */
char *levin__slurm_newest(const levin_trainer *t, int64_t *n);
/** Whether a fit asked for ckpt_path has to go on from that file instead: none was asked for, or
 *  the job was started again, with the same command as the first time. */
bool levin__slurm_goes_on(const levin_trainer *t, const char *ckpt_path);
/** Saves the next hpc_ckpt_N.ckpt and has the job requeued. True with LEVIN_EINTERRUPTED if that
 *  worked; false with a note, and the run goes on, if SLURM refused; false with an error if the
 *  file could not be written. */
bool levin__slurm_requeue(levin_trainer *t);

#endif
