/* predictions.c: see predictions.h. */
#include "trainer/predictions.h"

#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

#include <string.h>

typedef struct levin_kept_predictions {
    struct levin_kept_predictions *next; // of the next loader
    levin_tensor **at;
    int64_t n;
    int capacity;
} kept;

static kept *find(const levin_trainer *t, int64_t loader)
{
    kept *k = t->kept;
    while (k && loader-- > 0)
        k = k->next;
    return k;
}

static kept *find_or_make(levin_trainer *t, int64_t loader)
{
    kept **link = &t->kept;
    for (;; link = &(*link)->next) {
        if (!*link)
            *link = levin__calloc(1, sizeof **link);
        if (!*link || loader-- == 0)
            return *link;
    }
}

static levin_tensor *copy(const levin_tensor *t)
{
    levin_tensor *c = levin__tensor_heap_like(t, (levin_dtype)t->dtype);
    if (c)
        memcpy(c->data, t->data, (size_t)t->numel * levin_dtype_size((levin_dtype)t->dtype));
    return c;
}

int levin__predictions_keep(levin_trainer *t, const levin_tensor *output, int64_t loader)
{
    kept *k = output ? find_or_make(t, loader) : NULL;
    if (!k)
        return levin_error();
    if (!levin__grow(&k->at, k->n + 1, &k->capacity, sizeof *k->at))
        return levin_error();
    k->at[k->n] = copy(output);
    k->n += k->at[k->n] != NULL;
    return levin_error();
}

void levin__predictions_free(levin_trainer *t)
{
    while (t->kept) {
        kept *k = t->kept;
        t->kept = k->next;
        for (int64_t i = 0; i < k->n; i++)
            levin_tensor_free(k->at[i]);
        levin__free(k->at);
        levin__free(k);
    }
}

int64_t levin_trainer_num_predictions(const levin_trainer *t, int64_t loader)
{
    const kept *k = t && loader >= 0 ? find(t, loader) : NULL;
    return k ? k->n : 0;
}

const levin_tensor *levin_trainer_prediction(const levin_trainer *t, int64_t loader, int64_t batch)
{
    const kept *k = t && loader >= 0 ? find(t, loader) : NULL;
    return k && batch >= 0 && batch < k->n ? k->at[batch] : NULL;
}
