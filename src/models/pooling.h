/* pooling.h: from the vectors of tokens to the vector of a text. */
#ifndef LEVIN_MODELS_POOLING_H
#define LEVIN_MODELS_POOLING_H

#include "models/bert/bert.h"

typedef enum levin_pooling {
    LEVIN_POOL_POOLER, // tanh(W x + b) of the first token
    LEVIN_POOL_CLS,    // the first token
    LEVIN_POOL_MEAN,
    LEVIN_POOL_MAX, // of each number over all tokens; has no way back, so embedding only
} levin_pooling;

/** "pooler", "cls", "mean", "max": what an embedder may pool by, in the order of the enum, closed
 * by NULL. */
extern const char *const levin__pooling_words[];

/** Writes the vector of each text of a batch to out, the vector of text i to row b->indices[i] of
 *  H numbers, at length 1 if wanted. Without gradients; sums are f32 whatever the encoder works in,
 *  and a text's numbers are the same in any batch. 0 or an error code. */
int levin__pool_into(float *out, levin_bert *bert, const levin_batch *b, levin_pooling pooling,
                     bool normalize);

#endif
