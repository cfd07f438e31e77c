/* checkpoint.h: the container of .ckpt files: a safetensors file whose metadata holds a JSON object
 * (what the trainer keeps beside tensors) and a checksum over everything. docs/formats.md has the
 * layout; what the object says is the trainer's business. */
#ifndef LEVIN_FORMATS_CHECKPOINT_H
#define LEVIN_FORMATS_CHECKPOINT_H

#include <jansson.h>
#include <levin/safetensors.h>

typedef struct levin_checkpoint levin_checkpoint;

/** Writes a checkpoint atomically; header is a JSON object of at most some 90 MB of text. 0 when
 *  the file stands under its name; on failure the old file, if any, is untouched. */
int levin__checkpoint_save(const char *path, const json_t *header, const levin_st_entry *tensors,
                           int64_t n);
/** Maps a checkpoint and compares its checksum, so that bytes which changed on disk are never used.
 *  Yours. */
levin_checkpoint *levin__checkpoint_open(const char *path);
/** The JSON object alone, without a look at the tensors and so without the checksum: enough to
 * choose among files, not to go on from one. A new reference; NULL after an error. */
json_t *levin__checkpoint_peek(const char *path);
void levin__checkpoint_free(levin_checkpoint *c);
/** The JSON object. Lent. */
const json_t *levin__checkpoint_header(const levin_checkpoint *c);
/** Lent. */
const levin_safetensors *levin__checkpoint_tensors(const levin_checkpoint *c);

#endif
