/* backends.h: choosing back ends by name, for tests, `levin info` and the variables LEVIN_BACKEND
 * and LEVIN_CPU. */
#ifndef LEVIN_TENSOR_BACKENDS_H
#define LEVIN_TENSOR_BACKENDS_H

#include <levin/base.h>

/** From here on in this process: "ref", "dnnl" (oneDNN first), or cpu kernels no better than
 * "generic", "avx2", "avx512", "avx512_bf16"; NULL: the best that the machine has within LEVIN_CPU.
 * False if the machine has no such instructions. Not while another thread computes. */
bool levin__use_back_end(const char *name);
/** What is used now: "avx2" and so on. */
const char *levin__back_end_name(void);

#endif
