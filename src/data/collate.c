/* collate.c: see collate.h. Nothing is padded: token ids of all rows lie one after the other, and
 * cu_seqlens says where each row begins. */
#include "data/collate.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_UPFRONT_IDS = 1 << 22 }; // 16 MiB; longer batches grow as they come

static int reserve_ids(levin_slot *s, int64_t have, int64_t need)
{
    if (need > INT32_MAX)
        return levin__error_set(LEVIN_EINVAL, "a batch of more than %d tokens; make it smaller",
                                INT32_MAX);
    if (need <= s->ids_capacity)
        return LEVIN_OK;
    int64_t capacity = s->ids_capacity ? s->ids_capacity : 1024;
    while (capacity < need)
        capacity += capacity / 2;
    size_t old = (size_t)have * sizeof(int32_t), bytes = (size_t)capacity * sizeof(int32_t);
    int32_t *ids = levin__realloc(s->ids, old, bytes);
    s->ids = ids ? ids : s->ids;
    int32_t *types = ids ? levin__realloc(s->type_ids, old, bytes) : NULL;
    s->type_ids = types ? types : s->type_ids;
    if (!types)
        return LEVIN_ENOMEM;
    s->ids_capacity = capacity;
    return LEVIN_OK;
}

int levin__slot_init(levin_slot *s, const levin_dataset *d, int64_t batch_size)
{
    size_t n = (size_t)batch_size;
    int64_t longest = levin__features_max_length(d->node->features);
    *s = (levin_slot){ .rows = levin__alloc(n * sizeof *s->rows),
                       .cu_seqlens = levin__alloc((n + 1) * sizeof *s->cu_seqlens),
                       .classes = levin__alloc(n * sizeof *s->classes),
                       .values = levin__alloc(n * sizeof *s->values) };
    if (!s->rows || !s->cu_seqlens || !s->classes || !s->values)
        return levin_error();
    if (longest > 0 && longest <= MAX_UPFRONT_IDS / batch_size)
        return reserve_ids(s, 0, longest * batch_size);
    return LEVIN_OK;
}

void levin__slot_free(levin_slot *s)
{
    levin__free(s->rows);
    levin__free(s->cu_seqlens);
    levin__free(s->ids);
    levin__free(s->type_ids);
    levin__free(s->numbers);
    levin__free(s->classes);
    levin__free(s->values);
    *s = (levin_slot){ 0 };
}

/* What the rows of a batch have; all of them must have the same. */
typedef struct shape {
    bool ids, numbers, class, value;
    int64_t width;
} shape;

static shape shape_of(const levin_example *e)
{
    return (shape){ .ids = e->text || e->input_ids,
                    .numbers = e->features != NULL,
                    .class = e->label >= 0,
                    .value = !isnan(e->value),
                    .width = e->features ? e->n_features : 0 };
}

static const char *describe(shape x, char *text, size_t size)
{
    if (x.numbers)
        snprintf(text, size, "%lld features%s", (long long)x.width,
                 x.class   ? " and a class"
                 : x.value ? " and a value"
                           : " and no label");
    else
        snprintf(text, size, "%s%s", x.ids ? "a text" : "nothing",
                 x.class   ? " and a class"
                 : x.value ? " and a value"
                           : " and no label");
    return text;
}

static int check_shape(const levin_slot *s, const levin_dataset *d, int64_t i, shape first, shape x)
{
    char a[96], b[96];
    if (!x.ids && !x.numbers)
        return levin__error_set(LEVIN_EINVAL, "%s: row %lld has no text, no ids and no features",
                                d->node->name, (long long)s->rows[i]);
    if (x.ids == first.ids && x.numbers == first.numbers && x.class == first.class &&
        x.value == first.value && x.width == first.width)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EINVAL, "%s: row %lld has %s, but row %lld has %s", d->node->name,
                            (long long)s->rows[i], describe(x, a, sizeof a), (long long)s->rows[0],
                            describe(first, b, sizeof b));
}

static int add_ids(levin_slot *s, const levin_dataset *d, int64_t i, const levin_example *e)
{
    levin_ids row;
    int64_t at = s->cu_seqlens[i];
    if (levin__features_get(d, s->rows[i], e, &row) != LEVIN_OK)
        return levin_error();
    if (row.n <= 0)
        return levin__error_set(LEVIN_EINVAL, "%s: row %lld has no tokens", d->node->name,
                                (long long)s->rows[i]);
    if (reserve_ids(s, at, at + row.n) != LEVIN_OK)
        return levin_error();
    memcpy(s->ids + at, row.ids, (size_t)row.n * sizeof *s->ids);
    for (int64_t t = 0; t < row.n; t++)
        s->type_ids[at + t] = row.type_ids ? row.type_ids[t] : t >= row.n_first;
    s->cu_seqlens[i + 1] = (int32_t)(at + row.n);
    if (row.n > s->ragged.max_length)
        s->ragged.max_length = row.n;
    return LEVIN_OK;
}

static int add_numbers(levin_slot *s, int64_t i, int64_t n, const levin_example *e)
{
    if (i == 0 && n * e->n_features > s->numbers_capacity) {
        float *room = levin__alloc((size_t)(n * e->n_features) * sizeof *room);
        if (!room)
            return LEVIN_ENOMEM;
        levin__free(s->numbers);
        s->numbers = room;
        s->numbers_capacity = n * e->n_features;
    }
    memcpy(s->numbers + i * e->n_features, e->features,
           (size_t)e->n_features * sizeof *e->features);
    return LEVIN_OK;
}

static void wrap(levin_slot *s, int64_t n, shape x)
{
    levin_batch *b = &s->batch;
    s->ragged = (levin_ragged){ .batch = n,
                                .rows = s->cu_seqlens[n],
                                .max_length = s->ragged.max_length,
                                .cu_seqlens = s->cu_seqlens };
    *b = (levin_batch){ .size = n, .indices = s->rows };
    int64_t dim[2] = { n, x.width };
    if (x.ids) {
        int64_t packed[2] = { n, LEVIN_RAGGED };
        b->input_ids = levin__tensor_wrap(&s->input_ids, LEVIN_I32, 2, packed, &s->ragged, s->ids);
        b->token_type_ids =
            levin__tensor_wrap(&s->token_type_ids, LEVIN_I32, 2, packed, &s->ragged, s->type_ids);
    }
    if (x.numbers)
        b->features = levin__tensor_wrap(&s->features, LEVIN_F32, 2, dim, NULL, s->numbers);
    if (x.class)
        b->labels = levin__tensor_wrap(&s->labels, LEVIN_I64, 1, dim, NULL, s->classes);
    else if (x.value)
        b->labels = levin__tensor_wrap(&s->labels, LEVIN_F32, 1, dim, NULL, s->values);
}

int levin__collate(levin_slot *s, const levin_dataset *d, int64_t n)
{
    shape first = { 0 };
    s->cu_seqlens[0] = 0;
    s->ragged.max_length = 0;
    s->batch.size = 0;
    for (int64_t i = 0; i < n; i++) {
        levin_example e;
        int got = levin__dataset_get(d, s->rows[i], &e);
        if (got < 0)
            return levin_error();
        if (got > 0) { // a stream ends
            n = i;
            break;
        }
        shape x = shape_of(&e);
        first = i == 0 ? x : first;
        int code = check_shape(s, d, i, first, x);
        if (code == LEVIN_OK && x.ids)
            code = add_ids(s, d, i, &e);
        else
            s->cu_seqlens[i + 1] = 0;
        if (code == LEVIN_OK && x.numbers)
            code = add_numbers(s, i, n, &e);
        if (code != LEVIN_OK)
            return code;
        s->classes[i] = e.label;
        s->values[i] = e.value;
    }
    if (n > 0)
        wrap(s, n, first);
    return LEVIN_OK;
}
