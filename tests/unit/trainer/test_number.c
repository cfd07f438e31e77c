/* test_number.c: numbers and times as Python and Lightning spell them. */
#include "trainer/decimal.h"
#include "trainer/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void numbers_are_spelt_as_pythons_repr(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } rows[] = {
        { 0, "0.0" },
        { -0.0, "-0.0" },
        { 1, "1.0" },
        { 0.1, "0.1" },
        { 1.0 / 3, "0.3333333333333333" },
        { 100, "100.0" },
        { 1234567.5, "1234567.5" },
        { 1e-4, "0.0001" },
        { 1e-5, "1e-05" },
        { 1.5e-7, "1.5e-07" },
        { 1e15, "1000000000000000.0" },
        { 1e16, "1e+16" },
        { 1.2345e22, "1.2345e+22" },
        { 0.6931471824645996, "0.6931471824645996" }, // an f32
        { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 123456789012345680.0, "1.2345678901234568e+17" },
        { (double)NAN, "nan" },
        { (double)INFINITY, "inf" },
        { -(double)INFINITY, "-inf" },
    };
    char text[LEVIN_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(levin__number_print(text, rows[i].x), rows[i].text);
}

static void numbers_read_back_as_they_were(void **state)
{
    (void)state;
    char text[LEVIN_NUMBER_SIZE];
    double x = 1e-300, back;
    for (int i = 0; i < 2000; i++, x *= -1.9172) {
        assert_true(levin__number_parse(levin__number_print(text, x), &back));
        assert_true(back == x);
    }
    assert_false(levin__number_parse("", &back));
    assert_false(levin__number_parse("1.5x", &back));
    assert_false(levin__number_parse("1,5", &back));
    assert_false(levin__number_parse(" 1", &back));
}

/* The digits that printf gives to the fewest that strtod reads back, without zeros at the end. */
static void digits_of_the_c_library(char digits[40], double x)
{
    char text[40];
    int n = 0;
    for (int count = 15; count <= 17; count++) {
        snprintf(text, sizeof text, "%.*e", count - 1, x);
        if (strtod(text, NULL) == x)
            break;
    }
    for (const char *at = text; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[n++] = *at;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
}

static void check_digits(double x)
{
    char expected[40], found[40];
    levin_decimal d = levin__decimal_of(x);
    digits_of_the_c_library(expected, x);
    snprintf(found, sizeof found, "%llu", (unsigned long long)d.digits);
    if (strcmp(found, expected) != 0 || (int)strlen(expected) != d.count)
        fail_msg("%a: %s (%d digits), not %s", x, found, d.count, expected);
}

/* Of many sizes: any double, those that are an f32, round ones, powers of two and their neighbours.
 */
static void the_short_way_gives_the_digits_of_the_long_one(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 40000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double size = exp((double)(bits % 80000) / 1000 - 40), x = size;
        switch (i % 5) {
        case 0:
            x = (double)(float)size;
            break;
        case 1:
            x = (double)(bits % 1000000 + 1) / 1000;
            break;
        case 2:
            x = ldexp(1, (int)(bits % 160) - 80);
            break;
        case 3:
            x = nextafter(ldexp(1, (int)(bits % 160) - 80), i % 2 ? 0 : 1e300);
            break;
        default:
            break;
        }
        check_digits(x);
    }
}

static void the_locale_of_the_program_changes_nothing(void **state)
{
    (void)state;
    char text[LEVIN_NUMBER_SIZE];
    double back;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        skip();
    assert_string_equal(levin__number_print(text, 0.25), "0.25");
    assert_true(levin__number_parse("0.25", &back) && back == 0.25);
    setlocale(LC_NUMERIC, "C");
}

static void times_are_days_hours_minutes_seconds(void **state)
{
    (void)state;
    double seconds;
    char text[LEVIN_NUMBER_SIZE];
    assert_int_equal(levin__duration_parse("max_time", "01:02:03:04", &seconds), 0);
    assert_true(seconds == 93784);
    assert_string_equal(levin__duration_print(text, seconds), "01:02:03:04");
    assert_int_equal(levin__duration_parse("max_time", "123:00:00:00", &seconds), 0);
    assert_int_equal(levin__duration_parse("max_time", "{minutes: 5, hours: 1.5}", &seconds), 0);
    assert_true(seconds == 5700);
    assert_int_equal(levin__duration_parse("max_time", "{ 'days':1 , \"weeks\" : 1 }", &seconds),
                     0);
    assert_true(seconds == 691200);
    static const char *const wrong[] = { "",
                                         "01:00",
                                         "1:2:3:4",
                                         "00:00:00:0",
                                         "00:00:00:00:00",
                                         "-1:00:00:00",
                                         "00:00:00:0x",
                                         "{}",
                                         "{",
                                         "{minutes}",
                                         "{minutes:}",
                                         "{minutes: 5",
                                         "{minutes: -5}",
                                         "{minutes: 5,}",
                                         "{minutes: 5} ",
                                         "{'minutes: 5}",
                                         "{minute: 5}",
                                         "{m: 5}",
                                         "{minutes: 1.2.3}",
                                         "{seconds: 99999999999999999999}" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(levin__duration_parse("max_time", wrong[i], &seconds), LEVIN_EINVAL);
        levin_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_spelt_as_pythons_repr),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(the_short_way_gives_the_digits_of_the_long_one),
        cmocka_unit_test(the_locale_of_the_program_changes_nothing),
        cmocka_unit_test(times_are_days_hours_minutes_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
