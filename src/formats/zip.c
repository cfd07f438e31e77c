/* zip.c: see zip.h. */
#include "formats/zip.h"

#include "base/error.h"
#include "base/memory.h"

#include <zip.h>

enum { MAX_ENTRIES = 1 << 20 };

struct levin_zip {
    zip_t *archive;
    const char *where;
    zip_uint64_t n;
};

static bool refuse(const levin_zip *z, const char *name, const char *why)
{
    levin__error_set(LEVIN_EFORMAT, "%s: %s%s%s", z->where, name, *name ? ": " : "", why);
    return false;
}

static bool open_archive(levin_zip *z, const void *bytes, size_t n)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &error);
    if (source)
        z->archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (!z->archive) {
        levin__error_set(LEVIN_EFORMAT, "%s: not a whole zip archive: %s", z->where,
                         zip_error_strerror(&error));
        zip_source_free(source);
    }
    zip_error_fini(&error);
    return z->archive != NULL;
}

/* Entries that lie over one another would be read as more than the file holds. */
static bool check_sizes(levin_zip *z, size_t n)
{
    uint64_t sum = 0;
    z->n = (zip_uint64_t)zip_get_num_entries(z->archive, 0);
    if (z->n > MAX_ENTRIES)
        return refuse(z, "", "more than 2^20 entries");
    for (zip_uint64_t i = 0; i < z->n; i++) {
        struct zip_stat info;
        if (zip_stat_index(z->archive, i, 0, &info) != 0)
            return refuse(z, "", zip_strerror(z->archive));
        if (!(info.valid & ZIP_STAT_COMP_SIZE) ||
            __builtin_add_overflow(sum, info.comp_size, &sum) || sum > n)
            return refuse(z, "", "its entries are together larger than the file");
    }
    return true;
}

levin_zip *levin__zip_open(const void *bytes, size_t n, const char *where)
{
    levin_zip *z = levin__calloc(1, sizeof *z);
    if (!z)
        return NULL;
    z->where = where;
    if (open_archive(z, bytes, n) && check_sizes(z, n))
        return z;
    levin__zip_free(z);
    return NULL;
}

void levin__zip_free(levin_zip *z)
{
    if (!z)
        return;
    if (z->archive)
        zip_discard(z->archive);
    levin__free(z);
}

const char *levin__zip_first(const levin_zip *z)
{
    return z->n ? zip_get_name(z->archive, 0, ZIP_FL_ENC_RAW) : NULL;
}

bool levin__zip_find(levin_zip *z, const char *name, levin_zip_entry *out)
{
    struct zip_stat info;
    zip_int64_t at = zip_name_locate(z->archive, name, ZIP_FL_ENC_RAW);
    if (at < 0)
        return false;
    if (zip_stat_index(z->archive, (zip_uint64_t)at, 0, &info) != 0)
        return refuse(z, name, zip_strerror(z->archive));
    if (!(info.valid & ZIP_STAT_COMP_METHOD) || info.comp_method != ZIP_CM_STORE)
        return refuse(z, name, "compressed; torch.save stores entries as they are");
    if (!(info.valid & ZIP_STAT_SIZE) || info.size != info.comp_size ||
        ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) && info.encryption_method != ZIP_EM_NONE))
        return refuse(z, name, "encrypted, or of an unknown size");
    *out = (levin_zip_entry){ .index = (uint64_t)at,
                              .size = info.size,
                              .has_checksum = (info.valid & ZIP_STAT_CRC) && info.crc };
    return true;
}

/* libzip compares the checksum when it reaches the end, so it is asked for one byte too many;
 * torch.save may be told to write none, and writes 0. */
static bool read_all(zip_file_t *file, const levin_zip_entry *e, char *to)
{
    char more;
    for (uint64_t done = 0; done < e->size;) {
        zip_int64_t got = zip_fread(file, to + done, e->size - done);
        if (got <= 0)
            return false;
        done += (uint64_t)got;
    }
    return !e->has_checksum || zip_fread(file, &more, 1) == 0;
}

int levin__zip_read(levin_zip *z, const levin_zip_entry *e, const char *name, void *to)
{
    zip_file_t *file = zip_fopen_index(z->archive, e->index, 0);
    if (!file)
        return levin__error_set(LEVIN_EFORMAT, "%s: %s: %s", z->where, name,
                                zip_strerror(z->archive));
    if (!read_all(file, e, to)) {
        const char *why = zip_error_strerror(zip_file_get_error(file));
        levin__error_set(LEVIN_EFORMAT, "%s: %s: damaged: %s", z->where, name, why);
        zip_fclose(file);
        return levin_error();
    }
    zip_fclose(file);
    return LEVIN_OK;
}
