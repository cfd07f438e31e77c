/* interruption.c: see interruption.h. The signal handlers of programs only raise a flag; it is
 * looked at after each batch, where everything that a checkpoint needs is whole. */
#include "trainer/interruption.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/checkpoint.h"
#include "trainer/checks.h"

#include <string.h>

/* Begins with "last", so that ckpt_path last finds it. */
static const char file_name[] = "last-interrupted.ckpt";

void levin_trainer_interrupt(levin_trainer *t)
{
    if (t)
        t->interrupted = 1;
}

void levin_trainer_requeue(levin_trainer *t)
{
    if (t)
        t->requeue = 1;
}

/* Beside the checkpoints of the first ModelCheckpoint; NULL where there is none. */
static char *path_of(const levin_trainer *t)
{
    const levin_callback *c = levin__trainer_find(t, levin__is_model_checkpoint);
    const char *dir = c ? levin__model_checkpoint_dir(c) : NULL;
    return dir ? levin__path_join(dir, file_name) : NULL;
}

/* One line: where the run stands, and what became of its state. */
static void report(const levin_trainer *t, const char *path, const levin_error_note *failure)
{
    const levin_position *p = &t->position;
    if (t->running != LEVIN_RUNNING_FIT) {
        levin__error_set(LEVIN_EINTERRUPTED, "%s interrupted", levin__call_name(t->running));
        return;
    }
    const char *saved = failure->code ? "; its state could not be saved: "
                        : path        ? "; to go on from there: ckpt_path "
                                      : "";
    levin__error_set(LEVIN_EINTERRUPTED,
                     "interrupted in epoch %lld after batch %lld (step %lld)%s%s",
                     (long long)p->epoch, (long long)p->batch, (long long)p->global_step, saved,
                     failure->code ? failure->message
                     : path        ? path
                                   : "");
}

static bool is_saved(const levin_trainer *t)
{
    return t->begun && !t->tuning && !t->set.fast_dev_run;
}

/* The file of the interruption before this one, which has been gone on from. */
static void forget_older(const levin_trainer *t, const char *path)
{
    const char *old = t->ckpt_path;
    if (old && strcmp(levin__path_name(old), file_name) == 0 && !levin__same_file(old, path)) {
        levin__checkpoint_remove(t, old);
        levin_error_clear(); // it is only in the way
    }
}

bool levin__interrupted(levin_trainer *t)
{
    if (t->requeue) {
        t->requeue = 0;
        if (is_saved(t) && levin__slurm_is_job() && levin__slurm_requeue(t))
            return true;
    }
    if (!t->interrupted || levin_error())
        return levin_error() != LEVIN_OK;
    levin_error_note failure;
    char *path = is_saved(t) ? path_of(t) : NULL;
    if (path)
        levin__checkpoint_write_in_folder(t, path, false);
    levin__error_take(&failure);
    if (path && !failure.code)
        forget_older(t, path);
    report(t, path, &failure);
    levin__free(path);
    return true;
}

void levin__interruption_over(levin_trainer *t)
{
    const char *name = t->ckpt_path ? levin__path_name(t->ckpt_path) : "";
    bool ours = strcmp(name, file_name) == 0 || levin__slurm_owns(name);
    if (ours && !t->exit_early && levin__newest_checkpoint(t) &&
        levin__checkpoint_exists(t, t->ckpt_path))
        levin__checkpoint_remove(t, t->ckpt_path);
}
