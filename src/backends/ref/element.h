/* element.h: reading and writing one element of an array, whatever its dtype. ref computes in
 * double. */
#ifndef LEVIN_BACKENDS_REF_ELEMENT_H
#define LEVIN_BACKENDS_REF_ELEMENT_H

#include "tensor/tensor.h"

#include <levin/sys/kernels.h>

static inline double levin__get(levin_array a, int64_t i)
{
    switch (a.dtype) {
    case LEVIN_F32:
        return (double)((const float *)a.data)[i];
    case LEVIN_BF16:
        return (double)levin__bf16_to_f32(((const uint16_t *)a.data)[i]);
    case LEVIN_I32:
        return ((const int32_t *)a.data)[i];
    case LEVIN_I8:
        return ((const int8_t *)a.data)[i];
    default:
        return (double)((const int64_t *)a.data)[i];
    }
}

static inline int64_t levin__get_int(levin_array a, int64_t i)
{
    return a.dtype == LEVIN_I32 ? ((const int32_t *)a.data)[i] : ((const int64_t *)a.data)[i];
}

static inline void levin__put(levin_array a, int64_t i, double x, bool add)
{
    if (add)
        x += levin__get(a, i);
    if (a.dtype == LEVIN_F32)
        ((float *)a.data)[i] = (float)x;
    else
        ((uint16_t *)a.data)[i] = levin__f32_to_bf16((float)x);
}

/* Element i of a part of an array. */
static inline levin_array levin__at(levin_array a, int64_t i)
{
    a.data = a.data ? (char *)a.data + i * (int64_t)levin_dtype_size(a.dtype) : NULL;
    return a;
}

#endif
