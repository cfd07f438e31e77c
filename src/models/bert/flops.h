/* flops.h: what an encoder computes, counted by formula. */
#ifndef LEVIN_MODELS_BERT_FLOPS_H
#define LEVIN_MODELS_BERT_FLOPS_H

#include <levin/bert.h>

/* What a batch of packed texts costs; a product and a sum are two operations. */
typedef struct levin_flops {
    double forward;  // encoder and pooler, forwards
    double training; // that three times: forwards, and backwards to inputs and weights
} levin_flops;

/** Of a whole encoder over texts of those lengths, counted on tokens that are there. With h hidden,
 * f intermediate: 8 h^2 + 4 h f + 4 S h a token and layer in a text of S tokens, 2 h^2 a text for
 * the pooler. What is counted for comparing with others, whoever computes less. */
levin_flops levin__bert_flops_useful(const levin_bert_config *c, const int64_t *lengths, int64_t n);
/** What levin does of it for a classifier that looks at first tokens only: behind the attention,
 * the last layer has one row a text. Backwards, attention takes 2.5 times its way there, since its
 * probabilities are computed anew. */
levin_flops levin__bert_flops_computed(const levin_bert_config *c, const int64_t *lengths,
                                       int64_t n);

#endif
