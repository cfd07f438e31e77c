/* vocab_json.h: the one large object of a tokenizer.json, model.vocab, read without building a tree
 * of 30,000 nodes: five times as fast, which a program that tokenizes one sentence feels. */
#ifndef LEVIN_TEXT_VOCAB_JSON_H
#define LEVIN_TEXT_VOCAB_JSON_H

#include "text/vocab.h"

/** Finds the value of root.model.vocab in a JSON text; false if there is none, or it is no object.
 * The text may be anything: what lies around the object is for a real parser to judge. */
bool levin__vocab_json_find(const char *text, size_t n, size_t *start, size_t *stop);
/** Reads the members "token": id of the object text[start, stop) into v. 0 or an error code. */
int levin__vocab_json_read(levin_vocab *v, const char *text, size_t start, size_t stop,
                           const char *where);

#endif
