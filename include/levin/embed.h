/* embed.h: texts to vectors, for search, comparison and clustering. An embedder is an encoder with
 * its tokenizer and a pooling, as a folder of sentence-transformers describes it; any BERT folder
 * will do. Nothing is recorded for gradients, and nothing is padded. */
#ifndef LEVIN_EMBED_H
#define LEVIN_EMBED_H

#include <levin/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_embedder levin_embedder;

typedef struct levin_embedder_opts {
    const char *pooling;    // "mean", "cls", "max", "pooler"; NULL: what the folder's modules.json
                            // names, else "mean"
    levin_switch normalize; // to length 1; default: as modules.json says, else off
    int max_length;         // tokens of a text, [CLS] and [SEP] counted; longer texts are cut. 0:
                            // max_seq_length of sentence_bert_config.json, else the tokenizer's
                            // limit; never more than the model's
    int64_t batch_tokens;   // tokens that are computed at once; 0 means 2048. The vectors do not
                            // depend on it
    const char *precision;  // "32-true" (default), "bf16-mixed", "int8"
} levin_embedder_opts;

/** The encoder, tokenizer and pooling of a folder. opts may be NULL. Yours. */
LEVIN_API levin_embedder *levin_embedder_from_pretrained(const char *folder,
                                                         const levin_embedder_opts *opts);
LEVIN_API void levin_embedder_free(levin_embedder *e);

/** H, the numbers of a vector. */
LEVIN_API int64_t levin_embedder_size(const levin_embedder *e);
/** What was settled on: tokens of a text, the pooling's word (lent), whether vectors have length 1.
 */
LEVIN_API int levin_embedder_max_length(const levin_embedder *e);
LEVIN_API const char *levin_embedder_pooling(const levin_embedder *e);
LEVIN_API bool levin_embedder_normalizes(const levin_embedder *e);

/** Writes the vectors of n texts to out, (n, H), row i for text i. lengths says how many bytes each
 *  has; NULL: they end with NUL. An empty text has a vector too. The same bits for any number of
 * threads. One thread at a time may use an embedder. 0 or an error code; out is undefined then. */
LEVIN_API int levin_embedder_embed(levin_embedder *e, const char *const *texts,
                                   const size_t *lengths, int64_t n, float *out);

#ifdef __cplusplus
}
#endif
#endif
