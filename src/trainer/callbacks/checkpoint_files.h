/* checkpoint_files.h: the files of a ModelCheckpoint: their names, the best of them, last.ckpt, and
 * which to delete. When to save is model_checkpoint.c's. */
#ifndef LEVIN_TRAINER_CALLBACKS_CHECKPOINT_FILES_H
#define LEVIN_TRAINER_CALLBACKS_CHECKPOINT_FILES_H

#include "trainer/callbacks/top_k.h"
#include "trainer/trainer.h"

typedef struct levin_checkpoint_files {
    char *template, *monitor; // monitor NULL: the newest is the best
    bool insert_names, versions, weights_only, keeps_last, links_last, verbose;
    char *dir; // NULL before a run has begun
    levin_top_k top;
    char *best, *last; // paths, or NULL
    double best_score;
    char *newest;                  // path of the file that was saved last, or NULL
    char *doomed;                  // path that goes when last.ckpt is right
    int64_t saved_step, last_step; // global steps of the newest file and of last.ckpt
    bool warned;
} levin_checkpoint_files;

/** Saves what the options ask for at this moment: among the best if it is one, and last.ckpt. */
void levin__checkpoint_files_save(levin_checkpoint_files *f, levin_trainer *t);
/** One part of it alone. */
void levin__checkpoint_files_save_top_k(levin_checkpoint_files *f, levin_trainer *t);
void levin__checkpoint_files_save_last(levin_checkpoint_files *f, levin_trainer *t);
/** A file beside the others, whatever the monitor says. */
void levin__checkpoint_files_save_extra(levin_checkpoint_files *f, levin_trainer *t);

void levin__checkpoint_files_state(const levin_checkpoint_files *f, levin_state *s);
void levin__checkpoint_files_load(levin_checkpoint_files *f, const levin_state *s);
void levin__checkpoint_files_free(levin_checkpoint_files *f);

#endif
