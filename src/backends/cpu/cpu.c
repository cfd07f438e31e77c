/* cpu.c: see cpu.h. */
#include "backends/cpu/cpu.h"

#include <cpuid.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const levin_kernels levin__kernels_generic;     // any x86-64
extern const levin_kernels levin__kernels_avx2;        // x86-64-v3
extern const levin_kernels levin__kernels_avx512;      // x86-64-v4
extern const levin_kernels levin__kernels_avx512_vnni; // and products of bytes
extern const levin_kernels levin__kernels_avx512_bf16; // and products of bf16
extern const levin_kernels levin__kernels_amx;         // and products of whole registers of both

const levin_cpu_set levin__cpu_sets[] = {
    { "amx", &levin__kernels_amx },
    { "avx512_bf16", &levin__kernels_avx512_bf16 },
    { "avx512_vnni", &levin__kernels_avx512_vnni },
    { "avx512", &levin__kernels_avx512 },
    { "avx2", &levin__kernels_avx2 },
    { "generic", &levin__kernels_generic },
    { NULL, NULL },
};

static bool is(const char *word, const char *other) { return strcmp(word, other) == 0; }

/* The system must save the registers (their bits in XCR0), and gives them to a process that asks
 * for them (Linux, Documentation/arch/x86/xstate.rst). */
static bool system_gives_amx(void)
{
    enum { REGISTERS = 3 << 17, TILE_DATA = 18, REQUEST = 0x1023 };
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & REGISTERS) == REGISTERS && syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

static bool has_amx(void)
{
    enum { BF16 = 1 << 22, TILE = 1 << 24, INT8 = 1 << 25 };
    uint32_t a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return (d & BF16) && (d & TILE) && (d & INT8) && system_gives_amx();
}

bool levin__cpu_has(const char *set)
{
    if (is(set, "amx"))
        return levin__cpu_has("avx512_bf16") && has_amx();
    if (is(set, "avx512_bf16"))
        return levin__cpu_has("avx512_vnni") && __builtin_cpu_supports("avx512bf16");
    if (is(set, "avx512_vnni"))
        return levin__cpu_has("avx512") && __builtin_cpu_supports("avx512vnni");
    if (is(set, "avx512"))
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    if (is(set, "avx2"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    return true;
}

bool levin__cpu_gains_by(const char *set)
{
    return levin__cpu_has(set) && !(is(set, "avx512_bf16") && __builtin_cpu_is("intel"));
}
