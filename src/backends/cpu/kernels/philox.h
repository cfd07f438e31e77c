/* philox.h: Philox-4x32 of base/random.c, a vector of blocks at a time. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_PHILOX_H
#define LEVIN_BACKENDS_CPU_KERNELS_PHILOX_H

#include "backends/cpu/kernels/vec.h"
#include "base/random.h"

#include <immintrin.h>

/* Both halves of the 64-bit products of the lanes of x with a constant. */
INLINE void vmul_wide(vu x, uint32_t constant, vu *high, vu *low)
{
    vu c = constant - (vu){ 0 };
#if defined __AVX512F__
    vu even = (vu)_mm512_mul_epu32((__m512i)x, (__m512i)c);
    vu odd = (vu)_mm512_mul_epu32(_mm512_srli_epi64((__m512i)x, 32), (__m512i)c);
#elif defined __AVX2__
    vu even = (vu)_mm256_mul_epu32((__m256i)x, (__m256i)c);
    vu odd = (vu)_mm256_mul_epu32(_mm256_srli_epi64((__m256i)x, 32), (__m256i)c);
#else
    vu even = (vu)_mm_mul_epu32((__m128i)x, (__m128i)c);
    vu odd = (vu)_mm_mul_epu32(_mm_srli_epi64((__m128i)x, 32), (__m128i)c);
#endif
    typedef uint64_t vw __attribute__((vector_size(LANES * 4)));
    vw top = (vw)odd & 0xffffffff00000000u;
    *high = (vu)(((vw)even >> 32) | top);
    *low = (vu)(((vw)even & 0xffffffffu) | ((vw)odd << 32));
}

/* Two vectors' numbers in turn: of the lower or the upper half of each 128 bits. */
#if defined __AVX512F__
#    define ZIP(x, y, half, bits) ((vu)_mm512_unpack##half##_epi##bits((__m512i)(x), (__m512i)(y)))
#elif defined __AVX2__
#    define ZIP(x, y, half, bits) ((vu)_mm256_unpack##half##_epi##bits((__m256i)(x), (__m256i)(y)))
#else
#    define ZIP(x, y, half, bits) ((vu)_mm_unpack##half##_epi##bits((__m128i)(x), (__m128i)(y)))
#endif

enum { BITS_AT_ONCE = 8 * LANES }; // elements whose random bits one call makes

/* The lane that makes block i of a call, so that blocks come out in order: each four vectors of one
 * word of every block become vectors of LANES / 4 whole blocks. */
INLINE int philox_lane(int i) { return i % (LANES / 4) * 4 + i / (LANES / 4); }

/* Sixteen random bits for each element of LANES blocks of eight, whose numbers stand in low and
 * high, block i in lane philox_lane(i). */
INLINE void random_blocks(uint16_t *out, levin_random_key key, vu low, vu high)
{
    vu c0 = low, c1 = high, c2 = key.call - (vu){ 0 }, c3 = key.step - (vu){ 0 };
    uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
    for (int round = 0; round < LEVIN_PHILOX_ROUNDS; round++) {
        vu high_a, low_a, high_b, low_b;
        vmul_wide(c0, 0xd2511f53u, &high_a, &low_a);
        vmul_wide(c2, 0xcd9e8d57u, &high_b, &low_b);
        c0 = high_b ^ c1 ^ k0;
        c1 = low_b;
        c2 = high_a ^ c3 ^ k1;
        c3 = low_a;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    vu a = ZIP(c0, c1, lo, 32), b = ZIP(c2, c3, lo, 32);
    vu c = ZIP(c0, c1, hi, 32), d = ZIP(c2, c3, hi, 32);
    vu words[4] = { ZIP(a, b, lo, 64), ZIP(a, b, hi, 64), ZIP(c, d, lo, 64), ZIP(c, d, hi, 64) };
    memcpy(out, words, sizeof words); // little end first: two elements a word
}

/* Sixteen random bits for each of BITS_AT_ONCE elements from element 8 * block on. */
INLINE void random_bits(uint16_t *out, levin_random_key key, uint64_t block)
{
    vu low = { 0 }, high = (uint32_t)(block >> 32) - (vu){ 0 };
    for (int i = 0; i < LANES; i++)
        low[philox_lane(i)] = (uint32_t)i;
    low += (uint32_t)block;
    high += (vu)(low < (uint32_t)block) & 1u; // the carry
    random_blocks(out, key, low, high);
}

/* 0 where the sixteen bits lie below the threshold, scale elsewhere. */
INLINE vf vkeep(const uint16_t *bits, uint32_t threshold, float scale)
{
    vh h;
    memcpy(&h, bits, sizeof h);
    vi kept = (vi)((vi)vwiden(h) >= (int32_t)threshold);
    return (vf)((vi)vset(scale) & kept);
}

#endif
