/* torch_inside.h: what torch_*.c share. */
#ifndef LEVIN_FORMATS_TORCH_INSIDE_H
#define LEVIN_FORMATS_TORCH_INSIDE_H

#include "base/file.h"
#include "formats/torch_file.h"
#include "formats/zip.h"

/* Memory that lives as long as the file. */
typedef struct levin_torch_block {
    struct levin_torch_block *next;
    _Alignas(64) unsigned char bytes[];
} levin_torch_block;

struct levin_torch {
    char *where;
    levin_mapping mapping; // empty if the bytes are somebody else's
    unsigned char *bytes;
    size_t size;
    levin_zip *zip; // NULL: the old format
    char *top;      // the folder of all entries, with its slash
    levin_pickle *pickle;
    levin_torch_block *blocks;
    uint64_t copied; // bytes of tensors that could not stay where they lie
};

/** Bytes that f owns. */
void *levin__torch_alloc(levin_torch *f, uint64_t bytes);

/* torch_zip.c */
bool levin__torch_read_zip(levin_torch *f);
/** Reads the bytes of a storage, once. */
bool levin__torch_load_storage(levin_torch *f, levin_pickle_storage *s);

/* torch_legacy.c: storages have their bytes at once. */
bool levin__torch_read_legacy(levin_torch *f);

#endif
