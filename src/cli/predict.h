/* predict.h: texts through a classifier, without a trainer or a data set. */
#ifndef LEVIN_CLI_PREDICT_H
#define LEVIN_CLI_PREDICT_H

#include "cli/example.h"

#include <levin/bert.h>

typedef struct cli_prediction {
    const char *label; // lent by the model; NULL: a regression
    double score;      // the label's probability, or the value
} cli_prediction;

/** What a row of logits (B, C) says; an error code if that is not a number. */
int cli_prediction_read(const levin_module *model, const levin_tensor *logits, int64_t row,
                        cli_prediction *out);

/** Fills out for n examples, in their order; texts are cut to max_length tokens. 0 or an error
 *  code. */
int cli_predict(levin_module *model, const levin_tokenizer *t, int max_length,
                const cli_example *examples, int n, cli_prediction *out);

#endif
