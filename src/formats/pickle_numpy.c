/* pickle_numpy.c: scalars of NumPy, which metrics and hyper-parameters often are: scalar(dtype,
 * bytes) with dtype("f8", ...) whose state tells the order of bytes. */
#include "base/error.h"
#include "formats/pickle_machine.h"
#include "formats/safetensors_header.h"

#include <string.h>

/* Of the names "f8" and so on those that are numbers. */
static levin_st_dtype find_dtype(const levin_value *dtype)
{
    static const struct {
        const char *name;
        levin_st_dtype dtype;
    } known[] = {
        { "f8", LEVIN_ST_F64 }, { "f4", LEVIN_ST_F32 }, { "f2", LEVIN_ST_F16 },
        { "i8", LEVIN_ST_I64 }, { "i4", LEVIN_ST_I32 }, { "i2", LEVIN_ST_I16 },
        { "i1", LEVIN_ST_I8 },  { "u8", LEVIN_ST_U64 }, { "u4", LEVIN_ST_U32 },
        { "u2", LEVIN_ST_U16 }, { "u1", LEVIN_ST_U8 },  { "b1", LEVIN_ST_BOOL },
    };
    const levin_pickle_object *o = dtype->kind == LEVIN_VALUE_OBJECT ? dtype->object : NULL;
    if (!o || strcmp(o->name->name, "dtype") != 0 || !o->args->items.n)
        return LEVIN_ST_DTYPES;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (levin__value_is(o->args->items.at[0], known[i].name))
            return known[i].dtype;
    return LEVIN_ST_DTYPES;
}

/* dtype's state is (version, order, ...); ">" is the order that no machine of ours has. */
static bool is_turned(const levin_pickle_object *dtype)
{
    const levin_value *state = dtype->state;
    return state && state->kind == LEVIN_VALUE_TUPLE && state->items.n > 1 &&
           levin__value_is(state->items.at[1], ">");
}

/* A whole number of at most eight bytes. */
static levin_value *whole(levin_machine *m, levin_st_dtype dtype, const char *bytes, size_t n)
{
    uint64_t x = 0;
    memcpy(&x, bytes, n);
    bool is_signed = dtype == LEVIN_ST_I64 || dtype == LEVIN_ST_I32 || dtype == LEVIN_ST_I16 ||
                     dtype == LEVIN_ST_I8;
    if (is_signed && n < 8 && bytes[n - 1] & 0x80)
        x |= UINT64_MAX << 8 * n;
    if (!is_signed && x > INT64_MAX)
        return levin__value_real(m, (double)x);
    return levin__value_integer(m, (int64_t)x);
}

static levin_value *number(levin_machine *m, levin_st_dtype dtype, const char *bytes, size_t n)
{
    double x;
    float single;
    levin_st_tensor t = { .name = "", .dtype = dtype, .numel = 1, .data = (void *)bytes };
    levin_value *truth;
    switch (dtype) {
    case LEVIN_ST_F64:
        memcpy(&x, bytes, n);
        return levin__value_real(m, x);
    case LEVIN_ST_F32:
    case LEVIN_ST_F16:
        levin_st_to_f32(&t, 0, 1, &single);
        return levin__value_real(m, (double)single);
    case LEVIN_ST_BOOL:
        truth = levin__value_new(m, LEVIN_VALUE_BOOL);
        if (truth)
            truth->truth = *bytes != 0;
        return truth;
    default:
        return whole(m, dtype, bytes, n);
    }
}

levin_value *levin__call_numpy_scalar(levin_machine *m, const levin_pickle_name *me,
                                      const levin_values *args)
{
    bool fits = args->n == 2 && args->at[1]->kind == LEVIN_VALUE_BYTES;
    levin_st_dtype dtype = fits ? find_dtype(args->at[0]) : LEVIN_ST_DTYPES;
    size_t n = (size_t)levin_st_dtype_bits(dtype) / 8;
    if (dtype == LEVIN_ST_DTYPES || args->at[1]->text.size != n) // a text, a date, ...
        return levin__call_object(m, me, args);
    char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = args->at[1]->text.bytes[is_turned(args->at[0]->object) ? n - 1 - i : i];
    return number(m, dtype, bytes, n);
}
