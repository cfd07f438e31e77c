/* tensor.h: arrays with a shape. Contiguous, row-major, on one device.
 *
 * One dimension may be ragged, like torch's jagged nested tensors: a batch of B texts of T* tokens
 * with H numbers each has shape (B, T*, H) and is stored as N rows of H numbers, N the sum of all
 * lengths, with cu_seqlens (B + 1) saying where each text begins. There is no padding anywhere. The
 * ragged dimension is always dimension 1; its size reads as LEVIN_RAGGED. */
#ifndef LEVIN_TENSOR_H
#define LEVIN_TENSOR_H

#include <levin/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_tensor levin_tensor;

typedef enum levin_dtype {
    LEVIN_F32,
    LEVIN_BF16,
    LEVIN_I32,
    LEVIN_I64,
    LEVIN_I8, // of autocast: products of eight-bit numbers
} levin_dtype;

enum { LEVIN_MAX_DIMS = 6, LEVIN_RAGGED = -1 };

/** Bytes of one element. */
LEVIN_API size_t levin_dtype_size(levin_dtype dtype);
/** "f32", "bf16", "i32", "i64", "i8". */
LEVIN_API const char *levin_dtype_name(levin_dtype dtype);

/** A tensor of zeros that is yours: free it with levin_tensor_free. NULL on error. */
LEVIN_API levin_tensor *levin_tensor_new(levin_dtype dtype, int ndim, const int64_t *shape);
/** A ragged tensor (batch, T*, inner...) of zeros that is yours; lengths holds batch numbers >= 0,
 *  inner the n_inner sizes after the ragged dimension. */
LEVIN_API levin_tensor *levin_tensor_new_ragged(levin_dtype dtype, int64_t batch,
                                                const int64_t *lengths, int n_inner,
                                                const int64_t *inner);
LEVIN_API void levin_tensor_free(levin_tensor *t);

/** The same two, owned by the current scope: do not free them. */
LEVIN_API levin_tensor *levin_zeros(levin_dtype dtype, int ndim, const int64_t *shape);
LEVIN_API levin_tensor *levin_zeros_ragged(levin_dtype dtype, int64_t batch, const int64_t *lengths,
                                           int n_inner, const int64_t *inner);

LEVIN_API levin_dtype levin_tensor_dtype(const levin_tensor *t); // LEVIN_F32 for NULL
LEVIN_API int levin_tensor_ndim(const levin_tensor *t);          // 0 for NULL
/** Size of dimension dim (negative counts from the end); LEVIN_RAGGED for a ragged one; 0 for NULL.
 */
LEVIN_API int64_t levin_tensor_dim(const levin_tensor *t, int dim);
/** Number of elements stored. */
LEVIN_API int64_t levin_tensor_numel(const levin_tensor *t);
/** Rows stored: the product of all dimensions but the last, N for (B, T*, H). */
LEVIN_API int64_t levin_tensor_rows(const levin_tensor *t);
/** Start of each sequence, (B + 1) numbers; NULL if t is not ragged. Lent by t. */
LEVIN_API const int32_t *levin_tensor_cu_seqlens(const levin_tensor *t);
/** The elements, to be read and written as long as t lives. Lent by t. Autocast makes its bf16 copy
 * of a parameter anew at each use from then on; to read alone, take the second. */
LEVIN_API void *levin_tensor_data(levin_tensor *t);
LEVIN_API const void *levin_tensor_const_data(const levin_tensor *t);
/** The only element as a number; 0 and LEVIN_ESHAPE if there is not exactly one. NULL gives 0. */
LEVIN_API double levin_item(const levin_tensor *t);
/** Element i in storage order as a number, whatever its type; 0 and LEVIN_EINVAL if there is no
 * such element. NULL gives 0. */
LEVIN_API double levin_tensor_get(const levin_tensor *t, int64_t i);
/** Writes "(32, T*, 384) bf16" into text; returns text. */
LEVIN_API char *levin_tensor_describe(const levin_tensor *t, char *text, size_t size);

/** Copies a result into the scope around the current one, without its history: it outlives the end
 *  of this scope. */
LEVIN_API levin_tensor *levin_keep(const levin_tensor *t);

/** A leaf takes part in gradients when this is on; returns t. A leaf is f32 and outlives its
 * scopes: a parameter, or what levin_tensor_new gave. */
LEVIN_API levin_tensor *levin_requires_grad(levin_tensor *t, bool on);
/** The gradient that levin_backward left in a leaf, or NULL. Lent by t. */
LEVIN_API levin_tensor *levin_tensor_grad(const levin_tensor *t);

/** Adds d loss / d leaf to the gradient of every leaf that requires one; loss has one element.
 * Walks the tape of the current scope and clears it, so a second time is LEVIN_ESTATE, as is a way
 *  that leads into another scope. 0 or an error code. */
LEVIN_API int levin_backward(levin_tensor *loss);
/** y = fn(context, x), of which only x and y are kept for the way back: there fn is called again,
 * with a copy of x that has no history, and must do the same once more; random draws are repeated.
 * The memory of one part instead of all, for one more forward (torch.utils.checkpoint). context
 * must last until the way back is done. With gradients off just fn(context, x). */
LEVIN_API levin_tensor *levin_recompute(levin_tensor *(*fn)(void *context, const levin_tensor *x),
                                        void *context, const levin_tensor *x);
/** Whether operators on this thread record themselves; returns what was set before. On at first. */
LEVIN_API bool levin_set_grad_enabled(bool on);

/** In LEVIN_BF16, matrix products on this thread take bf16 operands and accumulate in f32
 * (autocast); LEVIN_F32 turns that off. Returns what was set before. */
LEVIN_API levin_dtype levin_set_autocast(levin_dtype dtype);

/** The key of all counter-based randomness of this thread from here on (seed, step), and the number
 * of the next call: 0. The trainer sets it before each batch. */
LEVIN_API void levin_set_random(uint64_t seed, uint64_t step);

#ifdef __cplusplus
}
#endif
#endif
