/* collate.h: rows of a dataset into one packed batch, in buffers that are used again and again. */
#ifndef LEVIN_DATA_COLLATE_H
#define LEVIN_DATA_COLLATE_H

#include "tensor/tensor.h"

#include <levin/data.h>

/* A batch and the memory it lies in. */
typedef struct levin_slot {
    levin_batch batch; // points to the tensors below
    levin_tensor input_ids, token_type_ids, features, labels;
    levin_ragged ragged;
    int64_t *rows; // (batch_size)
    int32_t *cu_seqlens;
    int32_t *ids, *type_ids;
    int64_t ids_capacity;
    float *numbers; // (batch_size, width)
    int64_t numbers_capacity;
    int64_t *classes;
    float *values;
} levin_slot;

/** A slot for batches of up to batch_size rows of d; roomy enough from the start where the length
 *  of a row is bounded. 0 or an error code. */
int levin__slot_init(levin_slot *s, const levin_dataset *d, int64_t batch_size);
void levin__slot_free(levin_slot *s);

/** Makes the batch of the first n of s->rows; of a stream that ends before, fewer, as the size of
 * the batch says: 0 at the end. 0 or an error code. */
int levin__collate(levin_slot *s, const levin_dataset *d, int64_t n);

#endif
