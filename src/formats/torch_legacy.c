/* torch_legacy.c: files of torch.save before 1.6, or with _use_new_zipfile_serialization=False:
 * five pickles (a magic number, the version, the machine, the value, the keys of storages), then
 * for each key the number of elements and their bytes. */
#include "base/error.h"
#include "formats/torch_inside.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 1001 };
static const unsigned char magic[10] = {
    0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19
};

static bool refuse(const levin_torch *f, size_t at, const char *why)
{
    levin__error_set(LEVIN_EFORMAT, "%s: byte %zu: %s", f->where, at, why);
    return false;
}

/* The next pickle; moves *at behind it. */
static levin_pickle *next(const levin_torch *f, size_t *at)
{
    levin_pickle *p = levin__pickle_read(f->bytes + *at, f->size - *at, *at, f->where);
    *at += levin__pickle_size(p);
    return p;
}

static bool is_magic(const levin_value *v)
{
    return v->kind == LEVIN_VALUE_LONG && v->text.size == sizeof magic &&
           memcmp(v->text.bytes, magic, sizeof magic) == 0;
}

static bool is_version(const levin_value *v)
{
    return v->kind == LEVIN_VALUE_INT && v->integer == VERSION;
}

static bool is_little_endian(const levin_value *v)
{
    const levin_value *little = levin__value_get(v, "little_endian");
    return little && little->kind == LEVIN_VALUE_BOOL && little->truth;
}

/* A pickle of which nothing is kept but that it is right. */
static bool expect(const levin_torch *f, size_t *at, bool (*is_right)(const levin_value *v),
                   const char *otherwise)
{
    size_t begin = *at;
    levin_pickle *p = next(f, at);
    bool ok = p && (is_right(levin__pickle_root(p)) || refuse(f, begin, otherwise));
    levin__pickle_free(p);
    return ok;
}

static int by_key(const void *a, const void *b)
{
    const levin_pickle_storage *x = *(levin_pickle_storage *const *)a;
    const levin_pickle_storage *y = *(levin_pickle_storage *const *)b;
    return strcmp(x->key.bytes, y->key.bytes);
}

/* The storages in the order of their keys, which hold no NULs. */
static levin_pickle_storage **sort(levin_torch *f, size_t *n)
{
    levin_pickle_storage *s = levin__pickle_storages(f->pickle);
    *n = 0;
    for (levin_pickle_storage *i = s; i; i = i->next)
        ++*n;
    levin_pickle_storage **all = levin__torch_alloc(f, (*n + 1) * sizeof(void *));
    for (size_t i = 0; all && i < *n; i++, s = s->next)
        all[i] = s;
    if (all && *n)
        qsort(all, *n, sizeof *all, by_key);
    return all;
}

/* The storage of a key takes its elements from *at. */
static bool take(const levin_torch *f, levin_pickle_storage *s, size_t *at)
{
    uint64_t numel;
    if (f->size - *at < sizeof numel)
        return refuse(f, *at, "the file is cut short: the size of a storage must stand here");
    memcpy(&numel, f->bytes + *at, sizeof numel);
    if (numel != s->numel || s->data)
        return refuse(f, *at,
                      "a storage has another size than it was declared with, or stands "
                      "twice");
    *at += sizeof numel;
    if (s->bytes > f->size - *at)
        return refuse(f, *at, "the file is cut short: it ends within a storage");
    s->data = f->bytes + *at;
    *at += (size_t)s->bytes;
    return true;
}

static bool read_storages(levin_torch *f, const levin_value *keys, size_t at)
{
    size_t n;
    levin_pickle_storage **all = sort(f, &n);
    if (!all)
        return false;
    if (keys->kind != LEVIN_VALUE_LIST || keys->items.n != n)
        return refuse(f, at, "the keys of all storages must stand before them");
    for (size_t i = 0; i < n; i++) {
        const levin_value *key = keys->items.at[i];
        levin_pickle_storage wanted = { .key = key->text }, *w = &wanted;
        bool is_text = key->kind == LEVIN_VALUE_TEXT;
        levin_pickle_storage **found = is_text ? bsearch(&w, all, n, sizeof *all, by_key) : NULL;
        if (!found)
            return refuse(f, at, "a key of a storage that no tensor has");
        if (!take(f, *found, &at))
            return false;
    }
    return true;
}

bool levin__torch_read_legacy(levin_torch *f)
{
    size_t at = 0;
    if (!expect(f, &at, is_magic, "a pickle, but not of torch.save: its magic number is missing") ||
        !expect(f, &at, is_version, "a file of torch.save, but not of version 1001") ||
        !expect(f, &at, is_little_endian, "numbers that begin with the largest byte"))
        return false;
    f->pickle = next(f, &at);
    levin_pickle *keys = f->pickle ? next(f, &at) : NULL;
    bool ok = keys && read_storages(f, levin__pickle_root(keys), at);
    levin__pickle_free(keys);
    return ok;
}
