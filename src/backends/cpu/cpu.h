/* cpu.h: the tables of the cpu back end, one for each instruction set that its kernels are compiled
 * for. */
#ifndef LEVIN_BACKENDS_CPU_CPU_H
#define LEVIN_BACKENDS_CPU_CPU_H

#include <levin/sys/kernels.h>

extern const levin_kernels levin__kernels_generic;     // any x86-64
extern const levin_kernels levin__kernels_avx2;        // x86-64-v3
extern const levin_kernels levin__kernels_avx512;      // x86-64-v4
extern const levin_kernels levin__kernels_avx512_bf16; // and products of bf16

#endif
