/* checkpoint.c: see checkpoint.h. The checksum is a sum over tensors, so that it does not depend on
 * their order in the file, and lies in the metadata, so that safetensors readers of the Python
 * world still open the file. */
#include "formats/checkpoint.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "formats/safetensors_header.h"
#include "formats/xxh64.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char key_header[] = "levin_checkpoint", key_version[] = "levin_checkpoint_version",
                  key_checksum[] = "levin_checksum";
enum { VERSION = 1, CHECKSUM_TEXT = 17 };

struct levin_checkpoint {
    json_t *header;
    levin_safetensors *tensors;
};

/* Name, type, shape and bytes of one tensor. */
static uint64_t hash(levin_text name, const levin_st_entry *e, size_t bytes)
{
    const char *dtype = levin_st_dtype_name(e->dtype);
    uint64_t h = levin__xxh64(name.bytes, name.size, 0);
    h = levin__xxh64(dtype, strlen(dtype), h);
    h = levin__xxh64(e->shape, (size_t)e->ndim * sizeof *e->shape, h);
    return levin__xxh64(e->data, bytes, h);
}

static uint64_t hash_entry(const levin_st_entry *e)
{
    uint64_t numel, bytes;
    bool whole = e->name && levin_st_dtype_name(e->dtype) && e->ndim >= 0 &&
                 (e->shape || !e->ndim) &&
                 levin__st_size(e->shape, e->ndim, e->dtype, &numel, &bytes) && (e->data || !bytes);
    if (!whole)
        return 0; // the writer is about to say why it cannot be saved
    return hash((levin_text){ e->name, strlen(e->name) }, e, (size_t)bytes);
}

static uint64_t hash_tensor(const levin_st_tensor *t)
{
    levin_st_entry e = { .dtype = t->dtype, .ndim = t->ndim, .shape = t->shape, .data = t->data };
    return hash((levin_text){ t->name, t->name_size }, &e, t->bytes);
}

static void write_checksum(char out[CHECKSUM_TEXT], uint64_t sum)
{
    snprintf(out, CHECKSUM_TEXT, "%016" PRIx64, sum);
}

static int save(const char *path, const char *text, const levin_st_entry *tensors, int64_t n)
{
    uint64_t sum = levin__xxh64(text, strlen(text), 0);
    for (int64_t i = 0; i < n; i++)
        sum += hash_entry(&tensors[i]);
    char checksum[CHECKSUM_TEXT], version[16];
    write_checksum(checksum, sum);
    snprintf(version, sizeof version, "%d", VERSION);
    const char *const metadata[][2] = {
        { key_version, version },
        { key_checksum, checksum },
        { key_header, text },
    };
    return levin_safetensors_save(path, tensors, n, metadata, 3);
}

int levin__checkpoint_save(const char *path, const json_t *header, const levin_st_entry *tensors,
                           int64_t n)
{
    if (!path || !json_is_object(header) || n < 0 || (n && !tensors))
        return levin__error_set(LEVIN_EINVAL, "checkpoint: no path, no header object or no "
                                              "tensors to save");
    levin_buffer text = LEVIN_BUFFER(LEVIN_ST_MAX_HEADER);
    int result;
    if (levin__json_print(&text, header))
        result = save(path, text.data, tensors, n);
    else
        result = levin__error_set(LEVIN_EINVAL, "%s: the header cannot be written as JSON", path);
    levin__buffer_free(&text);
    return result;
}

static bool refuse(int code, const char *path, const char *why)
{
    levin__error_set(code, "%s: %s", path, why);
    return false;
}

static bool check_version(const char *path, const char *text)
{
    char *end;
    long version = text ? strtol(text, &end, 10) : 0;
    if (!text || end == text || *end || version < 1)
        return refuse(LEVIN_EFORMAT, path, "a levin checkpoint without a version: damaged");
    if (version <= VERSION)
        return true;
    levin__error_set(LEVIN_EVERSION,
                     "%s: checkpoint version %ld, but this library reads up to %d: update levin",
                     path, version, VERSION);
    return false;
}

static bool check_sum(const char *path, const char *text, const levin_safetensors *tensors)
{
    const char *stored = levin_safetensors_metadata(tensors, key_checksum);
    uint64_t sum = levin__xxh64(text, strlen(text), 0);
    for (int64_t i = 0; i < levin_safetensors_count(tensors); i++)
        sum += hash_tensor(levin_safetensors_at(tensors, i));
    char computed[CHECKSUM_TEXT];
    write_checksum(computed, sum);
    if (stored && strcmp(stored, computed) == 0)
        return true;
    return refuse(LEVIN_EFORMAT, path,
                  "the checksum does not match: the file was damaged after it was saved, resume "
                  "from another checkpoint");
}

/* The text of the header; NULL after an error. */
static const char *header_text(const levin_safetensors *tensors, const char *path)
{
    const char *text = levin_safetensors_metadata(tensors, key_header);
    if (!text)
        refuse(LEVIN_EFORMAT, path,
               "a safetensors file without a levin checkpoint header: was it saved by the "
               "trainer, or is it a model's weights?");
    bool good = text && check_version(path, levin_safetensors_metadata(tensors, key_version));
    return good ? text : NULL;
}

static json_t *parse_header(const char *text, const char *path)
{
    json_t *header = levin__json_parse(text, strlen(text), path);
    if (!header || json_is_object(header))
        return header;
    json_decref(header);
    refuse(LEVIN_EFORMAT, path, "the checkpoint header must be a JSON object");
    return NULL;
}

/* Lightning's checkpoints have the same ending. */
static levin_safetensors *open_tensors(const char *path)
{
    unsigned char first[4] = { 0 };
    FILE *f = fopen(path, "rb");
    bool is_zip = f && fread(first, 1, sizeof first, f) == sizeof first &&
                  memcmp(first, "PK\3\4", sizeof first) == 0;
    if (f)
        fclose(f);
    if (!is_zip)
        return levin_safetensors_open(path);
    levin__error_set(LEVIN_EFORMAT,
                     "%s: a checkpoint of PyTorch Lightning, or another file of torch.save: levin "
                     "convert makes one of levin's from it",
                     path);
    return NULL;
}

static bool read_checkpoint(levin_checkpoint *c, const char *path)
{
    c->tensors = open_tensors(path);
    const char *text = c->tensors ? header_text(c->tensors, path) : NULL;
    if (text && check_sum(path, text, c->tensors))
        c->header = parse_header(text, path);
    return c->header != NULL;
}

json_t *levin__checkpoint_peek(const char *path)
{
    levin_safetensors *tensors = open_tensors(path);
    const char *text = tensors ? header_text(tensors, path) : NULL;
    json_t *header = text ? parse_header(text, path) : NULL;
    levin_safetensors_free(tensors);
    return header;
}

levin_checkpoint *levin__checkpoint_open(const char *path)
{
    if (!path) {
        refuse(LEVIN_EINVAL, "checkpoint", "no path");
        return NULL;
    }
    levin_checkpoint *c = levin__calloc(1, sizeof *c);
    if (c && !read_checkpoint(c, path)) {
        levin__checkpoint_free(c);
        return NULL;
    }
    return c;
}

void levin__checkpoint_free(levin_checkpoint *c)
{
    if (!c)
        return;
    json_decref(c->header);
    levin_safetensors_free(c->tensors);
    levin__free(c);
}

const json_t *levin__checkpoint_header(const levin_checkpoint *c) { return c ? c->header : NULL; }

const levin_safetensors *levin__checkpoint_tensors(const levin_checkpoint *c)
{
    return c ? c->tensors : NULL;
}
