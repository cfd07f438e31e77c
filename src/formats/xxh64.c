/* xxh64.c: XXH64 after the specification by Yann Collet (xxhash_spec.md): four lanes of 8 bytes,
 * which a processor runs side by side at about the speed of memory. */
#include "formats/xxh64.h"

#include <string.h>

static const uint64_t prime_1 = 0x9e3779b185ebca87u, prime_2 = 0xc2b2ae3d27d4eb4fu,
                      prime_3 = 0x165667b19e3779f9u, prime_4 = 0x85ebca77c2b2ae63u,
                      prime_5 = 0x27d4eb2f165667c5u;

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static uint64_t round_of(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * prime_2, 31) * prime_1;
}

static uint64_t word_at(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Whole stripes of 32 bytes; returns the four lanes merged into one. */
static uint64_t stripes(const unsigned char *p, size_t n, uint64_t seed)
{
    uint64_t a = seed + prime_1 + prime_2, b = seed + prime_2, c = seed, d = seed - prime_1;
    for (; n >= 32; n -= 32, p += 32) {
        a = round_of(a, word_at(p));
        b = round_of(b, word_at(p + 8));
        c = round_of(c, word_at(p + 16));
        d = round_of(d, word_at(p + 24));
    }
    uint64_t h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    const uint64_t lanes[] = { a, b, c, d };
    for (int i = 0; i < 4; i++)
        h = (h ^ round_of(0, lanes[i])) * prime_1 + prime_4;
    return h;
}

uint64_t levin__xxh64(const void *bytes, size_t n, uint64_t seed)
{
    static const unsigned char nothing = 0;
    const unsigned char *p = n ? bytes : &nothing, *end = p + n;
    uint64_t h = (n >= 32 ? stripes(p, n, seed) : seed + prime_5) + n;
    p += n - n % 32;
    for (; end - p >= 8; p += 8)
        h = rotate(h ^ round_of(0, word_at(p)), 27) * prime_1 + prime_4;
    if (end - p >= 4) {
        uint32_t half;
        memcpy(&half, p, sizeof half);
        h = rotate(h ^ half * prime_1, 23) * prime_2 + prime_3;
        p += 4;
    }
    for (; p < end; p++)
        h = rotate(h ^ *p * prime_5, 11) * prime_1;
    h = (h ^ h >> 33) * prime_2;
    h = (h ^ h >> 29) * prime_3;
    return h ^ h >> 32;
}
