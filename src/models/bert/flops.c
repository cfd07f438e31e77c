/* flops.c: see flops.h. Products alone: norms, gelu and additions are some percent of them and
 * bound by memory; an embedding is a copy. */
#include "models/bert/flops.h"

/* Sums over the texts of a batch. */
typedef struct {
    double texts, tokens, pairs; // pairs: of tokens of one text, which attention looks at
} totals;

static totals add_up(const int64_t *lengths, int64_t n)
{
    totals t = { .texts = (double)n };
    for (int64_t i = 0; i < n; i++) {
        t.tokens += (double)lengths[i];
        t.pairs += (double)lengths[i] * (double)lengths[i];
    }
    return t;
}

static double pooler(double h, totals t) { return 2 * h * h * t.texts; }

levin_flops levin__bert_flops_useful(const levin_bert_config *c, const int64_t *lengths, int64_t n)
{
    totals t = add_up(lengths, n);
    double h = (double)c->hidden_size, f = (double)c->intermediate_size;
    double layer = (8 * h * h + 4 * h * f) * t.tokens + 4 * h * t.pairs;
    double forward = (double)c->num_hidden_layers * layer + pooler(h, t);
    return (levin_flops){ forward, 3 * forward };
}

levin_flops levin__bert_flops_computed(const levin_bert_config *c, const int64_t *lengths,
                                       int64_t n)
{
    totals t = add_up(lengths, n);
    double h = (double)c->hidden_size, f = (double)c->intermediate_size;
    double layers = (double)c->num_hidden_layers, behind = layers > 0 ? layers - 1 : 0;
    double products = layers * 6 * h * h * t.tokens +
                      (2 * h * h + 4 * h * f) * (behind * t.tokens + (layers - behind) * t.texts) +
                      pooler(h, t);
    double attention = layers * 4 * h * t.pairs;
    return (levin_flops){ products + attention, 3 * products + 3.5 * attention };
}
