/* header_scanner.c: see header_scanner.h. RFC 8259 as serde_json reads it: 127 brackets deep, no
 * lone surrogates, no number that a double cannot hold. Recursion is bounded by the depth. */
#include "formats/header_scanner.h"

#include "base/error.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 127 };

bool levin__scan_fail(levin_scanner *s, const unsigned char *at, const char *fmt, ...)
{
    if (s->failed)
        return false;
    s->failed = true;
    char text[320];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    levin__error_set(LEVIN_EFORMAT, "%s: byte %zu: %s", s->where,
                     s->offset + (size_t)(at - s->begin), text);
    return false;
}

int levin__scan_peek(levin_scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
    return s->at < s->end ? *s->at : -1;
}

static bool take(levin_scanner *s, char c)
{
    if (levin__scan_peek(s) != c)
        return false;
    s->at++;
    return true;
}

bool levin__scan_open(levin_scanner *s, char bracket, const char *what)
{
    if (s->failed)
        return false;
    if (!take(s, bracket))
        return levin__scan_fail(s, s->at, "%s must stand here", what);
    if (++s->depth > MAX_DEPTH)
        return levin__scan_fail(s, s->at - 1, "more than %d brackets inside each other", MAX_DEPTH);
    return true;
}

bool levin__scan_next(levin_scanner *s, char close, bool *first)
{
    if (s->failed)
        return false;
    bool comma = !*first && take(s, ',');
    if (levin__scan_peek(s) == close) {
        if (comma)
            return levin__scan_fail(s, s->at, "nothing stands between the comma and '%c'", close);
        s->at++;
        s->depth--;
        return false;
    }
    if (!*first && !comma)
        return levin__scan_fail(s, s->at, "',' or '%c' must stand here", close);
    *first = false;
    return true;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex4(levin_scanner *s, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int digit = s->at < s->end ? hex_digit(*s->at) : -1;
        if (digit < 0)
            return levin__scan_fail(s, s->at, "\\u must be followed by four hex digits");
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    *to++ = (char)(lead[more] | c >> (6 * more));
    while (more--)
        *to++ = (char)(0x80 | (c >> (6 * more) & 0x3f));
    return to;
}

/* What follows \u: one code unit, or two that are a surrogate pair. */
static bool unicode_escape(levin_scanner *s, char **to)
{
    const unsigned char *start = s->at - 2;
    uint32_t c = 0, low = 0;
    if (!hex4(s, &c))
        return false;
    if (c >= 0xd800 && c < 0xe000) {
        bool pair = c < 0xdc00 && s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u';
        if (pair) {
            s->at += 2;
            if (!hex4(s, &low))
                return false;
            pair = low >= 0xdc00 && low < 0xe000;
        }
        if (!pair)
            return levin__scan_fail(s, start, "half a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, c);
    return true;
}

static bool escape(levin_scanner *s, char **to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const unsigned char *start = s->at++;
    int c = s->at < s->end ? *s->at++ : 0;
    if (c == 'u')
        return unicode_escape(s, to);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (!letter)
        return levin__scan_fail(s, start,
                                "unknown escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r "
                                "\\t \\u must stand here");
    *(*to)++ = meant[letter - letters];
    return true;
}

static bool plain_character(levin_scanner *s, char **to)
{
    if (*s->at < 0x20)
        return levin__scan_fail(s, s->at, "control character %d in a string must be escaped",
                                *s->at);
    size_t n = levin__utf8_size(s->at, s->end);
    if (!n)
        return levin__scan_fail(s, s->at, "not UTF-8");
    memcpy(*to, s->at, n);
    *to += n;
    s->at += n;
    return true;
}

bool levin__scan_string(levin_scanner *s, levin_text *out)
{
    if (s->failed)
        return false;
    if (!take(s, '"'))
        return levin__scan_fail(s, s->at, "a string in double quotes must stand here");
    const unsigned char *start = s->at - 1;
    char *to = s->strings;
    while (s->at < s->end && *s->at != '"') {
        if (!(*s->at == '\\' ? escape(s, &to) : plain_character(s, &to)))
            return false;
    }
    if (s->at == s->end)
        return levin__scan_fail(s, start, "the string that begins here is not closed");
    s->at++;
    *to = '\0';
    *out = (levin_text){ .bytes = s->strings, .size = (size_t)(to - s->strings) };
    s->strings = to + 1;
    return true;
}

bool levin__scan_key(levin_scanner *s, levin_text *out)
{
    if (!levin__scan_string(s, out))
        return false;
    return take(s, ':') || levin__scan_fail(s, s->at, "':' must stand after the name");
}

/* A number as serde_json gathers it: digits that 64 bits cannot hold are dropped. */
typedef struct {
    uint64_t digits;
    int64_t exponent; // of ten
    bool whole;       // no sign, point or exponent, nothing dropped
} decimal;

/* Returns how many digits there were. */
static size_t take_digits(levin_scanner *s, decimal *d, bool fraction)
{
    const unsigned char *start = s->at;
    bool full = false;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
        uint64_t grown = 0;
        full = full || __builtin_mul_overflow(d->digits, 10u, &grown) ||
               __builtin_add_overflow(grown, (uint64_t)(*s->at - '0'), &grown);
        if (!full)
            d->digits = grown;
        if (full != fraction)
            d->exponent += full ? 1 : -1;
    }
    return (size_t)(s->at - start);
}

static bool take_exponent(levin_scanner *s, decimal *d)
{
    bool negative = s->at < s->end && *s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        s->at++;
    decimal e = { 0 };
    if (!take_digits(s, &e, false))
        return levin__scan_fail(s, s->at, "an exponent needs digits");
    // Anything beyond a header's length is as good as any other.
    int64_t value = e.exponent || e.digits > 1u << 30 ? 1 << 30 : (int64_t)e.digits;
    d->exponent += negative ? -value : value;
    return true;
}

static bool fits_double(const decimal *d)
{
    if (!d->digits || d->exponent <= 0)
        return true;
    if (d->exponent > 308)
        return false;
    char power[8];
    snprintf(power, sizeof power, "1e%d", (int)d->exponent);
    return isfinite((double)d->digits * strtod(power, NULL));
}

static bool scan_number(levin_scanner *s, decimal *d)
{
    levin__scan_peek(s);
    const unsigned char *start = s->at;
    *d = (decimal){ 0 };
    bool negative = s->at < s->end && *s->at == '-';
    s->at += negative;
    const unsigned char *digits = s->at;
    size_t n = take_digits(s, d, false);
    if (!n || (n > 1 && *digits == '0'))
        return levin__scan_fail(
            s, start, n ? "a number must not begin with 0" : "a JSON value must stand here");
    d->whole = !negative && !d->exponent;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        d->whole = false;
        if (!take_digits(s, d, true))
            return levin__scan_fail(s, s->at, "digits must stand after the point");
    }
    if (s->at < s->end && (*s->at | 0x20) == 'e') {
        s->at++;
        d->whole = false;
        if (!take_exponent(s, d))
            return false;
    }
    return fits_double(d) || levin__scan_fail(s, start, "a number too large for a double");
}

bool levin__scan_u64(levin_scanner *s, uint64_t *out)
{
    decimal d;
    if (s->failed)
        return false;
    int c = levin__scan_peek(s);
    const unsigned char *start = s->at;
    bool number = c == '-' || (c >= '0' && c <= '9');
    if (number && !scan_number(s, &d))
        return false;
    if (!number || !d.whole)
        return levin__scan_fail(s, start,
                                "a whole number from 0 to 2^64 - 1, in digits, must stand here");
    *out = d.digits;
    return true;
}

static bool take_word(levin_scanner *s, const char *word)
{
    size_t n = strlen(word);
    levin__scan_peek(s);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return levin__scan_fail(s, s->at, "%s must stand here", word);
    s->at += n;
    return true;
}

bool levin__scan_null(levin_scanner *s) { return !s->failed && take_word(s, "null"); }

static bool skip_elements(levin_scanner *s, char open, char close)
{
    levin_text key;
    bool first = true;
    levin__scan_open(s, open, "a value");
    while (levin__scan_next(s, close, &first)) {
        char *room = s->strings;
        if (open == '{')
            levin__scan_key(s, &key);
        s->strings = room;
        levin__scan_skip(s);
    }
    return !s->failed;
}

bool levin__scan_skip(levin_scanner *s)
{
    if (s->failed)
        return false;
    char *room = s->strings;
    levin_text text;
    decimal number;
    switch (levin__scan_peek(s)) {
    case '{':
        return skip_elements(s, '{', '}');
    case '[':
        return skip_elements(s, '[', ']');
    case 't':
        return take_word(s, "true");
    case 'f':
        return take_word(s, "false");
    case 'n':
        return take_word(s, "null");
    case '"':
        if (!levin__scan_string(s, &text))
            return false;
        s->strings = room;
        return true;
    default:
        return scan_number(s, &number);
    }
}

bool levin__scan_end(levin_scanner *s)
{
    if (s->failed || levin__scan_peek(s) < 0)
        return !s->failed;
    return levin__scan_fail(s, s->at, "nothing but white space may follow the header's object");
}
