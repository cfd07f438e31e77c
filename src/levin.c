/* levin.c: the one file that may see every room: it lists the back ends. */
#include "backends/ref/ref.h"
#include "tensor/dispatch.h"

static const levin_kernels nothing = { .name = "none" };
static const levin_kernels *const reference[LEVIN_MAX_TABLES] = { &levin__ref_kernels, &nothing,
                                                                  &nothing, &nothing };

const levin_kernels *const *levin__kernel_tables(void) { return reference; }
