/* peak.c: ref's products of f32 one after the other; it has no others. */
#include "backends/ref/ref.h"

bool levin__ref_peak(levin_peak kind, int64_t rounds, double *operations)
{
    volatile float sum = 0;
    for (int64_t i = 0; kind == LEVIN_PEAK_F32 && i < rounds; i++)
        sum = sum * 0.5f + 1;
    *operations = kind == LEVIN_PEAK_F32 ? 2.0 * (double)rounds : 0;
    return true;
}
