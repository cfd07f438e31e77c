/* clock.c: see clock.h. */
#include "base/clock.h"

#include <time.h>

static double read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double levin__seconds(void) { return read_clock(CLOCK_MONOTONIC); }
double levin__unix_time(void) { return read_clock(CLOCK_REALTIME); }
