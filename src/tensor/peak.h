/* peak.h: what the machine can do at most, measured: what a share of the peak is a share of. */
#ifndef LEVIN_TENSOR_PEAK_H
#define LEVIN_TENSOR_PEAK_H

#include <levin/sys/kernels.h>

/** Operations a second in registers on all threads, taken once for about so many seconds; 0 if
 * there is no instruction for them. */
double levin__peak_measure(levin_peak kind, double seconds);
/** What products under this autocast are a share of: bf16's or int8's where the machine has them,
 * else f32's. */
levin_peak levin__peak_of(levin_dtype autocast);

#endif
