/* backends.h: choosing back ends by name, for tests, `levin info` and the variables LEVIN_BACKEND
 * and LEVIN_CPU. */
#ifndef LEVIN_TENSOR_BACKENDS_H
#define LEVIN_TENSOR_BACKENDS_H

#include <levin/base.h>
#include <levin/sys/kernels.h>

/** From here on in this process: "ref", "dnnl" (oneDNN first), or the cpu kernels of just that
 * instruction set ("avx2" and so on, backends/cpu/cpu.h); NULL: what the environment says now.
 * False if there is none of that name or the machine has no such instructions, or after an error of
 * the environment. Not while another thread computes. */
bool levin__use_back_end(const char *name);
/** The same with a table that is not the library's own. */
void levin__use_kernels(const levin_kernels *kernels);
/** 0, or the error of a variable of docs/environment.md that holds what it cannot; each time anew.
 * The first use of a kernel records it too, but a program had better ask before it begins. */
int levin__check_environment(void);
/** What is used now: "avx2" and so on. */
const char *levin__back_end_name(void);

#endif
