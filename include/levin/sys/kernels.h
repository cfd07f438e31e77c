/* kernels.h: the kernel contract, for people who write a back end.
 *
 * A back end is one table of function pointers over raw pointers and sizes. Every kernel returns
 * true when it did the work. It may decline, before it writes anything, by returning false; an
 * empty slot declines always. The library asks a short list of tables, best first; the last is
 * `ref`, which declines nothing.
 *
 * Arrays are dense, row-major, f32 or bf16 as their dtype says, each on its own; kernels compute in
 * f32 or better. `add` true means +=, false means = (whatever stood there is not read). An array
 * whose data is NULL is not wanted. Results must not depend on the number of threads. */
#ifndef LEVIN_SYS_KERNELS_H
#define LEVIN_SYS_KERNELS_H

#include <levin/sys/random.h>
#include <levin/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_array {
    void *data;
    levin_dtype dtype;
} levin_array;

typedef enum levin_unary {
    LEVIN_UNARY_GELU,
    LEVIN_UNARY_GELU_TANH,
    LEVIN_UNARY_RELU,
    LEVIN_UNARY_TANH,
    LEVIN_UNARY_SIGMOID,
} levin_unary;

typedef enum levin_binary { LEVIN_BINARY_ADD, LEVIN_BINARY_SUB, LEVIN_BINARY_MUL } levin_binary;

typedef enum levin_loss { LEVIN_LOSS_MSE, LEVIN_LOSS_BCE_WITH_LOGITS } levin_loss;

/* z = dropout(z) + residual, in place; y = (z - mean) / sqrt(var + eps) * gamma + beta by rows. */
typedef struct levin_residual_norm_args {
    levin_array y, z, residual; // (rows, cols)
    float *stats;               // (rows, 2): mean, 1 / sqrt(var + eps)
    const float *gamma, *beta;  // (cols)
    int64_t rows, cols;
    double eps, p;
    levin_random_key key;
} levin_residual_norm_args;

/* c (M, N) = a b + bias, then gelu of it if asked for. a is (M, K), or (K, M) if trans_a; b is (K,
 * N), or (N, K) if trans_b. With pre wanted, c receives gelu(s) and pre the s before it, s = a b +
 * bias.
 *
 * With bytes, each column of b is rounded to whole numbers from -127 to 127 times a scale of its
 * own, its largest magnitude / 127, and each row of a to whole numbers from 0 to 255 less a zero,
 * times a scale: the width of the range of its numbers and 0, / 255; zero is what the least of them
 * rounds to, negated. In f32 and to even; a magnitude or a width below LEVIN_BYTES_TINY counts as
 * nothing. The products of whole numbers are summed up exactly. */
typedef struct levin_matmul_args {
    levin_array c, a, b; // an f32 b beside a bf16 a is rounded to bf16
    int64_t m, n, k;
    bool trans_a, trans_b;
    bool add;         // c += a b; without pre
    levin_array bias; // (N) f32, or not wanted
    levin_array pre;  // (M, N), or not wanted
    bool gelu;        // also without pre
    bool bytes;
    bool gelu_b; // b counts as gelu of itself; not with packed
    levin_array
        slope; // (M, N), or not wanted: c = a b gelu'(slope); may be c; without add, pre, gelu
    double *squares;      // receives the sum of squares of c, which is f32; or NULL
    levin_array row_sums; // (M) f32 (+)= sums of the rows of a, or not wanted
    bool add_row_sums;
    const levin_residual_norm_args *norm; // residual_norm of c, its z, follows; or NULL
    const void *packed; // b as `pack` of the same table wrote it, to be read instead; or NULL
} levin_matmul_args;

#define LEVIN_BYTES_TINY 0x1p-100f

/* Packed multi-head attention. qkv (N, 3 H) holds q, k, v side by side, H = heads * head_size;
 * sequence b is rows cu_seqlens[b] to cu_seqlens[b + 1]. Probability (row, head, key j of the
 * sequence) has element number (row * heads + head) * 65536 + j for dropout. */
typedef struct levin_attention_args {
    levin_array y;   // (N, H)
    float *lse;      // (N, heads): log sum exp of the scaled scores of each row
    levin_array qkv; // (N, 3 H)
    const int32_t *cu_seqlens;
    int64_t batch, heads, head_size, max_length;
    double p; // dropout on the probabilities, 0 for none
    levin_random_key key;
    levin_array dy, dqkv; // backward only
} levin_attention_args;

/* Which rows of width numbers may be other than zero; NULL: all may. */
typedef struct levin_live {
    const uint8_t *rows;
    int64_t width;
} levin_live;

/* A matrix that `adam` writes, as `packed_size` and `pack` have it, to be kept up. */
typedef struct levin_packed {
    void *data; // NULL: none
    bool trans_b;
    bool *fresh; // set by a kernel that wrote it
} levin_packed;

typedef struct levin_adam_args {
    float *p, *m, *v, *v_max; // v_max NULL without amsgrad
    const float *g;
    int64_t n;
    double lr, beta1, beta2, eps;
    double l2;              // added to the gradient: l2 * p
    double decay;           // p *= 1 - decay first (AdamW: lr * weight_decay)
    double bias1, bias2;    // 1 - beta^t
    double grad_scale;      // the gradient is multiplied by this first (clipping)
    levin_live live;        // the rest has neither gradient nor moments: it only decays; without l2
    int64_t cols;           // of p as a matrix
    levin_packed packed[2]; // of p in bf16
} levin_adam_args;

typedef struct levin_sgd_args {
    float *p, *momentum_buffer; // NULL without momentum
    const float *g;
    int64_t n;
    double lr, momentum, dampening, weight_decay;
    bool nesterov, first; // first: the buffer has no history yet
    double grad_scale;
} levin_sgd_args;

/* What a core does with its registers alone: products and sums of f32; of pairs of bf16 and of
 * groups of 8-bit numbers, summed in 32 bits. */
typedef enum levin_peak { LEVIN_PEAK_F32, LEVIN_PEAK_BF16, LEVIN_PEAK_INT8 } levin_peak;

typedef struct levin_kernels {
    const char *name;

    bool (*fill)(levin_array y, double value, int64_t n);
    /** y (+)= factor x; also copies and converts. */
    bool (*axpy)(levin_array y, double factor, levin_array x, int64_t n, bool add);
    bool (*unary)(levin_unary f, levin_array y, levin_array x, int64_t n);
    /** dx (+)= dy f'(x), y = f(x) given for those that are cheaper from it. */
    bool (*unary_bwd)(levin_unary f, levin_array dx, levin_array dy, levin_array x, levin_array y,
                      int64_t n, bool add);
    /** y[i] = a[i] op b[i mod n_b]; n_b divides n. */
    bool (*binary)(levin_binary op, levin_array y, levin_array a, levin_array b, int64_t n,
                   int64_t n_b);
    /** One side's gradient: side 0 is da (n), side 1 is db (n_b). */
    bool (*binary_bwd)(levin_binary op, int side, levin_array dx, levin_array dy, levin_array a,
                       levin_array b, int64_t n, int64_t n_b, bool add);
    /** y (+)= x / (1 - p) where the element survives, 0 elsewhere. */
    bool (*dropout)(levin_array y, levin_array x, int64_t n, double p, levin_random_key key,
                    bool add);

    bool (*matmul)(const levin_matmul_args *m);
    /** Bytes of operand b in the order in which this table's products read it, for a b that stays
     * the same over many products, or, with learns, is written by `adam` in between. False: it is
     * as well read as it lies. */
    bool (*packed_size)(size_t *bytes, const levin_matmul_args *m, bool learns);
    /** Writes that. */
    bool (*pack)(void *packed, const levin_matmul_args *m);
    /** y (cols) (+)= sum over rows of x. */
    bool (*column_sum)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool add);

    bool (*softmax)(levin_array y, levin_array x, int64_t rows, int64_t cols, bool log);
    bool (*softmax_bwd)(levin_array dx, levin_array dy, levin_array y, int64_t rows, int64_t cols,
                        bool log, bool add);
    bool (*layer_norm)(levin_array y, float *stats, levin_array x, const float *gamma,
                       const float *beta, int64_t rows, int64_t cols, double eps);
    /** dgamma and dbeta (cols) f32 may be not wanted; both (+)= by add_params. */
    bool (*layer_norm_bwd)(levin_array dx, float *dgamma, float *dbeta, levin_array dy,
                           levin_array x, const float *stats, const float *gamma, int64_t rows,
                           int64_t cols, bool add, bool add_params);
    bool (*residual_norm)(const levin_residual_norm_args *a);

    bool (*attention)(const levin_attention_args *a);
    bool (*attention_bwd)(const levin_attention_args *a);

    /** y[i] = x[rows[i]], rows of width numbers; a row of -1 gives zeros. */
    bool (*gather)(levin_array y, levin_array x, const int64_t *rows, int64_t n, int64_t width);
    /** x[rows[i]] += y[i], in the order of i; -1 is skipped; without add x (total rows) is zeroed
     * first. */
    bool (*scatter_add)(levin_array x, levin_array y, const int64_t *rows, int64_t n, int64_t width,
                        int64_t total, bool add);
    /** y[s] = sum or mean of rows cu[s] to cu[s + 1]; the mean of no rows is 0. */
    bool (*segment_sum)(levin_array y, levin_array x, const int32_t *cu, int64_t segments,
                        int64_t width, bool mean);
    bool (*segment_sum_bwd)(levin_array dx, levin_array dy, const int32_t *cu, int64_t segments,
                            int64_t width, bool mean, bool add);
    /** rows times width numbers between arrays with row strides. */
    bool (*copy_block)(levin_array y, int64_t y_stride, levin_array x, int64_t x_stride,
                       int64_t rows, int64_t width, bool add);

    /** loss = mean over rows whose label is not ignore; lse (rows) is kept for the way back. labels
     * are i32 or i64. No row left: loss is NaN, as in torch. */
    bool (*cross_entropy)(float *loss, float *lse, levin_array logits, levin_array labels,
                          int64_t rows, int64_t classes, int64_t ignore, double smoothing);
    bool (*cross_entropy_bwd)(levin_array dlogits, const float *dloss, const float *lse,
                              levin_array logits, levin_array labels, int64_t rows, int64_t classes,
                              int64_t ignore, double smoothing, bool add);
    /** loss = mean over n elements; t is the target. */
    bool (*pair_loss)(levin_loss f, float *loss, levin_array x, levin_array t, int64_t n);
    bool (*pair_loss_bwd)(levin_loss f, levin_array dx, const float *dloss, levin_array x,
                          levin_array t, int64_t n, bool add);
    bool (*argmax)(int64_t *y, levin_array x, int64_t rows, int64_t cols);
    /** y = share of equal numbers; a and b of any dtype. */
    bool (*accuracy)(float *y, levin_array a, levin_array b, int64_t n);
    /** The first i with ids[i] outside [0, limit) and not ignore, or -1; ids are i32 or i64. */
    bool (*find_outside)(int64_t *where, levin_array ids, int64_t n, int64_t limit, int64_t ignore);

    /** Sum of squares in double, cut into pieces that depend neither on the threads nor on what is
     * live. */
    bool (*sum_squares)(double *sum, const float *x, int64_t n, levin_live live);
    bool (*clamp)(float *x, double low, double high, int64_t n);
    bool (*adam)(const levin_adam_args *a);
    bool (*sgd)(const levin_sgd_args *a);

    /** Burns that many rounds of such products on the calling thread, to be timed: what matrix
     * products are measured against. A product and a sum are two operations; 0 where the machine
     * has no instruction for them. */
    bool (*peak)(levin_peak kind, int64_t rounds, double *operations);
} levin_kernels;

#ifdef __cplusplus
}
#endif
#endif
