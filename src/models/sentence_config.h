/* sentence_config.h: what the files of sentence-transformers in a folder say about embedding. Read
 * as version 6 of the package reads them, with the keys of older ones. */
#ifndef LEVIN_MODELS_SENTENCE_CONFIG_H
#define LEVIN_MODELS_SENTENCE_CONFIG_H

#include "models/pooling.h"

typedef struct levin_sentence_config {
    char *encoder; // the folder of config.json, weights and tokenizer: the one given, or one in it
    levin_pooling pooling; // mean where nothing is said
    bool normalize, lowercase;
    int64_t max_length; // 0 where nothing is said
} levin_sentence_config;

/** Reads modules.json, the config of its pooling, sentence_bert_config.json and
 * config_sentence_transformers.json, each if it is there. A step between text and vector that levin
 *  does not have is LEVIN_EUNSUPPORTED. 0 or an error code; free out either way. */
int levin__sentence_config_read(levin_sentence_config *out, const char *folder);
void levin__sentence_config_free(levin_sentence_config *c);

#endif
