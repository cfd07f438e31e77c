/* kernels.h: the kernels of one instruction set, under names that carry it: KERNEL(gelu) is
 * levin__avx2_gelu. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_KERNELS_H
#define LEVIN_BACKENDS_CPU_KERNELS_KERNELS_H

#include <levin/sys/kernels.h>

#define LEVIN_JOIN_2(a, b, c) a##b##_##c
#define LEVIN_JOIN(a, b, c)   LEVIN_JOIN_2(a, b, c)
#define KERNEL(name)          LEVIN_JOIN(levin__, LEVIN_ISA, name)

bool KERNEL(fill)(levin_array y, double value, int64_t n);
bool KERNEL(axpy)(levin_array y, double factor, levin_array x, int64_t n, bool add);
bool KERNEL(unary)(levin_unary f, levin_array y, levin_array x, int64_t n);
bool KERNEL(unary_bwd)(levin_unary f, levin_array dx, levin_array dy, levin_array x, levin_array y,
                       int64_t n, bool add);
bool KERNEL(binary)(levin_binary op, levin_array y, levin_array a, levin_array b, int64_t n,
                    int64_t n_b);
bool KERNEL(binary_bwd)(levin_binary op, int side, levin_array dx, levin_array dy, levin_array a,
                        levin_array b, int64_t n, int64_t n_b, bool add);
bool KERNEL(dropout)(levin_array y, levin_array x, int64_t n, double p, levin_random_key key,
                     bool add);
bool KERNEL(matmul)(const levin_matmul_args *m);
bool KERNEL(packed_size)(size_t *bytes, const levin_matmul_args *m, bool learns);
bool KERNEL(pack)(void *packed, const levin_matmul_args *m);
bool KERNEL(column_sum)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool add);
bool KERNEL(softmax)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool log);
bool KERNEL(softmax_bwd)(levin_array dx, levin_array dy, levin_array y, int64_t rows, int64_t cols,
                         bool log, bool add);
bool KERNEL(layer_norm)(levin_array y, float *stats, levin_array x, const float *gamma,
                        const float *beta, int64_t rows, int64_t cols, double eps);
bool KERNEL(layer_norm_bwd)(levin_array dx, float *dgamma, float *dbeta, levin_array dy,
                            levin_array x, const float *stats, const float *gamma, int64_t rows,
                            int64_t cols, bool add, bool add_params);
bool KERNEL(residual_norm)(const levin_residual_norm_args *a);
bool KERNEL(attention)(const levin_attention_args *a);
bool KERNEL(attention_bwd)(const levin_attention_args *a);
bool KERNEL(gather)(levin_array y, levin_array x, const int64_t *rows, int64_t n, int64_t width);
bool KERNEL(scatter_add)(levin_array x, levin_array y, const int64_t *rows, int64_t n,
                         int64_t width, int64_t total, bool add);
bool KERNEL(segment_sum)(levin_array y, levin_array x, const int32_t *cu, int64_t segments,
                         int64_t width, bool mean);
bool KERNEL(segment_sum_bwd)(levin_array dx, levin_array dy, const int32_t *cu, int64_t segments,
                             int64_t width, bool mean, bool add);
bool KERNEL(sum_squares)(double *sum, const float *x, int64_t n, levin_live live);
bool KERNEL(clamp)(float *x, double low, double high, int64_t n);
bool KERNEL(adam)(const levin_adam_args *a);
bool KERNEL(sgd)(const levin_sgd_args *a);
bool KERNEL(peak)(levin_peak kind, int64_t rounds, double *operations);

#endif
