/* token_batches.h: texts in packed batches of about so many tokens, for those who want answers and
 * have no epochs: the embedder and `levin predict`. Texts are tokenised together and go by length,
 * the longest first, so that a batch is even work for all threads; each batch says which rows it
 * holds. */
#ifndef LEVIN_DATA_TOKEN_BATCHES_H
#define LEVIN_DATA_TOKEN_BATCHES_H

#include <levin/data.h>

/* A text or a pair as it comes; any bytes. */
typedef struct levin_text_row {
    const char *text, *pair; // pair NULL: there is none
    size_t n, n_pair;
} levin_text_row;

typedef struct levin_token_batches {
    const levin_tokenizer *tokenizer;
    int max_length; // tokens of a row; longer ones are cut
    int64_t budget; // tokens of a batch; one row may be more
    int64_t first;  // number of the first row, for messages
    /* Set by begin. */
    levin_encoding *encodings;
    int64_t *order; // of rows
    int64_t n, next;
} levin_token_batches;

/** Tokenises n rows on the library's threads. b has its first four fields; it takes memory of the
 *  current scope, which has to outlive it. 0 or an error code; end b either way. */
int levin__token_batches_begin(levin_token_batches *b, const levin_text_row *rows, int64_t n);
/** The next batch, in the current scope: ids, types, and the rows' numbers as its indices. False
 *  past the last one or after an error. */
bool levin__token_batches_next(levin_token_batches *b, levin_batch *out);
void levin__token_batches_end(levin_token_batches *b);

#endif
