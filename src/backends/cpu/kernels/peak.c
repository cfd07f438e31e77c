/* peak.c: the most that a core can do: independent chains of products and sums that never leave
 * the registers, enough of them to hide the latency of each. What a matrix product reaches is told
 * as a share of it. Nothing that is computed here is of use. */
#include "backends/cpu/kernels/amx.h"
#include "backends/cpu/kernels/kernels.h"
#include "backends/cpu/kernels/vec.h"

#if defined __AVX512F__
#    define REGISTER "v"
enum { CHAINS = 24 }; // of 32 registers
#else
#    define REGISTER "x"
enum { CHAINS = 12 }; // of 16
#endif

/* Hides from the compiler what a register holds, so that no chain is known to equal another. */
#define OPAQUE(x) __asm__ volatile("" : "+" REGISTER(x))

/* CHAINS sums, of which each takes one STEP a round. */
#define BURN()                                                                                     \
    do {                                                                                           \
        vf sums[CHAINS] = { { 0 } };                                                               \
        for (int i = 0; i < CHAINS; i++)                                                           \
            OPAQUE(sums[i]);                                                                       \
        for (int64_t round = 0; round < rounds; round++)                                           \
            _Pragma("GCC unroll 24") for (int i = 0; i < CHAINS; i++)                              \
            {                                                                                      \
                vf sum = sums[i];                                                                  \
                STEP;                                                                              \
                sums[i] = sum;                                                                     \
            }                                                                                      \
        for (int i = 0; i < CHAINS; i++)                                                           \
            OPAQUE(sums[i]);                                                                       \
    } while (0)

static double burn_f32(int64_t rounds)
{
    vf factor = vset(0.5f), term = vset(1);
    OPAQUE(factor);
    OPAQUE(term);
#define STEP sum = sum * factor + term
    BURN();
#undef STEP
    return 2.0 * LANES;
}

#if HAS_TILES
/* bf16 of both signs between 1 and 2, to four registers: a CPU allows its tiles only so much power,
 * and products of zeros take almost none. */
INLINE void load_numbers(void)
{
    uint32_t numbers[4][16][16];
    for (uint32_t i = 0; i < 4 * 16 * 16; i++)
        numbers[i / 256][i / 16 % 16][i % 16] = 0x3f803f80u | (i * 2654435761u & 0x807f807fu);
    amx_load(4, numbers[0], 64);
    amx_load(5, numbers[1], 64);
    amx_load(6, numbers[2], 64);
    amx_load(7, numbers[3], 64);
}

/* The same of AMX: eight products of registers a round, each 16 x 16 sums of 16 steps. */
static double burn_tiles(int64_t rounds, bool bytes)
{
    amx_begin();
    load_numbers();
    for (int64_t i = 0; i < rounds; i++)
        for (int twice = 0; twice < 2; twice++) {
            if (bytes) {
                amx_bytes(0, 4, 6);
                amx_bytes(1, 4, 7);
                amx_bytes(2, 5, 6);
                amx_bytes(3, 5, 7);
            } else {
                amx_pairs(0, 4, 6);
                amx_pairs(1, 4, 7);
                amx_pairs(2, 5, 6);
                amx_pairs(3, 5, 7);
            }
        }
    amx_end();
    return 8.0 / CHAINS * 16 * 16 * 16 * (bytes ? 8 : 4); // a chain, as the others count
}
#endif

static double burn_bf16(int64_t rounds)
{
#if HAS_TILES
    return burn_tiles(rounds, false);
#elif defined __AVX512BF16__
    vf a = vset(0), b = vset(0);
    OPAQUE(a);
    OPAQUE(b);
#    define STEP sum = vdot_pairs(sum, a, b)
    BURN();
#    undef STEP
    return 4.0 * LANES;
#else
    (void)rounds;
    return 0;
#endif
}

/* 8-bit numbers are written in assembly: compilers move integer vectors through memory here. */
#if defined __AVX512F__
static void burn_vnni(int64_t rounds)
{
    vf a = vset(0), b = vset(0);
#    define STEP __asm__ volatile("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))
    BURN();
#    undef STEP
}
#endif

/* Four products a lane, summed in three steps that are exact for numbers below 128; in one where
 * there is VNNI. Without AVX2 two products, of numbers that were widened to 16 bits. */
static double burn_int8(int64_t rounds)
{
    vf a = vset(0), b = vset(0), ones = vset(0), products;
#if HAS_TILES
    if (rounds)
        return burn_tiles(rounds, true);
#endif
#if defined __AVX512F__
    if (__builtin_cpu_supports("avx512vnni")) {
        burn_vnni(rounds);
        return 8.0 * LANES;
    }
#endif
#if defined __AVX2__
#    define STEP                                                                                   \
        __asm__ volatile("vpmaddubsw %3, %2, %1\n\tvpmaddwd %4, %1, %1\n\tvpaddd %1, %0, %0"       \
                         : "+" REGISTER(sum), "=&" REGISTER(products)                              \
                         : REGISTER(a), REGISTER(b), REGISTER(ones))
    BURN();
#    undef STEP
    return 8.0 * LANES;
#else
    (void)ones;
#    define STEP                                                                                   \
        __asm__ volatile("movdqa %2, %1\n\tpmaddwd %3, %1\n\tpaddd %1, %0"                         \
                         : "+x"(sum), "=&x"(products)                                              \
                         : "x"(a), "x"(b))
    BURN();
#    undef STEP
    return 4.0 * LANES;
#endif
}

bool KERNEL(peak)(levin_peak kind, int64_t rounds, double *operations)
{
    double a_step = kind == LEVIN_PEAK_F32    ? burn_f32(rounds)
                    : kind == LEVIN_PEAK_BF16 ? burn_bf16(rounds)
                                              : burn_int8(rounds);
    *operations = a_step * CHAINS * (double)rounds;
    return true;
}
