/* features.h: from a text to token ids, once. The ids of a row are kept, so that an epoch after the
 * first tokenizes nothing. Used by one thread at a time: the one that makes batches. */
#ifndef LEVIN_DATA_FEATURES_H
#define LEVIN_DATA_FEATURES_H

#include <levin/data.h>

typedef struct levin_features levin_features;

/* Token ids of one row. */
typedef struct levin_ids {
    const int32_t *ids;
    const int32_t *type_ids; // NULL: n_first zeros, then ones
    int64_t n, n_first;
} levin_ids;

levin_features *levin__features_new(void);
void levin__features_free(levin_features *f);
/** What was kept is forgotten. The tokenizer is lent. */
void levin__features_set_tokenizer(levin_features *f, const levin_tokenizer *t, int max_length);
/** Frees t together with f. */
void levin__features_own_tokenizer(levin_features *f, levin_tokenizer *t);
/** The most tokens that a row can have; 0 if nothing bounds them. */
int64_t levin__features_max_length(const levin_features *f);

/** Token ids of row i, whose example is e; lent until the next call. 0 or an error code. */
int levin__features_get(const levin_dataset *d, int64_t i, const levin_example *e, levin_ids *out);

#endif
