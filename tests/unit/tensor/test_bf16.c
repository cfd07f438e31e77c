/* test_bf16.c: f32 to bf16 and back: round to nearest, ties to even, for every bf16 number and for
 * what lies between two neighbours. The back ends' vectors must give the same bits, subnormal
 * numbers aside. */
#include "support/unit.h"

#include "tensor/backends.h"
#include "tensor/dispatch.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdlib.h>

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool is_nan16(uint16_t h) { return (h & 0x7fff) > 0x7f80; }

static void every_bf16_number_comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        float x = levin__bf16_to_f32((uint16_t)h);
        assert_true(bits_of(x) == h << 16);
        uint16_t back = levin__f32_to_bf16(x);
        if (is_nan16((uint16_t)h))
            assert_true(back == (h | 0x40)); // quiet, sign and payload kept
        else
            assert_true(back == h);
    }
}

/* Between the bf16 numbers h and h + 1, the same sign: what comes before the middle goes to h, what
 * comes after it to h + 1, the middle to the even one. Beyond the largest number lies infinity. */
static void what_lies_between_two_numbers_goes_to_the_nearest_or_even(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        if ((h & 0x7fff) >= 0x7f80)
            continue; // infinities and NaN have no successor
        uint32_t base = h << 16, even = h + (h & 1);
        assert_true(levin__f32_to_bf16(float_of(base + 1)) == h);
        assert_true(levin__f32_to_bf16(float_of(base + 0x7fff)) == h);
        assert_true(levin__f32_to_bf16(float_of(base + 0x8000)) == even);
        assert_true(levin__f32_to_bf16(float_of(base + 0x8001)) == h + 1);
        assert_true(levin__f32_to_bf16(float_of(base + 0xffff)) == h + 1);
    }
}

static void the_ends_of_the_range_are_right(void **state)
{
    (void)state;
    assert_int_equal(levin__f32_to_bf16(0.0f), 0x0000);
    assert_int_equal(levin__f32_to_bf16(-0.0f), 0x8000);
    assert_int_equal(levin__f32_to_bf16(INFINITY), 0x7f80);
    assert_int_equal(levin__f32_to_bf16(-INFINITY), 0xff80);
    assert_int_equal(levin__f32_to_bf16(3.4028235e38f), 0x7f80);  // rounds up to infinity
    assert_int_equal(levin__f32_to_bf16(3.3895314e38f), 0x7f7f);  // the largest bf16
    assert_int_equal(levin__f32_to_bf16(float_of(1)), 0x0000);    // the smallest f32
    assert_int_equal(levin__f32_to_bf16(9.2e-41f), 0x0001);       // the smallest bf16
    assert_int_equal(levin__f32_to_bf16(1.1754944e-38f), 0x0080); // the smallest normal one
}

static void no_nan_becomes_infinity(void **state)
{
    (void)state;
    static const uint32_t nans[] = { 0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0x7fc00000,
                                     0x7f80ffff, 0x7f808000, 0xffbfffff, 0x7f810000 };
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
        uint16_t h = levin__f32_to_bf16(float_of(nans[i]));
        assert_true(is_nan16(h));
        assert_int_equal(h >> 15, nans[i] >> 31);
    }
}

/* Each bf16 number with what follows it at and around the middle. */
static float *boundary_cases(int64_t *n)
{
    static const uint32_t after[] = { 0, 1, 0x7fff, 0x8000, 0x8001, 0xffff };
    *n = 65536 * 6;
    float *x = malloc((size_t)*n * sizeof *x);
    assert_non_null(x);
    for (uint32_t h = 0; h < 65536; h++)
        for (uint32_t k = 0; k < 6; k++)
            x[h * 6 + k] = float_of((h << 16) + after[k]);
    return x;
}

/* Instructions for bf16 take what is below 2^-126 for zero (docs/numerics.md). */
static bool flushed(const char *back_end, float x, uint16_t y)
{
    bool instructions = strcmp(back_end, "avx512_bf16") == 0 || strcmp(back_end, "amx") == 0;
    return instructions && fpclassify(x) == FP_SUBNORMAL && (y & 0x7fff) == 0;
}

static void the_vectors_of_every_back_end_round_alike_from_2_to_the_minus_126(void **state)
{
    (void)state;
    static const char *const names[] = { "ref",         "generic",     "avx2", "avx512",
                                         "avx512_vnni", "avx512_bf16", "amx" };
    int64_t n;
    float *x = boundary_cases(&n);
    uint16_t *y = malloc((size_t)n * sizeof *y);
    for (size_t b = 0; b < sizeof names / sizeof *names; b++) {
        if (!levin__use_back_end(names[b]))
            continue;
        levin_array from = { x, LEVIN_F32 }, to = { y, LEVIN_BF16 };
        assert_true(LEVIN_RUN(axpy, to, 1, from, n, false));
        for (int64_t i = 0; i < n; i++)
            if (y[i] != levin__f32_to_bf16(x[i]) && !flushed(names[b], x[i], y[i]))
                fail_msg("%s: %08x becomes %04x", names[b], bits_of(x[i]), y[i]);
    }
    levin__use_back_end(NULL);
    free(x);
    free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bf16_number_comes_back_as_it_was),
        cmocka_unit_test(what_lies_between_two_numbers_goes_to_the_nearest_or_even),
        cmocka_unit_test(the_ends_of_the_range_are_right),
        cmocka_unit_test(no_nan_becomes_infinity),
        cmocka_unit_test(the_vectors_of_every_back_end_round_alike_from_2_to_the_minus_126),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
