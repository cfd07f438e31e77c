/* added_tokens.h: tokens that are found in the text itself, before it is split into words: special
 * tokens, and those a user added. */
#ifndef LEVIN_TEXT_ADDED_TOKENS_H
#define LEVIN_TEXT_ADDED_TOKENS_H

#include "base/map.h"
#include "text/normalizer.h"

#include <levin/tokenizer.h>

enum { LEVIN_NO_PATTERN = -2, LEVIN_MANY_BYTES = -1 }; // values of only

/* Patterns by their first bytes: nodes[first[c]] is the node of byte c, 0 is none. */
typedef struct levin_trie_node {
    int32_t child, sibling; // 0: none
    int32_t token;          // index of the added token that ends here, or -1
    unsigned char byte;
} levin_trie_node;

typedef struct levin_trie {
    levin_trie_node *nodes;
    int32_t first[256];
    int32_t n_nodes;
    int only; // the byte that all patterns begin with, if there is one
} levin_trie;

typedef struct levin_added {
    levin_added_token token; // content is owned
    size_t size;             // of the content
    char *normal;            // what it is searched by in normalised text; NULL if it is not
    int32_t id;
} levin_added;

typedef struct levin_added_tokens {
    levin_added *items;
    int32_t n, capacity;
    int32_t next_id;       // one more than the largest id
    levin_map *index;      // content -> place in items
    levin_trie raw;        // contents as they are, for tokens with normalized off
    levin_trie normalized; // normalised contents, searched in normalised text
} levin_added_tokens;

/** Adds a copy of token under id, or replaces the token with that content. 0 or an error code. */
int levin__added_put(levin_added_tokens *a, const levin_added_token *token, int32_t id);
/** The index of a content, or -1. */
int32_t levin__added_find(const levin_added_tokens *a, const char *content, size_t n);
/** Builds the tries, once all tokens are there. 0 or an error code. */
int levin__added_finish(levin_added_tokens *a, const levin_normalizer *z);
void levin__added_free(levin_added_tokens *a);

/* A walk over the tokens in a text. Start with { .text, .n }. */
typedef struct levin_added_walk {
    const char *text;
    size_t n;
    size_t search; // where the next search begins
    size_t done;   // what lies before belongs to an earlier token
    size_t start, stop;
    int32_t token; // of the match: an index into items
} levin_added_walk;

/** Finds the next token; [done, start) lies before it. The caller sets done = stop. */
bool levin__added_next(const levin_added_tokens *a, const levin_trie *trie, levin_added_walk *w);

#endif
