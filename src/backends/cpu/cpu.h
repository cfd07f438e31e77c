/* cpu.h: the tables of the cpu back end, one for each instruction set that its kernels are compiled
 * for, and which of them a machine has. */
#ifndef LEVIN_BACKENDS_CPU_CPU_H
#define LEVIN_BACKENDS_CPU_CPU_H

#include <levin/sys/kernels.h>

typedef struct levin_cpu_set {
    const char *name; // as LEVIN_CPU has it
    const levin_kernels *kernels;
} levin_cpu_set;

/** Best first, closed by a name of NULL. */
extern const levin_cpu_set levin__cpu_sets[];

/** Whether this machine and its system have the instructions of a set; true for other names. */
bool levin__cpu_has(const char *set);
/** Whether they are worth using there. Intel's CPUs take two cycles for a product of bf16 vectors,
 * half the speed of f32 (Sapphire Rapids, two cores: 147 against 300 GFLOP/s); their way is AMX. */
bool levin__cpu_gains_by(const char *set);

#endif
