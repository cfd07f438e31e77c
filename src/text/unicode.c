/* unicode.c: UTF-8 in and out; the tables stand in unicode_tables.c. */
#include "text/unicode.h"

static bool continues(const char *text, size_t n, size_t at)
{
    return at < n && ((unsigned char)text[at] & 0xC0) == 0x80;
}

/* Table 3-7 of the Unicode standard: only the second byte has limits that depend on the first. */
static bool second_fits(unsigned first, unsigned second)
{
    unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

unsigned levin__utf8_decode(const char *text, size_t n, uint32_t *c)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned first = p[0];
    *c = first;
    if (first < 0x80)
        return 1;
    *c = LEVIN_REPLACEMENT;
    if (first < 0xC2 || first > 0xF4 || n < 2 || !second_fits(first, p[1]))
        return 1;
    if (first < 0xE0) {
        *c = (first & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        return 2;
    }
    if (!continues(text, n, 2))
        return 2;
    if (first < 0xF0) {
        *c = (first & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return 3;
    }
    if (!continues(text, n, 3))
        return 3;
    *c = (first & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    return 4;
}

uint32_t levin__utf8_before(const char *text, size_t at)
{
    uint32_t c = LEVIN_REPLACEMENT;
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        if (continues(text, at, at - back))
            continue;
        return levin__utf8_decode(text + at - back, back, &c) == back ? c : LEVIN_REPLACEMENT;
    }
    return c;
}

unsigned levin__utf8_encode(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t levin__utf8_count(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += !continues(text, n, i);
    return count;
}

size_t levin__utf8_check(const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t c;
        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        unsigned took = levin__utf8_decode(text + at, n - at, &c);
        /* A genuine U+FFFD takes three bytes and begins with 0xEF; a bad sequence never does both.
         */
        if (c == LEVIN_REPLACEMENT && !(took == 3 && (unsigned char)text[at] == 0xEF))
            return at;
        at += took;
    }
    return n;
}
