/* random.h: two kinds of randomness. A generator has a state that checkpoints keep (shuffling, new
 * weights). A counter-based draw is a pure function of its key and index (dropout): the same bits
 * for any number of threads, and nothing to store. */
#ifndef LEVIN_BASE_RANDOM_H
#define LEVIN_BASE_RANDOM_H

#include <levin/base.h>
#include <levin/sys/random.h>

/* xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. */
typedef struct levin_generator {
    uint64_t s[4];
} levin_generator;

void levin__generator_seed(levin_generator *g, uint64_t seed);
uint64_t levin__generator_next(levin_generator *g);
/** Uniform in [0, n), without bias; n > 0. */
uint64_t levin__generator_below(levin_generator *g, uint64_t n);
/** Uniform in [0, 1) with 53 bits. */
double levin__generator_uniform(levin_generator *g);
/** Normal, mean 0, deviation 1 (Box and Muller). */
double levin__generator_normal(levin_generator *g);
/** A random permutation of 0..n-1 (Fisher and Yates). */
void levin__generator_permute(levin_generator *g, int64_t *order, int64_t n);

enum { LEVIN_PHILOX_ROUNDS = 7 };

/** Philox-4x32 with 7 rounds (Salmon et al., SC 2011): 128 random bits for (key, index). */
void levin__philox(uint32_t out[4], levin_random_key key, uint64_t index);

/** Sixteen random bits for element index; eight neighbours share one Philox block. */
uint32_t levin__random_bits16(levin_random_key key, uint64_t index);

/** Dropout's decision threshold: an element is dropped when its sixteen bits lie below it. */
static inline uint32_t levin__drop_threshold(double p) { return (uint32_t)(p * 65536.0 + 0.5); }
/** What survivors are multiplied by, so that the mean is kept for the quantised probability. */
static inline float levin__keep_scale(double p)
{
    return (float)(65536.0 / (65536.0 - (double)levin__drop_threshold(p)));
}

#endif
