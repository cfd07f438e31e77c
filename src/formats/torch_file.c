/* torch_file.c: see torch_file.h: opening and closing, whichever of the two formats it is. */
#include "formats/torch_file.h"

#include "base/error.h"
#include "base/memory.h"
#include "formats/torch_inside.h"

#include <string.h>

static const char zip_magic[] = "PK\3\4";
enum { PICKLE_MAGIC = 0x80, TAR_MAGIC_AT = 257 };

static bool is_zip(const unsigned char *bytes, size_t n)
{
    return n >= 4 && memcmp(bytes, zip_magic, 4) == 0;
}

static bool is_pickle(const unsigned char *bytes, size_t n)
{
    return n >= 2 && bytes[0] == PICKLE_MAGIC && bytes[1] >= 2 && bytes[1] <= 5;
}

bool levin__torch_begins(const void *bytes, size_t n)
{
    return is_zip(bytes, n) || is_pickle(bytes, n);
}

void *levin__torch_alloc(levin_torch *f, uint64_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        levin__error_set(LEVIN_ENOMEM, "%s: out of memory: %llu bytes", f->where,
                         (unsigned long long)bytes);
        return NULL;
    }
    levin_torch_block *b = levin__alloc(sizeof *b + (size_t)bytes);
    if (!b)
        return NULL;
    b->next = f->blocks;
    f->blocks = b;
    return b->bytes;
}

/* What else a file with that name may be. */
static const char *guess(const unsigned char *bytes, size_t n)
{
    static const char lfs[] = "version https://git-lfs";
    if (n >= sizeof lfs && memcmp(bytes, lfs, sizeof lfs - 1) == 0)
        return "a Git LFS pointer, not the weights: run git lfs pull";
    if (n > TAR_MAGIC_AT + 5 && memcmp(bytes + TAR_MAGIC_AT, "ustar", 5) == 0)
        return "a tar archive, as torch.save wrote it before 0.1.10: load it there and save it "
               "again";
    return "not a file of torch.save: neither a zip archive nor a pickle";
}

static bool read_bytes(levin_torch *f)
{
    if (is_zip(f->bytes, f->size))
        return levin__torch_read_zip(f);
    if (is_pickle(f->bytes, f->size))
        return levin__torch_read_legacy(f);
    levin__error_set(LEVIN_EFORMAT, "%s: %s", f->where, guess(f->bytes, f->size));
    return false;
}

levin_torch *levin__torch_parse(void *bytes, size_t n, const char *where)
{
    levin_torch *f = levin__calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->bytes = bytes;
    f->size = n;
    f->where = levin__strdup(where);
    if (f->where && read_bytes(f))
        return f;
    levin__torch_free(f);
    return NULL;
}

levin_torch *levin__torch_open(const char *path)
{
    levin_mapping mapping;
    if (levin__file_map(&mapping, path) != LEVIN_OK)
        return NULL;
    levin_torch *f = levin__torch_parse(mapping.data, mapping.size, path);
    if (f)
        f->mapping = mapping;
    else
        levin__file_unmap(&mapping);
    return f;
}

void levin__torch_free(levin_torch *f)
{
    if (!f)
        return;
    while (f->blocks) {
        levin_torch_block *next = f->blocks->next;
        levin__free(f->blocks);
        f->blocks = next;
    }
    levin__pickle_free(f->pickle);
    levin__zip_free(f->zip);
    levin__file_unmap(&f->mapping);
    levin__free(f->where);
    levin__free(f->top);
    levin__free(f);
}

const levin_value *levin__torch_root(const levin_torch *f)
{
    return f ? levin__pickle_root(f->pickle) : NULL;
}

bool levin__torch_is_zip(const levin_torch *f) { return f && f->zip; }
