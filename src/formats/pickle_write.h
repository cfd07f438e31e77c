/* pickle_write.h: the pickles that levin writes, for torch.load: protocol 2, the opcodes and names
 * that its weights_only reader takes. */
#ifndef LEVIN_FORMATS_PICKLE_WRITE_H
#define LEVIN_FORMATS_PICKLE_WRITE_H

#include "base/buffer.h"

#include <jansson.h>
#include <levin/safetensors.h>

/** Adds the pickle of a dict: the members of a JSON object, and under key an OrderedDict of
 * tensors, where tensor i lies in storage "i". False, with an error, for a dtype that torch has no
 * storage class for. */
bool levin__pickle_write(levin_buffer *out, const json_t *object, const char *key,
                         const levin_st_entry *tensors, int64_t n);

#endif
