/* averager.h: a second set of weights, kept beside those that learn: an average of them. Both
 * change places for validation and for checkpoints, so that what is measured and what is saved is
 * the average. */
#ifndef LEVIN_TRAINER_AVERAGER_H
#define LEVIN_TRAINER_AVERAGER_H

#include <levin/module.h>

typedef struct levin_averager {
    float *data; // (n) every parameter of the module, one after another; NULL before the first
    int64_t n;
    int64_t updates;
    bool swapped; // the module holds the average, data the weights that learn
} levin_averager;

/** Room for the weights of m, not filled. 0 or LEVIN_ENOMEM. */
int levin__averager_make(levin_averager *a, levin_module *m);
void levin__averager_free(levin_averager *a);
/** The first call copies; later ones move the average by rate towards the weights of m. */
int levin__averager_update(levin_averager *a, levin_module *m, double rate);
/** Both sets change places. */
void levin__averager_swap(levin_averager *a, levin_module *m);
/** Brings the average into m if it is not there already; whether it did. a may be NULL. */
bool levin__averager_show(levin_averager *a, levin_module *m);
/** Copies the average into m, for good. */
void levin__averager_copy(const levin_averager *a, levin_module *m);

#endif
