/* test_random.c: known answers of both generators, and what is built on them. The figures were made
 * by independent implementations; those of xoshiro256** from the state 1 2 3 4, of splitmix64 and
 * of Philox are also the published ones (Random123's kat_vectors). */
#include "support/unit.h"

#include "base/random.h"

#include <math.h>

static void seeding_is_splitmix64(void **state)
{
    (void)state;
    levin_generator g;
    levin__generator_seed(&g, 1234567);
    assert_true(g.s[0] == 6457827717110365317u);
    assert_true(g.s[1] == 3203168211198807973u);
    assert_true(g.s[2] == 9817491932198370423u);
    assert_true(g.s[3] == 4593380528125082431u);
}

static void the_generator_is_xoshiro256starstar(void **state)
{
    (void)state;
    static const uint64_t from_1234[] = {
        11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600
    };
    levin_generator g = { { 1, 2, 3, 4 } };
    for (int i = 0; i < 6; i++)
        assert_true(levin__generator_next(&g) == from_1234[i]);

    static const struct {
        uint64_t seed, numbers[3];
    } seeded[] = {
        { 0, { 0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0 } },
        { 1, { 0xb3f2af6d0fc710c5, 0x853b559647364cea, 0x92f89756082a4514 } },
        { 42, { 0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1 } },
        { UINT64_MAX, { 0x8f5520d52a7ead08, 0xc476a018caa1802d, 0x81de31c0d260469e } },
    };
    for (size_t i = 0; i < sizeof seeded / sizeof *seeded; i++) {
        levin__generator_seed(&g, seeded[i].seed);
        for (int k = 0; k < 3; k++)
            assert_true(levin__generator_next(&g) == seeded[i].numbers[k]);
    }
    levin__generator_seed(&g, 42);
    for (int i = 0; i < 999; i++)
        levin__generator_next(&g);
    assert_true(levin__generator_next(&g) == 0x8de5848c61ab8968);
}

static void a_copied_generator_goes_on_alike(void **state)
{
    (void)state;
    levin_generator g, copy;
    levin__generator_seed(&g, 5);
    levin__generator_normal(&g);
    copy = g; // what a checkpoint keeps
    for (int i = 0; i < 10; i++)
        assert_true(levin__generator_normal(&g) == levin__generator_normal(&copy));
}

static void uniform_numbers_are_the_top_53_bits(void **state)
{
    (void)state;
    levin_generator g;
    levin__generator_seed(&g, 7);
    assert_true(levin__generator_uniform(&g) == 0x1.66b1f5ee9df2ep-1);
    assert_true(levin__generator_uniform(&g) == 0x1.1d70f6593d20ap-2);
    assert_true(levin__generator_uniform(&g) == 0x1.ade3a6932a58fp-1);
    for (int i = 0; i < 10000; i++) {
        double u = levin__generator_uniform(&g);
        assert_true(u >= 0 && u < 1);
    }
}

static void normal_numbers_have_the_right_mean_and_deviation(void **state)
{
    (void)state;
    enum { N = 100000 };
    levin_generator g;
    levin__generator_seed(&g, 7);
    static const double first[] = { -0.2790239910251981, 1.8997685786889567, 2.136306014732201 };
    for (int i = 0; i < 3; i++)
        assert_true(fabs(levin__generator_normal(&g) - first[i]) < 1e-14);
    double sum = 0, squares = 0, cubes = 0;
    for (int i = 0; i < N; i++) {
        double x = levin__generator_normal(&g);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        cubes += x * x * x;
    }
    assert_true(fabs(sum / N) < 4 / sqrt(N)); // four standard errors each
    assert_true(fabs(squares / N - 1) < 4 * sqrt(2.0 / N));
    assert_true(fabs(cubes / N) < 4 * sqrt(15.0 / N));
}

static void numbers_below_a_bound_are_unbiased(void **state)
{
    (void)state;
    enum { N = 60000 };
    levin_generator g;
    levin__generator_seed(&g, 8);
    for (uint64_t n = 1; n <= 12; n++) {
        int counts[12] = { 0 };
        for (int i = 0; i < N; i++) {
            uint64_t x = levin__generator_below(&g, n);
            assert_true(x < n);
            counts[x]++;
        }
        double expected = (double)N / (double)n, chi = 0;
        for (uint64_t x = 0; x < n; x++)
            chi += (counts[x] - expected) * (counts[x] - expected) / expected;
        assert_true(chi < 36); // eleven degrees of freedom exceed it once in 5,000 times
    }
}

static void large_bounds_are_fair_too(void **state)
{
    (void)state;
    enum { N = 30000 };
    const uint64_t third = UINT64_MAX / 3; // a plain remainder would favour the lower half
    levin_generator g;
    levin__generator_seed(&g, 9);
    int low = 0;
    for (int i = 0; i < N; i++)
        low += levin__generator_below(&g, 2 * third) < third;
    assert_true(fabs(low - N / 2.0) < 4 * sqrt(N) / 2);
    for (int i = 0; i < 100; i++)
        assert_true(levin__generator_below(&g, UINT64_MAX) < UINT64_MAX);
    assert_true(levin__generator_below(&g, 1) == 0);
}

static void a_permutation_has_every_number_once(void **state)
{
    (void)state;
    enum { MOST = 1000 };
    int64_t order[MOST];
    levin_generator g;
    levin__generator_seed(&g, 3);
    levin__generator_permute(&g, order, 10);
    static const int64_t known[] = { 1, 4, 8, 2, 0, 6, 9, 5, 3, 7 };
    assert_memory_equal(order, known, sizeof known);
    for (int64_t n = 0; n <= MOST; n += n < 5 ? 1 : 199) {
        bool seen[MOST] = { false };
        levin__generator_permute(&g, order, n);
        for (int64_t i = 0; i < n; i++) {
            assert_true(order[i] >= 0 && order[i] < n && !seen[order[i]]);
            seen[order[i]] = true;
        }
    }
}

static void permutations_are_equally_likely(void **state)
{
    (void)state;
    enum { N = 24000 };
    int counts[4 * 4 * 4] = { 0 };
    levin_generator g;
    levin__generator_seed(&g, 4);
    for (int i = 0; i < N; i++) {
        int64_t order[4];
        levin__generator_permute(&g, order, 4);
        counts[order[0] * 16 + order[1] * 4 + order[2]]++;
    }
    double chi = 0;
    int met = 0;
    for (int i = 0; i < 64; i++) {
        met += counts[i] > 0;
        chi += counts[i] ? (counts[i] - 1000.0) * (counts[i] - 1000.0) / 1000 : 0;
    }
    assert_int_equal(met, 24);
    assert_true(chi < 55); // 23 degrees of freedom exceed it once in 5,000 times
}

static void philox_gives_the_published_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t index, seed;
        uint32_t call, step, out[4];
    } known[] = {
        { 0, 0, 0, 0, { 0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48 } },
        { UINT64_MAX,
          UINT64_MAX,
          UINT32_MAX,
          UINT32_MAX,
          { 0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662 } },
        { 0x85a308d3243f6a88,
          0x299f31d0a4093822,
          0x13198a2e,
          0x03707344,
          { 0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a } },
        { 0x912345678,
          0x01234567deadbeef,
          3,
          5,
          { 0x8f5709b1, 0xa4ab014b, 0x8c8f1152, 0x6af73676 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        levin_random_key key = { known[i].seed, known[i].step, known[i].call };
        levin__philox(out, key, known[i].index);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void an_element_has_sixteen_bits_of_its_block(void **state)
{
    (void)state;
    static const uint32_t known[] = { 0x915d, 0x34d2, 0x02c8, 0xd7fe, 0x97bc,
                                      0xc9a4, 0x9690, 0x3741, 0x3349, 0x8bcb };
    levin_random_key key = { 0x0123456789abcdef, 2, 11 };
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(levin__random_bits16(key, i), known[i]);
}

static void the_share_of_dropped_elements_is_p(void **state)
{
    (void)state;
    enum { N = 200000 };
    static const double p[] = { 0, 0.1, 0.5, 0.9 };
    levin_random_key key = { 12, 3, 4 };
    for (size_t k = 0; k < sizeof p / sizeof *p; k++) {
        uint32_t threshold = levin__drop_threshold(p[k]);
        int dropped = 0;
        for (uint64_t i = 0; i < N; i++)
            dropped += levin__random_bits16(key, i) < threshold;
        assert_true(fabs(dropped - p[k] * N) <= 4 * sqrt(N * p[k] * (1 - p[k])));
        double kept = (65536.0 - threshold) / 65536.0;
        assert_true(fabs((double)levin__keep_scale(p[k]) * kept - 1) < 1e-7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeding_is_splitmix64),
        cmocka_unit_test(the_generator_is_xoshiro256starstar),
        cmocka_unit_test(a_copied_generator_goes_on_alike),
        cmocka_unit_test(uniform_numbers_are_the_top_53_bits),
        cmocka_unit_test(normal_numbers_have_the_right_mean_and_deviation),
        cmocka_unit_test(numbers_below_a_bound_are_unbiased),
        cmocka_unit_test(large_bounds_are_fair_too),
        cmocka_unit_test(a_permutation_has_every_number_once),
        cmocka_unit_test(permutations_are_equally_likely),
        cmocka_unit_test(philox_gives_the_published_numbers),
        cmocka_unit_test(an_element_has_sixteen_bits_of_its_block),
        cmocka_unit_test(the_share_of_dropped_elements_is_p),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
