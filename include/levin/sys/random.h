/* random.h: the key of counter-based randomness. */
#ifndef LEVIN_SYS_RANDOM_H
#define LEVIN_SYS_RANDOM_H

#include <stdint.h>

/* Random bits are a function of this key and of an element's number alone. */
typedef struct levin_random_key {
    uint64_t seed;
    uint32_t step; // which batch
    uint32_t call; // which operator call within it
} levin_random_key;

#endif
