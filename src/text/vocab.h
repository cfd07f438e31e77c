/* vocab.h: the tokens of a WordPiece vocabulary, by id and by bytes. Made once, then only read; it
 * is counted, so that tokenizers that differ in their added tokens share one.
 *
 * One hash table serves two questions: is this a whole token, and is this a token's text behind the
 * continuation prefix ("##"). Words of up to 8 bytes are compared as one number, those of up to 16
 * as two. */
#ifndef LEVIN_TEXT_VOCAB_H
#define LEVIN_TEXT_VOCAB_H

#include <levin/base.h>
#include <string.h>

enum {
    LEVIN_WORD_PADDING = 16,      // bytes behind a word that lookups may read
    LEVIN_VOCAB_MAX_ID = 1 << 24, // ids are below it
};

typedef struct levin_vocab_slot {
    uint64_t key;  // see levin__word_key
    uint32_t meta; // 2 * length, odd for a continuation; 0: free
    int32_t id;
} levin_vocab_slot;

typedef struct levin_vocab levin_vocab;
struct levin_vocab {
    levin_vocab_slot *slots;
    uint64_t *ends; // of each slot, the last 8 bytes if it has 9 to 16
    unsigned shift; // 64 - log2 of the number of slots
    size_t mask;    // their number - 1
    char *pool;     // the tokens, each closed by a NUL
    size_t pool_size, pool_capacity;
    uint32_t *places; // of the token of each id in pool, or LEVIN_NO_TOKEN
    size_t places_capacity;
    int32_t n_ids, n_tokens; // one more than the largest id; how many tokens there are
    int32_t blanks;          // how many of them are empty
    bool repeats;            // a token has several ids
    char *prefix;
    size_t prefix_size;
    size_t longest[2];
    /* Which lengths occur, bit k for k bytes and bit 31 for 31 and more: of tokens that begin with
     * two given bytes, and, by a hash, of those of 4 bytes and more with the same first four. */
    uint32_t lengths[2][1 << 12];
    uint32_t lengths_by_four[1 << 13];
    int users;
};

#define LEVIN_NO_TOKEN UINT32_MAX

/** An empty vocabulary with a continuation prefix, to be filled and then finished. NULL and an
 * error. */
levin_vocab *levin__vocab_new(const char *prefix);
/** Adds a token of n bytes without a NUL among them. LEVIN_EFORMAT (where names the file) if the
 * id is taken or too large. A token given twice keeps its last id, as Python's dict would. */
int levin__vocab_add(levin_vocab *v, const char *token, size_t n, int64_t id, const char *where);
/** Builds the table: 0 or an error code. */
int levin__vocab_finish(levin_vocab *v);
levin_vocab *levin__vocab_share(const levin_vocab *v);
void levin__vocab_free(levin_vocab *v); // one user less; NULL is allowed

/** The token of an id, or NULL. */
const char *levin__vocab_token(const levin_vocab *v, int64_t id);
/** The id of a token, or -1. */
int32_t levin__vocab_id(const levin_vocab *v, const char *token, size_t n);
/** The longest token that n > 0 bytes at p begin with, -1 if there is none; its length in *size.
 * LEVIN_WORD_PADDING bytes behind them are readable. */
int32_t levin__vocab_longest(const levin_vocab *v, const char *p, size_t n, unsigned continuation,
                             size_t *size);

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "short words are compared as numbers");

static inline uint64_t levin__load64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

uint64_t levin__word_hash(const char *p, size_t n); // more than 16 bytes

/* Up to 8 bytes are their own key. Of 9 to 16, first and last (the last 8 of them) make a key that
 * together with last gives first again: the factor is odd. */
static inline uint64_t levin__short_key(uint64_t word, size_t n)
{
    return word & (~0ull >> (64 - 8 * n));
}

static inline uint64_t levin__middle_key(uint64_t first, uint64_t last)
{
    return first * 0x9E3779B97F4A7C15u ^ last;
}

static inline uint64_t levin__word_key(const char *p, size_t n)
{
    if (n <= 8)
        return levin__short_key(levin__load64(p), n);
    if (n <= 16)
        return levin__middle_key(levin__load64(p), levin__load64(p + n - 8));
    return levin__word_hash(p, n);
}

static inline size_t levin__slot_index(const levin_vocab *v, uint64_t key, uint32_t meta)
{
    return (size_t)((key ^ (uint64_t)meta << 56) * 0xD6E8FEB86659FD93u >> v->shift);
}

/** The id of a token of 1 to 8 bytes, the first n of word, if it stands in its own slot, as nearly
 * all do; else -1, which says nothing. */
static inline int32_t levin__vocab_short(const levin_vocab *v, uint64_t word, size_t n)
{
    uint64_t key = levin__short_key(word, n);
    uint32_t meta = (uint32_t)n << 1;
    const levin_vocab_slot *s = &v->slots[levin__slot_index(v, key, meta)];
    return s->key == key && s->meta == meta ? s->id : -1;
}

/** The same for 9 to 16 bytes, given the first 8 and the last 8 of them. */
static inline int32_t levin__vocab_middle(const levin_vocab *v, uint64_t first, uint64_t last,
                                          size_t n)
{
    uint64_t key = levin__middle_key(first, last);
    uint32_t meta = (uint32_t)n << 1;
    size_t i = levin__slot_index(v, key, meta);
    const levin_vocab_slot *s = &v->slots[i];
    return s->key == key && s->meta == meta && v->ends[i] == last ? s->id : -1;
}

/* Whether n bytes with the key and the meta of slot i are its token. */
static inline bool levin__slot_is(const levin_vocab *v, size_t i, const char *p, size_t n,
                                  unsigned continuation)
{
    if (n <= 8)
        return true;
    if (n <= 16)
        return v->ends[i] == levin__load64(p + n - 8);
    const char *token = v->pool + v->places[v->slots[i].id];
    return memcmp(token + (continuation ? v->prefix_size : 0), p, n) == 0;
}

/** The id of n > 0 bytes, -1 if there is none. LEVIN_WORD_PADDING bytes behind them are readable.
 */
static inline int32_t levin__vocab_find(const levin_vocab *v, const char *p, size_t n,
                                        unsigned continuation)
{
    uint64_t key = levin__word_key(p, n);
    uint32_t meta = (uint32_t)n << 1 | continuation;
    for (size_t i = levin__slot_index(v, key, meta);; i = (i + 1) & v->mask) {
        const levin_vocab_slot *s = &v->slots[i];
        if (!s->meta)
            return -1;
        if (s->key == key && s->meta == meta && levin__slot_is(v, i, p, n, continuation))
            return s->id;
    }
}

#endif
