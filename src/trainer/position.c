/* position.c: names of moments, as they stand in checkpoints. */
#include "trainer/position.h"

#include <string.h>

static const char *const names[LEVIN_MOMENTS] = {
    [LEVIN_AT_EPOCH_START] = "epoch_start",       [LEVIN_AT_BATCH] = "batch",
    [LEVIN_AT_BATCH_END] = "batch_end",           [LEVIN_IN_VALIDATION] = "validation",
    [LEVIN_AT_VALIDATION_END] = "validation_end", [LEVIN_AT_EPOCH_END] = "epoch_end",
};

const char *levin__moment_name(levin_moment m) { return names[m]; }

levin_moment levin__moment_find(const char *name)
{
    int m = 0;
    while (m < LEVIN_MOMENTS && strcmp(names[m], name) != 0)
        m++;
    return (levin_moment)m;
}
