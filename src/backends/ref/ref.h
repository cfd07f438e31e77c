/* ref.h: the definition of right: plain loops, sums in double, one thread. Everything faster is
 * compared with it. */
#ifndef LEVIN_BACKENDS_REF_REF_H
#define LEVIN_BACKENDS_REF_REF_H

#include <levin/sys/kernels.h>

extern const levin_kernels levin__ref_kernels;

bool levin__ref_fill(levin_array y, double value, int64_t n);
bool levin__ref_axpy(levin_array y, double factor, levin_array x, int64_t n, bool add);
bool levin__ref_unary(levin_unary f, levin_array y, levin_array x, int64_t n);
bool levin__ref_unary_bwd(levin_unary f, levin_array dx, levin_array dy, levin_array x,
                          levin_array y, int64_t n, bool add);
bool levin__ref_binary(levin_binary op, levin_array y, levin_array a, levin_array b, int64_t n,
                       int64_t n_b);
bool levin__ref_binary_bwd(levin_binary op, int side, levin_array dx, levin_array dy, levin_array a,
                           levin_array b, int64_t n, int64_t n_b, bool add);
bool levin__ref_dropout(levin_array y, levin_array x, int64_t n, double p, levin_random_key key,
                        bool add);
bool levin__ref_matmul(const levin_matmul_args *m);
bool levin__ref_packed_size(size_t *bytes, const levin_matmul_args *m, bool learns);
bool levin__ref_pack(void *packed, const levin_matmul_args *m);
bool levin__ref_column_sum(levin_array y, levin_array x, int64_t rows, int64_t cols, bool add);
bool levin__ref_softmax(levin_array y, levin_array x, int64_t rows, int64_t cols, bool log);
bool levin__ref_softmax_bwd(levin_array dx, levin_array dy, levin_array y, int64_t rows,
                            int64_t cols, bool log, bool add);
bool levin__ref_layer_norm(levin_array y, float *stats, levin_array x, const float *gamma,
                           const float *beta, int64_t rows, int64_t cols, double eps);
bool levin__ref_layer_norm_bwd(levin_array dx, float *dgamma, float *dbeta, levin_array dy,
                               levin_array x, const float *stats, const float *gamma, int64_t rows,
                               int64_t cols, bool add, bool add_params);
bool levin__ref_residual_norm(const levin_residual_norm_args *a);
bool levin__ref_attention(const levin_attention_args *a);
bool levin__ref_attention_bwd(const levin_attention_args *a);
bool levin__ref_gather(levin_array y, levin_array x, const int64_t *rows, int64_t n, int64_t width);
bool levin__ref_scatter_add(levin_array x, levin_array y, const int64_t *rows, int64_t n,
                            int64_t width, int64_t total, bool add);
bool levin__ref_segment_sum(levin_array y, levin_array x, const int32_t *cu, int64_t segments,
                            int64_t width, bool mean);
bool levin__ref_segment_sum_bwd(levin_array dx, levin_array dy, const int32_t *cu, int64_t segments,
                                int64_t width, bool mean, bool add);
bool levin__ref_copy_block(levin_array y, int64_t y_stride, levin_array x, int64_t x_stride,
                           int64_t rows, int64_t width, bool add);
bool levin__ref_cross_entropy(float *loss, float *lse, levin_array logits, levin_array labels,
                              int64_t rows, int64_t classes, int64_t ignore, double smoothing);
bool levin__ref_cross_entropy_bwd(levin_array dlogits, const float *dloss, const float *lse,
                                  levin_array logits, levin_array labels, int64_t rows,
                                  int64_t classes, int64_t ignore, double smoothing, bool add);
bool levin__ref_pair_loss(levin_loss f, float *loss, levin_array x, levin_array t, int64_t n);
bool levin__ref_pair_loss_bwd(levin_loss f, levin_array dx, const float *dloss, levin_array x,
                              levin_array t, int64_t n, bool add);
bool levin__ref_argmax(int64_t *y, levin_array x, int64_t rows, int64_t cols);
bool levin__ref_accuracy(float *y, levin_array a, levin_array b, int64_t n);
bool levin__ref_find_outside(int64_t *where, levin_array ids, int64_t n, int64_t limit,
                             int64_t ignore);
bool levin__ref_peak(levin_peak kind, int64_t rounds, double *operations);

#endif
