/* torch_zip.c: the archive of torch.save since 1.6. All entries stand in one folder: data.pkl is
 * the value, data/KEY the bytes of a storage, byteorder their order. */
#include "base/error.h"
#include "base/memory.h"
#include "formats/torch_inside.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TOP = 256, MAX_ENTRY_NAME = MAX_TOP + 128 };

static bool refuse(const levin_torch *f, const char *why)
{
    levin__error_set(LEVIN_EFORMAT, "%s: %s", f->where, why);
    return false;
}

/* The folder is that of the first entry, whatever its name. */
static bool find_top(levin_torch *f)
{
    const char *first = levin__zip_first(f->zip), *slash = first ? strchr(first, '/') : NULL;
    if (!slash || slash - first >= MAX_TOP)
        return refuse(f, "a zip archive, but not of torch.save: its first entry lies in no folder");
    f->top = levin__strndup(first, (size_t)(slash - first) + 1);
    return f->top != NULL;
}

static bool find(levin_torch *f, const char *name, levin_zip_entry *out)
{
    char full[MAX_ENTRY_NAME];
    snprintf(full, sizeof full, "%s%s", f->top, name);
    return levin__zip_find(f->zip, full, out);
}

static bool check_order(levin_torch *f)
{
    char order[8] = "";
    levin_zip_entry e;
    if (!find(f, "byteorder", &e))
        return !levin_error(); // torch before 2.1 wrote none
    if (e.size >= sizeof order)
        return refuse(f, "byteorder must be \"little\" or \"big\"");
    if (levin__zip_read(f->zip, &e, "byteorder", order) < 0)
        return false;
    return strcmp(order, "little") == 0 || refuse(f, "its numbers begin with the largest byte");
}

static bool check_storages(levin_torch *f)
{
    char name[MAX_ENTRY_NAME], shown[80];
    for (levin_pickle_storage *s = levin__pickle_storages(f->pickle); s; s = s->next) {
        levin_zip_entry e;
        snprintf(name, sizeof name, "data/%s", s->key.bytes);
        levin__printable(shown, s->key.bytes, s->key.size);
        bool there = find(f, name, &e);
        if (levin_error())
            return false;
        if (!there || e.size != s->bytes) {
            levin__error_set(
                LEVIN_EFORMAT,
                "%s: %sdata.pkl: byte %zu: storage %s has %llu bytes, but its entry %s", f->where,
                f->top, s->at, shown, (unsigned long long)s->bytes,
                there ? "has another size" : "is not in the archive");
            return false;
        }
    }
    return true;
}

static bool read_pickle(levin_torch *f)
{
    levin_zip_entry e;
    char *where = levin__format("%s: %sdata.pkl", f->where, f->top);
    bool found = where && find(f, "data.pkl", &e);
    if (where && !found && !levin_error())
        refuse(f, "a zip archive, but not of torch.save: it has no data.pkl");
    else if (found && e.size > LEVIN_PICKLE_MAX_BYTES)
        levin__error_set(LEVIN_EFORMAT, "%s: a pickle of more than %d bytes", where,
                         LEVIN_PICKLE_MAX_BYTES);
    void *bytes = levin_error() ? NULL : levin__alloc((size_t)e.size);
    if (bytes && levin__zip_read(f->zip, &e, "data.pkl", bytes) == LEVIN_OK)
        f->pickle = levin__pickle_read(bytes, (size_t)e.size, 0, where);
    levin__free(bytes);
    levin__free(where);
    return f->pickle != NULL;
}

bool levin__torch_read_zip(levin_torch *f)
{
    levin_zip_entry e;
    f->zip = levin__zip_open(f->bytes, f->size, f->where);
    if (!f->zip || !find_top(f))
        return false;
    if (find(f, "constants.pkl", &e))
        return refuse(f, "a TorchScript archive, which holds a program: save its state_dict() "
                         "with torch.save");
    return !levin_error() && check_order(f) && read_pickle(f) && check_storages(f);
}

bool levin__torch_load_storage(levin_torch *f, levin_pickle_storage *s)
{
    char name[MAX_ENTRY_NAME];
    levin_zip_entry e;
    if (s->data)
        return true;
    snprintf(name, sizeof name, "data/%s", s->key.bytes);
    void *bytes = find(f, name, &e) ? levin__torch_alloc(f, e.size) : NULL;
    if (!bytes || levin__zip_read(f->zip, &e, name, bytes) < 0)
        return false;
    s->data = bytes;
    return true;
}
