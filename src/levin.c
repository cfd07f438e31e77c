/* levin.c: the one file that may see every room: it lists the back ends. */
#include "backends/cpu/cpu.h"
#include "backends/ref/ref.h"
#include "tensor/backends.h"
#include "tensor/dispatch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const levin_kernels nothing = { .name = "none" };

/* Instruction sets, best first. */
static const struct {
    const levin_kernels *kernels;
    const char *name;
} sets[] = {
    { &levin__kernels_avx512, "avx512" },
    { &levin__kernels_avx2, "avx2" },
    { &levin__kernels_generic, "generic" },
};
enum { SETS = sizeof sets / sizeof *sets };

static const levin_kernels *tables[LEVIN_MAX_TABLES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool machine_has(const char *set)
{
    if (strcmp(set, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    if (strcmp(set, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    return true;
}

static void set_tables(const levin_kernels *best)
{
    tables[0] = best;
    tables[1] = &levin__ref_kernels;
    tables[2] = tables[3] = &nothing;
}

/* The best set of the machine that is not above the cap (NULL: no cap). */
static bool choose(const char *cap)
{
    int i = 0;
    if (cap && strcmp(cap, "avx512_bf16") != 0)
        while (i < SETS && strcmp(sets[i].name, cap) != 0)
            i++;
    while (i < SETS && !machine_has(sets[i].name))
        i++;
    if (i < SETS)
        set_tables(sets[i].kernels);
    return i < SETS;
}

static void choose_by_environment(void)
{
    const char *back_end = getenv("LEVIN_BACKEND"), *cap = getenv("LEVIN_CPU");
    if (back_end && strcmp(back_end, "ref") == 0)
        set_tables(&levin__ref_kernels);
    else if (!choose(cap))
        choose(NULL);
}

const levin_kernels *const *levin__kernel_tables(void)
{
    pthread_once(&once, choose_by_environment);
    return (const levin_kernels *const *)tables;
}

bool levin__use_back_end(const char *name)
{
    pthread_once(&once, choose_by_environment);
    if (!name) {
        choose_by_environment();
        return true;
    }
    if (strcmp(name, "ref") == 0) {
        set_tables(&levin__ref_kernels);
        return true;
    }
    return machine_has(name) && choose(name);
}

const char *levin__back_end_name(void) { return levin__kernel_tables()[0]->name; }
