/* model.h: the model that is measured: an encoder with the head of a classifier. */
#ifndef LEVIN_CLI_BENCH_MODEL_H
#define LEVIN_CLI_BENCH_MODEL_H

#include "models/bert/bert.h"

enum { BENCH_CLASSES = 3 };

typedef struct bench_model {
    levin_module base;
    levin_bert *bert;
    levin_linear *head;
} bench_model;

/** The shape called so (minilm, bert-base, bert-large), or that of a config.json or its folder. */
int bench_config_read(levin_bert_config *out, const char *name);

/** With the weights of a folder, or with random ones where folder is NULL. Yours:
 *  levin_module_free. */
bench_model *bench_model_new(const char *folder, const levin_bert_config *config);

/** The loss of a batch, as the classifier computes it with its default pooling. */
levin_tensor *bench_model_loss(bench_model *m, const levin_batch *b);

#endif
