/* measure.h: how long something takes, on a machine that is never quite quiet. */
#ifndef LEVIN_CLI_BENCH_MEASURE_H
#define LEVIN_CLI_BENCH_MEASURE_H

#include "cli/bench/bench.h"

/* Does its work once and returns the seconds that count; negative after an error. */
typedef double bench_task(void *context);

typedef struct bench_timing {
    double seconds;   // the median
    double low, high; // quartiles
    double peak;      // operations a second between the runs, at best; 0 unless asked for
    int runs;
} bench_timing;

/** Runs the task once to warm up, then for about --seconds and three times at least. With
 *  with_peak, the machine's peak is taken between the runs, so that a share of it holds on a
 *  machine whose speed changes. False after an error. */
bool bench_time(bench *b, bool with_peak, bench_task *task, void *context, bench_timing *out);

/** How much of the time our threads had processors while the peak was taken between runs: near 1
 * if nothing else was running. 1 before the first time. */
double bench_steadiness(const bench *b);
/** Bytes a second read and written in blocks larger than the caches, copied or changed in place:
 * the best of some runs within so many seconds; 0 after an error. */
double bench_memory(bool in_place, double seconds);

#endif
