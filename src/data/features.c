/* features.c: see features.h. Texts are encoded one by one on the thread that prepares batches: it
 * runs ahead of training anyway, and the library's pool is left to those who compute. */
#include "data/features.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"

#include <string.h>

/* Ids are packed into chunks that never move; types need no room, since they are zeros and then
 * ones. */
enum { CHUNK_IDS = 1 << 16 };

typedef struct chunk {
    struct chunk *next;
    size_t used, capacity;
    int32_t ids[];
} chunk;

typedef struct kept_row {
    const int32_t *ids; // NULL: not encoded yet
    int32_t n, n_first;
} kept_row;

struct levin_features {
    const levin_tokenizer *tokenizer;
    levin_tokenizer *own;
    int max_length;
    kept_row *rows;
    int64_t n_rows;
    chunk *chunks;
    levin_encoding encoding; // of the row encoded last
};

levin_features *levin__features_new(void) { return levin__calloc(1, sizeof(levin_features)); }

static void forget(levin_features *f)
{
    while (f->chunks) {
        chunk *next = f->chunks->next;
        levin__free(f->chunks);
        f->chunks = next;
    }
    levin__free(f->rows);
    f->rows = NULL;
    f->n_rows = 0;
    levin_encoding_free(&f->encoding);
    f->encoding = (levin_encoding){ 0 };
}

void levin__features_free(levin_features *f)
{
    if (!f)
        return;
    forget(f);
    levin_tokenizer_free(f->own);
    levin__free(f);
}

void levin__features_set_tokenizer(levin_features *f, const levin_tokenizer *t, int max_length)
{
    int longest = t ? levin_tokenizer_model_max_length(t) : 0;
    forget(f);
    f->tokenizer = t;
    f->max_length = longest && (max_length <= 0 || max_length > longest) ? longest : max_length;
}

void levin__features_own_tokenizer(levin_features *f, levin_tokenizer *t)
{
    levin_tokenizer_free(f->own);
    f->own = t;
}

int64_t levin__features_max_length(const levin_features *f)
{
    return f->max_length > 0 ? f->max_length : 0;
}

static int32_t *room_for(levin_features *f, size_t n)
{
    if (!f->chunks || f->chunks->capacity - f->chunks->used < n) {
        size_t capacity = n > CHUNK_IDS ? n : CHUNK_IDS;
        chunk *fresh = levin__alloc(sizeof *fresh + capacity * sizeof fresh->ids[0]);
        if (!fresh)
            return NULL;
        *fresh = (chunk){ .next = f->chunks, .capacity = capacity };
        f->chunks = fresh;
    }
    int32_t *room = f->chunks->ids + f->chunks->used;
    f->chunks->used += n;
    return room;
}

/* How many tokens of type 0 come before all those of type 1; -1 if types are not like that. */
static int64_t count_first(const levin_encoding *e)
{
    int64_t n = 0;
    while (n < e->n && e->type_ids[n] == 0)
        n++;
    for (int64_t i = n; i < e->n; i++)
        if (e->type_ids[i] != 1)
            return -1;
    return n;
}

static int encode(levin_features *f, const levin_dataset *d, const levin_example *e)
{
    if (!f->tokenizer)
        return levin__error_set(LEVIN_ESTATE,
                                "%s: texts, but no tokenizer: levin_dataset_set_tokenizer first",
                                d->node->name);
    levin_encode_opts opts = { .max_length = f->max_length };
    levin_encoding_free(&f->encoding);
    f->encoding = (levin_encoding){ 0 };
    return levin_tokenizer_encode(f->tokenizer, e->text, strlen(e->text), e->text_pair,
                                  e->text_pair ? strlen(e->text_pair) : 0, &opts, &f->encoding);
}

static int keep(levin_features *f, const levin_dataset *d, int64_t i)
{
    int64_t n_first = count_first(&f->encoding);
    int64_t rows = levin_dataset_len(d);
    if (d->type->changing || rows < 0 || n_first < 0 || f->encoding.n == 0)
        return LEVIN_OK;
    if (!f->rows) {
        f->n_rows = rows;
        f->rows = levin__calloc((size_t)f->n_rows, sizeof *f->rows);
    }
    int32_t *room = f->rows && i < f->n_rows ? room_for(f, (size_t)f->encoding.n) : NULL;
    if (!room)
        return levin_error();
    memcpy(room, f->encoding.ids, (size_t)f->encoding.n * sizeof *room);
    f->rows[i] = (kept_row){ room, (int32_t)f->encoding.n, (int32_t)n_first };
    return LEVIN_OK;
}

int levin__features_get(const levin_dataset *d, int64_t i, const levin_example *e, levin_ids *out)
{
    levin_features *f = d->node->features;
    if (e->input_ids) {
        *out = (levin_ids){ e->input_ids, e->token_type_ids, e->n_ids, e->n_ids };
        return LEVIN_OK;
    }
    const kept_row *kept = i < f->n_rows ? &f->rows[i] : NULL;
    if (kept && kept->ids) {
        *out = (levin_ids){ kept->ids, NULL, kept->n, kept->n_first };
        return LEVIN_OK;
    }
    int code = encode(f, d, e);
    if (code == LEVIN_OK)
        code = keep(f, d, i);
    *out = (levin_ids){ f->encoding.ids, f->encoding.type_ids, f->encoding.n, f->encoding.n };
    return code;
}
