/* random.c: see random.h. */
#include "base/random.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

void levin__generator_seed(levin_generator *g, uint64_t seed)
{
    for (int i = 0; i < 4; i++) { // splitmix64
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        g->s[i] = z ^ (z >> 31);
    }
}

uint64_t levin__generator_next(levin_generator *g)
{
    uint64_t *s = g->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t levin__generator_below(levin_generator *g, uint64_t n)
{
    uint64_t unfair = (0 - n) % n; // 2^64 mod n draws at the bottom would favour small results
    for (;;) {
        uint64_t x = levin__generator_next(g);
        if (x >= unfair)
            return x % n;
    }
}

double levin__generator_uniform(levin_generator *g)
{
    return (double)(levin__generator_next(g) >> 11) * 0x1p-53;
}

double levin__generator_normal(levin_generator *g)
{
    double u = 1.0 - levin__generator_uniform(g); // in (0, 1]
    double v = levin__generator_uniform(g);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void levin__generator_permute(levin_generator *g, int64_t *order, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t j = (int64_t)levin__generator_below(g, (uint64_t)i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

void levin__philox(uint32_t out[4], levin_random_key key, uint64_t index)
{
    uint32_t c[4] = { (uint32_t)index, (uint32_t)(index >> 32), key.call, key.step };
    uint32_t k[2] = { (uint32_t)key.seed, (uint32_t)(key.seed >> 32) };
    for (int round = 0; round < LEVIN_PHILOX_ROUNDS; round++) {
        uint64_t a = (uint64_t)0xd2511f53u * c[0];
        uint64_t b = (uint64_t)0xcd9e8d57u * c[2];
        uint32_t next[4] = { (uint32_t)(b >> 32) ^ c[1] ^ k[0], (uint32_t)b,
                             (uint32_t)(a >> 32) ^ c[3] ^ k[1], (uint32_t)a };
        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        k[0] += 0x9e3779b9u;
        k[1] += 0xbb67ae85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

uint32_t levin__random_bits16(levin_random_key key, uint64_t index)
{
    uint32_t block[4];
    levin__philox(block, key, index >> 3);
    return (block[(index & 7) >> 1] >> (16 * (index & 1))) & 0xffffu;
}
