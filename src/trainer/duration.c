/* duration.c: see duration.h. */
#include "trainer/duration.h"

#include "base/error.h"

#include <stdio.h>

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : -1; }

/* ":MM", two digits below limit; moves *at on. */
static bool field(const char **at, int limit, double *value)
{
    const char *s = *at;
    if (s[0] != ':' || digit(s[1]) < 0 || digit(s[2]) < 0)
        return false;
    *value = 10 * digit(s[1]) + digit(s[2]);
    *at = s + 3;
    return *value < limit;
}

int levin__duration_parse(const char *flag, const char *text, double *seconds)
{
    const char *at = text;
    double days = 0, hours, minutes, rest;
    for (; digit(*at) >= 0 && at - text < 9; at++)
        days = days * 10 + digit(*at);
    if (at == text || !field(&at, 100, &hours) || !field(&at, 100, &minutes) ||
        !field(&at, 100, &rest) || *at)
        return levin__error_set(LEVIN_EINVAL,
                                "%s: '%s' is not a time, write DD:HH:MM:SS, such as 00:01:30:00",
                                flag, text);
    *seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest;
    return LEVIN_OK;
}

char *levin__duration_print(char text[LEVIN_NUMBER_SIZE], double seconds)
{
    long long s = (long long)seconds;
    snprintf(text, LEVIN_NUMBER_SIZE, "%02lld:%02lld:%02lld:%02lld", s / 86400, s / 3600 % 24,
             s / 60 % 60, s % 60);
    return text;
}
