/* xxh64.h: the 64-bit hash XXH64, to notice bytes that changed on disk. Not against attackers. */
#ifndef LEVIN_FORMATS_XXH64_H
#define LEVIN_FORMATS_XXH64_H

#include <levin/base.h>

/** XXH64 of n bytes. A hash of several things in a row: give each the hash before it as seed. */
uint64_t levin__xxh64(const void *bytes, size_t n, uint64_t seed);

#endif
