/* tensor.h: the inside of a tensor, for the rooms that make them: operators, modules, data.
 *
 * Only back ends look at what data points to. A tensor's header and its numbers may live in a
 * scope, on the heap, in a mapped file or in a loader's buffer. */
#ifndef LEVIN_TENSOR_TENSOR_H
#define LEVIN_TENSOR_TENSOR_H

#include <levin/tensor.h>

/* The ragged dimension of a batch, shared by every tensor of it. */
typedef struct levin_ragged {
    int64_t batch, rows;       // B and N = cu_seqlens[B]
    int64_t max_length;        // of one sequence
    const int32_t *cu_seqlens; // (B + 1)
} levin_ragged;

struct levin_call; // autograd's record of how a tensor came to be

/* A parameter as operand b of products, in the order in which a back end reads it. */
typedef struct levin_packing {
    void *data; // NULL: none
    size_t bytes;
    const void *by;      // the back end's table
    levin_dtype operand; // of a of those products: steps of f32 are no pairs of bf16
    uint64_t version;    // of the parameter
} levin_packing;
/* How it is multiplied by: x wT, dy w, and x wT in bytes. */
typedef enum levin_packing_use {
    LEVIN_PACKED_FORWARD,
    LEVIN_PACKED_BACKWARD,
    LEVIN_PACKED_BYTES,
    LEVIN_PACKINGS,
} levin_packing_use;

struct levin_tensor {
    void *data;
    int64_t dim[LEVIN_MAX_DIMS]; // dim[1] is LEVIN_RAGGED in a ragged tensor
    int64_t numel;
    const levin_ragged *ragged; // NULL: every dimension is a number
    int8_t ndim;
    int8_t dtype;            // levin_dtype
    bool requires_grad;      // a leaf that wants a gradient, or a result that leads to one
    bool on_heap;            // header, numbers and ragged are one heap block of their own
    bool owned;              // whoever frees it frees grad too: it may be a leaf
    bool grad_is_fresh;      // grad holds old numbers: the next write replaces them
    bool lent;               // levin_tensor_data gave data away: it may change unseen
    levin_tensor *grad;      // of a leaf: dtype f32
    struct levin_call *call; // NULL for a leaf
    bool squares_known;      // of a gradient: squares is the sum of its squares
    double squares;
    bool is_zero;       // of a gradient: nobody has written to it yet
    uint8_t *live_rows; // of a gradient with rows: those that may be other than zero; NULL: all
    levin_packing *packings; // (LEVIN_PACKINGS) of a parameter, or NULL
    uint64_t version;        // writing bumps it: a packing holds while they agree, unless lent
};

/** Fills a header over memory that belongs to somebody else. ragged (lent) may be NULL; dim[1] is
 * then a number. Returns t. */
levin_tensor *levin__tensor_wrap(levin_tensor *t, levin_dtype dtype, int ndim, const int64_t *dim,
                                 const levin_ragged *ragged, void *data);
/** A tensor of the current scope with undefined numbers. */
levin_tensor *levin__tensor_scoped(levin_dtype dtype, int ndim, const int64_t *dim,
                                   const levin_ragged *ragged);
/** The same shape as t, another dtype. */
levin_tensor *levin__tensor_like(const levin_tensor *t, levin_dtype dtype);

/** The same on the heap: zeros, to be freed with levin_tensor_free. */
levin_tensor *levin__tensor_heap_like(const levin_tensor *like, levin_dtype dtype);

void levin__packings_free(levin_packing *p);

/** Size of the last dimension; 1 for a scalar. */
int64_t levin__last_dim(const levin_tensor *t);
/** Whether both have the same shape, ragged lengths included. */
bool levin__same_shape(const levin_tensor *a, const levin_tensor *b);
/** Numbers changed behind the operators' back: copies made from them are stale. */
static inline void levin__tensor_touch(levin_tensor *t) { t->version++; }
/** Whether a packed copy of t is worth keeping: t is a leaf that learns, or a parameter that is
 * frozen. Anything else is an input: of use once. */
static inline bool levin__is_weight(const levin_tensor *t)
{
    bool is_parameter = t->owned && !t->on_heap; // it lies in its module
    return !t->call && (t->requires_grad || is_parameter);
}

/** The whole of a gradient was, or is about to be, written. */
static inline void levin__grad_note_write(levin_tensor *grad)
{
    grad->is_zero = grad->squares_known = false;
    for (int64_t i = 0; grad->live_rows && i < grad->dim[0]; i++)
        grad->live_rows[i] = 1;
}
/** Rows of a gradient that may be other than zero; NULL: any may, as after somebody was given its
 * numbers. */
static inline const uint8_t *levin__live_rows(const levin_tensor *grad)
{
    return grad->lent ? NULL : grad->live_rows;
}

static inline float levin__bf16_to_f32(uint16_t x)
{
    union {
        uint32_t bits;
        float f;
    } u = { .bits = (uint32_t)x << 16 };
    return u.f;
}
/* Round to nearest, ties to even; a NaN stays one. */
static inline uint16_t levin__f32_to_bf16(float x)
{
    union {
        float f;
        uint32_t bits;
    } u = { .f = x };
    if ((u.bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)((u.bits >> 16) | 0x40u);
    return (uint16_t)((u.bits + 0x7fffu + ((u.bits >> 16) & 1u)) >> 16);
}

#endif
