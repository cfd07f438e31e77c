/* text_dataset.c: see text_dataset.h. */
#include "data/text_dataset.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

typedef struct place {
    size_t text, pair; // where they begin in bytes; each is closed by a NUL
} place;

typedef struct text_dataset {
    levin_dataset base;
    levin_buffer bytes;
    place *places;
    levin_target *targets;
    int64_t n, capacity;
    bool with_pairs;
    levin_target_kind kind;
} text_dataset;

static int64_t len(const levin_dataset *d) { return ((const text_dataset *)d)->n; }

static int get(const levin_dataset *d, int64_t i, levin_example *out)
{
    const text_dataset *self = (const text_dataset *)d;
    out->text = self->bytes.data + self->places[i].text;
    out->text_pair = self->with_pairs ? self->bytes.data + self->places[i].pair : NULL;
    if (self->kind == LEVIN_CLASSES)
        out->label = self->targets[i].class;
    else if (self->kind == LEVIN_VALUES)
        out->value = self->targets[i].value;
    return LEVIN_OK;
}

static void free_rows(levin_dataset *d)
{
    text_dataset *self = (text_dataset *)d;
    levin__buffer_free(&self->bytes);
    levin__free(self->places);
    levin__free(self->targets);
}

static const levin_dataset_class text_dataset_class = {
    LEVIN_DATASET(text_dataset),
    .len = len,
    .get = get,
    .free = free_rows,
};

levin_dataset *levin__text_dataset_new(bool with_pairs)
{
    text_dataset *self = (text_dataset *)levin_dataset_new(&text_dataset_class);
    if (!self)
        return NULL;
    self->bytes = LEVIN_BUFFER(SIZE_MAX / 4);
    self->with_pairs = with_pairs;
    return &self->base;
}

static int grow(text_dataset *self)
{
    int64_t capacity = self->capacity ? self->capacity + self->capacity / 2 : 256;
    size_t n = (size_t)self->n;
    place *places =
        levin__realloc(self->places, n * sizeof *places, (size_t)capacity * sizeof *places);
    self->places = places ? places : self->places;
    levin_target *targets = places ? levin__realloc(self->targets, n * sizeof *targets,
                                                    (size_t)capacity * sizeof *targets)
                                   : NULL;
    self->targets = targets ? targets : self->targets;
    if (!targets)
        return LEVIN_ENOMEM;
    self->capacity = capacity;
    return LEVIN_OK;
}

int levin__text_dataset_add(levin_dataset *d, const char *text, size_t n, const char *pair,
                            size_t n_pair, levin_target target)
{
    text_dataset *self = (text_dataset *)d;
    if (self->n == self->capacity && grow(self) != LEVIN_OK)
        return LEVIN_ENOMEM;
    place p = { .text = self->bytes.size };
    bool ok =
        levin__buffer_add(&self->bytes, text, n) && levin__buffer_add_char(&self->bytes, '\0');
    p.pair = self->bytes.size;
    if (ok && self->with_pairs)
        ok = levin__buffer_add(&self->bytes, pair, n_pair) &&
             levin__buffer_add_char(&self->bytes, '\0');
    if (!ok)
        return levin_error();
    self->places[self->n] = p;
    self->targets[self->n++] = target;
    return LEVIN_OK;
}

void levin__text_dataset_set_kind(levin_dataset *d, levin_target_kind kind)
{
    ((text_dataset *)d)->kind = kind;
}

levin_target *levin__text_dataset_targets(levin_dataset *d) { return ((text_dataset *)d)->targets; }

static int add_texts(levin_dataset *d, const char *const *texts, const char *const *pairs,
                     const int64_t *labels, int64_t n)
{
    int64_t num_labels = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *pair = pairs ? pairs[i] : "";
        if (!texts[i] || !pair)
            return levin__error_set(LEVIN_EINVAL, "dataset_from_texts: row %lld has no text",
                                    (long long)i);
        if (labels && labels[i] < 0)
            return levin__error_set(LEVIN_EINVAL,
                                    "dataset_from_texts: row %lld: label %lld; classes begin at 0",
                                    (long long)i, (long long)labels[i]);
        levin_target target = { .class = labels ? labels[i] : -1 };
        if (levin__text_dataset_add(d, texts[i], strlen(texts[i]), pair, strlen(pair), target) !=
            LEVIN_OK)
            return levin_error();
        num_labels = labels && labels[i] >= num_labels ? labels[i] + 1 : num_labels;
    }
    levin__text_dataset_set_kind(d, labels ? LEVIN_CLASSES : LEVIN_NO_TARGET);
    return labels ? levin_dataset_set_labels(d, num_labels, NULL) : LEVIN_OK;
}

levin_dataset *levin_dataset_from_texts(const char *const *texts, const char *const *pairs,
                                        const int64_t *labels, int64_t n)
{
    levin_dataset *d = texts ? levin__text_dataset_new(pairs != NULL) : NULL;
    if (d && add_texts(d, texts, pairs, labels, n) == LEVIN_OK)
        return d;
    levin_dataset_free(d);
    return NULL;
}
