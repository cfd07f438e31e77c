/* back_ends.h: what is held against ref: every instruction set of the cpu back end, oneDNN, and the
 * paths that only newer CPUs take (products of pairs, AMX) with those instructions done in plain C.
 * A test passes over those that this machine has not (use_back_end says so). */
#ifndef LEVIN_TESTS_SUPPORT_BACK_ENDS_H
#define LEVIN_TESTS_SUPPORT_BACK_ENDS_H

#include "tensor/backends.h"

#include <string.h>

extern const levin_kernels levin__kernels_emulated_pairs, levin__kernels_emulated_tiles;

static const char *const back_ends[] = { "generic",        "avx2",           "avx512",
                                         "avx512_vnni",    "avx512_bf16",    "amx",
                                         "emulated_pairs", "emulated_tiles", "dnnl" };
enum { BACK_ENDS = sizeof back_ends / sizeof *back_ends };

static inline bool use_back_end(const char *name)
{
    bool pairs = strcmp(name, "emulated_pairs") == 0;
    if (!pairs && strcmp(name, "emulated_tiles") != 0)
        return levin__use_back_end(name);
    levin__use_kernels(pairs ? &levin__kernels_emulated_pairs : &levin__kernels_emulated_tiles);
    return true;
}

#endif
