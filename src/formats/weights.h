/* weights.h: the tensors of a model folder, whether they lie in one file or in shards with an
 * index, of safetensors or of torch.save. What the names mean is the model's business. */
#ifndef LEVIN_FORMATS_WEIGHTS_H
#define LEVIN_FORMATS_WEIGHTS_H

#include <levin/safetensors.h>

typedef struct levin_weights levin_weights;

/** Opens the first of model.safetensors, the shards of model.safetensors.index.json,
 *  pytorch_model.bin, and the shards of pytorch_model.bin.index.json. Yours. */
levin_weights *levin__weights_open(const char *folder);
void levin__weights_free(levin_weights *w);
/** The file opened: the weights themselves, or the index. For messages. */
const char *levin__weights_path(const levin_weights *w);
int64_t levin__weights_count(const levin_weights *w);
/** Tensor i in the order of names; NULL past the end. Lent. */
const levin_st_tensor *levin__weights_at(const levin_weights *w, int64_t i);
/** By name; NULL, without an error, if it is not there. Lent. */
const levin_st_tensor *levin__weights_find(const levin_weights *w, const char *name);

#endif
