/* small_model.h: a BERT folder of two layers with random weights, for tests of what loads one. */
#ifndef LEVIN_TESTS_SUPPORT_SMALL_MODEL_H
#define LEVIN_TESTS_SUPPORT_SMALL_MODEL_H

#include <levin/bert.h>

enum { SMALL_HIDDEN = 16, SMALL_POSITIONS = 12 };

/** Writes config.json, model.safetensors (without the pooler, if so asked), vocab.txt and
 *  tokenizer_config.json into folder; fails the test if it cannot. */
void write_small_model(const char *folder, bool pooler);

#endif
