/* patched.h: checkpoints as a stranger may make them: the header is any JSON object, the checksum
 * is right, for it protects from accidents only. */
#ifndef LEVIN_TESTS_PATCHED_H
#define LEVIN_TESTS_PATCHED_H

#include <jansson.h>

/** The header of a checkpoint, the caller's to change; NULL after an error. */
json_t *checkpoint_header(const char *path);
/** Writes a checkpoint with this header and the tensors of another one. */
int checkpoint_patch(const char *path, const json_t *header, const char *tensors_of);

#endif
