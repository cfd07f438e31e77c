/* test_metrics.c: metrics against scikit-learn 1.9.1 and scipy 1.17.1 on numbers that a linear
 * congruence makes, and what is said where a metric has no value. */
#include "support/unit.h"

#include <levin/metrics.h>
#include <math.h>

enum { MOST = 300 };

static int tear_down(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

static uint32_t congruence;
static int64_t draw(uint32_t bound)
{
    congruence = (congruence * 1103515245u + 12345u) & 0x7fffffffu;
    return (congruence >> 16) % bound;
}
static void draw_all(int64_t *out, int64_t n, uint32_t bound, uint32_t seed)
{
    congruence = seed;
    for (int64_t i = 0; i < n; i++)
        out[i] = draw(bound);
}

/* Predictions right two times of three, else any class. */
static void draw_classes(int64_t k, int64_t n, uint32_t seed, int64_t *p, int64_t *t)
{
    int64_t right[MOST];
    draw_all(t, n, (uint32_t)k, seed);
    draw_all(p, n, (uint32_t)k, seed + 100);
    draw_all(right, n, 3, seed + 200);
    for (int64_t i = 0; i < n; i++)
        p[i] = right[i] ? t[i] : p[i];
    for (int64_t i = 0; k == 5 && i < n; i++) { // a class that is never the target, one never said
        t[i] = t[i] == 3 ? 2 : t[i];
        p[i] = p[i] == 4 ? 1 : p[i];
    }
}

static levin_tensor *classes(const int64_t *x, int64_t n)
{
    levin_tensor *t = levin_tensor_new(LEVIN_I64, 1, &n);
    memcpy(levin_tensor_data(t), x, (size_t)n * sizeof *x);
    return t;
}
static levin_tensor *values(const float *x, int64_t n)
{
    levin_tensor *t = levin_tensor_new(LEVIN_F32, 1, &n);
    memcpy(levin_tensor_data(t), x, (size_t)n * sizeof *x);
    return t;
}

static int add(levin_metric *m, levin_tensor *p, levin_tensor *t)
{
    int code = levin_metric_add(m, p, t);
    levin_tensor_free(p);
    levin_tensor_free(t);
    return code;
}

/* Added in three batches. */
static double of_classes(const char *name, int64_t k, const int64_t *p, const int64_t *t, int64_t n)
{
    levin_metric *m = levin_metric_new(name, k);
    if (!m)
        fail_msg("%s", levin_error_message());
    const int64_t cuts[] = { 0, n / 3, n / 2, n };
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(m, classes(p + cuts[i], cuts[i + 1] - cuts[i]),
                             classes(t + cuts[i], cuts[i + 1] - cuts[i])),
                         LEVIN_OK);
    double value = levin_metric_compute(m);
    levin_metric_free(m);
    return value;
}

static double of_values(const char *name, const float *p, const float *t, int64_t n)
{
    levin_metric *m = levin_metric_new(name, 0);
    assert_non_null(m);
    assert_int_equal(add(m, values(p, n / 2), values(t, n / 2)), LEVIN_OK);
    assert_int_equal(add(m, values(p + n / 2, n - n / 2), values(t + n / 2, n - n / 2)), LEVIN_OK);
    double value = levin_metric_compute(m);
    levin_metric_free(m);
    return value;
}

static void check_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g, expected %.17g", value, expected);
}

static void metrics_of_classes_are_scikit_learn_s(void **state)
{
    (void)state;
    static const struct {
        int64_t k, n;
        uint32_t seed;
        const char *name;
        double value;
    } cases[] = {
        { 2, 200, 1, "accuracy", 0.875 },
        { 2, 200, 1, "Matthews_Correlation", 0.753398417916741 },
        { 2, 200, 1, "f1", 0.878048780487805 },
        { 2, 200, 1, "precision", 0.918367346938776 },
        { 2, 200, 1, "recall", 0.841121495327103 },
        { 2, 200, 1, "f1_macro", 0.874921826141338 },
        { 2, 200, 1, "f1_weighted", 0.875140712945591 },
        { 3, 200, 2, "accuracy", 0.77 },
        { 3, 200, 2, "matthews_correlation", 0.652077348493879 },
        { 3, 200, 2, "f1_macro", 0.772475543697955 },
        { 3, 200, 2, "f1_micro", 0.77 },
        { 3, 200, 2, "f1_weighted", 0.77036714770798 },
        { 3, 200, 2, "precision_macro", 0.774004105347389 },
        { 3, 200, 2, "recall_weighted", 0.77 },
        { 5, 300, 3, "accuracy", 0.476666666666667 },
        { 5, 300, 3, "matthews_correlation", 0.367313369355667 },
        { 5, 300, 3, "f1_macro", 0.357135471939572 },
        { 5, 300, 3, "precision_macro", 0.360276875901876 },
        { 5, 300, 3, "recall_macro", 0.390461538461538 },
        { 5, 300, 3, "f1_weighted", 0.451555395806022 },
        { 5, 300, 3, "precision_weighted", 0.47161308020683 },
        { 5, 300, 3, "recall_micro", 0.476666666666667 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t p[MOST], t[MOST];
        draw_classes(cases[i].k, cases[i].n, cases[i].seed, p, t);
        double value = of_classes(cases[i].name, cases[i].k, p, t, cases[i].n);
        if (fabs(value - cases[i].value) > 1e-14)
            fail_msg("%s of %d: %.17g, expected %.17g", cases[i].name, (int)cases[i].k, value,
                     cases[i].value);
    }
}

static void metrics_of_values_are_scipy_s(void **state)
{
    (void)state;
    enum { N = 150 };
    int64_t a[N], b[N], c[N];
    float x[N], y[N];
    draw_all(a, N, 1000, 7);
    draw_all(b, N, 1000, 8);
    for (int i = 0; i < N; i++) {
        x[i] = (float)a[i] / 8;
        y[i] = x[i] / 4 + (float)b[i] / 16;
    }
    check_near(of_values("pearsonr", x, y, N), 0.504828018263301);
    check_near(of_values("spearmanr", x, y, N), 0.483598148888286);
    check_near(of_values("mse", x, y, N), 1311.82547526042);
    draw_all(a, N, 6, 9); // few values: many ties
    draw_all(b, N, 6, 10);
    draw_all(c, N, 2, 11);
    for (int i = 0; i < N; i++) {
        x[i] = (float)a[i] / 4;
        y[i] = c[i] ? x[i] : (float)b[i] / 4;
    }
    check_near(of_values("pearsonr", x, y, N), 0.577824291448545);
    check_near(of_values("spearmanr", x, y, N), 0.571619163219376);
    check_near(of_values("mse", x, y, N), 0.151666666666667);
}

static void perfect_and_reversed_orders_correlate_fully(void **state)
{
    (void)state;
    const float x[] = { 1e-30f, 2, 3, 4e20f }, up[] = { -3, 0, 1, 8 }, down[] = { 4, 3, 2, -9e30f };
    check_near(of_values("spearmanr", x, up, 4), 1);
    check_near(of_values("spearmanr", x, down, 4), -1);
    check_near(of_values("pearsonr", x, x, 4), 1);
}

static void a_metric_without_a_value_is_nan(void **state)
{
    (void)state;
    const char *const names[] = { "accuracy", "f1", "pearsonr", "spearmanr", "mse" };
    for (int i = 0; i < 5; i++) {
        levin_metric *m = levin_metric_new(names[i], 2);
        assert_true(isnan(levin_metric_compute(m)));
        levin_metric_free(m);
    }
    const float same[] = { 0.1f, 0.1f, 0.1f }, x[] = { 1, 2, 3 }, odd[] = { 1, NAN, 3 };
    assert_true(isnan(of_values("pearsonr", same, x, 3)));
    assert_true(isnan(of_values("spearmanr", x, same, 3)));
    assert_true(isnan(of_values("spearmanr", x, odd, 3)));
    assert_true(isnan(of_values("pearsonr", x, odd, 3)));
    assert_true(isnan(of_values("pearsonr", x, x, 1)));
    assert_true(isnan(levin_metric_compute(NULL)));
}

static void empty_denominators_give_zero_as_they_do_in_evaluate(void **state)
{
    (void)state;
    const int64_t zeros[] = { 0, 0, 0 }, ones[] = { 1, 1, 1 };
    check_near(of_classes("f1", 2, zeros, zeros, 3), 0);
    check_near(of_classes("precision", 2, zeros, ones, 3), 0);
    check_near(of_classes("recall", 2, ones, zeros, 3), 0);
    check_near(of_classes("matthews_correlation", 2, ones, ones, 3), 0);
    check_near(of_classes("accuracy", 2, ones, ones, 3), 1);
}

static void reset_begins_again(void **state)
{
    (void)state;
    const int64_t a[] = { 0, 1 }, b[] = { 1, 0 };
    const float x[] = { 1, 2 }, y[] = { 2, 4 };
    levin_metric *m = levin_metric_new("accuracy", 2);
    add(m, classes(a, 2), classes(b, 2));
    levin_metric_reset(m);
    assert_true(isnan(levin_metric_compute(m)));
    add(m, classes(a, 2), classes(a, 2));
    check_near(levin_metric_compute(m), 1);
    levin_metric_free(m);
    m = levin_metric_new("mse", 0);
    add(m, values(x, 2), values(y, 2));
    levin_metric_reset(m);
    add(m, values(x, 2), values(x, 2));
    check_near(levin_metric_compute(m), 0);
    levin_metric_free(m);
}

static void mistakes_are_said_and_change_nothing(void **state)
{
    (void)state;
    assert_null(levin_metric_new("acuracy", 2));
    assert_string_equal(levin_error_message(), "unknown metric 'acuracy', did you mean accuracy?");
    levin_error_clear();
    assert_null(levin_metric_new("f1", 3));
    assert_string_equal(levin_error_message(), "metric f1 is of label 1 of two classes, not of 3: "
                                               "f1_macro, f1_micro or f1_weighted");
    levin_error_clear();
    assert_null(levin_metric_new("accuracy", 0));
    assert_string_equal(levin_error_message(), "metric accuracy: 0 classes, expected 1 or more");
    levin_error_clear();
    levin_metric *m = levin_metric_new("accuracy", 2);
    const int64_t good[] = { 0, 1 }, bad[] = { 0, 2 };
    assert_int_equal(add(m, classes(good, 2), classes(bad, 2)), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(),
                        "metric accuracy: target 1 is 2, expected a class from 0 to 1");
    levin_error_clear();
    assert_int_equal(add(m, classes(good, 2), classes(good, 1)), LEVIN_ESHAPE);
    assert_string_equal(levin_error_message(),
                        "metric accuracy: predictions (2) i64 and targets (1) i64");
    levin_error_clear();
    assert_true(isnan(levin_metric_compute(m)));
    assert_int_equal(levin_metric_add(m, NULL, NULL), LEVIN_OK);
    levin_metric_free(m);
    levin_metric_free(NULL);
    levin_metric_reset(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(metrics_of_classes_are_scikit_learn_s),
        TEST(metrics_of_values_are_scipy_s),
        TEST(perfect_and_reversed_orders_correlate_fully),
        TEST(a_metric_without_a_value_is_nan),
        TEST(empty_denominators_give_zero_as_they_do_in_evaluate),
        TEST(reset_begins_again),
        TEST(mistakes_are_said_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
