/* archive.h: zip archives in memory for tests, entries stored as torch.save stores them, and wrong
 * in every way that a test asks for. */
#ifndef LEVIN_TESTS_SUPPORT_ARCHIVE_H
#define LEVIN_TESTS_SUPPORT_ARCHIVE_H

#include "base/buffer.h"

#include <string.h>

typedef struct archive {
    levin_buffer bytes, directory;
    int n;
} archive;

/* An entry; whatever is not 0 is a lie about it. */
typedef struct archive_entry {
    const char *name;
    const void *data;
    size_t size;
    int method, flags;
    size_t claimed_size;
    bool wrong_checksum, no_checksum;
    bool again; // the bytes of the entry before, not written a second time
} archive_entry;

static inline archive archive_new(void)
{
    return (archive){ .bytes = LEVIN_BUFFER(1 << 26), .directory = LEVIN_BUFFER(1 << 26) };
}

static inline uint32_t archive_crc32(const unsigned char *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static inline void archive_put(levin_buffer *b, uint64_t x, int bytes)
{
    for (; bytes--; x >>= 8)
        levin__buffer_add_char(b, (char)x);
}

/* The fields that the local header and the central directory share. */
static inline void archive_put_fields(levin_buffer *b, const archive_entry *e)
{
    uint32_t crc = archive_crc32(e->data, e->size) ^ e->wrong_checksum;
    size_t size = e->claimed_size ? e->claimed_size : e->size;
    archive_put(b, 20, 2);
    archive_put(b, (uint64_t)e->flags, 2);
    archive_put(b, (uint64_t)e->method, 2);
    archive_put(b, 0x00210000, 4);
    archive_put(b, e->no_checksum ? 0 : crc, 4);
    archive_put(b, size, 4);
    archive_put(b, size, 4);
    archive_put(b, strlen(e->name), 2);
    archive_put(b, 0, 2);
}

static inline void archive_add_entry(archive *a, const archive_entry *e)
{
    static size_t before;
    size_t at = e->again ? before : a->bytes.size;
    before = at;
    levin__buffer_add(&a->directory, "PK\1\2\24\0", 6);
    archive_put_fields(&a->directory, e);
    archive_put(&a->directory, 0, 10);
    archive_put(&a->directory, at, 4);
    levin__buffer_add_text(&a->directory, e->name);
    a->n++;
    if (e->again)
        return;
    levin__buffer_add(&a->bytes, "PK\3\4", 4);
    archive_put_fields(&a->bytes, e);
    levin__buffer_add_text(&a->bytes, e->name);
    levin__buffer_add(&a->bytes, e->data, e->size);
}

static inline void archive_add(archive *a, const char *name, const void *data, size_t size)
{
    archive_add_entry(a, &(archive_entry){ .name = name, .data = data, .size = size });
}

/* The whole archive, *size bytes, to be freed with levin__free. */
static inline char *archive_end(archive *a, size_t *size)
{
    size_t at = a->bytes.size;
    levin__buffer_add(&a->bytes, a->directory.data, a->directory.size);
    levin__buffer_add(&a->bytes, "PK\5\6\0\0\0\0", 8);
    archive_put(&a->bytes, (uint64_t)a->n, 2);
    archive_put(&a->bytes, (uint64_t)a->n, 2);
    archive_put(&a->bytes, a->directory.size, 4);
    archive_put(&a->bytes, at, 4);
    archive_put(&a->bytes, 0, 2);
    *size = a->bytes.size;
    levin__buffer_free(&a->directory);
    return levin__buffer_take(&a->bytes);
}

#endif
