/* dispatch.h: asking the back ends for a kernel, best first.
 *
 * LEVIN_RUN(slot, arguments...) is true when some table did the work. The list is made by levin.c,
 * the one file that may know back ends by name; ref closes it and declines nothing. */
#ifndef LEVIN_TENSOR_DISPATCH_H
#define LEVIN_TENSOR_DISPATCH_H

#include <levin/sys/kernels.h>

enum { LEVIN_MAX_TABLES = 4 };

/** The tables for this machine and environment (LEVIN_CPU, LEVIN_BACKEND), best first,
 * LEVIN_MAX_TABLES of them; unused places hold an empty table. */
const levin_kernels *const *levin__kernel_tables(void);

#define LEVIN_TRY(i, slot, ...)                                                                    \
    (levin__kernel_tables()[i]->slot && levin__kernel_tables()[i]->slot(__VA_ARGS__))
#define LEVIN_RUN(slot, ...)                                                                       \
    (LEVIN_TRY(0, slot, __VA_ARGS__) || LEVIN_TRY(1, slot, __VA_ARGS__) ||                         \
     LEVIN_TRY(2, slot, __VA_ARGS__) || LEVIN_TRY(3, slot, __VA_ARGS__))

#endif
