/* weight_file.h: one file of weights, safetensors or of torch.save, as a list of tensors. */
#ifndef LEVIN_FORMATS_WEIGHT_FILE_H
#define LEVIN_FORMATS_WEIGHT_FILE_H

#include "formats/torch_file.h"

typedef struct levin_weight_file levin_weight_file;

/** Opens a safetensors file or, where torch is true, one of torch.save whose value is a dict of
 *  tensors. Yours; NULL after an error. */
levin_weight_file *levin__weight_file_open(const char *path, bool torch);
void levin__weight_file_free(levin_weight_file *f);
size_t levin__weight_file_count(const levin_weight_file *f);
/** Tensor i in the order of names. Lent. */
const levin_st_tensor *levin__weight_file_at(const levin_weight_file *f, size_t i);
/** By name; NULL, without an error, if it is not there. Lent. */
const levin_st_tensor *levin__weight_file_find(const levin_weight_file *f, const char *name);

#endif
