/* test_normalizer.c: each option alone, and where in the original a character comes from. */
#include "support/unit.h"
#include "text/normalizer.h"

#include <string.h>

enum { CLEAN = 1, CHINESE = 2, STRIP = 4, LOWER = 8, ALL = 15 };

static char bytes[512];
static int32_t origins[512];

static levin_normalized normalize(int options, const char *text)
{
    levin_normalizer z = { .clean_text = options & CLEAN,
                           .handle_chinese_chars = options & CHINESE,
                           .strip_accents = options & STRIP,
                           .lowercase = options & LOWER };
    levin_normalized out = { .bytes = bytes, .origins = origins };
    levin__normalizer_init(&z);
    levin__normalize(&z, text, strlen(text), &out);
    bytes[out.n] = '\0';
    return out;
}

static void check(int options, const char *text, const char *expected)
{
    normalize(options, text);
    assert_string_equal(bytes, expected);
}

static void no_option_changes_nothing(void **state)
{
    (void)state;
    check(0, "A\x07\xC2\xA0\xC3\x89\xE4\xB8\xAD", "A\x07\xC2\xA0\xC3\x89\xE4\xB8\xAD");
}

static void cleaning_removes_controls_and_blanks_white_space(void **state)
{
    (void)state;
    check(CLEAN, "a\x0B\x01z\t\n\r\xC2\xA0\xE3\x80\x80.", "az     .");
    check(CLEAN, "a\xE2\x80\x8B\xEF\xBF\xBD\xEE\x80\x80z", "az"); // U+200B U+FFFD U+E000
    check(CLEAN, "a\xCD\xB8z", "a\xCD\xB8z");                     // U+0378, unassigned
}

static void chinese_characters_stand_between_blanks(void **state)
{
    (void)state;
    check(CHINESE, "a\xE4\xB8\xAD\xE6\x96\x87z", "a \xE4\xB8\xAD  \xE6\x96\x87 z");
    check(CHINESE, "\xF0\xAB\xA0\xA0", "\xF0\xAB\xA0\xA0"); // U+2B820 is left out, as in the model
}

static void accents_are_stripped_after_decomposition(void **state)
{
    (void)state;
    check(STRIP,
          "\xC3\x89"
          "e\xCC\x81\xC3\x98",
          "Ee\xC3\x98");
    check(STRIP, "\xED\x95\x9C", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"); // Hangul in three
    check(STRIP, "\xEA\xB0\x80", "\xE1\x84\x80\xE1\x85\xA1");             // and in two
}

static void lower_case_knows_the_dotted_capital(void **state)
{
    (void)state;
    check(LOWER, "\xC4\xB0", "i\xCC\x87");
    check(LOWER | STRIP, "\xC4\xB0", "i");
    check(LOWER, "\xCE\xA3", "\xCF\x83"); // never a final sigma
}

static void origins_are_where_characters_begin(void **state)
{
    (void)state;
    levin_normalized out = normalize(ALL, "x\xE2\x80\x8B\xC3\x89\xE4\xB8\xAD");
    assert_string_equal(out.bytes, "xe \xE4\xB8\xAD ");
    static const int32_t EXPECTED[] = { 0, 4, 6, 6, 6, 6, 6 };
    assert_memory_equal(out.origins, EXPECTED, sizeof EXPECTED);
}

/* U+302E (class 224) goes before U+0301 (230), which is dropped, and inherits its place. */
static void a_mark_that_stays_is_sorted_among_those_that_go(void **state)
{
    (void)state;
    levin_normalized out = normalize(ALL, "a\xCC\x81\xE3\x80\xAE"
                                          "b");
    assert_string_equal(out.bytes, "a\xE3\x80\xAE"
                                   "b");
    assert_int_equal(out.origins[1], 1);
    assert_int_equal(out.origins[4], 6);
}

/* U+1D15E decomposes into U+1D157 and U+1D165 (class 216); U+1D16D (226) follows it. */
static void marks_out_of_a_decomposition_join_the_run(void **state)
{
    (void)state;
    levin_normalized out = normalize(ALL, "\xF0\x9D\x85\x9E\xF0\x9D\x85\xAD");
    assert_string_equal(out.bytes, "\xF0\x9D\x85\x97\xF0\x9D\x85\xA5\xF0\x9D\x85\xAD");
    assert_int_equal(out.origins[4], 0);
    assert_int_equal(out.origins[8], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_option_changes_nothing),
        cmocka_unit_test(cleaning_removes_controls_and_blanks_white_space),
        cmocka_unit_test(chinese_characters_stand_between_blanks),
        cmocka_unit_test(accents_are_stripped_after_decomposition),
        cmocka_unit_test(lower_case_knows_the_dotted_capital),
        cmocka_unit_test(origins_are_where_characters_begin),
        cmocka_unit_test(a_mark_that_stays_is_sorted_among_those_that_go),
        cmocka_unit_test(marks_out_of_a_decomposition_join_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
