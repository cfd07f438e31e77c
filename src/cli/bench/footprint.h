/* footprint.h: the memory that a section has in use at most. */
#ifndef LEVIN_CLI_BENCH_FOOTPRINT_H
#define LEVIN_CLI_BENCH_FOOTPRINT_H

#include "cli/bench/bench.h"

/** Gives unused memory back to the system and forgets the peak of before, where the system can. */
void bench_footprint_begin(void);
/** Reports the peak since then. */
void bench_report_footprint(bench *b);

#endif
