/* safetensors.c: reading the weight format of Hugging Face. The file is mapped, its header judged
 * as a whole before anything is handed out: tensors must cover the data without holes or overlaps
 * and have the size that shape and type say. Grammar: safetensors_header.c. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors_header.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensor data is used where it lies");

struct levin_safetensors {
    levin_mapping mapping;  // empty if the bytes are somebody else's
    levin_st_header header; // items and pairs in the order of names, without duplicates
    char *strings;
};

static int compare_text(levin_text a, levin_text b)
{
    int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Items and pairs both begin with their name. Equal names keep the order of the file, in which
 * their bytes lie. */
static int by_name(const void *a, const void *b)
{
    const levin_text *x = a, *y = b;
    int order = compare_text(*x, *y);
    return order ? order : (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* Sorts by name; of equal names only the last one of the file stays. Returns how many do. */
static size_t sort_names(void *array, size_t n, size_t size)
{
    char *p = array;
    if (n)
        qsort(p, n, size, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const void *me = p + i * size, *next = p + (i + 1) * size;
        if (i + 1 < n && compare_text(*(const levin_text *)me, *(const levin_text *)next) == 0)
            continue;
        memmove(p + kept++ * size, me, size);
    }
    return kept;
}

static int by_offsets(const void *a, const void *b)
{
    const levin_st_item *x = *(levin_st_item *const *)a, *y = *(levin_st_item *const *)b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at); // so that messages name the same one every time
}

/* One tensor whose data must begin where the data before it ends. */
static bool judge_item(levin_scanner *s, const levin_st_header *h, levin_st_item *item,
                       uint64_t expected)
{
    char shown[80];
    levin_st_tensor *t = &item->tensor;
    uint64_t bytes;
    levin__printable(shown, item->name.bytes, item->name.size);
    if (item->end < item->begin)
        return levin__scan_fail(s, item->at, "tensor \"%s\" ends at %llu, before its begin %llu",
                                shown, (unsigned long long)item->end,
                                (unsigned long long)item->begin);
    if (item->begin != expected)
        return levin__scan_fail(s, item->at,
                                "tensor \"%s\" begins at %llu, but the data before it ends at "
                                "%llu: holes and overlaps are not allowed",
                                shown, (unsigned long long)item->begin,
                                (unsigned long long)expected);
    t->shape = h->dims + item->first_dim;
    if (!levin__st_size(t->shape, t->ndim, t->dtype, &t->numel, &bytes))
        return levin__scan_fail(s, item->at,
                                "tensor \"%s\": its shape does not make a whole number of bytes "
                                "below 2^61",
                                shown);
    if (bytes != item->end - item->begin)
        return levin__scan_fail(s, item->at,
                                "tensor \"%s\": shape and dtype make %llu bytes, but its "
                                "data_offsets span %llu",
                                shown, (unsigned long long)bytes,
                                (unsigned long long)(item->end - item->begin));
    t->bytes = (size_t)bytes;
    return true;
}

/* All tensors together must cover the data, which is what follows the header. */
static bool judge_layout(levin_scanner *s, levin_st_header *h, size_t data_bytes)
{
    levin_st_item **order = levin__alloc(h->n_items * sizeof *order);
    if (!order)
        return false;
    for (size_t i = 0; i < h->n_items; i++)
        order[i] = &h->items[i];
    if (h->n_items)
        qsort(order, h->n_items, sizeof *order, by_offsets);
    uint64_t end = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < h->n_items; i++) {
        ok = judge_item(s, h, order[i], end);
        end = order[i]->end;
    }
    levin__free(order);
    if (ok && end != data_bytes)
        return levin__scan_fail(s, s->end,
                                "%llu bytes of tensor data must follow the header, but %zu do: %s",
                                (unsigned long long)end, data_bytes,
                                data_bytes < end ? "the file is cut short"
                                                 : "the file has bytes that belong to no tensor");
    return ok;
}

static bool read_file(levin_safetensors *f, levin_scanner *s, unsigned char *data,
                      size_t data_bytes)
{
    levin_st_header *h = &f->header;
    size_t header_bytes = (size_t)(s->end - s->begin);
    s->strings = f->strings = levin__alloc(header_bytes + 1);
    if (!f->strings || !levin__st_header_read(h, s))
        return false;
    h->n_items = sort_names(h->items, h->n_items, sizeof *h->items);
    h->n_pairs = sort_names(h->pairs, h->n_pairs, sizeof *h->pairs);
    if (!judge_layout(s, h, data_bytes))
        return false;
    for (size_t i = 0; i < h->n_items; i++) {
        levin_st_item *item = &h->items[i];
        item->tensor.name = item->name.bytes;
        item->tensor.name_size = item->name.size;
        item->tensor.data = data + item->begin;
    }
    return true;
}

/* What else a file with that name may be. */
static const char *guess(const unsigned char *bytes, size_t n)
{
    static const char lfs[] = "version https://git-lfs", zip[] = "PK\3\4";
    if (n >= sizeof lfs && memcmp(bytes, lfs, sizeof lfs - 1) == 0)
        return "a Git LFS pointer, not the weights: run git lfs pull";
    if (memcmp(bytes, zip, sizeof zip - 1) == 0)
        return "a zip archive, as torch.save writes it, not a safetensors file";
    return "not a safetensors file?";
}

/* The length of the header; false after recording why there is none. */
static bool header_length(levin_scanner *s, const unsigned char *bytes, size_t n, uint64_t *length)
{
    if (n < sizeof *length)
        return levin__scan_fail(s, bytes,
                                "%zu bytes are too few: a safetensors file begins with 8 bytes "
                                "that hold the length of its header",
                                n);
    memcpy(length, bytes, sizeof *length);
    if (*length > LEVIN_ST_MAX_HEADER)
        return levin__scan_fail(s, bytes, "a header of %llu bytes, more than the limit of %d: %s",
                                (unsigned long long)*length, LEVIN_ST_MAX_HEADER, guess(bytes, n));
    if (*length > n - sizeof *length)
        return levin__scan_fail(s, bytes,
                                "a header of %llu bytes, but only %zu follow: the file is cut "
                                "short",
                                (unsigned long long)*length, n - sizeof *length);
    return true;
}

levin_safetensors *levin_safetensors_parse(void *bytes, size_t n, const char *where)
{
    if (!where || (n && !bytes)) {
        levin__error_set(LEVIN_EINVAL, "safetensors: no bytes to read or no name for them");
        return NULL;
    }
    unsigned char empty = 0, *p = n ? bytes : &empty;
    levin_scanner s = { .begin = p, .at = p, .end = p, .where = where };
    uint64_t length = 0;
    if (!header_length(&s, p, n, &length))
        return NULL;
    s.begin = s.at = p + sizeof length;
    s.end = s.begin + length;
    s.offset = sizeof length;
    levin_safetensors *f = levin__calloc(1, sizeof *f);
    if (f && !read_file(f, &s, p + sizeof length + length, n - sizeof length - (size_t)length)) {
        levin_safetensors_free(f);
        return NULL;
    }
    return f;
}

levin_safetensors *levin_safetensors_open(const char *path)
{
    levin_mapping mapping;
    if (!path) {
        levin__error_set(LEVIN_EINVAL, "safetensors: no path");
        return NULL;
    }
    if (levin__file_map(&mapping, path) != LEVIN_OK)
        return NULL;
    levin_safetensors *f = levin_safetensors_parse(mapping.data, mapping.size, path);
    if (f)
        f->mapping = mapping;
    else
        levin__file_unmap(&mapping);
    return f;
}

void levin_safetensors_free(levin_safetensors *f)
{
    if (!f)
        return;
    levin__st_header_free(&f->header);
    levin__free(f->strings);
    levin__file_unmap(&f->mapping);
    levin__free(f);
}

int64_t levin_safetensors_count(const levin_safetensors *f)
{
    return f ? (int64_t)f->header.n_items : 0;
}

const levin_st_tensor *levin_safetensors_at(const levin_safetensors *f, int64_t i)
{
    if (i < 0 || i >= levin_safetensors_count(f))
        return NULL;
    return &f->header.items[i].tensor;
}

/* The element of that name in an array in the order of names. */
static const void *find(const void *array, size_t n, size_t size, const char *name)
{
    levin_text wanted = { name, strlen(name) };
    for (size_t low = 0, high = n; low < high;) {
        size_t middle = low + (high - low) / 2;
        const void *p = (const char *)array + middle * size;
        int order = compare_text(*(const levin_text *)p, wanted);
        if (order == 0)
            return p;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const levin_st_tensor *levin_safetensors_find(const levin_safetensors *f, const char *name)
{
    if (!f || !name)
        return NULL;
    const levin_st_item *item = find(f->header.items, f->header.n_items, sizeof *item, name);
    return item ? &item->tensor : NULL;
}

int64_t levin_safetensors_metadata_count(const levin_safetensors *f)
{
    return f ? (int64_t)f->header.n_pairs : 0;
}

const char *levin_safetensors_metadata(const levin_safetensors *f, const char *key)
{
    if (!f || !key)
        return NULL;
    const levin_st_pair *pair = find(f->header.pairs, f->header.n_pairs, sizeof *pair, key);
    return pair ? pair->value.bytes : NULL;
}

const char *levin_safetensors_metadata_key(const levin_safetensors *f, int64_t i)
{
    if (i < 0 || i >= levin_safetensors_metadata_count(f))
        return NULL;
    return f->header.pairs[i].key.bytes;
}
