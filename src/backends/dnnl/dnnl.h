/* dnnl.h: matrix products by oneDNN (Intel's library, Debian's libdnnl-dev). */
#ifndef LEVIN_BACKENDS_DNNL_DNNL_H
#define LEVIN_BACKENDS_DNNL_DNNL_H

#include <levin/sys/kernels.h>

extern const levin_kernels levin__dnnl_kernels;

/** Keeps oneDNN within an instruction set of LEVIN_CPU ("avx2", "generic", ...). Before its first
 * use. */
void levin__dnnl_cap(const char *isa);

#endif
