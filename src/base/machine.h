/* machine.h: how busy this machine is and what it has left, as Linux says in
 * /proc and in the control group. */
#ifndef LEVIN_BASE_MACHINE_H
#define LEVIN_BASE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Time of all processors together since the machine was started, in ticks. */
typedef struct levin_cpu_times {
    double busy, all;
} levin_cpu_times;

/** False, without an error, where the kernel does not say. */
bool levin__cpu_times(levin_cpu_times *out);

/* Shares of what there is, 0 to 100. */
typedef struct levin_memory_use {
    double ram;  // that is not available to programs
    double swap; // 0 without any
} levin_memory_use;

/** Likewise. */
bool levin__memory_use(levin_memory_use *out);

/** Bytes that the machine, or the container that this runs in, has left; INT64_MAX if nobody says.
 */
int64_t levin__memory_left(void);

#endif
