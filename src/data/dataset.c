/* dataset.c: what all datasets share: their life, their rows with checks, their labels. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/features.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

levin_dataset *levin_dataset_new(const levin_dataset_class *type)
{
    if (!type || levin_error())
        return NULL;
    if (type->size < sizeof(levin_dataset) || !type->len || !type->get) {
        levin__error_set(LEVIN_EINVAL, "dataset class %s: needs LEVIN_DATASET(type), len and get",
                         type->name ? type->name : "without a name");
        return NULL;
    }
    levin_dataset *d = levin__calloc(1, type->size);
    if (!d)
        return NULL;
    d->type = type;
    d->node = levin__calloc(1, sizeof *d->node);
    if (d->node)
        d->node->features = levin__features_new();
    if (d->node && d->node->features && levin__dataset_rename(d, type->name) == LEVIN_OK)
        return d;
    levin_dataset_free(d);
    return NULL;
}

static void free_labels(struct levin_dataset_node *node)
{
    for (int64_t i = 0; node->label_names && i < node->num_labels; i++)
        levin__free(node->label_names[i]);
    levin__free(node->label_names);
    node->label_names = NULL;
    node->num_labels = 0;
}

void levin_dataset_free(levin_dataset *d)
{
    if (!d)
        return;
    if (d->type->free)
        d->type->free(d);
    if (d->node) {
        free_labels(d->node);
        levin__features_free(d->node->features);
        levin__free(d->node->name);
        levin__free(d->node);
    }
    levin__free(d);
}

int levin__dataset_rename(levin_dataset *d, const char *name)
{
    char *copy = levin__strdup(name);
    if (!copy)
        return levin_error();
    levin__free(d->node->name);
    d->node->name = copy;
    return LEVIN_OK;
}

int64_t levin_dataset_len(const levin_dataset *d) { return d ? d->type->len(d) : 0; }

int levin__dataset_get(const levin_dataset *d, int64_t i, levin_example *out)
{
    *out = (levin_example){ .label = -1, .value = NAN };
    int64_t n = levin_dataset_len(d);
    if (i < 0 || (n >= 0 && i >= n))
        return levin__error_set(LEVIN_EINVAL, "%s: row %lld of %lld", d->node->name, (long long)i,
                                (long long)n);
    int code = d->type->get(d, i, out);
    if (code > 0 && n < 0)
        return code; // a stream's end
    if (code != 0)
        return levin__error_returned(code, "%s: cannot get row %lld: its get gave %d",
                                     d->node->name, (long long)i, code);
    int64_t bound = d->node->num_labels;
    if (out->label < -1 || (bound && out->label >= bound))
        return levin__error_set(LEVIN_EINVAL, "%s: row %lld: label %lld, expected 0 to %lld",
                                d->node->name, (long long)i, (long long)out->label,
                                (long long)(bound ? bound - 1 : INT64_MAX));
    return LEVIN_OK;
}

/* A row for a getter: nothing in it where there is none. */
static levin_example example(const levin_dataset *d, int64_t i)
{
    levin_example e = { .label = -1, .value = NAN };
    if (d && levin__dataset_get(d, i, &e) != LEVIN_OK)
        e = (levin_example){ .label = -1, .value = NAN };
    return e;
}

const char *levin_dataset_text(const levin_dataset *d, int64_t i) { return example(d, i).text; }
const char *levin_dataset_text_pair(const levin_dataset *d, int64_t i)
{
    return example(d, i).text_pair;
}
int64_t levin_dataset_label(const levin_dataset *d, int64_t i) { return example(d, i).label; }
float levin_dataset_value(const levin_dataset *d, int64_t i) { return example(d, i).value; }

int64_t levin_dataset_num_labels(const levin_dataset *d) { return d ? d->node->num_labels : 0; }

const char *levin_dataset_label_name(const levin_dataset *d, int64_t label)
{
    if (!d || label < 0 || label >= d->node->num_labels)
        return NULL;
    return d->node->label_names[label];
}

int levin_dataset_set_labels(levin_dataset *d, int64_t num_labels, const char *const *names)
{
    if (!d)
        return levin_error();
    if (num_labels < 0)
        return levin__error_set(LEVIN_EINVAL, "%s: %lld labels", d->node->name,
                                (long long)num_labels);
    char **copies = levin__calloc((size_t)num_labels, sizeof *copies);
    bool ok = copies != NULL;
    for (int64_t i = 0; ok && i < num_labels; i++) {
        copies[i] = names ? levin__strdup(names[i]) : levin__format("%lld", (long long)i);
        ok = copies[i] != NULL;
    }
    struct levin_dataset_node old = *d->node;
    d->node->label_names = copies;
    d->node->num_labels = copies ? num_labels : 0;
    free_labels(ok ? &old : d->node);
    if (!ok) {
        d->node->label_names = old.label_names;
        d->node->num_labels = old.num_labels;
    }
    return ok ? LEVIN_OK : levin_error();
}

int64_t levin_dataset_skipped(const levin_dataset *d) { return d ? d->node->skipped : 0; }

void levin_dataset_set_tokenizer(levin_dataset *d, const levin_tokenizer *t, int max_length)
{
    if (d)
        levin__features_set_tokenizer(d->node->features, t, max_length);
}

int levin__dataset_own_tokenizer(levin_dataset *d, levin_tokenizer *t)
{
    if (!d) {
        levin_tokenizer_free(t);
        return levin_error();
    }
    levin__features_own_tokenizer(d->node->features, t);
    return LEVIN_OK;
}
