/* options.h: reading options whose zero is the default. */
#ifndef LEVIN_BASE_OPTIONS_H
#define LEVIN_BASE_OPTIONS_H

#include <levin/base.h>

static inline bool levin__is_on(levin_switch s, bool missing)
{
    return s.value ? s.value > 0 : missing;
}

static inline int64_t levin__number_or(int64_t option, int64_t missing)
{
    return option == 0 ? missing : option == LEVIN_ZERO ? 0 : option;
}

static inline double levin__real_or(double option, double missing)
{
    return option == 0 ? missing : option;
}

#endif
