/* safetensors_dtype.c: element types: their names and sizes, and their values as f32. */
#include "base/error.h"
#include "formats/safetensors_header.h"

#include <string.h>

static const struct {
    const char *name;
    int bits;
} dtypes[LEVIN_ST_DTYPES] = {
    [LEVIN_ST_BOOL] = { "BOOL", 8 },
    [LEVIN_ST_F4] = { "F4", 4 },
    [LEVIN_ST_F6_E2M3] = { "F6_E2M3", 6 },
    [LEVIN_ST_F6_E3M2] = { "F6_E3M2", 6 },
    [LEVIN_ST_U8] = { "U8", 8 },
    [LEVIN_ST_I8] = { "I8", 8 },
    [LEVIN_ST_F8_E5M2] = { "F8_E5M2", 8 },
    [LEVIN_ST_F8_E4M3] = { "F8_E4M3", 8 },
    [LEVIN_ST_F8_E8M0] = { "F8_E8M0", 8 },
    [LEVIN_ST_F8_E4M3FNUZ] = { "F8_E4M3FNUZ", 8 },
    [LEVIN_ST_F8_E5M2FNUZ] = { "F8_E5M2FNUZ", 8 },
    [LEVIN_ST_I16] = { "I16", 16 },
    [LEVIN_ST_U16] = { "U16", 16 },
    [LEVIN_ST_F16] = { "F16", 16 },
    [LEVIN_ST_BF16] = { "BF16", 16 },
    [LEVIN_ST_I32] = { "I32", 32 },
    [LEVIN_ST_U32] = { "U32", 32 },
    [LEVIN_ST_F32] = { "F32", 32 },
    [LEVIN_ST_C64] = { "C64", 64 },
    [LEVIN_ST_F64] = { "F64", 64 },
    [LEVIN_ST_I64] = { "I64", 64 },
    [LEVIN_ST_U64] = { "U64", 64 },
};

static bool known(levin_st_dtype dtype) { return (unsigned)dtype < LEVIN_ST_DTYPES; }

const char *levin_st_dtype_name(levin_st_dtype dtype)
{
    return known(dtype) ? dtypes[dtype].name : NULL;
}

int levin_st_dtype_bits(levin_st_dtype dtype) { return known(dtype) ? dtypes[dtype].bits : 0; }

levin_st_dtype levin__st_dtype_find(const char *name, size_t n)
{
    for (int i = 0; i < LEVIN_ST_DTYPES; i++) {
        if (strlen(dtypes[i].name) == n && memcmp(dtypes[i].name, name, n) == 0)
            return (levin_st_dtype)i;
    }
    return LEVIN_ST_DTYPES;
}

bool levin__st_size(const uint64_t *shape, int64_t ndim, levin_st_dtype dtype, uint64_t *numel,
                    uint64_t *bytes)
{
    uint64_t elements = 1, bits;
    for (int64_t i = 0; i < ndim; i++) {
        if (__builtin_mul_overflow(elements, shape[i], &elements))
            return false;
    }
    if (__builtin_mul_overflow(elements, (uint64_t)levin_st_dtype_bits(dtype), &bits) || bits % 8)
        return false;
    *numel = elements;
    *bytes = bits / 8;
    return true;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16. Its subnormals go through an integer, so that they survive a thread that
 * flushes subnormals to zero. */
static float float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31;
    uint32_t fraction = half & 0x3ff;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent)
        return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float tiny = (float)fraction * 0x1p-24f;
    return sign ? -tiny : tiny;
}

/* Data need not be aligned: each element is copied out. */
#define LEVIN_TO_F32(name, type, value)                                                            \
    static void name(const unsigned char *from, uint64_t n, float *out)                            \
    {                                                                                              \
        for (uint64_t i = 0; i < n; i++) {                                                         \
            type x;                                                                                \
            memcpy(&x, from + i * sizeof x, sizeof x);                                             \
            out[i] = (value);                                                                      \
        }                                                                                          \
    }
LEVIN_TO_F32(from_bool, uint8_t, x ? 1.0f : 0.0f)
LEVIN_TO_F32(from_u8, uint8_t, (float)x)
LEVIN_TO_F32(from_i8, int8_t, (float)x)
LEVIN_TO_F32(from_u16, uint16_t, (float)x)
LEVIN_TO_F32(from_i16, int16_t, (float)x)
LEVIN_TO_F32(from_u32, uint32_t, (float)x)
LEVIN_TO_F32(from_i32, int32_t, (float)x)
LEVIN_TO_F32(from_u64, uint64_t, (float)x)
LEVIN_TO_F32(from_i64, int64_t, (float)x)
LEVIN_TO_F32(from_f16, uint16_t, float_of_half(x))
LEVIN_TO_F32(from_bf16, uint16_t, float_of_bits((uint32_t)x << 16))
LEVIN_TO_F32(from_f32, float, x)
LEVIN_TO_F32(from_f64, double, (float)x)

typedef void (*converter)(const unsigned char *from, uint64_t n, float *out);

static const converter converters[LEVIN_ST_DTYPES] = {
    [LEVIN_ST_BOOL] = from_bool, [LEVIN_ST_U8] = from_u8,     [LEVIN_ST_I8] = from_i8,
    [LEVIN_ST_U16] = from_u16,   [LEVIN_ST_I16] = from_i16,   [LEVIN_ST_U32] = from_u32,
    [LEVIN_ST_I32] = from_i32,   [LEVIN_ST_U64] = from_u64,   [LEVIN_ST_I64] = from_i64,
    [LEVIN_ST_F16] = from_f16,   [LEVIN_ST_BF16] = from_bf16, [LEVIN_ST_F32] = from_f32,
    [LEVIN_ST_F64] = from_f64,
};

int levin_st_to_f32(const levin_st_tensor *t, uint64_t first, uint64_t n, float *out)
{
    char shown[80];
    if (!t || (n && !out))
        return levin__error_set(LEVIN_EINVAL, "safetensors: no tensor to read or nowhere to");
    levin__printable(shown, t->name, t->name_size);
    if (first > t->numel || n > t->numel - first)
        return levin__error_set(
            LEVIN_EINVAL, "tensor \"%s\": elements from %llu, %llu of them, but it has %llu", shown,
            (unsigned long long)first, (unsigned long long)n, (unsigned long long)t->numel);
    if (!known(t->dtype) || !converters[t->dtype])
        return levin__error_set(LEVIN_EDTYPE,
                                "tensor \"%s\": %s cannot be read as f32: F64, F32, F16, BF16, "
                                "integers and BOOL can",
                                shown, known(t->dtype) ? dtypes[t->dtype].name : "its dtype");
    size_t size = (size_t)dtypes[t->dtype].bits / 8;
    converters[t->dtype]((const unsigned char *)t->data + first * size, n, out);
    return LEVIN_OK;
}
