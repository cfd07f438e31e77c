/* levin.c: the one file that may see every room: it lists the back ends. */
#include "backends/cpu/cpu.h"
#if LEVIN_HAS_DNNL
#    include "backends/dnnl/dnnl.h"
#endif
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
    if (strcmp(set, "avx512_bf16") == 0)
        return machine_has("avx512") && __builtin_cpu_supports("avx512bf16");
    if (strcmp(set, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    if (strcmp(set, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    return true;
}

static void set_tables(const levin_kernels *first, const levin_kernels *second)
{
    tables[0] = first;
    tables[1] = second;
    tables[2] = &levin__ref_kernels;
    tables[3] = &nothing;
}

/* The best set of the machine that is not above the cap (NULL: no cap), or -1. */
static int best_set(const char *cap)
{
    int i = 0;
    if (cap && strcmp(cap, "avx512_bf16") != 0)
        while (i < SETS && strcmp(sets[i].name, cap) != 0)
            i++;
    while (i < SETS && !machine_has(sets[i].name))
        i++;
    return i < SETS ? i : -1;
}

/* oneDNN goes before our own products where it has bf16 instructions and ours have none: from
 * AVX-512 on. Elsewhere ours win, since they round bf16 while packing and finish a tile in cache.
 */
static void set_best(int set, const char *cap, bool dnnl_first)
{
#if LEVIN_HAS_DNNL
    levin__dnnl_cap(cap ? cap : "");
    if (dnnl_first || sets[set].kernels == &levin__kernels_avx512) {
        set_tables(&levin__dnnl_kernels, sets[set].kernels);
        return;
    }
#else
    (void)cap;
    (void)dnnl_first;
#endif
    set_tables(sets[set].kernels, &nothing);
}

static void choose_by_environment(void)
{
    const char *back_end = getenv("LEVIN_BACKEND"), *cap = getenv("LEVIN_CPU");
    int set = best_set(cap);
    if (back_end && strcmp(back_end, "ref") == 0)
        set_tables(&levin__ref_kernels, &nothing);
    else
        set_best(set < 0 ? best_set(NULL) : set, cap, back_end && strcmp(back_end, "dnnl") == 0);
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
        set_tables(&levin__ref_kernels, &nothing);
        return true;
    }
    bool dnnl = strcmp(name, "dnnl") == 0;
    int set = dnnl ? best_set(NULL) : best_set(name);
    if (set < 0 || !machine_has(name) || (dnnl && !LEVIN_HAS_DNNL))
        return false;
    set_best(set, dnnl ? NULL : name, dnnl);
    return true;
}

const char *levin__back_end_name(void) { return levin__kernel_tables()[0]->name; }
