/* ops.h: the operators. Bare words as in torch, row-major, nothing transposed behind your back.
 *
 * Each returns a new tensor of the current scope, or NULL after recording an error; NULL in, NULL
 * out. Row-wise operators take ragged tensors as they are. B batch, T* ragged tokens, H hidden, C
 * classes,
 * (...) any leading dimensions. */
#ifndef LEVIN_OPS_H
#define LEVIN_OPS_H

#include <levin/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** y = x wT + b; x (..., I), w (O, I), b (O) or NULL, y (..., O): torch.nn.functional.linear. (The
 * bare word names the layer, in module.h.) */
LEVIN_API levin_tensor *levin_linear_op(const levin_tensor *x, const levin_tensor *w,
                                        const levin_tensor *b);
/** c = a b; a (M, K), b (K, N), or both with the same leading dimensions (..., M, K), (..., K, N).
 */
LEVIN_API levin_tensor *levin_matmul(const levin_tensor *a, const levin_tensor *b);

/** Rows of table (V, H) picked by ids (any shape, i32 or i64); an id outside [0, V) is an error.
 * Row padding_idx gets no gradient; -1 for none. */
LEVIN_API levin_tensor *levin_embedding(const levin_tensor *table, const levin_tensor *ids,
                                        int64_t padding_idx);
/** y = (x - mean) / sqrt(var + eps) * gamma + beta over the last dimension, biased variance. */
LEVIN_API levin_tensor *levin_layer_norm(const levin_tensor *x, const levin_tensor *gamma,
                                         const levin_tensor *beta, double eps);

LEVIN_API levin_tensor *levin_gelu(const levin_tensor *x);      // x Phi(x), the erf form
LEVIN_API levin_tensor *levin_gelu_tanh(const levin_tensor *x); // the tanh approximation
LEVIN_API levin_tensor *levin_relu(const levin_tensor *x);
LEVIN_API levin_tensor *levin_tanh(const levin_tensor *x);
LEVIN_API levin_tensor *levin_sigmoid(const levin_tensor *x);

LEVIN_API levin_tensor *levin_softmax(const levin_tensor *x);     // over the last dimension
LEVIN_API levin_tensor *levin_log_softmax(const levin_tensor *x); // over the last dimension

/** While training is true, zeroes each element with probability p and scales the rest by 1 / (1 -
 * p). The pattern is a function of the thread's random key and the number of the call
 * (levin_set_random). Here and below a p outside [0, 1) is an error, training or not. */
LEVIN_API levin_tensor *levin_dropout(const levin_tensor *x, double p, bool training);

/** Element-wise; b has a's shape, or is one row (H) added to every row of a (..., H), or has one
 *  element. */
LEVIN_API levin_tensor *levin_add(const levin_tensor *a, const levin_tensor *b);
LEVIN_API levin_tensor *levin_sub(const levin_tensor *a, const levin_tensor *b);
LEVIN_API levin_tensor *levin_mul(const levin_tensor *a, const levin_tensor *b);
LEVIN_API levin_tensor *levin_scale(const levin_tensor *x, double factor);

/** x[:, index] along dim, which disappears; index may be negative. On the ragged dimension: token
 *  index of each sequence; one that is too short is an error. */
LEVIN_API levin_tensor *levin_select(const levin_tensor *x, int dim, int64_t index);
/** Over one dimension, which disappears; on the ragged one over the tokens of each sequence. */
LEVIN_API levin_tensor *levin_mean(const levin_tensor *x, int dim);
LEVIN_API levin_tensor *levin_sum(const levin_tensor *x, int dim);
/** Side by side along the last dimension; the other dimensions agree. */
LEVIN_API levin_tensor *levin_concat(const levin_tensor *const *parts, int n);
/** The same elements under another shape; no ragged dimension in either. */
LEVIN_API levin_tensor *levin_reshape(const levin_tensor *x, int ndim, const int64_t *shape);

/** Softmax attention within each sequence, all heads. qkv (B, T*, 3 H) holds queries, keys and
 * values side by side; y (B, T*, H). Scores are scaled by 1 / sqrt(H / heads); dropout p on the
 *  probabilities while training. */
LEVIN_API levin_tensor *levin_attention(const levin_tensor *qkv, int64_t heads, double p,
                                        bool training);
/** gelu(x wT + b) in one pass (erf form); keeps what stood before gelu. */
LEVIN_API levin_tensor *levin_linear_gelu(const levin_tensor *x, const levin_tensor *w,
                                          const levin_tensor *b);
/** layer_norm(dropout(x wT + b) + residual) in one pass: the end of each half of an encoder layer.
 */
LEVIN_API levin_tensor *
levin_linear_residual_norm(const levin_tensor *x, const levin_tensor *w, const levin_tensor *b,
                           const levin_tensor *residual, const levin_tensor *gamma,
                           const levin_tensor *beta, double p, double eps, bool training);

/* A linear map: weight (O, I), bias (O). */
typedef struct levin_linear_weights {
    const levin_tensor *weight, *bias;
} levin_linear_weights;

/** layer_norm(dropout(down(gelu(up(x)))) + x) in one call: the second half of an encoder layer; up
 * (F, H), down (H, F). Keeps what stood before gelu and makes gelu of it again on the way back. */
LEVIN_API levin_tensor *levin_feed_forward(const levin_tensor *x, const levin_linear_weights *up,
                                           const levin_linear_weights *down,
                                           const levin_tensor *gamma, const levin_tensor *beta,
                                           double p, double eps, bool training);

typedef struct levin_cross_entropy_opts {
    double label_smoothing;      // in [0, 1)
    const int64_t *ignore_index; // labels equal to it do not count; NULL: -100
} levin_cross_entropy_opts;

/** Mean over the rows of -log softmax(logits)[label]; logits (..., C), labels (...) i32 or i64.
 * Labels equal to -100 are ignored; any other outside [0, C) is an error that names the row. */
LEVIN_API levin_tensor *levin_cross_entropy(const levin_tensor *logits, const levin_tensor *labels);
/** The same with options; NULL for the defaults. */
LEVIN_API levin_tensor *levin_cross_entropy_with(const levin_tensor *logits,
                                                 const levin_tensor *labels,
                                                 const levin_cross_entropy_opts *opts);
/** Mean of (x - target)^2. */
LEVIN_API levin_tensor *levin_mse(const levin_tensor *x, const levin_tensor *target);
/** Mean of max(x, 0) - x target + log(1 + exp(-|x|)). */
LEVIN_API levin_tensor *levin_bce_with_logits(const levin_tensor *x, const levin_tensor *target);

/** Index of the largest element along the last dimension (dim -1 or the last), i64; the first of
 *  equals. No gradient. */
LEVIN_API levin_tensor *levin_argmax(const levin_tensor *x, int dim);
/** Share of equal elements, one number. No gradient. */
LEVIN_API levin_tensor *levin_accuracy(const levin_tensor *predictions, const levin_tensor *labels);

#ifdef __cplusplus
}
#endif
#endif
