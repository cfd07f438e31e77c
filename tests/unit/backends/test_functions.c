/* test_functions.c: how far exp, erf and tanh of the vectors lie from libm's in double, seen
 * through the kernels that are made of them. The bounds are what was found, rounded up to one digit
 * more than it takes; a bound is absolute where a difference of two near numbers limits it. */
#include "unit/backends/problem.h"

typedef struct {
    float *x, *y;
    int64_t n;
} samples;

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Numbers of every sign and exponent, infinities, NaN and denormals among them, and a dense row
 * where the functions change. */
static samples new_samples(void)
{
    enum { DENSE = 400000 };
    samples s = { .n = 4 * 65536 + DENSE };
    s.x = malloc((size_t)s.n * sizeof *s.x);
    s.y = malloc((size_t)s.n * sizeof *s.y);
    assert_true(s.x && s.y);
    int64_t at = 0;
    for (uint32_t high = 0; high < 65536; high++)
        for (uint32_t k = 0; k < 4; k++)
            s.x[at++] = float_of(high << 16 | k * 0x5555);
    for (int i = 0; i < DENSE; i++)
        s.x[at++] = (float)(i % 2 ? -20 + 40.0 * i / DENSE : -100 + 200.0 * i / DENSE);
    return s;
}

static void free_samples(samples *s)
{
    free(s->x);
    free(s->y);
}

static double gelu(double x) { return x * 0.5 * (1 + erf(x * 0.70710678118654752440)); }

static double gelu_tanh(double x)
{
    return x * 0.5 * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

static double relu(double x) { return x > 0 || isnan(x) ? x : 0; }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* Allowed: absolute + relative |y|, for x in [from, to]. */
typedef struct {
    const char *what;
    levin_unary f;
    double (*truth)(double x);
    double from, to, absolute, relative;
} bound;

static const bound bounds[] = {
    { "gelu, left", LEVIN_UNARY_GELU, gelu, -HUGE_VAL, 0, 1e-6, 0 },
    { "gelu, right", LEVIN_UNARY_GELU, gelu, 0, HUGE_VAL, 0, 2.5e-7 },
    { "gelu_tanh, left", LEVIN_UNARY_GELU_TANH, gelu_tanh, -HUGE_VAL, 0, 4e-7, 0 },
    { "gelu_tanh, right", LEVIN_UNARY_GELU_TANH, gelu_tanh, 0, HUGE_VAL, 0, 2.5e-7 },
    { "relu", LEVIN_UNARY_RELU, relu, -HUGE_VAL, HUGE_VAL, 0, 0 },
    { "tanh", LEVIN_UNARY_TANH, tanh, -HUGE_VAL, HUGE_VAL, 0, 2e-7 },
    { "sigmoid", LEVIN_UNARY_SIGMOID, sigmoid, -87, HUGE_VAL, 0, 1.5e-7 }, // as good as exp
    { "sigmoid, far left", LEVIN_UNARY_SIGMOID, sigmoid, -HUGE_VAL, -87, 1e-37, 0 },
};

/* Whatever x is but NaN, a small share of it may be lost; -inf has no gelu, as in torch. */
static bool is_within(const bound *b, double x, double y)
{
    double truth = b->truth(x);
    if (isnan(truth))
        return isnan(x) ? isnan(y) : isnan(y) || y == 0;
    if (isinf(truth))
        return y == truth;
    return fabs(y - truth) <= b->absolute + b->relative * fabs(truth) + 1e-44; // the least denormal
}

static void check_bound(const bound *b, const samples *s)
{
    for (int64_t i = 0; i < s->n; i++) {
        double x = (double)s->x[i], y = (double)s->y[i];
        bool here = isnan(x) || (x >= b->from && x <= b->to);
        if (here && !is_within(b, x, y))
            fail_msg("%s on %s: of %.9g is %.9g, libm says %.9g", b->what, levin__back_end_name(),
                     x, y, b->truth(x));
    }
}

static void functions_lie_within_their_bounds_of_libm(void **state)
{
    (void)state;
    samples s = new_samples();
    levin_array x = { s.x, LEVIN_F32 }, y = { s.y, LEVIN_F32 };
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
            if (i == 0 || bounds[i].f != bounds[i - 1].f)
                assert_true(LEVIN_RUN(unary, bounds[i].f, y, x, s.n));
            check_bound(&bounds[i], &s);
        }
    }
    levin__use_back_end(NULL);
    free_samples(&s);
}

/* Every STEP-th number that a float can be, of either sign. */
static samples new_sweep(void)
{
    enum { STEP = 4093, INFINITE = 0x7f800000 };
    samples s = { .n = 2 * (INFINITE / STEP + 1) };
    s.x = malloc((size_t)s.n * sizeof *s.x);
    s.y = malloc((size_t)s.n * sizeof *s.y);
    assert_true(s.x && s.y);
    for (int64_t i = 0; i < s.n; i++)
        s.x[i] = float_of((uint32_t)(i / 2) * STEP | (uint32_t)(i % 2) << 31);
    return s;
}

/* docs/numerics.md; the least denormal is as near as a float comes to 0. */
static bool is_tanh(long double x, long double y)
{
    long double truth = tanhl(x);
    return fabsl(y - truth) <= 2e-7L * fabsl(truth) + 1e-45L && fabsl(y) <= 1;
}

static void tanh_is_right_relative_to_itself_also_near_0(void **state)
{
    (void)state;
    samples s = new_sweep();
    levin_array x = { s.x, LEVIN_F32 }, y = { s.y, LEVIN_F32 };
    for (int set = 0; set < BACK_ENDS; set++) {
        if (!use_back_end(back_ends[set]))
            continue;
        assert_true(LEVIN_RUN(unary, LEVIN_UNARY_TANH, y, x, s.n));
        for (int64_t i = 0; i < s.n; i++)
            if (!is_tanh((long double)s.x[i], (long double)s.y[i]))
                fail_msg("tanh on %s: of %.9g is %.9g, libm says %.9Lg", levin__back_end_name(),
                         (double)s.x[i], (double)s.y[i], tanhl((long double)s.x[i]));
    }
    levin__use_back_end(NULL);
    free_samples(&s);
}

static double gelu_slope(double x)
{
    return 0.5 * (1 + erf(x * 0.70710678118654752440)) +
           x * 0.39894228040143267794 * exp(-0.5 * x * x);
}

static double gelu_tanh_slope(double x)
{
    double t = tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x));
    double inner = 0.79788456080286535588 * (1 + 3 * 0.044715 * x * x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
}

static void slopes_lie_within_their_bounds_of_libm(void **state)
{
    (void)state;
    static const struct {
        levin_unary f;
        double (*truth)(double x);
        double allowed;
    } slopes[] = { { LEVIN_UNARY_GELU, gelu_slope, 3e-7 },
                   { LEVIN_UNARY_GELU_TANH, gelu_tanh_slope, 2.5e-6 } };
    samples s = new_samples();
    float *ones = malloc((size_t)s.n * sizeof *ones);
    for (int64_t i = 0; i < s.n; i++)
        ones[i] = 1;
    levin_array x = { s.x, LEVIN_F32 }, dx = { s.y, LEVIN_F32 }, dy = { ones, LEVIN_F32 };
    for (int set = 0; set < BACK_ENDS; set++) {
        for (int k = 0; k < 2 && use_back_end(back_ends[set]); k++) {
            assert_true(LEVIN_RUN(unary_bwd, slopes[k].f, dx, dy, x, x, s.n, false));
            for (int64_t i = 0; i < s.n; i++) {
                if (!(fabsf(s.x[i]) < 1e4f)) // beyond it squares overflow, in torch too
                    continue;
                double truth = slopes[k].truth((double)s.x[i]);
                if (!(fabs((double)s.y[i] - truth) <= slopes[k].allowed))
                    fail_msg("slope %d on %s: at %.9g is %.9g, libm says %.9g", k,
                             levin__back_end_name(), (double)s.x[i], (double)s.y[i], truth);
            }
        }
    }
    levin__use_back_end(NULL);
    free(ones);
    free_samples(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_lie_within_their_bounds_of_libm),
        cmocka_unit_test(tanh_is_right_relative_to_itself_also_near_0),
        cmocka_unit_test(slopes_lie_within_their_bounds_of_libm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
