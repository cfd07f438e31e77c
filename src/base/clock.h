/* clock.h: time, for durations and for names of files. */
#ifndef LEVIN_BASE_CLOCK_H
#define LEVIN_BASE_CLOCK_H

/** Seconds on a clock that never goes back. */
double levin__seconds(void);
/** Seconds since 1970. */
double levin__unix_time(void);

#endif
