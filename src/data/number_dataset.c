/* number_dataset.c: rows of numbers, for heads on features that are already there. */
#include "base/error.h"
#include "base/memory.h"

#include <levin/data.h>
#include <string.h>

typedef struct number_dataset {
    levin_dataset base;
    float *features; // (n, width)
    int64_t *labels; // (n), or NULL
    int64_t n, width;
} number_dataset;

static int64_t len(const levin_dataset *d) { return ((const number_dataset *)d)->n; }

static int get(const levin_dataset *d, int64_t i, levin_example *out)
{
    const number_dataset *self = (const number_dataset *)d;
    out->features = self->features + i * self->width;
    out->n_features = self->width;
    if (self->labels)
        out->label = self->labels[i];
    return LEVIN_OK;
}

static void free_rows(levin_dataset *d)
{
    number_dataset *self = (number_dataset *)d;
    levin__free(self->features);
    levin__free(self->labels);
}

static const levin_dataset_class number_dataset_class = {
    LEVIN_DATASET(number_dataset),
    .len = len,
    .get = get,
    .free = free_rows,
};

/* The number of classes, 0 after an error. */
static int64_t count_classes(const int64_t *labels, int64_t n)
{
    int64_t classes = 0;
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0) {
            levin__error_set(LEVIN_EINVAL,
                             "dataset_from_numbers: row %lld: label %lld; classes begin at 0",
                             (long long)i, (long long)labels[i]);
            return 0;
        }
        classes = labels[i] >= classes ? labels[i] + 1 : classes;
    }
    return classes;
}

static bool copy_rows(number_dataset *self, const float *features, const int64_t *labels)
{
    size_t n = (size_t)self->n, numbers = n * (size_t)self->width;
    self->features = levin__alloc(numbers * sizeof *features);
    self->labels = labels ? levin__alloc(n * sizeof *labels) : NULL;
    if (!self->features || (labels && !self->labels))
        return false;
    if (numbers)
        memcpy(self->features, features, numbers * sizeof *features);
    if (labels && n)
        memcpy(self->labels, labels, n * sizeof *labels);
    return true;
}

levin_dataset *levin_dataset_from_numbers(const float *features, int64_t n, int64_t width,
                                          const int64_t *labels)
{
    if (!features || levin_error())
        return NULL;
    int64_t numbers;
    if (n < 0 || width < 1 || __builtin_mul_overflow(n, width, &numbers) ||
        numbers > INT64_MAX / (int64_t)sizeof *features) {
        levin__error_set(LEVIN_EINVAL, "dataset_from_numbers: %lld rows of %lld numbers",
                         (long long)n, (long long)width);
        return NULL;
    }
    int64_t classes = labels ? count_classes(labels, n) : 0;
    number_dataset *self = (number_dataset *)levin_dataset_new(&number_dataset_class);
    if (!self)
        return NULL;
    self->n = n;
    self->width = width;
    if (copy_rows(self, features, labels) &&
        (!labels || levin_dataset_set_labels(&self->base, classes, NULL) == LEVIN_OK))
        return &self->base;
    levin_dataset_free(&self->base);
    return NULL;
}
