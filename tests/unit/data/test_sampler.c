/* test_sampler.c: the order of rows. */
#include "data/sampler.h"

#include "base/memory.h"
#include "support/unit.h"

enum { N = 100 };

static void order_of(int64_t n, bool shuffle, uint64_t seed, int64_t epoch, int64_t *rows)
{
    levin_sampler s = { .n = n, .shuffle = shuffle, .seed = seed };
    assert_int_equal(levin__sampler_begin(&s, epoch), LEVIN_OK);
    levin__sampler_rows(&s, 0, n, rows);
    levin__sampler_free(&s);
}

static void without_shuffling_rows_come_as_they_lie(void **state)
{
    (void)state;
    int64_t rows[N];
    order_of(N, false, 7, 3, rows);
    for (int64_t i = 0; i < N; i++)
        assert_int_equal(rows[i], i);
}

static void shuffling_visits_every_row_once(void **state)
{
    (void)state;
    int64_t rows[N];
    bool seen[N] = { false };
    order_of(N, true, 7, 3, rows);
    for (int64_t i = 0; i < N; i++) {
        assert_false(seen[rows[i]]);
        seen[rows[i]] = true;
    }
}

static void order_is_a_function_of_seed_and_epoch_alone(void **state)
{
    (void)state;
    int64_t a[N], b[N];
    levin_sampler s = { .n = N, .shuffle = true, .seed = 7 };
    for (int64_t epoch = 0; epoch < 4; epoch++)
        levin__sampler_begin(&s, epoch); // history does not matter
    levin__sampler_begin(&s, 2);
    levin__sampler_rows(&s, 0, N, a);
    order_of(N, true, 7, 2, b);
    assert_memory_equal(a, b, sizeof a);
    levin__sampler_rows(&s, 40, 20, b);
    assert_memory_equal(a + 40, b, 20 * sizeof *b);
    levin__sampler_free(&s);
}

static void neighbouring_seeds_and_epochs_differ(void **state)
{
    (void)state;
    int64_t orders[9][N];
    for (int i = 0; i < 9; i++)
        order_of(N, true, (uint64_t)(i / 3), i % 3, orders[i]);
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(orders[i], orders[j], sizeof orders[i]);
}

static void every_row_is_as_likely_in_every_place(void **state)
{
    (void)state;
    int first[4] = { 0 };
    for (int64_t epoch = 0; epoch < 4000; epoch++) {
        int64_t rows[4];
        order_of(4, true, 1, epoch, rows);
        first[rows[0]]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(first[i], 880, 1120); // 1000, four deviations of 27
}

static void the_order_of_a_seed_never_changes(void **state)
{
    (void)state;
    const int64_t expected[8] = { 1, 7, 6, 4, 2, 5, 0, 3 };
    int64_t rows[8];
    order_of(8, true, 1, 0, rows);
    assert_memory_equal(rows, expected, sizeof rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_shuffling_rows_come_as_they_lie),
        cmocka_unit_test(shuffling_visits_every_row_once),
        cmocka_unit_test(order_is_a_function_of_seed_and_epoch_alone),
        cmocka_unit_test(neighbouring_seeds_and_epochs_differ),
        cmocka_unit_test(every_row_is_as_likely_in_every_place),
        cmocka_unit_test(the_order_of_a_seed_never_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
