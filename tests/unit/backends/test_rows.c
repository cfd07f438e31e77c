/* test_rows.c: softmax, layer normalisation and dropout row by row: widths and heights around
 * vectors and blocks, and what must stay in its row. */
#include "unit/backends/slots.h"

static const int64_t widths[] = { 1, 2, 7, 9, 15, 16, 17, 31, 33, 63, 65, 129, 384, 513 };
static const int64_t heights[] = { 1, 2, 31, 32, 33, 64, 70 };
enum { WIDTHS = sizeof widths / sizeof *widths, HEIGHTS = sizeof heights / sizeof *heights };

static int slot_of(bool (*run)(problem *p, int variant))
{
    int slot = 0;
    while (slots[slot].run != run)
        slot++;
    return slot;
}

static void compare_all_sizes(bool (*run)(problem *p, int variant))
{
    int slot = slot_of(run);
    levin_set_num_threads(1);
    for (int i = 0; i < 2 * WIDTHS; i++) {
        for (int v = 0; v < slots[slot].variants; v++) {
            int64_t rows = heights[(i + v) % HEIGHTS], cols = widths[i % WIDTHS];
            levin_dtype dtype = i < WIDTHS ? LEVIN_F32 : LEVIN_BF16;
            assert_true(levin__use_back_end("ref"));
            problem right = run_slot(slot, v, dtype, rows, cols);
            for (int set = 0; set < BACK_ENDS; set++) {
                if (!use_back_end(back_ends[set]))
                    continue;
                problem got = run_slot(slot, v, dtype, rows, cols);
                assert_agree(slots[slot].name, &got, &right);
                free_problem(&got);
            }
            free_problem(&right);
        }
    }
    levin_set_num_threads(0);
    levin__use_back_end(NULL);
}

static void softmax_is_right_for_all_sizes(void **state)
{
    (void)state;
    compare_all_sizes(slot_softmax);
    compare_all_sizes(slot_softmax_bwd);
}

static void layer_norm_is_right_for_all_sizes(void **state)
{
    (void)state;
    compare_all_sizes(slot_layer_norm);
    compare_all_sizes(slot_layer_norm_bwd);
}

static void residual_norm_is_right_for_all_sizes(void **state)
{
    (void)state;
    compare_all_sizes(slot_residual_norm);
}

static void sums_of_columns_are_right_for_all_sizes(void **state)
{
    (void)state;
    compare_all_sizes(slot_column_sum);
}

/* Runs fn on ref and on every set that this machine has. */
static void on_every_set(void (*fn)(void))
{
    assert_true(levin__use_back_end("ref"));
    fn();
    for (int set = 0; set < BACK_ENDS; set++)
        if (use_back_end(back_ends[set]))
            fn();
    levin__use_back_end(NULL);
}

static void drop_odd_numbers(void)
{
    static const double probabilities[] = { 0.1, 0.5, 0.999 };
    for (int64_t n = 0; n < 300; n += n < 40 ? 1 : 37) {
        double p = probabilities[n % 3];
        problem q = new_problem(1, n % 2 ? LEVIN_BF16 : LEVIN_F32, 1, n);
        levin_array x = input(&q, q.dtype, n), y = output(&q, q.dtype, n);
        assert_true(LEVIN_RUN(dropout, y, x, n, p, slot_key, false));
        for (int64_t i = 0; i < n; i++) {
            bool kept = levin__random_bits16(slot_key, (uint64_t)i) >= levin__drop_threshold(p);
            double wanted = kept ? levin__get(x, i) * (double)levin__keep_scale(p) : 0;
            assert_true(fabs(levin__get(y, i) - wanted) <= tolerance(q.dtype) * fabs(wanted));
        }
        free_problem(&q);
    }
}

static void dropout_keeps_what_the_key_says_on_every_set(void **state)
{
    (void)state;
    on_every_set(drop_odd_numbers);
}

static void drop_in_a_norm(void)
{
    enum { ROWS = 5, COLS = 9 }; // rows begin within a block of eight random numbers
    problem q = new_problem(1, LEVIN_F32, ROWS, COLS);
    levin_residual_norm_args a = { .rows = ROWS, .cols = COLS, .eps = 1e-5, .p = 0.5 };
    a.key = slot_key;
    a.residual = input(&q, LEVIN_F32, size(&q));
    a.gamma = floats(input(&q, LEVIN_F32, COLS));
    a.beta = floats(input(&q, LEVIN_F32, COLS));
    a.y = output(&q, LEVIN_F32, size(&q));
    a.z = output(&q, LEVIN_F32, size(&q));
    a.stats = floats(output(&q, LEVIN_F32, 2 * ROWS));
    memset(a.residual.data, 0, (size_t)size(&q) * sizeof(float));
    assert_true(LEVIN_RUN(residual_norm, &a));
    for (int64_t i = 0; i < size(&q); i++) {
        bool kept = levin__random_bits16(slot_key, (uint64_t)i) >= levin__drop_threshold(0.5);
        assert_int_equal(levin__get(a.z, i) != 0, kept);
    }
    free_problem(&q);
}

static void dropout_within_a_norm_draws_the_same_numbers(void **state)
{
    (void)state;
    on_every_set(drop_in_a_norm);
}

static void spoil_one_row(void)
{
    enum { ROWS = 3, COLS = 21 };
    for (int log_form = 0; log_form < 2; log_form++) {
        problem q = new_problem(1, LEVIN_F32, ROWS, COLS);
        levin_array x = input(&q, LEVIN_F32, size(&q)), y = output(&q, LEVIN_F32, size(&q));
        set_number(x, COLS + 20, (double)NAN); // the last of the second row
        assert_true(LEVIN_RUN(softmax, y, x, ROWS, COLS, log_form));
        for (int64_t i = 0; i < size(&q); i++)
            assert_int_equal(isnan(levin__get(y, i)) != 0, i / COLS == 1);
        free_problem(&q);
    }
}

static void a_nan_spoils_its_own_row_and_no_other(void **state)
{
    (void)state;
    on_every_set(spoil_one_row);
}

static void mask_with_infinities(void)
{
    enum { COLS = 21 };
    problem q = new_problem(1, LEVIN_F32, 1, COLS);
    levin_array x = input(&q, LEVIN_F32, COLS), y = output(&q, LEVIN_F32, COLS);
    for (int64_t i = 0; i < COLS; i += 2)
        set_number(x, i, -HUGE_VAL);
    assert_true(LEVIN_RUN(softmax, y, x, 1, COLS, false));
    double sum = 0;
    for (int64_t i = 0; i < COLS; i++) {
        assert_int_equal(levin__get(y, i) == 0, i % 2 == 0);
        sum += levin__get(y, i);
    }
    assert_true(fabs(sum - 1) < 1e-6);
    free_problem(&q);
}

static void what_is_masked_by_infinity_has_no_share(void **state)
{
    (void)state;
    on_every_set(mask_with_infinities);
}

static void shift_scores(void)
{
    enum { COLS = 13 };
    problem q = new_problem(1, LEVIN_F32, 2, COLS);
    levin_array x = input(&q, LEVIN_F32, 2 * COLS), y = output(&q, LEVIN_F32, 2 * COLS);
    for (int64_t i = 0; i < COLS; i++) {
        set_number(x, i, (double)i / 8);
        set_number(x, COLS + i, (double)i / 8 - 30000); // the same, far below
    }
    assert_true(LEVIN_RUN(softmax, y, x, 2, COLS, false));
    for (int64_t i = 0; i < COLS; i++)
        assert_true(fabs(levin__get(y, i) - levin__get(y, COLS + i)) < 1e-3);
    free_problem(&q);
}

static void softmax_does_not_overflow(void **state)
{
    (void)state;
    on_every_set(shift_scores);
}

static void norm_one_value(void)
{
    enum { COLS = 19 };
    problem q = new_problem(1, LEVIN_F32, 1, COLS);
    levin_array x = input(&q, LEVIN_F32, COLS), y = output(&q, LEVIN_F32, COLS);
    float gamma[COLS], beta[COLS], stats[2];
    for (int i = 0; i < COLS; i++) {
        set_number(x, i, 0.75); // no variance at all
        gamma[i] = 2;
        beta[i] = (float)i;
    }
    assert_true(LEVIN_RUN(layer_norm, y, stats, x, gamma, beta, 1, COLS, 1e-12));
    for (int i = 0; i < COLS; i++)
        assert_true(fabs(levin__get(y, i) - i) < 1e-6);
    free_problem(&q);
}

static void a_row_without_variance_becomes_beta(void **state)
{
    (void)state;
    on_every_set(norm_one_value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_is_right_for_all_sizes),
        cmocka_unit_test(layer_norm_is_right_for_all_sizes),
        cmocka_unit_test(residual_norm_is_right_for_all_sizes),
        cmocka_unit_test(sums_of_columns_are_right_for_all_sizes),
        cmocka_unit_test(dropout_keeps_what_the_key_says_on_every_set),
        cmocka_unit_test(dropout_within_a_norm_draws_the_same_numbers),
        cmocka_unit_test(a_nan_spoils_its_own_row_and_no_other),
        cmocka_unit_test(what_is_masked_by_infinity_has_no_share),
        cmocka_unit_test(softmax_does_not_overflow),
        cmocka_unit_test(a_row_without_variance_becomes_beta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
