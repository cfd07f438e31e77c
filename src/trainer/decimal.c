/* decimal.c: see decimal.h. Rows of a log hold many numbers, so most of them go a short way: the
 * digits are found and tried in long double, which has eleven bits more than a double. Where those
 * do not suffice to tell, and for very small and large numbers, printf and strtod decide. */
#include "trainer/decimal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FEWEST = 15, MOST = 17 }; // digits: 15 survive any way through a double, 17 always suffice
enum { POWERS = 28 };            // of ten that a long double holds exactly

static const long double ten[POWERS] = {
    1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
    1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L,
    1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
};

typedef enum { NO, YES, DOUBTFUL } verdict;

static long double shift(long double x, int places)
{
    return places >= 0 ? x * ten[places] : x / ten[-places];
}

/* Whether q, a decimal up to its rounding to long double, reads back as x: it must be nearer to x
 * than half the way to x's neighbour. A rounding is far below a 256th of that way. */
static verdict reads_back(long double q, double x)
{
    int exponent;
    bool power_of_two = frexp(x, &exponent) == 0.5; // its lower neighbour is half as far
    long double difference = q - (long double)x;
    double half = ldexp(1, exponent - DBL_MANT_DIG - 1);
    if (power_of_two && difference < 0)
        half /= 2;
    double off = (double)fabsl(difference) / half;
    return off < 1 - 1.0 / 256 ? YES : off > 1 + 1.0 / 256 ? NO : DOUBTFUL;
}

/* Tries so many digits, the first of which stands for ten to the exponent. */
static verdict try_digits(double x, int count, int exponent, uint64_t *digits)
{
    int places = count - 1 - exponent;
    if (LDBL_MANT_DIG < 64 || places <= -POWERS || places >= POWERS)
        return DOUBTFUL;
    long double scaled = shift((long double)x, places);
    *digits = (uint64_t)scaled;
    double rest = (double)(scaled - (long double)*digits);
    if (fabs(rest - 0.5) < 1.0 / 64)
        return DOUBTFUL;
    *digits += rest > 0.5;
    if ((long double)*digits >= ten[count])
        return DOUBTFUL; // 9.99... became one digit more
    return reads_back(shift((long double)*digits, -places), x);
}

/* The exponent of the first digit; right for all that try_digits takes. */
static int first_exponent(double x)
{
    int binary;
    frexp(x, &binary);
    int e = (int)floor((binary - 1) * 0.30102999566398120);
    bool above = e + 1 > -POWERS && e + 1 < POWERS && (long double)x >= shift(1, e + 1);
    return e + above;
}

static bool find_quickly(levin_decimal *out, double x)
{
    verdict v = NO;
    out->exponent = first_exponent(x);
    for (out->count = FEWEST; out->count <= MOST; out->count++) {
        v = try_digits(x, out->count, out->exponent, &out->digits);
        if (v != NO)
            break;
    }
    return v == YES;
}

/* By the C library; the decimal point, which may be any character, is passed over. */
static void find_surely(levin_decimal *out, double x)
{
    char text[40];
    int count = x < DBL_MIN ? 1 : FEWEST; // the smallest numbers have fewer
    for (; count <= MOST; count++) {
        snprintf(text, sizeof text, "%.*e", count - 1, x);
        if (count == MOST || strtod(text, NULL) == x)
            break;
    }
    const char *at = text;
    out->digits = 0;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            out->digits = 10 * out->digits + (uint64_t)(*at - '0');
    out->count = count;
    out->exponent = (int)strtol(at + 1, NULL, 10);
}

levin_decimal levin__decimal_of(double x)
{
    levin_decimal d;
    if (!find_quickly(&d, x))
        find_surely(&d, x);
    for (; d.count > 1 && d.digits % 10 == 0; d.count--)
        d.digits /= 10;
    return d;
}
