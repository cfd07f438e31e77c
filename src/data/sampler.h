/* sampler.h: the order in which an epoch visits the rows. */
#ifndef LEVIN_DATA_SAMPLER_H
#define LEVIN_DATA_SAMPLER_H

#include <levin/base.h>

typedef struct levin_sampler {
    int64_t n;
    bool shuffle;
    uint64_t seed;
    int64_t *order; // of this epoch; NULL: rows come as they lie
} levin_sampler;

/** Sets the order of an epoch: a pure function of (seed, epoch, n). Allocates once. */
int levin__sampler_begin(levin_sampler *s, int64_t epoch);
void levin__sampler_free(levin_sampler *s);
/** Writes the rows at places first .. first + n - 1 of the epoch. */
void levin__sampler_rows(const levin_sampler *s, int64_t first, int64_t n, int64_t *rows);

#endif
