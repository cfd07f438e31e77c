/* number.c: see number.h. printf and strtod obey the locale of the program we live in, so the
 * decimal point is put right here. */
#include "trainer/number.h"

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

/* Significant digits needed to read x back: 15 digits survive any way through a double, so that
 * trailing zeros of the first try are not needed either. Leaves "d.ddde-05" in text. */
static int significant_digits(char *text, double x)
{
    int digits = 15;
    for (; digits < 18; digits++) {
        snprintf(text, LEVIN_NUMBER_SIZE, "%.*e", digits - 1, x);
        if (digits == 17 || strtod(text, NULL) == x)
            break;
    }
    const char *e = strchr(text, 'e');
    while (digits > 1 && *--e == '0')
        digits--;
    return digits;
}

char *levin__number_print(char text[LEVIN_NUMBER_SIZE], double x)
{
    if (!isfinite(x)) {
        snprintf(text, LEVIN_NUMBER_SIZE, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
        return text;
    }
    int digits = significant_digits(text, x);
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent >= -4 && exponent < 16) {
        int decimals = digits - 1 - exponent;
        snprintf(text, LEVIN_NUMBER_SIZE, "%.*f", decimals > 1 ? decimals : 1, x);
    } else {
        snprintf(text, LEVIN_NUMBER_SIZE, "%.*e", digits - 1, x);
    }
    char *point = strchr(text, decimal_point());
    if (point)
        *point = '.';
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
