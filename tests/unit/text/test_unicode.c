/* test_unicode.c: UTF-8 in and out, and a few records of the measured tables. */
#include "support/unit.h"
#include "text/unicode.h"

#include <string.h>

static void every_scalar_value_survives_a_round_trip(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        uint32_t back;
        if (c >= 0xD800 && c < 0xE000)
            continue;
        unsigned n = levin__utf8_encode(bytes, c);
        assert_int_equal(levin__utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, c);
        assert_int_equal(levin__utf8_before(bytes, n), c);
        assert_int_equal(levin__utf8_check(bytes, n), n);
    }
}

/* How many replacement characters, and of how many bytes each. */
static void check_parts(const char *bytes, const char *sizes)
{
    size_t n = strlen(bytes), at = 0;
    for (; *sizes; sizes++) {
        uint32_t c;
        assert_true(at < n);
        assert_int_equal(levin__utf8_decode(bytes + at, n - at, &c), *sizes - '0');
        assert_int_equal(c, LEVIN_REPLACEMENT);
        at += (size_t)(*sizes - '0');
    }
    assert_int_equal(at, n);
    assert_int_equal(levin__utf8_check(bytes, n), 0);
}

static void bad_bytes_go_by_maximal_subparts(void **state)
{
    (void)state;
    check_parts("\x80", "1");
    check_parts("\xC0\xAF", "11");
    check_parts("\xE2\x82", "2");
    check_parts("\xF0\x9F\x98", "3");
    check_parts("\xED\xA0\x80", "111");
    check_parts("\xF4\x90\x80\x80", "1111");
    check_parts("\xF8\x88\x80\x80\x80", "11111");
    check_parts("\xE2\x82\xE2\x82", "22");
    check_parts("\xF0\x9F", "2");
    check_parts("\xC3", "1");
}

static void a_genuine_replacement_character_is_valid(void **state)
{
    (void)state;
    assert_int_equal(levin__utf8_check("a\xEF\xBF\xBD", 4), 4);
    assert_int_equal(levin__utf8_check("ab\xFFz", 4), 2);
}

static void the_character_before_is_found_in_bad_text(void **state)
{
    (void)state;
    assert_int_equal(levin__utf8_before("\x80\x80\x80\x80\x80", 5), LEVIN_REPLACEMENT);
    assert_int_equal(levin__utf8_before("a\x80", 2), LEVIN_REPLACEMENT);
    assert_int_equal(levin__utf8_before("a\xC3\xA9", 3), 0xE9);
    assert_int_equal(levin__utf8_before("ab", 1), 'a');
}

static void code_points_are_counted(void **state)
{
    (void)state;
    assert_int_equal(levin__utf8_count("", 0), 0);
    assert_int_equal(levin__utf8_count("a\xC3\xA9\xF0\x9F\x98\x80", 7), 3);
}

static void records_say_what_was_measured(void **state)
{
    (void)state;
    assert_int_equal(levin__char('a')->flags, LEVIN_CHAR_WORD);
    assert_int_equal(levin__char('A')->lower, 32);
    assert_int_equal(levin__char('$')->flags, LEVIN_CHAR_PUNCTUATION);
    assert_int_equal(levin__char(0xE9)->n_nfd, 1);
    assert_int_equal(levin__nfd[levin__char(0xE9)->nfd], 'e');
    assert_true(levin__char(0x301)->flags & LEVIN_CHAR_MARK);
    assert_int_equal(levin__char(0x301)->combining_class, 230);
    assert_true(levin__char(0x302E)->flags & LEVIN_CHAR_KEPT_MARK);
    assert_true(levin__char(0x4E2D)->flags & LEVIN_CHAR_CJK);
    assert_true(levin__char(0x10FFFD)->flags & LEVIN_CHAR_REMOVED);
    assert_int_equal(levin__char(0x10FFFF)->flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_value_survives_a_round_trip),
        cmocka_unit_test(bad_bytes_go_by_maximal_subparts),
        cmocka_unit_test(a_genuine_replacement_character_is_valid),
        cmocka_unit_test(the_character_before_is_found_in_bad_text),
        cmocka_unit_test(code_points_are_counted),
        cmocka_unit_test(records_say_what_was_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
