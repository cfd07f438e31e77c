/* map.h: text -> integer, for names and vocabularies. Open addressing; keys are copied. */
#ifndef LEVIN_BASE_MAP_H
#define LEVIN_BASE_MAP_H

#include <levin/base.h>

typedef struct levin_map levin_map;

/** An empty map; expected is a hint. */
levin_map *levin__map_new(size_t expected);
void levin__map_free(levin_map *map);
/** Sets key (n bytes, any bytes) to value, replacing an older one. 0 or LEVIN_ENOMEM. */
int levin__map_set(levin_map *map, const char *key, size_t n, int64_t value);
/** The value of key, or missing. */
int64_t levin__map_get(const levin_map *map, const char *key, size_t n, int64_t missing);
size_t levin__map_size(const levin_map *map);

/** A 64-bit hash of n bytes (for tables, not against attackers). */
uint64_t levin__hash(const void *bytes, size_t n);

#endif
