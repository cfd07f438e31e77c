/* torch_save.c: see torch_save.h. libzip writes the archive to a temporary file beside the path.
 * Storages begin at multiples of 64 bytes, so that torch can map them: an extra field of the entry
 * takes the room between, as torch has it. */
#include "formats/torch_save.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "formats/pickle.h"
#include "formats/pickle_write.h"
#include "formats/safetensors_header.h"

#include <stdio.h>
#include <string.h>
#include <zip.h>

enum { LOCAL_HEADER = 30, EXTRA_HEADER = 4, ALIGNMENT = 64, PADDING_ID = 0x4246 };
enum { NEW_YEAR_1980 = 0x21 }; // the date that zip begins with, for equal bytes every day

typedef struct {
    zip_t *archive;
    const char *path;
    uint64_t at; // where the next entry begins
} saving;

/* Of what the system said libzip's own words tell nothing more. */
static bool refuse(const saving *s, zip_error_t *why)
{
    if (zip_error_system_type(why) == ZIP_ET_SYS)
        levin__error_system(zip_error_code_system(why), "%s: cannot write", s->path);
    else
        levin__error_set(LEVIN_EIO, "%s: cannot write: %s", s->path, zip_error_strerror(why));
    return false;
}

/* Fills the extra field so that the bytes of the entry begin at a multiple of 64. */
static bool pad(saving *s, zip_uint64_t index, size_t header)
{
    static const zip_uint8_t zeros[2 * ALIGNMENT];
    uint64_t from = s->at + header + EXTRA_HEADER;
    zip_uint16_t n = (zip_uint16_t)((ALIGNMENT - from % ALIGNMENT) % ALIGNMENT);
    s->at = from + n;
    return zip_file_extra_field_set(s->archive, index, PADDING_ID, ZIP_EXTRA_FIELD_NEW, zeros, n,
                                    ZIP_FL_LOCAL) == 0;
}

/* The bytes must stay where they are until the archive is closed. */
static bool add(saving *s, const char *name, const void *bytes, uint64_t n)
{
    char full[64];
    int size = snprintf(full, sizeof full, "archive/%s", name);
    zip_source_t *source = zip_source_buffer(s->archive, bytes, n, 0);
    zip_int64_t at = source ? zip_file_add(s->archive, full, source, ZIP_FL_ENC_UTF_8) : -1;
    if (source && at < 0)
        zip_source_free(source);
    zip_uint64_t index = (zip_uint64_t)at;
    if (at < 0 || !pad(s, index, LOCAL_HEADER + (size_t)size) ||
        zip_set_file_compression(s->archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(s->archive, index, 0, NEW_YEAR_1980, 0) != 0)
        return refuse(s, zip_get_error(s->archive));
    s->at += n;
    return true;
}

static bool add_storages(saving *s, const levin_st_entry *tensors, int64_t n)
{
    char name[32];
    for (int64_t i = 0; i < n; i++) {
        uint64_t numel, bytes;
        levin__st_size(tensors[i].shape, tensors[i].ndim, tensors[i].dtype, &numel, &bytes);
        snprintf(name, sizeof name, "data/%lld", (long long)i);
        if (!add(s, name, tensors[i].data, bytes))
            return false;
    }
    return true;
}

static int gives_up(zip_t *archive, void *payload)
{
    (void)archive;
    (void)payload;
    return levin__writers_give_up();
}

static bool write_archive(saving *s, const char *temporary, const levin_buffer *pickle,
                          const levin_st_entry *tensors, int64_t n)
{
    int code;
    s->archive = zip_open(temporary, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!s->archive) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        refuse(s, &error);
        zip_error_fini(&error);
        return false;
    }
    zip_register_cancel_callback_with_state(s->archive, gives_up, NULL, NULL);
    bool ok = add(s, "data.pkl", pickle->data, pickle->size) && add(s, ".format_version", "1", 1) &&
              add(s, ".storage_alignment", "64", 2) && add(s, "byteorder", "little", 6) &&
              add_storages(s, tensors, n) && add(s, "version", "3\n", 2);
    if (ok && zip_close(s->archive) == 0)
        return true;
    if (ok)
        refuse(s, zip_get_error(s->archive));
    zip_discard(s->archive);
    return false;
}

int levin__torch_save(const char *path, const json_t *object, const char *key,
                      const levin_st_entry *tensors, int64_t n)
{
    saving s = { .path = path };
    levin_buffer pickle = LEVIN_BUFFER(LEVIN_PICKLE_MAX_BYTES);
    char *temporary = levin__temporary_name(path);
    if (temporary && levin__pickle_write(&pickle, object, key, tensors, n) &&
        write_archive(&s, temporary, &pickle, tensors, n))
        levin__file_publish(temporary, path);
    levin__buffer_free(&pickle);
    levin__free(temporary);
    return levin_error();
}
