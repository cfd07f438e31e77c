/* zip.h: the entries of a zip archive in memory, through libzip. Only what torch.save writes:
 * entries are stored as they are, so that an archive cannot hold more than its own size. */
#ifndef LEVIN_FORMATS_ZIP_H
#define LEVIN_FORMATS_ZIP_H

#include <levin/base.h>

typedef struct levin_zip levin_zip;

typedef struct levin_zip_entry {
    uint64_t index, size;
    bool has_checksum;
} levin_zip_entry;

/** Over n bytes, which must outlive it; where names them in messages. Yours. NULL with
 * LEVIN_EFORMAT for an archive that contradicts itself, or whose entries are together larger than
 * it. */
levin_zip *levin__zip_open(const void *bytes, size_t n, const char *where);
void levin__zip_free(levin_zip *z);
/** The name of the first entry; NULL if there is none. Lent. */
const char *levin__zip_first(const levin_zip *z);
/** Whether an entry of that name is there; false with an error if it is compressed or encrypted. */
bool levin__zip_find(levin_zip *z, const char *name, levin_zip_entry *out);
/** Reads a whole entry and compares its checksum. name is for messages. */
int levin__zip_read(levin_zip *z, const levin_zip_entry *e, const char *name, void *to);

#endif
