/* vocab.c: see vocab.h. Linear probing in a table of powers of two, at most 5/8 full. */
#include "text/vocab.h"

#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"

static const size_t POOL_LIMIT = (size_t)1 << 30;

levin_vocab *levin__vocab_new(const char *prefix)
{
    levin_vocab *v = levin__calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->users = 1;
    v->prefix_size = strlen(prefix);
    v->prefix = levin__strdup(prefix);
    if (!v->prefix) {
        levin__vocab_free(v);
        return NULL;
    }
    return v;
}

levin_vocab *levin__vocab_share(const levin_vocab *v)
{
    levin_vocab *shared = (levin_vocab *)v; // only the count changes, and that atomically
    __atomic_fetch_add(&shared->users, 1, __ATOMIC_RELAXED);
    return shared;
}

void levin__vocab_free(levin_vocab *v)
{
    if (!v || __atomic_sub_fetch(&v->users, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    levin__free(v->slots);
    levin__free(v->ends);
    levin__free(v->pool);
    levin__free(v->places);
    levin__free(v->prefix);
    levin__free(v);
}

static bool reserve_pool(levin_vocab *v, size_t bytes)
{
    size_t need = v->pool_size + bytes;
    if (need <= v->pool_capacity)
        return true;
    size_t capacity = v->pool_capacity ? 2 * v->pool_capacity : 1 << 18;
    while (capacity < need)
        capacity *= 2;
    char *pool = levin__realloc(v->pool, v->pool_size, capacity);
    if (!pool)
        return false;
    v->pool = pool;
    v->pool_capacity = capacity;
    return true;
}

static bool reserve_places(levin_vocab *v, size_t ids)
{
    if (ids <= v->places_capacity)
        return true;
    size_t capacity = v->places_capacity ? 2 * v->places_capacity : 1 << 15;
    while (capacity < ids)
        capacity *= 2;
    size_t old = v->places_capacity * sizeof *v->places;
    uint32_t *places = levin__realloc(v->places, old, capacity * sizeof *places);
    if (!places)
        return false;
    memset((char *)places + old, 0xFF, capacity * sizeof *places - old); // LEVIN_NO_TOKEN
    v->places = places;
    v->places_capacity = capacity;
    return true;
}

int levin__vocab_add(levin_vocab *v, const char *token, size_t n, int64_t id, const char *where)
{
    if (id < 0 || id >= LEVIN_VOCAB_MAX_ID)
        return levin__error_set(LEVIN_EFORMAT,
                                "%s: id %lld of '%.60s' is out of range, ids lie from 0 to %d",
                                where, (long long)id, token, LEVIN_VOCAB_MAX_ID - 1);
    if (id < v->n_ids && v->places[id] != LEVIN_NO_TOKEN)
        return levin__error_set(LEVIN_EFORMAT, "%s: id %lld belongs to both '%.60s' and '%.60s'",
                                where, (long long)id, v->pool + v->places[id], token);
    if (n > POOL_LIMIT - v->pool_size)
        return levin__error_set(LEVIN_EFORMAT, "%s: more than 1 GiB of tokens", where);
    if (!reserve_pool(v, n + 1 + LEVIN_WORD_PADDING) || !reserve_places(v, (size_t)id + 1))
        return LEVIN_ENOMEM;
    v->places[id] = (uint32_t)v->pool_size;
    memcpy(v->pool + v->pool_size, token, n);
    v->pool[v->pool_size + n] = '\0';
    v->pool_size += n + 1;
    v->n_tokens++;
    if (id >= v->n_ids)
        v->n_ids = (int32_t)id + 1;
    return LEVIN_OK;
}

static unsigned start_of(const char *p)
{
    return ((unsigned char)p[0] << 4 ^ (unsigned char)p[1]) & 4095;
}

static unsigned start_of_four(const char *p, unsigned continuation)
{
    uint32_t four;
    memcpy(&four, p, 4);
    return (four ^ continuation) * 0x9E3779B1u >> 19;
}

uint64_t levin__word_hash(const char *p, size_t n) { return levin__hash(p, n); }

static uint32_t length_bit(size_t n) { return 1u << (n < 31 ? n : 31); }

/* Enters n bytes as the text of id; a token that is there already gets the new id. */
static void enter(levin_vocab *v, const char *p, size_t n, unsigned continuation, int32_t id)
{
    uint64_t key = levin__word_key(p, n);
    uint32_t meta = (uint32_t)n << 1 | continuation;
    size_t i = levin__slot_index(v, key, meta);
    for (; v->slots[i].meta; i = (i + 1) & v->mask) {
        const levin_vocab_slot *s = &v->slots[i];
        if (s->key == key && s->meta == meta && levin__slot_is(v, i, p, n, continuation)) {
            v->repeats = true;
            break;
        }
    }
    v->slots[i] = (levin_vocab_slot){ .key = key, .meta = meta, .id = id };
    if (n > 8 && n <= 16)
        v->ends[i] = levin__load64(p + n - 8);
    if (n >= 2)
        v->lengths[continuation][start_of(p)] |= length_bit(n);
    if (n >= 4)
        v->lengths_by_four[start_of_four(p, continuation)] |= length_bit(n);
    if (n > v->longest[continuation])
        v->longest[continuation] = n;
}

static bool begins_with_prefix(const levin_vocab *v, const char *token, size_t n)
{
    return n > v->prefix_size && memcmp(token, v->prefix, v->prefix_size) == 0;
}

static void enter_token(levin_vocab *v, int32_t id)
{
    const char *token = v->pool + v->places[id];
    size_t n = strlen(token), skip = v->prefix_size;
    if (n) // a blank line of vocab.txt holds an id that no text has
        enter(v, token, n, 0, id);
    else
        v->repeats |= v->blanks++ > 0;
    if (begins_with_prefix(v, token, n))
        enter(v, token + skip, n - skip, 1, id);
}

/* A token that came again under a larger id leaves a gap at the smaller one, and is one token. */
static void drop_older(levin_vocab *v)
{
    int32_t last_blank = -1;
    for (int32_t id = v->n_ids - 1; id >= 0; id--) {
        const char *token = levin__vocab_token(v, id);
        if (!token)
            continue;
        int32_t last = *token ? levin__vocab_id(v, token, strlen(token)) : last_blank;
        if (last >= 0 && last != id) {
            v->places[id] = LEVIN_NO_TOKEN;
            v->n_tokens--;
        }
        if (!*token && last_blank < 0)
            last_blank = id;
    }
}

int levin__vocab_finish(levin_vocab *v)
{
    size_t entries = 16;
    for (int32_t id = 0; id < v->n_ids; id++) {
        const char *token = levin__vocab_token(v, id);
        entries += token ? 1u + begins_with_prefix(v, token, strlen(token)) : 0u;
    }
    unsigned bits = 4;
    while (((size_t)5 << bits) / 8 < entries)
        bits++;
    v->slots = levin__calloc((size_t)1 << bits, sizeof *v->slots);
    v->ends = levin__alloc(sizeof *v->ends << bits);
    if (!v->slots || !v->ends || !reserve_pool(v, LEVIN_WORD_PADDING))
        return LEVIN_ENOMEM;
    v->shift = 64 - bits;
    v->mask = ((size_t)1 << bits) - 1;
    for (int32_t id = 0; id < v->n_ids; id++)
        if (v->places[id] != LEVIN_NO_TOKEN)
            enter_token(v, id);
    if (v->repeats)
        drop_older(v);
    return LEVIN_OK;
}

const char *levin__vocab_token(const levin_vocab *v, int64_t id)
{
    if (id < 0 || id >= v->n_ids || v->places[id] == LEVIN_NO_TOKEN)
        return NULL;
    return v->pool + v->places[id];
}

int32_t levin__vocab_id(const levin_vocab *v, const char *token, size_t n)
{
    char padded[16 + LEVIN_WORD_PADDING] = { 0 };
    if (!n || n > v->longest[0])
        return -1;
    if (n > 16) // hashed from its own bytes alone
        return levin__vocab_find(v, token, n, 0);
    memcpy(padded, token, n);
    return levin__vocab_find(v, padded, n, 0);
}

/* Which lengths may occur among the tokens that n bytes begin with; never says no wrongly. */
static uint32_t possible_lengths(const levin_vocab *v, const char *p, size_t n,
                                 unsigned continuation)
{
    if (n < 2)
        return 0;
    uint32_t lengths = v->lengths[continuation][start_of(p)];
    if (n >= 4)
        lengths &=
            v->lengths_by_four[start_of_four(p, continuation)] | length_bit(2) | length_bit(3);
    return lengths;
}

int32_t levin__vocab_longest(const levin_vocab *v, const char *p, size_t n, unsigned continuation,
                             size_t *size)
{
    uint32_t lengths = possible_lengths(v, p, n, continuation);
    size_t longest = v->longest[continuation] < n ? v->longest[continuation] : n;
    if (lengths >> 31)
        for (*size = longest; *size >= 31; --*size) {
            int32_t id = levin__vocab_find(v, p, *size, continuation);
            if (id >= 0)
                return id;
        }
    lengths &= longest < 31 ? (2u << longest) - 1 : ~(1u << 31);
    while (lengths) {
        *size = 31u - (unsigned)__builtin_clz(lengths);
        int32_t id = levin__vocab_find(v, p, *size, continuation);
        if (id >= 0)
            return id;
        lengths &= ~(1u << *size);
    }
    *size = 1;
    return n ? levin__vocab_find(v, p, 1, continuation) : -1;
}
