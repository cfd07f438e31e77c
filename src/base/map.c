/* map.c: linear probing in a table of powers of two, at most half full. */
#include "base/map.h"

#include "base/memory.h"

#include <string.h>

typedef struct {
    char *key; // NULL: free
    size_t n;
    uint64_t hash;
    int64_t value;
} slot;

struct levin_map {
    slot *slots;
    size_t capacity, size;
};

uint64_t levin__hash(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t h = 0x9e3779b97f4a7c15u ^ n;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    for (; n; n--, p++)
        h = (h ^ *p) * 0x100000001b3u;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ (h >> 29);
}

static bool set_capacity(levin_map *map, size_t capacity)
{
    slot *slots = levin__calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (!map->slots[i].key)
            continue;
        size_t at = map->slots[i].hash & (capacity - 1);
        while (slots[at].key)
            at = (at + 1) & (capacity - 1);
        slots[at] = map->slots[i];
    }
    levin__free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

levin_map *levin__map_new(size_t expected)
{
    levin_map *map = levin__calloc(1, sizeof *map);
    size_t capacity = 16;
    while (capacity < 2 * expected && capacity < SIZE_MAX / 2)
        capacity *= 2;
    if (map && !set_capacity(map, capacity)) {
        levin__free(map);
        return NULL;
    }
    return map;
}

void levin__map_free(levin_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->capacity; i++)
        levin__free(map->slots[i].key);
    levin__free(map->slots);
    levin__free(map);
}

static slot *find(const levin_map *map, const char *key, size_t n, uint64_t hash)
{
    size_t at = hash & (map->capacity - 1);
    for (;; at = (at + 1) & (map->capacity - 1)) {
        slot *s = &map->slots[at];
        if (!s->key || (s->hash == hash && s->n == n && memcmp(s->key, key, n) == 0))
            return s;
    }
}

int levin__map_set(levin_map *map, const char *key, size_t n, int64_t value)
{
    if (2 * (map->size + 1) > map->capacity && !set_capacity(map, 2 * map->capacity))
        return LEVIN_ENOMEM;
    uint64_t hash = levin__hash(key, n);
    slot *s = find(map, key, n, hash);
    if (!s->key) {
        char *copy = levin__strndup(key, n);
        if (!copy)
            return LEVIN_ENOMEM;
        *s = (slot){ .key = copy, .n = n, .hash = hash };
        map->size++;
    }
    s->value = value;
    return LEVIN_OK;
}

int64_t levin__map_get(const levin_map *map, const char *key, size_t n, int64_t missing)
{
    const slot *s = find(map, key, n, levin__hash(key, n));
    return s->key ? s->value : missing;
}

size_t levin__map_size(const levin_map *map) { return map->size; }
