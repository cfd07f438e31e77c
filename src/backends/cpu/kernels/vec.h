/* vec.h: vectors of as many floats as the instruction set holds, by the compilers' vector
 * extension: the same source is compiled once for each set (LEVIN_ISA), so what is tested on one
 * holds on all.
 *
 * Loops step by LANES; the last, partial vector goes through the _n forms, which touch n lanes
 * only. */
#ifndef LEVIN_BACKENDS_CPU_KERNELS_VEC_H
#define LEVIN_BACKENDS_CPU_KERNELS_VEC_H

#include "backends/cpu/kernels/kernels.h"
#include "tensor/tensor.h"

#include <immintrin.h>
#include <string.h>

#if defined __AVX512F__
enum { LANES = 16 };
#elif defined __AVX2__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef uint16_t vh __attribute__((vector_size(LANES * 2))); // bf16, or sixteen random bits
typedef float vf_any __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint16_t vh_any __attribute__((vector_size(LANES * 2), aligned(2), may_alias));

/* Intel's Advanced Matrix Extensions (amx.h). Tests have them, and products of pairs, done in plain
 * C on any machine. */
#if defined __AMX_TILE__ || defined __AMXTILE__ || defined LEVIN_EMULATE_TILES
#    define HAS_TILES 1
#else
#    define HAS_TILES 0
#endif

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vf vset(float x) { return x - (vf){ 0 }; }
INLINE vf vload(const float *p) { return *(const vf_any *)p; }
INLINE void vstore(float *p, vf x) { *(vf_any *)p = x; }
INLINE vf vblend(vi mask, vf yes, vf no) { return (vf)(((vi)yes & mask) | ((vi)no & ~mask)); }
/* The second where they are equal or one is a NaN. */
INLINE vf vmax(vf a, vf b)
{
#if defined __AVX512F__
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined __AVX2__
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return (vf)_mm_max_ps((__m128)a, (__m128)b);
#endif
}
INLINE vf vmin(vf a, vf b)
{
#if defined __AVX512F__
    return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined __AVX2__
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return (vf)_mm_min_ps((__m128)a, (__m128)b);
#endif
}

/* Sixteen bits to 32 and back, whole numbers: gcc 12 makes several instructions of a
 * __builtin_convertvector of these. */
#if defined __AVX512F__
INLINE vu vwiden(vh x) { return (vu)_mm512_cvtepu16_epi32((__m256i)x); }
INLINE vh vnarrow(vu x) { return (vh)_mm512_cvtepi32_epi16((__m512i)x); }
#elif defined __AVX2__
INLINE vu vwiden(vh x) { return (vu)_mm256_cvtepu16_epi32((__m128i)x); }
INLINE vh vnarrow(vu x) { return __builtin_convertvector(x, vh); }
#else
INLINE vu vwiden(vh x) { return __builtin_convertvector(x, vu); }
INLINE vh vnarrow(vu x) { return __builtin_convertvector(x, vh); }
#endif

INLINE vf vfrom_half(vh x) { return (vf)(vwiden(x) << 16); }
/* To the nearest, to even; a NaN remains one. CPUs with an instruction for it take magnitudes
 * below 2^-126, which their products of bf16 do not see either, for zero. */
#if defined __AVX512BF16__
INLINE vh vto_half(vf x) { return (vh)_mm512_cvtneps_pbh((__m512)x); }
#else
INLINE vh vto_half(vf x)
{
    vu bits = (vu)x;
    vu rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    vu quiet = (bits >> 16) | 0x40u;
    vu nan = (vu)(x != x);
    return vnarrow((rounded & ~nan) | (quiet & nan));
}
#endif

INLINE vf vload_n(const float *p, int n)
{
    if (n == LANES)
        return vload(p);
    vf x = { 0 };
    memcpy(&x, p, (size_t)n * sizeof(float));
    return x;
}
INLINE void vstore_n(float *p, vf x, int n)
{
    if (n == LANES)
        vstore(p, x);
    else
        memcpy(p, &x, (size_t)n * sizeof(float));
}

/* The 32 bits at p, whatever they mean, in each lane. */
INLINE vf vset_bits(const float *p)
{
    int32_t bits;
    memcpy(&bits, p, sizeof bits);
    return (vf)((vi){ 0 } + bits);
}

/* Two bf16 in the bits of each float. */
INLINE vf vlower(vf x) { return (vf)((vu)x << 16); }
INLINE vf vupper(vf x) { return (vf)((vu)x & 0xffff0000u); }

/* Pairs of bf16 in the bits of floats: sum + a_0 b_0 + a_1 b_1 of each lane. HAS_PAIRS says whether
 * there is an instruction for it, which makes it worth while. */
#if defined __AVX512BF16__
INLINE vf vdot_pairs(vf sum, vf a, vf b)
{
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}
#else
INLINE vf vdot_pairs(vf sum, vf a, vf b)
{
    vf odd = vupper(a) * vupper(b);
    return sum + odd + vlower(a) * vlower(b);
}
#endif
#if defined __AVX512BF16__ || defined LEVIN_EMULATE_PAIRS || HAS_TILES
enum { HAS_PAIRS = 1 };
#else
enum { HAS_PAIRS = 0 };
#endif

/* Whole numbers of eight bits in the bits of floats, as many as a step of a lane holds: sum + a_0
 * b_0 + a_1 b_1 + ... of each lane, all of them 32-bit integers. Where there are instructions for
 * it a is unsigned, and its zero stands for another number. */
#if defined __AVX512VNNI__ || HAS_TILES
enum { BYTES_OF_STEP = 4, BYTES_ARE_UNSIGNED = 1 };
typedef int8_t member;
#else
enum { BYTES_OF_STEP = 2, BYTES_ARE_UNSIGNED = 0 };
typedef int16_t member;                  // widened
#endif
#if defined __AVX512VNNI__
INLINE vf vdot_bytes(vf sum, vf a, vf b)
{
    return (vf)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
#else
INLINE vf vdot_bytes(vf sum, vf a, vf b) // of two
{
#    if defined __AVX512BW__
    return (vf)((vi)sum + (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b));
#    elif defined __AVX2__
    return (vf)((vi)sum + (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b));
#    else
    return (vf)((vi)sum + (vi)_mm_madd_epi16((__m128i)a, (__m128i)b));
#    endif
}
#endif

/* Lanes that remain at element i of n. */
INLINE int vlanes(int64_t i, int64_t n) { return n - i < LANES ? (int)(n - i) : LANES; }

/* Elements i, i + 1, ... of an array of bf16. */
INLINE vh vget_half(levin_array a, int64_t i, int n)
{
    const uint16_t *p = (const uint16_t *)a.data + i;
    if (n == LANES)
        return *(const vh_any *)p;
    vh x = { 0 };
    memcpy(&x, p, (size_t)n * sizeof *p);
    return x;
}
/* An array's elements i, i + 1, ... as floats, whatever its dtype. */
INLINE vf vget(levin_array a, int64_t i, int n)
{
    if (a.dtype == LEVIN_F32)
        return vload_n((const float *)a.data + i, n);
    return vfrom_half(vget_half(a, i, n));
}
INLINE void vput(levin_array a, int64_t i, vf x, int n)
{
    if (a.dtype == LEVIN_F32) {
        vstore_n((float *)a.data + i, x, n);
        return;
    }
    uint16_t *p = (uint16_t *)a.data + i;
    vh h = vto_half(x);
    if (n == LANES)
        *(vh_any *)p = h;
    else
        memcpy(p, &h, (size_t)n * sizeof *p);
}
/* The same, += if add. */
INLINE void vput_add(levin_array a, int64_t i, vf x, int n, bool add)
{
    vput(a, i, add ? vget(a, i, n) + x : x, n);
}

/* Halves are added until one number is left: a few steps, always in the same order. */
INLINE float vsum(vf x)
{
#if defined __AVX512F__
    x += (vf)_mm512_shuffle_f32x4((__m512)x, (__m512)x, 0x4e);
    x += (vf)_mm512_shuffle_f32x4((__m512)x, (__m512)x, 0xb1);
    x += (vf)_mm512_permute_ps((__m512)x, 0x4e);
    x += (vf)_mm512_permute_ps((__m512)x, 0xb1);
#elif defined __AVX2__
    x += (vf)_mm256_permute2f128_ps((__m256)x, (__m256)x, 1);
    x += (vf)_mm256_permute_ps((__m256)x, 0x4e);
    x += (vf)_mm256_permute_ps((__m256)x, 0xb1);
#else
    x += (vf)_mm_shuffle_ps((__m128)x, (__m128)x, 0x4e);
    x += (vf)_mm_shuffle_ps((__m128)x, (__m128)x, 0xb1);
#endif
    return x[0];
}
/* The largest of all lanes; no lane's NaN counts. */
INLINE float vtop(vf x)
{
#if defined __AVX512F__
    x = vmax(x, (vf)_mm512_shuffle_f32x4((__m512)x, (__m512)x, 0x4e));
    x = vmax(x, (vf)_mm512_shuffle_f32x4((__m512)x, (__m512)x, 0xb1));
#elif defined __AVX2__
    x = vmax(x, (vf)_mm256_permute2f128_ps((__m256)x, (__m256)x, 1));
#endif
    float top = x[0];
    for (int i = 1; i < 4; i++)
        top = x[i] > top ? x[i] : top;
    return top;
}
/* 0, 1, 2, ... */
INLINE vi vcount(void)
{
    vi count = { 0 };
    for (int i = 0; i < LANES; i++)
        count[i] = i;
    return count;
}
/* x with zeros from lane n on; a loop leaves rubbish in a partial vector. */
INLINE vf vfirst(vf x, int n) { return n == LANES ? x : (vf)((vi)x & (vcount() < (vi){ 0 } + n)); }

static inline bool is_float(levin_array a)
{
    return a.dtype == LEVIN_F32 || a.dtype == LEVIN_BF16 || !a.data;
}

#endif
