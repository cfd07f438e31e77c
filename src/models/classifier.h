/* classifier.h: the inside of BertForSequenceClassification. */
#ifndef LEVIN_MODELS_CLASSIFIER_H
#define LEVIN_MODELS_CLASSIFIER_H

#include "models/pooling.h"

typedef struct levin_classifier {
    levin_module base;
    levin_bert *bert;
    levin_linear *head;
    levin_pooling pooling;
    int64_t num_labels;
    double dropout; // before the head
    char *new_weights;
    /* How it learns. */
    char *optimizer, *lr_scheduler;
    double lr, weight_decay, warmup;
    levin_optimizer *(*configure_optimizers)(void *payload, levin_params *params);
    void *payload;
} levin_classifier;

/** What opts.pooling may say, word i; NULL behind the last. */
const char *levin__pooling_word(int i);

/** The module as a classifier; NULL after LEVIN_EINVAL if it is something else. */
levin_classifier *levin__classifier(levin_module *m);

#endif
