/* torch_table.c: the tensors of a dict as whoever reads weights wants them: in the order of names,
 * whole, and none sharing its numbers with another, so that each may be written to. Most stay where
 * their storage was read to; the others are copied, within a bound, since a few bytes can be
 * repeated without end by strides of 0. */
#include "base/error.h"
#include "base/memory.h"
#include "formats/torch_inside.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t SLACK = (uint64_t)1 << 24; // bytes that even small files may copy
enum { COPIES = 4 };                             // of the size of the file

typedef struct {
    const levin_value *name;
    const levin_pickle_tensor *tensor;
    size_t at; // in the dict
} entry;

static int by_name(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->name->text.bytes, y->name->text.bytes);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static bool is_name(const levin_value *v)
{
    return v->kind == LEVIN_VALUE_TEXT && strlen(v->text.bytes) == v->text.size;
}

/* The entries that are tensors, the last one of each name; NULL after LEVIN_ENOMEM. */
static entry *list(const levin_values *items, size_t *n)
{
    entry *all = levin__alloc(items->n / 2 * sizeof *all);
    *n = 0;
    for (size_t i = 0; all && i + 1 < items->n; i += 2)
        if (is_name(items->at[i]) && items->at[i + 1]->kind == LEVIN_VALUE_TENSOR)
            all[(*n)++] = (entry){ items->at[i], items->at[i + 1]->tensor, i };
    if (all && *n)
        qsort(all, *n, sizeof *all, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (i + 1 == *n || strcmp(all[i].name->text.bytes, all[i + 1].name->text.bytes) != 0)
            all[kept++] = all[i];
    *n = kept;
    return all;
}

static void *new_place(levin_torch *f, const levin_st_tensor *t)
{
    f->copied += t->bytes;
    if (f->copied <= COPIES * (uint64_t)f->size + SLACK)
        return levin__torch_alloc(f, t->bytes);
    char shown[80];
    levin__error_set(LEVIN_EFORMAT,
                     "%s: tensor \"%s\": tensors that repeat their numbers add up to more than "
                     "%d times the file",
                     f->where, levin__printable(shown, t->name, t->name_size), COPIES);
    return NULL;
}

/* The elements in the order of the tensor, one by one. Steps of dimensions that have one element
 * only may be anything: places wrap around and come back. */
static void gather(const levin_pickle_tensor *t, size_t size, unsigned char *to)
{
    const unsigned char *from = t->storage->data;
    uint64_t index[LEVIN_PICKLE_MAX_DIMS] = { 0 }, at = t->offset;
    for (uint64_t i = 0; i < t->numel; i++) {
        memcpy(to + i * size, from + at * size, size);
        for (int64_t d = t->ndim; d-- > 0;) {
            at += t->stride[d];
            if (++index[d] < t->shape[d])
                break;
            at -= t->stride[d] * t->shape[d];
            index[d] = 0;
        }
    }
}

static bool load(levin_torch *f, const levin_pickle_tensor *from, levin_st_tensor *t)
{
    size_t size = (size_t)levin_st_dtype_bits(from->dtype) / 8;
    if (!levin__torch_load_storage(f, from->storage))
        return false;
    if (levin__tensor_is_contiguous(from)) {
        t->data = (unsigned char *)from->storage->data + (t->numel ? from->offset * size : 0);
        return true;
    }
    t->data = new_place(f, t);
    if (t->data)
        gather(from, size, t->data);
    return t->data != NULL;
}

static int by_place(const void *a, const void *b)
{
    const levin_st_tensor *x = *(levin_st_tensor *const *)a, *y = *(levin_st_tensor *const *)b;
    uintptr_t p = (uintptr_t)x->data, q = (uintptr_t)y->data;
    if (p != q)
        return p < q ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Tied weights get numbers of their own. */
static bool separate(levin_torch *f, levin_torch_table *table)
{
    levin_st_tensor **order = levin__alloc(table->n * sizeof *order);
    for (size_t i = 0; order && i < table->n; i++)
        order[i] = &table->at[i];
    if (order && table->n)
        qsort(order, table->n, sizeof *order, by_place);
    uintptr_t end = 0;
    bool ok = order != NULL;
    for (size_t i = 0; ok && i < table->n; i++) {
        levin_st_tensor *t = order[i];
        if (t->bytes && (uintptr_t)t->data < end) {
            void *copy = new_place(f, t);
            if (copy)
                t->data = memcpy(copy, t->data, t->bytes);
            ok = copy != NULL;
        } else if (t->bytes) {
            end = (uintptr_t)t->data + t->bytes;
        }
    }
    levin__free(order);
    return ok;
}

static bool fill(levin_torch *f, levin_torch_table *table, const entry *all, bool with_numbers)
{
    for (size_t i = 0; i < table->n; i++) {
        const levin_pickle_tensor *from = all[i].tensor;
        table->at[i] = (levin_st_tensor){ .name = all[i].name->text.bytes,
                                          .name_size = all[i].name->text.size,
                                          .dtype = from->dtype,
                                          .ndim = from->ndim,
                                          .shape = from->shape,
                                          .numel = from->numel,
                                          .bytes = (size_t)from->bytes };
        if (with_numbers && !load(f, from, &table->at[i]))
            return false;
    }
    return !with_numbers || separate(f, table);
}

levin_torch_table *levin__torch_table(levin_torch *f, const levin_value *dict, bool with_numbers)
{
    if (!f || !dict || dict->kind != LEVIN_VALUE_DICT) {
        levin__error_set(LEVIN_EFORMAT, "%s: a dict of tensors was expected",
                         f ? f->where : "torch");
        return NULL;
    }
    levin_torch_table *table = levin__calloc(1, sizeof *table);
    entry *all = table ? list(&dict->items, &table->n) : NULL;
    if (all)
        table->at = levin__calloc(table->n + 1, sizeof *table->at);
    bool ok = table && table->at && fill(f, table, all, with_numbers);
    if (ok)
        table->others = dict->items.n / 2 - table->n;
    levin__free(all);
    if (ok)
        return table;
    levin__torch_table_free(table);
    return NULL;
}

void levin__torch_table_free(levin_torch_table *t)
{
    if (!t)
        return;
    levin__free(t->at);
    levin__free(t);
}
