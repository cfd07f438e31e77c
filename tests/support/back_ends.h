/* back_ends.h: what is held against ref: every instruction set of the cpu back end, and oneDNN. A
 * test passes over those that this machine has not (levin__use_back_end says so). */
#ifndef LEVIN_TESTS_SUPPORT_BACK_ENDS_H
#define LEVIN_TESTS_SUPPORT_BACK_ENDS_H

static const char *const back_ends[] = { "generic", "avx2", "avx512", "avx512_bf16", "dnnl" };
enum { BACK_ENDS = sizeof back_ends / sizeof *back_ends };

#endif
