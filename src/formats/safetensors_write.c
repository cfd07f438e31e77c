/* safetensors_write.c: writing safetensors files, byte for byte as the safetensors package does:
 * types of the largest alignment first, then by name, the header padded with spaces to a multiple
 * of 8. Tensor bytes go from where they lie to the file; no second copy is made. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/safetensors_header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const levin_st_entry *entry;
    uint64_t bytes;
} place;

typedef struct {
    const char *path;
    place *places;
    size_t n;
    const char *const (*metadata)[2];
    size_t n_metadata;
    levin_buffer header;
} plan;

static int by_name(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return strcmp(x->entry->name, y->entry->name);
}

static int by_dtype_and_name(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->entry->dtype != y->entry->dtype)
        return x->entry->dtype > y->entry->dtype ? -1 : 1;
    return by_name(a, b);
}

static bool is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
    while (p < end) {
        size_t n = levin__utf8_size(p, end);
        if (!n)
            return false;
        p += n;
    }
    return true;
}

static bool refuse(const plan *p, const char *name, const char *why)
{
    char shown[80];
    levin__error_set(LEVIN_EINVAL, "%s: cannot save tensor \"%s\": %s", p->path,
                     levin__printable(shown, name, strlen(name)), why);
    return false;
}

static bool check_entry(const plan *p, place *at)
{
    const levin_st_entry *e = at->entry;
    uint64_t numel;
    if (!e->name || !is_utf8(e->name))
        return refuse(p, e->name ? e->name : "", "its name must be UTF-8");
    if (strcmp(e->name, "__metadata__") == 0)
        return refuse(p, e->name, "the name is reserved");
    if (!levin_st_dtype_name(e->dtype))
        return refuse(p, e->name, "its dtype is not one of levin_st_dtype");
    if (e->ndim < 0 || (e->ndim && !e->shape))
        return refuse(p, e->name, "it has no shape");
    if (!levin__st_size(e->shape, e->ndim, e->dtype, &numel, &at->bytes))
        return refuse(p, e->name, "its shape does not make a whole number of bytes below 2^61");
    if (at->bytes && !e->data)
        return refuse(p, e->name, "it has no data");
    return true;
}

static bool check_names(const plan *p)
{
    if (p->n)
        qsort(p->places, p->n, sizeof *p->places, by_name);
    for (size_t i = 1; i < p->n; i++) {
        if (by_name(&p->places[i - 1], &p->places[i]) == 0)
            return refuse(p, p->places[i].entry->name, "another one has the same name");
    }
    return true;
}

static bool check_metadata(const plan *p)
{
    const char *why = NULL;
    for (size_t i = 0; i < p->n_metadata && !why; i++) {
        const char *key = p->metadata[i][0], *value = p->metadata[i][1];
        if (!key || !value || !is_utf8(key) || !is_utf8(value))
            why = "keys and values must be UTF-8 texts";
        for (size_t j = 0; j < i && !why; j++) {
            if (strcmp(p->metadata[j][0], key) == 0)
                why = "a key stands twice";
        }
    }
    if (why)
        levin__error_set(LEVIN_EINVAL, "%s: cannot save the metadata: %s", p->path, why);
    return !why;
}

/* A JSON string, escaped as serde_json escapes it. */
static void put_string(levin_buffer *b, const char *text)
{
    static const char letters[] = "\"\\\b\f\n\r\t", written[] = "\"\\bfnrt";
    levin__buffer_add_char(b, '"');
    for (const char *p = text; *p;) {
        size_t plain = 0;
        while ((unsigned char)p[plain] >= 0x20 && p[plain] != '"' && p[plain] != '\\')
            plain++;
        levin__buffer_add(b, p, plain);
        p += plain;
        const char *letter = *p ? strchr(letters, *p) : NULL;
        if (letter)
            levin__buffer_addf(b, "\\%c", written[letter - letters]);
        else if (*p)
            levin__buffer_addf(b, "\\u%04x", (unsigned)(unsigned char)*p);
        p += *p != '\0';
    }
    levin__buffer_add_char(b, '"');
}

static void put_metadata(plan *p)
{
    levin_buffer *b = &p->header;
    levin__buffer_add_text(b, "\"__metadata__\":{");
    for (size_t i = 0; i < p->n_metadata; i++) {
        levin__buffer_add_text(b, i ? "," : "");
        put_string(b, p->metadata[i][0]);
        levin__buffer_add_char(b, ':');
        put_string(b, p->metadata[i][1]);
    }
    levin__buffer_add_char(b, '}');
}

static void put_entry(levin_buffer *b, const levin_st_entry *e, uint64_t begin, uint64_t end)
{
    put_string(b, e->name);
    levin__buffer_addf(b, ":{\"dtype\":\"%s\",\"shape\":[", levin_st_dtype_name(e->dtype));
    for (int64_t d = 0; d < e->ndim; d++)
        levin__buffer_addf(b, "%s%" PRIu64, d ? "," : "", e->shape[d]);
    levin__buffer_addf(b, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin, end);
}

static bool make_header(plan *p)
{
    levin_buffer *b = &p->header;
    uint64_t at = 0, end;
    levin__buffer_add_char(b, '{');
    if (p->n_metadata)
        put_metadata(p);
    for (size_t i = 0; i < p->n; i++) {
        if (__builtin_add_overflow(at, p->places[i].bytes, &end))
            return refuse(p, p->places[i].entry->name, "more than 2^64 bytes in one file");
        levin__buffer_add_text(b, i || p->n_metadata ? "," : "");
        put_entry(b, p->places[i].entry, at, end);
        at = end;
    }
    levin__buffer_add_char(b, '}');
    while (!b->failed && b->size % 8)
        levin__buffer_add_char(b, ' ');
    if (!b->failed && b->size > LEVIN_ST_MAX_HEADER)
        levin__error_set(LEVIN_EINVAL, "%s: a header of %zu bytes, more than the limit of %d",
                         p->path, b->size, LEVIN_ST_MAX_HEADER);
    return !b->failed && b->size <= LEVIN_ST_MAX_HEADER;
}

static int write_file(const plan *p)
{
    levin_writer *w = levin__writer_open(p->path);
    uint64_t length = p->header.size; // little endian, as every machine that we build on
    levin__writer_add(w, &length, sizeof length);
    bool ok = levin__writer_add(w, p->header.data, p->header.size);
    for (size_t i = 0; ok && i < p->n; i++)
        ok = levin__writer_add(w, p->places[i].entry->data, (size_t)p->places[i].bytes);
    return levin__writer_commit(w);
}

static int make_and_write(plan *p, const levin_st_entry *tensors)
{
    for (size_t i = 0; i < p->n; i++) {
        p->places[i].entry = &tensors[i];
        if (!check_entry(p, &p->places[i]))
            return levin_error();
    }
    if (!check_names(p) || !check_metadata(p))
        return levin_error();
    if (p->n)
        qsort(p->places, p->n, sizeof *p->places, by_dtype_and_name);
    return make_header(p) ? write_file(p) : levin_error();
}

int levin_safetensors_save(const char *path, const levin_st_entry *tensors, int64_t n,
                           const char *const (*metadata)[2], int64_t n_metadata)
{
    if (!path || n < 0 || n_metadata < 0 || (n && !tensors) || (n_metadata && !metadata))
        return levin__error_set(LEVIN_EINVAL, "safetensors: no path or no tensors to save");
    plan p = { .path = path,
               .n = (size_t)n,
               .metadata = metadata,
               .n_metadata = (size_t)n_metadata,
               .header = LEVIN_BUFFER(SIZE_MAX / 2) };
    p.places = levin__calloc((size_t)n, sizeof *p.places);
    int result = p.places ? make_and_write(&p, tensors) : LEVIN_ENOMEM;
    levin__buffer_free(&p.header);
    levin__free(p.places);
    return result;
}
