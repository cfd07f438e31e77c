/* header_text.c: the bytes of names: well-formed UTF-8 (Unicode 15, table 3-7), and how a name that
 * a stranger chose is shown in a message. */
#include "formats/header_scanner.h"

#include <string.h>

static bool continues(unsigned char c) { return (c & 0xc0) == 0x80; }

size_t levin__utf8_size(const unsigned char *p, const unsigned char *end)
{
    size_t left = (size_t)(end - p);
    unsigned char c = left ? p[0] : 0xff;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (left < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (!continues(p[i]))
            return 0;
    }
    bool overlong = (c == 0xe0 && p[1] < 0xa0) || (c == 0xf0 && p[1] < 0x90);
    bool surrogate = c == 0xed && p[1] > 0x9f;
    bool beyond = c == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

const char *levin__printable(char out[80], const char *bytes, size_t n)
{
    enum { ROOM = 72 };
    size_t shown = n < ROOM ? n : ROOM;
    while (shown < n && shown && continues((unsigned char)bytes[shown]))
        shown--;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)bytes[i];
        out[i] = c < 0x20 || c == 0x7f ? '?' : bytes[i];
    }
    memcpy(out + shown, shown < n ? "..." : "", shown < n ? 4 : 1);
    return out;
}
