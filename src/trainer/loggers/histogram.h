/* histogram.h: how numbers are spread, in the buckets that TensorBoard's writers use. */
#ifndef LEVIN_TRAINER_LOGGERS_HISTOGRAM_H
#define LEVIN_TRAINER_LOGGERS_HISTOGRAM_H

#include <levin/tensor.h>

enum { LEVIN_BUCKETS = 1550 }; // at most

typedef struct levin_histogram {
    double min, max, num, sum, sum_squares;            // of the finite numbers
    double limit[LEVIN_BUCKETS], count[LEVIN_BUCKETS]; // upper ends, and what lies below them
    int first, n; // the buckets worth keeping: one empty one, then from the first to the last full
} levin_histogram;

/** Of all numbers of t but those that are not finite. False if there is none. */
bool levin__histogram_make(levin_histogram *h, const levin_tensor *t);

#endif
