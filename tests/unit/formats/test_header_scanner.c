/* test_header_scanner.c: the grammar of JSON as serde_json reads it, value by value. */
#include "unit/formats/scratch.h"

#include "formats/header_scanner.h"

static levin_scanner scan(const char *text, char *strings)
{
    const unsigned char *p = (const unsigned char *)text;
    return (levin_scanner){
        .begin = p, .at = p, .end = p + strlen(text), .where = "x", .strings = strings
    };
}

/* Whether the whole text is one JSON value. */
static bool is_value(const char *text)
{
    char strings[2048];
    levin_scanner s = scan(text, strings);
    bool ok = levin__scan_skip(&s) && levin__scan_end(&s);
    assert_int_equal(levin_error(), ok ? LEVIN_OK : LEVIN_EFORMAT);
    levin_error_clear();
    return ok;
}

static void values_are_those_of_rfc_8259(void **state)
{
    (void)state;
    static const char *const right[] = { "0",
                                         "-0",
                                         "10",
                                         "1.5",
                                         "-1.5e+10",
                                         "1E5",
                                         "1e-400",
                                         "0e999999999999",
                                         "true",
                                         "false",
                                         "null",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "[1, 2]",
                                         " \t\r\n[ ] ",
                                         "{\"a\":1,\"a\":[{}]}",
                                         "\"\\u0041\\n\\/\"",
                                         "\"\\ud83d\\ude00\"",
                                         "\"\xf4\x8f\xbf\xbf\"",
                                         "\"\x7f\"" };
    static const char *const wrong[] = { "",
                                         "01",
                                         "-",
                                         "+1",
                                         ".5",
                                         "1.",
                                         "1e",
                                         "1e+",
                                         "0x1",
                                         "NaN",
                                         "tru",
                                         "truex",
                                         "nul",
                                         "'a'",
                                         "[1,]",
                                         "[,1]",
                                         "[1 2]",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{\"a\":1,}",
                                         "{a:1}",
                                         "[",
                                         "{",
                                         "\"a",
                                         "\"\\",
                                         "\"\\u12\"",
                                         "\"\\x\"",
                                         "\"\x01\"",
                                         "\"\\ud83d\"",
                                         "\"\\ude00\"",
                                         "\"\\ud83d\\u0041\"",
                                         "\"\xff\"",
                                         "\"\xc0\x80\"",
                                         "\"\xed\xa0\x80\"",
                                         "\"\xf4\x90\x80\x80\"",
                                         "\"\xe2\x82\"",
                                         "1 2",
                                         "// c",
                                         "\xef\xbb\xbf{}",
                                         "\v1" };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        if (!is_value(right[i]))
            fail_msg("refused: %s", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (is_value(wrong[i]))
            fail_msg("accepted: %s", wrong[i]);
}

static void numbers_beyond_a_double_are_refused(void **state)
{
    (void)state;
    char digits[400];
    memset(digits, '9', sizeof digits);
    digits[308] = '\0';
    assert_true(is_value(digits));
    digits[308] = '9';
    digits[309] = '\0';
    assert_false(is_value(digits));
    assert_true(is_value("1.7e308"));
    assert_false(is_value("1.8e308"));
    assert_false(is_value("-1e309"));
    assert_false(is_value("1e99999999999999999999"));
    assert_true(is_value("1e-99999999999999999999"));
    assert_true(is_value("0.0000000001e318"));
    assert_false(is_value("0.0000000001e319"));
}

static void whole_numbers_are_sixty_four_bits_without_sign(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "18446744073709551616", "-1", "-0", "1.0", "1e0", "00", "\"1\"", "null", ""
    };
    uint64_t value = 0;
    levin_scanner s = scan(" 18446744073709551615,", NULL);
    assert_true(levin__scan_u64(&s, &value));
    assert_true(value == UINT64_MAX);
    assert_int_equal(*s.at, ',');
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s = scan(wrong[i], NULL);
        assert_false(levin__scan_u64(&s, &value));
        assert_error(LEVIN_EFORMAT, "x: byte 0: ");
    }
}

static void strings_are_decoded_with_their_nuls(void **state)
{
    (void)state;
    char strings[64];
    levin_text text;
    levin_scanner s = scan("\"a\\u0000\\u00e9\\u20ac\\ud83d\\ude00\\\"\" ", strings);
    assert_true(levin__scan_string(&s, &text));
    assert_int_equal(text.size, 12);
    assert_memory_equal(text.bytes, "a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 13);
}

static void after_a_failure_everything_is_false(void **state)
{
    (void)state;
    char strings[64];
    levin_text text;
    uint64_t value;
    bool first = true;
    levin_scanner s = scan("[]", strings);
    assert_false(levin__scan_string(&s, &text));
    levin_error_clear();
    assert_false(levin__scan_open(&s, '[', "a list"));
    assert_false(levin__scan_next(&s, ']', &first));
    assert_false(levin__scan_skip(&s));
    assert_false(levin__scan_u64(&s, &value));
    assert_false(levin__scan_null(&s));
    assert_false(levin__scan_end(&s));
    assert_int_equal(levin_error(), LEVIN_OK);
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    char out[80], name[120];
    for (size_t i = 0; i + 3 <= sizeof name; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3);
    assert_int_equal(strlen(levin__printable(out, name, 120)), 72 + 3);
    assert_int_equal(strlen(levin__printable(out, name + 1, 119)), 71 + 3);
    assert_string_equal(levin__printable(out, "a\nb\x7f", 4), "a?b?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_rfc_8259),
        cmocka_unit_test(numbers_beyond_a_double_are_refused),
        cmocka_unit_test(whole_numbers_are_sixty_four_bits_without_sign),
        cmocka_unit_test(strings_are_decoded_with_their_nuls),
        cmocka_unit_test(after_a_failure_everything_is_false),
        cmocka_unit_test(long_names_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
