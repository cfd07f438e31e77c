/* bert.h: the encoder's inside: an embedding table for words, positions and segments, then layers
 * of few, fat operators. Query, key and value of a layer are one parameter of three parts. */
#ifndef LEVIN_MODELS_BERT_BERT_H
#define LEVIN_MODELS_BERT_BERT_H

#include "autograd/autograd.h"
#include "nn/module.h"

#include <jansson.h>
#include <levin/bert.h>

typedef struct levin_bert_layer {
    levin_module base;
    levin_tensor *qkv_weight, *qkv_bias;                 // (3 H, H), (3 H)
    levin_tensor *output_weight, *output_bias;           // (H, H), (H)
    levin_tensor *output_norm_weight, *output_norm_bias; // (H)
    levin_tensor *up_weight, *up_bias;                   // (F, H), (F)
    levin_tensor *down_weight, *down_bias;               // (H, F), (H)
    levin_tensor *down_norm_weight, *down_norm_bias;     // (H)
} levin_bert_layer;

typedef struct levin_bert_embeddings {
    levin_module base;
    levin_tensor *words, *positions, *types; // (V, H), (P, H), (types, H)
    levin_tensor *norm_weight, *norm_bias;   // (H)
} levin_bert_embeddings;

typedef struct levin_bert_pooler {
    levin_module base;
    levin_tensor *weight, *bias; // (H, H), (H)
} levin_bert_pooler;

struct levin_bert {
    levin_module base;
    levin_bert_config config;
    json_t *json; // config.json as it was read
    levin_bert_embeddings *embeddings;
    levin_bert_layer **layers;
    levin_bert_pooler *pooler;
    bool gradient_checkpointing; // layers are computed again on the way back
};

/** An encoder whose parameters have no numbers yet. Takes json. */
levin_bert *levin__bert_declare(levin_module *parent, const char *name,
                                const levin_bert_config *config, json_t *json);
/** The same by the config.json of a folder. */
levin_bert *levin__bert_declare_from(levin_module *parent, const char *name, const char *folder);
/** After loading: a parameter without numbers is an error that names it, but a pooler that the
 * folder lacks begins anew. */
int levin__bert_complete(levin_bert *bert, const char *folder);
/** New numbers for every parameter that has none, as Transformers initialises them. */
int levin__bert_init(levin_bert *bert);

/** The encoder's output (B, T*, H); each layer's, embeddings first, goes to states if that is not
 * NULL (num_hidden_layers + 1 places). */
levin_tensor *levin__bert_encode(levin_bert *bert, const levin_batch *b, levin_tensor **states);
/** tanh(W x + b) of first tokens (B, H). */
levin_tensor *levin__bert_pool(levin_bert *bert, const levin_tensor *first);

#endif
