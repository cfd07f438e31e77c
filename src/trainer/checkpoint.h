/* checkpoint.h: what goes into a .ckpt, when it may be taken, and how it comes back. The container
 * is formats/checkpoint.h's. */
#ifndef LEVIN_TRAINER_CHECKPOINT_H
#define LEVIN_TRAINER_CHECKPOINT_H

#include "formats/checkpoint.h"
#include "trainer/trainer.h"

/* Tensors are "state_dict.<name>", "optimizer.<parameter>.<state>" and, inside a window of
 * accumulate_grad_batches, "gradient.<name>". */
#define LEVIN_CKPT_WEIGHT    "state_dict."
#define LEVIN_CKPT_OPTIMIZER "optimizer."
#define LEVIN_CKPT_GRADIENT  "gradient."
/* Arrays of the states of callbacks, the module and the data module. */
#define LEVIN_CKPT_CALLBACK   "callback."
#define LEVIN_CKPT_MODULE     "module."
#define LEVIN_CKPT_DATAMODULE "datamodule."
/* Of the optimizers behind the first: their arrays. */
#define LEVIN_CKPT_OPTIMIZER_N "optimizer_%d."
enum { LEVIN_CKPT_PREFIX = 512 };

/** The key of a callback's state. */
const char *levin__callback_key(const levin_callback *c);

/** Writes now. Only between batches. 0 or an error; then no file stands under path that did not
 *  before. */
int levin__checkpoint_write(levin_trainer *t, const char *path, bool weights_only);
/** The same; makes the folder of path first, unless a CheckpointIO of the plugins keeps it. */
int levin__checkpoint_write_in_folder(levin_trainer *t, const char *path, bool weights_only);
/** Writes what was asked for while a batch ran. */
void levin__checkpoint_write_pending(levin_trainer *t);
/** The file that was written last by this trainer, lent; NULL if none was. */
const char *levin__newest_checkpoint(const levin_trainer *t);

/* checkpoint_io.c: files, or whatever the CheckpointIO of the plugins keeps under a path. */
/** Writes a container as formats/checkpoint.h does. */
int levin__checkpoint_put(const levin_trainer *t, const char *path, const json_t *header,
                          const levin_st_entry *tensors, int64_t n);
levin_checkpoint *levin__checkpoint_read(const levin_trainer *t, const char *path);
bool levin__checkpoint_exists(const levin_trainer *t, const char *path);
/** Nothing if there is none. */
void levin__checkpoint_remove(const levin_trainer *t, const char *path);

/** The logged values of an unfinished epoch, for the header and back: checkpoint_log.c. */
json_t *levin__checkpoint_log(const levin_trainer *t);
void levin__restore_log(levin_trainer *t, const json_t *header, const char *where);

/** Turns "best", "last" and "hpc" into a path of the caller's; other texts are copied. NULL after
 * an error, and also, without one, if there is no last file: then training starts afresh. */
char *levin__checkpoint_find(levin_trainer *t, const char *what);

/** Whether what is "best", "last" or "hpc", and not a path. */
bool levin__checkpoint_is_word(const char *what);

/** Which file of earlier runs "best", "last" or "hpc" would be for a trainer that has run nothing
 * yet; what is best is what the newest checkpoint says. The caller's; NULL, maybe without an error,
 * if there is none. */
char *levin__checkpoint_of_runs(const levin_trainer *t, const char *what, bool must_be_whole);

/** To the error that a damaged ckpt_path left: the newest other checkpoint beside it, if there is
 * one. */
void levin__checkpoint_name_other(const levin_trainer *t);

/** Calls visit with each folder version_N in above, which may be NULL. */
void levin__visit_runs(const char *above, void (*visit)(void *payload, const char *dir),
                       void *payload);

/** What a fit begins from that was asked for ckpt_path: what SLURM's last turn left behind,
 * ckpt_path, or the file of an OnExceptionCheckpoint of an earlier run; NULL: nothing. Lent. */
const char *levin__fit_checkpoint(const levin_trainer *t, const char *ckpt_path);

/* restore.c: in the order of Lightning, the model first, the rest once the optimizer is there. */
/** Weights, the module's own state, and the callbacks'. */
void levin__restore_model(levin_trainer *t, const levin_checkpoint *c, const char *path);
/** Position, optimizer, schedule, gradients, randomness, samplers and logged values. */
void levin__restore_fit(levin_trainer *t, const levin_checkpoint *c, const char *path);

#endif
