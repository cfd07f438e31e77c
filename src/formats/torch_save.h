/* torch_save.h: files as torch.save writes them, which torch.load reads, also with weights_only. */
#ifndef LEVIN_FORMATS_TORCH_SAVE_H
#define LEVIN_FORMATS_TORCH_SAVE_H

#include <jansson.h>
#include <levin/safetensors.h>

/** Writes a dict, the members of a JSON object and under key an OrderedDict of tensors, atomically.
 *  The same dict gives the same bytes. 0 when the file stands under its name. */
int levin__torch_save(const char *path, const json_t *object, const char *key,
                      const levin_st_entry *tensors, int64_t n);

#endif
