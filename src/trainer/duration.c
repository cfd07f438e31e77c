/* duration.c: see duration.h. */
#include "trainer/duration.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

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

static void skip_spaces(const char **at) { *at += strspn(*at, " "); }

/* Seconds of a unit that is written in n letters; 0 if there is none. */
static double seconds_of(const char *unit, size_t n)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {
        { "weeks", 604800 }, { "days", 86400 }, { "hours", 3600 },
        { "minutes", 60 },   { "seconds", 1 },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && strncmp(units[i].name, unit, n) == 0)
            return units[i].seconds;
    return 0;
}

/* "minutes: 5", the key in quotes or not, in seconds; moves *at on. */
static bool member(const char **at, double *seconds)
{
    char number[16];
    skip_spaces(at);
    char quote = **at == '"' || **at == '\'' ? *(*at)++ : '\0';
    const char *unit = *at;
    size_t n = strspn(unit, "abcdefghijklmnopqrstuvwxyz");
    *at += n;
    if (quote && *(*at)++ != quote)
        return false;
    skip_spaces(at);
    if (*(*at)++ != ':')
        return false;
    skip_spaces(at);
    size_t digits = strspn(*at, "0123456789.");
    snprintf(number, sizeof number, "%.*s", (int)digits, *at);
    *at += digits;
    skip_spaces(at);
    if (digits >= sizeof number || !levin__number_parse(number, seconds))
        return false;
    *seconds *= seconds_of(unit, n);
    return seconds_of(unit, n) > 0;
}

/* What makes a timedelta in Python: {minutes: 5, seconds: 30}. */
static bool parse_members(const char *at, double *seconds)
{
    double more;
    *seconds = 0;
    do {
        at++; // the brace, or a comma
        if (!member(&at, &more))
            return false;
        *seconds += more;
    } while (*at == ',');
    return strcmp(at, "}") == 0;
}

int levin__duration_parse(const char *flag, const char *text, double *seconds)
{
    const char *at = text;
    double days = 0, hours, minutes, rest;
    if (*text == '{' && parse_members(text, seconds))
        return LEVIN_OK;
    for (; digit(*at) >= 0 && at - text < 9; at++)
        days = days * 10 + digit(*at);
    if (at == text || !field(&at, 100, &hours) || !field(&at, 100, &minutes) ||
        !field(&at, 100, &rest) || *at)
        return levin__error_set(
            LEVIN_EINVAL,
            "%s: '%s' is not a time, write DD:HH:MM:SS, such as 00:01:30:00, or "
            "{hours: 1, minutes: 30}",
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
