/* test_truncation.c: the numbers of truncation, without any text. */
#include "support/unit.h"
#include "text/truncation.h"

#include <string.h>

static levin_cut cuts[2];

static int cut(levin_encode_opts opts, int64_t a, int64_t b)
{
    const int64_t n[2] = { a, b };
    return levin__truncate(&opts, n, b < 0 ? 2 : 3, cuts);
}

static void check_keep(levin_encode_opts opts, int64_t a, int64_t b, int64_t keep_a, int64_t keep_b)
{
    assert_int_equal(cut(opts, a, b), LEVIN_OK);
    assert_int_equal(cuts[0].keep, keep_a);
    assert_int_equal(cuts[1].keep, keep_b);
}

static void what_fits_is_left_alone(void **state)
{
    (void)state;
    check_keep((levin_encode_opts){ 0 }, 1000, 2000, 1000, 2000);
    check_keep((levin_encode_opts){ .max_length = 10 }, 4, 3, 4, 3);
    check_keep((levin_encode_opts){ .max_length = 10, .truncation = LEVIN_DO_NOT_TRUNCATE }, 40, 30,
               40, 30);
}

static void longest_first_gives_the_odd_token_to_the_longer_text(void **state)
{
    (void)state;
    levin_encode_opts ten = { .max_length = 10 }; // 7 are left for a pair
    check_keep(ten, 8, 11, 3, 4);
    check_keep(ten, 11, 8, 4, 3);
    check_keep(ten, 9, 9, 3, 4);
    check_keep(ten, 2, 11, 2, 5);
    check_keep(ten, 11, 2, 5, 2);
    check_keep(ten, 11, -1, 8, 0);
}

static void one_sided_strategies_cut_one_side(void **state)
{
    (void)state;
    levin_encode_opts o = { .max_length = 10, .truncation = LEVIN_TRUNCATE_ONLY_FIRST };
    check_keep(o, 8, 4, 3, 4);
    o.truncation = LEVIN_TRUNCATE_ONLY_SECOND;
    check_keep(o, 4, 8, 4, 3);
}

static void check_error(levin_encode_opts opts, int64_t a, int64_t b, const char *part)
{
    levin_error_clear();
    assert_int_equal(cut(opts, a, b), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), part));
    levin_error_clear();
}

static void impossible_cuts_are_errors(void **state)
{
    (void)state;
    levin_encode_opts o = { .max_length = 10, .truncation = LEVIN_TRUNCATE_ONLY_SECOND };
    check_error(o, 30, -1, "no second text");
    check_error(o, 30, 5, "the second text has 5 tokens");
    o.truncation = LEVIN_TRUNCATE_ONLY_FIRST;
    check_error(o, 5, 30, "the first text has 5 tokens");
    o = (levin_encode_opts){ .max_length = 2 };
    check_error(o, 5, 5, "no room for 3 special tokens");
    o = (levin_encode_opts){ .max_length = 4, .stride = 2 };
    check_error(o, 5, -1, "stride 2 must be smaller than the 2 tokens");
}

static void options_out_of_range_are_errors(void **state)
{
    (void)state;
    levin_encode_opts o = { .max_length = 3, .stride = 2 };
    assert_int_equal(levin__truncation_check(&o, 2), LEVIN_EINVAL);
    levin_error_clear();
    o = (levin_encode_opts){ .stride = -1 };
    assert_int_equal(levin__truncation_check(&o, 2), LEVIN_EINVAL);
    levin_error_clear();
    o = (levin_encode_opts){ .max_length = -1 };
    assert_int_equal(levin__truncation_check(&o, 2), LEVIN_EINVAL);
    levin_error_clear();
    o = (levin_encode_opts){ .truncation = (levin_truncation)9 };
    assert_int_equal(levin__truncation_check(&o, 2), LEVIN_EINVAL);
    levin_error_clear();
}

static void check_part(int64_t part, int64_t start, int64_t stop)
{
    int64_t got_start, got_stop;
    levin__cut_part(&cuts[0], part, &got_start, &got_stop);
    assert_int_equal(got_start, start);
    assert_int_equal(got_stop, stop);
}

static void parts_overlap_by_the_stride(void **state)
{
    (void)state;
    levin_encode_opts o = { .max_length = 6, .stride = 1 };
    assert_int_equal(cut(o, 9, -1), LEVIN_OK);
    assert_int_equal(cuts[0].parts, 3);
    check_part(0, 0, 4);
    check_part(1, 3, 7);
    check_part(2, 6, 9);
    o.truncate_left = LEVIN_ON;
    assert_int_equal(cut(o, 9, -1), LEVIN_OK);
    check_part(0, 5, 9);
    check_part(1, 2, 6);
    check_part(2, 0, 3);
}

static void nothing_kept_overflows_as_a_whole(void **state)
{
    (void)state;
    levin_encode_opts o = { .max_length = 2 };
    assert_int_equal(cut(o, 9, -1), LEVIN_OK);
    assert_int_equal(cuts[0].parts, 2);
    check_part(0, 0, 0);
    check_part(1, 0, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_left_alone),
        cmocka_unit_test(longest_first_gives_the_odd_token_to_the_longer_text),
        cmocka_unit_test(one_sided_strategies_cut_one_side),
        cmocka_unit_test(impossible_cuts_are_errors),
        cmocka_unit_test(options_out_of_range_are_errors),
        cmocka_unit_test(parts_overlap_by_the_stride),
        cmocka_unit_test(nothing_kept_overflows_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
