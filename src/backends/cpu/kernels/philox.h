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

enum { BITS_AT_ONCE = 8 * LANES }; // elements whose random bits one call makes

/* Sixteen random bits for each of BITS_AT_ONCE elements from element 8 * block on. */
static inline void random_bits(uint16_t *out, levin_random_key key, uint64_t block)
{
    vu c0 = { 0 }, c1 = { 0 };
    for (unsigned i = 0; i < LANES; i++) {
        c0[i] = (uint32_t)(block + i);
        c1[i] = (uint32_t)((block + i) >> 32);
    }
    vu c2 = key.call - (vu){ 0 }, c3 = key.step - (vu){ 0 };
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
    uint32_t words[LANES][4];
    for (int i = 0; i < LANES; i++) {
        words[i][0] = c0[i];
        words[i][1] = c1[i];
        words[i][2] = c2[i];
        words[i][3] = c3[i];
    }
    memcpy(out, words, sizeof words); // little end first: two elements a word
}

/* 0 where the sixteen bits lie below the threshold, scale elsewhere. */
INLINE vf vkeep(const uint16_t *bits, uint32_t threshold, float scale)
{
    vh h;
    memcpy(&h, bits, sizeof h);
    vi kept = (vi)(__builtin_convertvector(h, vi) >= (int32_t)threshold);
    return (vf)((vi)vset(scale) & kept);
}

#endif
