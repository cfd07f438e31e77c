/* number.c: see number.h. strtod obeys the locale of the program we live in, so the decimal point
 * is put right here. */
#include "trainer/number.h"

#include "trainer/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char decimal_point(void)
{
    const struct lconv *conventions = localeconv();
    return conventions && conventions->decimal_point ? conventions->decimal_point[0] : '.';
}

static char *put_text(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

static char *put_zeros(char *to, int n)
{
    for (; n > 0; n--)
        *to++ = '0';
    return to;
}

/* Digits of a decimal, with a point before number `point` of them if that is one. */
static char *put_digits(char *to, levin_decimal d, int point)
{
    char digits[20];
    for (int i = d.count; i-- > 0; d.digits /= 10)
        digits[i] = (char)('0' + d.digits % 10);
    for (int i = 0; i < d.count; i++) {
        if (i == point)
            *to++ = '.';
        *to++ = digits[i];
    }
    return to;
}

/* 0.00012, 12.5, 1200.0 */
static char *put_plain(char *to, levin_decimal d)
{
    if (d.exponent < 0) {
        to = put_zeros(put_text(to, "0."), -1 - d.exponent);
        return put_digits(to, d, -1);
    }
    to = put_digits(to, d, d.exponent + 1);
    if (d.count <= d.exponent + 1)
        to = put_text(put_zeros(to, d.exponent + 1 - d.count), ".0");
    return to;
}

/* 1.2e-05 */
static char *put_scientific(char *to, levin_decimal d)
{
    to = put_digits(to, d, 1);
    return to + snprintf(to, 8, "e%+03d", d.exponent);
}

size_t levin__number_put(char to[LEVIN_NUMBER_SIZE], double x)
{
    char *at = to;
    if (signbit(x) && !isnan(x))
        *at++ = '-';
    if (isnan(x) || isinf(x)) {
        at = put_text(at, isnan(x) ? "nan" : "inf");
    } else if (x == 0) {
        at = put_text(at, "0.0");
    } else {
        levin_decimal d = levin__decimal_of(fabs(x));
        bool plain = d.exponent >= -4 && d.exponent < 16;
        at = plain ? put_plain(at, d) : put_scientific(at, d);
    }
    *at = '\0';
    return (size_t)(at - to);
}

char *levin__number_print(char text[LEVIN_NUMBER_SIZE], double x)
{
    levin__number_put(text, x);
    return text;
}

bool levin__number_parse(const char *text, double *out)
{
    char copy[LEVIN_NUMBER_SIZE * 2], *end;
    size_t n = strlen(text);
    if (n == 0 || n >= sizeof copy || strpbrk(text, " \t\n,xX"))
        return false;
    memcpy(copy, text, n + 1);
    char *point = strchr(copy, '.');
    if (point)
        *point = decimal_point();
    *out = strtod(copy, &end);
    return !*end;
}
