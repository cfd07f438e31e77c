/* top_k.h: the k best checkpoints by a metric, in the order they were saved. */
#ifndef LEVIN_TRAINER_CALLBACKS_TOP_K_H
#define LEVIN_TRAINER_CALLBACKS_TOP_K_H

#include <levin/callbacks.h>

typedef struct levin_scored {
    char *path;
    double score;
} levin_scored;

typedef struct levin_top_k {
    levin_mode mode;
    int64_t k; // -1: all
    levin_scored *at;
    int n;
} levin_top_k;

/** Whether a model of this score is to be kept: strictly better than the worst one if the list is
 *  full. NaN is worse than anything. */
bool levin__top_k_wants(const levin_top_k *list, double score);
/** Takes the one that a new one pushes out off the list; its path is the caller's then. Nothing
 *  while there is room. */
void levin__top_k_make_room(levin_top_k *list, levin_scored *out);
/** Takes a path off the list. */
void levin__top_k_drop(levin_top_k *list, const char *path);
/** Adds a path, which is copied; one that is there already gets the new score. */
int levin__top_k_add(levin_top_k *list, const char *path, double score);
/** The first of the best; NULL of an empty list. */
const levin_scored *levin__top_k_best(const levin_top_k *list);
void levin__top_k_free(levin_top_k *list);

#endif
