/* test_safetensors_dtype.c: names and sizes of element types, and their values as f32. */
#include "unit/formats/scratch.h"

#include <math.h>

static levin_st_tensor tensor(levin_st_dtype dtype, void *data, uint64_t n)
{
    return (levin_st_tensor){ .name = "t",
                              .name_size = 1,
                              .dtype = dtype,
                              .numel = n,
                              .data = data,
                              .bytes = (size_t)n * (size_t)levin_st_dtype_bits(dtype) / 8 };
}

#define ASSERT_READS(dtype, type, ...)                                                             \
    do {                                                                                           \
        type from[] = { __VA_ARGS__ };                                                             \
        enum { N = sizeof from / sizeof *from };                                                   \
        char odd[sizeof from + 1];                                                                 \
        memcpy(odd + 1, from, sizeof from);                                                        \
        levin_st_tensor t = tensor(dtype, odd + 1, N);                                             \
        float out[N];                                                                              \
        assert_int_equal(levin_st_to_f32(&t, 0, N, out), LEVIN_OK);                                \
        for (int i = 0; i < N; i++)                                                                \
            assert_true(out[i] == (float)from[i]);                                                 \
    } while (0)

static void integers_and_floats_become_the_nearest_f32(void **state)
{
    (void)state;
    ASSERT_READS(LEVIN_ST_U8, uint8_t, 0, 1, 255);
    ASSERT_READS(LEVIN_ST_I8, int8_t, 0, -128, 127);
    ASSERT_READS(LEVIN_ST_U16, uint16_t, 0, 65535);
    ASSERT_READS(LEVIN_ST_I16, int16_t, -32768, 32767);
    ASSERT_READS(LEVIN_ST_U32, uint32_t, 0, 16777217, UINT32_MAX);
    ASSERT_READS(LEVIN_ST_I32, int32_t, INT32_MIN, -1, 16777217);
    ASSERT_READS(LEVIN_ST_U64, uint64_t, 0, UINT64_MAX, 1);
    ASSERT_READS(LEVIN_ST_I64, int64_t, INT64_MIN, -5, INT64_MAX);
    ASSERT_READS(LEVIN_ST_F32, float, 0.0f, -1.5f, 1e-45f, 3e38f);
    ASSERT_READS(LEVIN_ST_F64, double, 0.1, -1e-40, 1e300, -(double)INFINITY);
}

static void bool_is_true_for_every_byte_but_zero(void **state)
{
    (void)state;
    unsigned char bytes[] = { 0, 1, 7, 255 };
    float out[4];
    levin_st_tensor t = tensor(LEVIN_ST_BOOL, bytes, 4);
    assert_int_equal(levin_st_to_f32(&t, 0, 4, out), LEVIN_OK);
    assert_true(out[0] == 0.0f && out[1] == 1.0f && out[2] == 1.0f && out[3] == 1.0f);
}

static double half_by_definition(unsigned bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
    double size = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31)
        size = fraction ? (double)NAN : (double)INFINITY;
    return bits & 0x8000 ? -size : size;
}

static void every_half_is_exact(void **state)
{
    (void)state;
    uint16_t *halves = malloc(65536 * sizeof *halves);
    float *out = malloc(65536 * sizeof *out);
    for (unsigned i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    levin_st_tensor t = tensor(LEVIN_ST_F16, halves, 65536);
    assert_int_equal(levin_st_to_f32(&t, 0, 65536, out), LEVIN_OK);
    for (unsigned i = 0; i < 65536; i++) {
        double expected = half_by_definition(i), got = (double)out[i];
        assert_true(isnan(expected) ? isnan(got) : expected == got);
        assert_int_equal(!!signbit(out[i]), i >> 15);
    }
    free(halves);
    free(out);
}

static void bfloat16_is_the_upper_half_of_f32(void **state)
{
    (void)state;
    uint16_t bits[] = { 0x3f80, 0xc000, 0x0001, 0x7f80, 0x8000 };
    float out[5];
    levin_st_tensor t = tensor(LEVIN_ST_BF16, bits, 5);
    assert_int_equal(levin_st_to_f32(&t, 0, 5, out), LEVIN_OK);
    assert_true(out[0] == 1.0f && out[1] == -2.0f && out[2] == 0x1p-133f);
    assert_true(out[3] == INFINITY && out[4] == 0.0f && signbit(out[4]));
}

static void a_part_of_a_tensor_is_read_from_where_it_begins(void **state)
{
    (void)state;
    int16_t from[] = { 1, 2, 3, 4 };
    float out[2] = { 0 };
    levin_st_tensor t = tensor(LEVIN_ST_I16, from, 4);
    assert_int_equal(levin_st_to_f32(&t, 2, 2, out), LEVIN_OK);
    assert_true(out[0] == 3.0f && out[1] == 4.0f);
    assert_int_equal(levin_st_to_f32(&t, 4, 0, NULL), LEVIN_OK);
}

static void elements_past_the_end_are_refused(void **state)
{
    (void)state;
    float from[2] = { 0 }, out[2];
    levin_st_tensor t = tensor(LEVIN_ST_F32, from, 2);
    assert_int_equal(levin_st_to_f32(&t, 1, 2, out), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "tensor \"t\": elements from 1, 2 of them, but it has 2");
    assert_int_equal(levin_st_to_f32(&t, UINT64_MAX, 2, out), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_st_to_f32(NULL, 0, 0, out), LEVIN_EINVAL);
    levin_error_clear();
}

static void types_without_a_conversion_are_refused_by_name(void **state)
{
    (void)state;
    unsigned char bytes[8] = { 0 };
    float out[1];
    for (int d = 0; d < LEVIN_ST_DTYPES; d++) {
        const char *name = levin_st_dtype_name((levin_st_dtype)d);
        bool small = strncmp(name, "F4", 2) == 0 || strncmp(name, "F6_", 3) == 0 ||
                     strncmp(name, "F8", 2) == 0 || strcmp(name, "C64") == 0;
        levin_st_tensor t = tensor((levin_st_dtype)d, bytes, 1);
        assert_int_equal(levin_st_to_f32(&t, 0, 1, out), small ? LEVIN_EDTYPE : LEVIN_OK);
        if (small)
            assert_error(LEVIN_EDTYPE, name);
    }
    levin_st_tensor t = tensor(LEVIN_ST_U8, bytes, 1);
    t.dtype = (levin_st_dtype)77;
    assert_int_equal(levin_st_to_f32(&t, 0, 1, out), LEVIN_EDTYPE);
    levin_error_clear();
}

static void every_type_has_a_name_and_a_size(void **state)
{
    (void)state;
    assert_string_equal(levin_st_dtype_name(LEVIN_ST_BF16), "BF16");
    assert_int_equal(levin_st_dtype_bits(LEVIN_ST_F6_E3M2), 6);
    assert_int_equal(levin_st_dtype_bits(LEVIN_ST_C64), 64);
    assert_null(levin_st_dtype_name(LEVIN_ST_DTYPES));
    assert_int_equal(levin_st_dtype_bits(LEVIN_ST_DTYPES), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_and_floats_become_the_nearest_f32),
        cmocka_unit_test(bool_is_true_for_every_byte_but_zero),
        cmocka_unit_test(every_half_is_exact),
        cmocka_unit_test(bfloat16_is_the_upper_half_of_f32),
        cmocka_unit_test(a_part_of_a_tensor_is_read_from_where_it_begins),
        cmocka_unit_test(elements_past_the_end_are_refused),
        cmocka_unit_test(types_without_a_conversion_are_refused_by_name),
        cmocka_unit_test(every_type_has_a_name_and_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
