/* config.h: config.json of a BERT folder, read strictly and kept whole, so that what levin does not
 * know is written back unchanged. */
#ifndef LEVIN_MODELS_BERT_CONFIG_H
#define LEVIN_MODELS_BERT_CONFIG_H

#include <jansson.h>
#include <levin/bert.h>

enum { LEVIN_MAX_LABELS = 100000 };

/** The JSON object of folder/config.json; json_decref it. NULL after an error. */
json_t *levin__config_load(const char *folder);
/** The encoder's part of it, checked; where names the file in messages. */
int levin__config_parse(levin_bert_config *out, const json_t *config, const char *where);
/** A JSON object for an encoder that no folder described. */
json_t *levin__config_new(const levin_bert_config *config);

/** Number of labels that id2label names; 0 if there is none. LEVIN_EFORMAT for gaps. */
int64_t levin__config_num_labels(const json_t *config, const char *where);
/** Name of a label, lent by config; NULL if there is none. */
const char *levin__config_label(const json_t *config, int64_t label);
/** Sets id2label and label2id. */
int levin__config_set_labels(json_t *config, const char *const *names, int64_t n);

#endif
