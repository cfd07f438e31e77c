/* tokenizer.h: BERT WordPiece, exactly as Hugging Face's `tokenizers` package: text in, ids out.
 * A tokenizer never changes after it was made and may be shared by threads. */
#ifndef LEVIN_TOKENIZER_H
#define LEVIN_TOKENIZER_H

#include <levin/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct levin_tokenizer levin_tokenizer;

/** Reads tokenizer.json, or vocab.txt with tokenizer_config.json, from a model folder. Yours. */
LEVIN_API levin_tokenizer *levin_tokenizer_from_pretrained(const char *folder);
/** Writes tokenizer.json, tokenizer_config.json, vocab.txt and special_tokens_map.json. */
LEVIN_API int levin_tokenizer_save(const levin_tokenizer *t, const char *folder);
LEVIN_API void levin_tokenizer_free(levin_tokenizer *t);

typedef struct levin_tokenizer_opts {
    levin_switch lowercase;            // default on
    levin_switch strip_accents;        // default: as lowercase
    levin_switch handle_chinese_chars; // default on
    levin_switch clean_text;           // default on
    int max_input_chars_per_word;      // 0 means 100
} levin_tokenizer_opts;

/** From a vocabulary file, one token a line. */
LEVIN_API levin_tokenizer *levin_tokenizer_from_vocab(const char *path,
                                                      const levin_tokenizer_opts *opts);

typedef struct levin_added_token {
    const char *content;
    bool single_word, lstrip, rstrip, normalized, special;
} levin_added_token;
/** A copy of t that also knows n added tokens (ids follow the vocabulary). Yours. */
LEVIN_API levin_tokenizer *levin_tokenizer_with_added(const levin_tokenizer *t,
                                                      const levin_added_token *tokens, int n);

LEVIN_API int64_t levin_tokenizer_vocab_size(const levin_tokenizer *t);   // added tokens included
LEVIN_API int levin_tokenizer_model_max_length(const levin_tokenizer *t); // 0: no limit known
/** Id of a token, -1 if unknown; token of an id, NULL if unknown. An added token that is searched
 * in normalised text is given as it stands there ("foobar" for FooBar). */
LEVIN_API int32_t levin_tokenizer_token_to_id(const levin_tokenizer *t, const char *token);
LEVIN_API const char *levin_tokenizer_id_to_token(const levin_tokenizer *t, int32_t id);

typedef enum levin_truncation {
    LEVIN_TRUNCATE_LONGEST_FIRST, // the default
    LEVIN_TRUNCATE_ONLY_FIRST,
    LEVIN_TRUNCATE_ONLY_SECOND,
    LEVIN_DO_NOT_TRUNCATE,
} levin_truncation;

typedef struct levin_encode_opts {
    int max_length; // 0: no limit
    levin_truncation truncation;
    int stride;                             // tokens shared by neighbouring overflow pieces
    levin_switch truncate_left;             // default off: the head is kept
    levin_switch add_special_tokens;        // default on
    levin_switch return_overflowing_tokens; // default off
    levin_switch return_offsets; // default off: offsets, word_ids and sequence_ids cost time
} levin_encode_opts;

/* One encoded text or pair. All arrays have n elements and belong to the encoding. */
typedef struct levin_encoding {
    int64_t n;
    int32_t *ids, *type_ids;
    int32_t (
        *offsets)[2];     // bytes of the own sequence; (0, 0) for special tokens; NULL unless asked
    int32_t *word_ids;    // -1 for special tokens; NULL unless asked
    int8_t *sequence_ids; // 0, 1, or -1 for special tokens; NULL unless asked
    int8_t *special_tokens_mask; // NULL unless asked
    int64_t n_overflowing;
    struct levin_encoding *overflowing; // each a whole encoding; NULL unless asked
} levin_encoding;

/** A text of n bytes (need not be valid UTF-8: a bad sequence counts as one U+FFFD each, by the
 *  maximal-subpart rule), and a second one or NULL. 0 or an error code. */
LEVIN_API int levin_tokenizer_encode(const levin_tokenizer *t, const char *text, size_t n,
                                     const char *pair, size_t n_pair, const levin_encode_opts *opts,
                                     levin_encoding *out);
/** Words split beforehand; offsets count within each word. */
LEVIN_API int levin_tokenizer_encode_words(const levin_tokenizer *t, const char *const *words,
                                           int64_t n, const levin_encode_opts *opts,
                                           levin_encoding *out);
/** Many at once, on the library's threads, results in order. pairs may be NULL, and so may each of
 *  its elements. Texts end with NUL. out holds n encodings, each to be freed. */
LEVIN_API int levin_tokenizer_encode_batch(const levin_tokenizer *t, const char *const *texts,
                                           const char *const *pairs, int64_t n,
                                           const levin_encode_opts *opts, levin_encoding *out);
LEVIN_API void levin_encoding_free(levin_encoding *e); // what it points to, not e itself

/** Text from ids; clean-up as Hugging Face does it. The caller's; free with levin_free. */
LEVIN_API char *levin_tokenizer_decode(const levin_tokenizer *t, const int32_t *ids, int64_t n,
                                       bool skip_special_tokens);

typedef struct levin_padding_opts {
    int length;             // 0: as long as the longest of the batch
    int pad_to_multiple_of; // 0: none
    levin_switch pad_left;  // default off
    int32_t pad_id;         // 0: that of [PAD]
    int32_t pad_type_id;
} levin_padding_opts;
/** Pads every encoding, and its overflowing parts, to one length. Only for comparing with padded
 * peers; levin's own batches are packed. attention_mask may be NULL; else attention_mask[i]
 * receives a row of ones and zeros for batch[i], to be freed with levin_free. */
LEVIN_API int levin_tokenizer_pad(const levin_tokenizer *t, levin_encoding *batch, int64_t n,
                                  const levin_padding_opts *opts, int8_t **attention_mask);

#ifdef __cplusplus
}
#endif
#endif
