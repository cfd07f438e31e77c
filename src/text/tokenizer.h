/* tokenizer.h: a tokenizer's insides, for the files of this room. */
#ifndef LEVIN_TEXT_TOKENIZER_H
#define LEVIN_TEXT_TOKENIZER_H

#include "base/json.h"
#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/pieces.h"
#include "text/template.h"
#include "text/truncation.h"
#include "text/wordpiece.h"

#include <levin/tokenizer.h>

/* The special tokens that Hugging Face has names for. */
enum { LEVIN_UNK, LEVIN_SEP, LEVIN_PAD, LEVIN_CLS, LEVIN_MASK, LEVIN_SPECIALS };
extern const char *const levin__special_keys[LEVIN_SPECIALS]; // "unk_token" and so on

struct levin_tokenizer {
    levin_wordpiece wordpiece;
    levin_normalizer normalizer;
    levin_switch strip_accents; // as configured: default means as lowercase
    levin_added_tokens added;
    int32_t *added_at; // for each id, its place in added.items or -1
    int32_t n_ids;     // one more than the largest id
    levin_template single, pair;
    char *special[LEVIN_SPECIALS]; // contents, NULL if there is none
    char *decoder_prefix;
    bool decoder_cleanup;
    int model_max_length;
};

/** A tokenizer with BERT's defaults that takes vocab, which may still be empty; NULL and an error.
 */
levin_tokenizer *levin__tokenizer_new(levin_vocab *vocab);
/** Adds a token as tokenizers.add_tokens does: one that the vocabulary has keeps its id, a new one
 * gets the next. Empty ones are passed over. */
int levin__tokenizer_add(levin_tokenizer *t, const levin_added_token *token);
/** The last step of making one: settles options, builds tables, checks that [UNK] is there. */
int levin__tokenizer_finish(levin_tokenizer *t, const char *where);
/** Adds a special token that is found in raw text, if the vocabulary has it. */
int levin__tokenizer_add_special(levin_tokenizer *t, const char *content);
int levin__tokenizer_set_special(levin_tokenizer *t, int which, const char *content);
/** BERT's template from the ids of [CLS] and [SEP], which must be there. */
int levin__tokenizer_bert_template(levin_tokenizer *t, const char *where);

/** Reads vocab.txt. NULL and an error. */
levin_vocab *levin__vocab_from_text(const char *path);
/** Reads tokenizer.json, or its text, which where names in messages; to be finished. NULL and an
 * error. */
levin_tokenizer *levin__tokenizer_from_json(const char *path);
levin_tokenizer *levin__tokenizer_parse(const char *text, size_t n, const char *where);
/** Adds the token that a JSON object or string describes; special where it does not say. */
int levin__tokenizer_add_json(levin_tokenizer *t, const json_t *token, bool special,
                              const char *where);

/** Empties out and gives it room for the pieces of n bytes of text, from the innermost scope; what
 * it has is kept if it is large enough. 0 or an error code. */
int levin__pieces_reserve(const levin_tokenizer *t, size_t n, bool offsets, levin_pieces *out);
/** Finds the pieces of n bytes of text: added tokens, then words; adds them to out. */
int levin__encode_text(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out);
/** The same where there are no added tokens: ids only, in one pass. False if there is no memory. */
bool levin__encode_ids(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out);
/** The same, ids only, in steps. */
bool levin__encode_exactly(const levin_tokenizer *t, const char *text, size_t n, levin_pieces *out);
/** Bytes that levin__encode_ids needs for a word of a text of n bytes. */
size_t levin__word_room(const levin_tokenizer *t, size_t n);

#endif
