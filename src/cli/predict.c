/* predict.c: see predict.h. */
#include "cli/predict.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/token_batches.h"

#include <math.h>

enum { BATCH_TOKENS = 2048 };

/* The likeliest class of one row and its softmax. */
int cli_prediction_read(const levin_module *model, const levin_tensor *logits, int64_t row,
                        cli_prediction *out)
{
    int64_t classes = levin_tensor_dim(logits, -1), first = row * classes, best = first;
    for (int64_t i = first + 1; i < first + classes; i++)
        if (levin_tensor_get(logits, i) > levin_tensor_get(logits, best))
            best = i;
    double top = levin_tensor_get(logits, best), sum = 0;
    for (int64_t i = first; i < first + classes; i++)
        sum += exp(levin_tensor_get(logits, i) - top);
    out->label = classes > 1 ? levin_classifier_label_name(model, best - first) : NULL;
    out->score = classes > 1 ? 1 / sum : top;
    if (isfinite(out->score))
        return LEVIN_OK;
    return levin__error_set(LEVIN_ENUMERIC,
                            "the model's output is not a number; its weights are damaged");
}

/* Answers the next batch; false when there is none or after an error. */
static bool predict_batch(levin_module *model, levin_token_batches *batches, cli_prediction *out)
{
    levin_batch b;
    levin_scope *scope = levin_scope_begin();
    bool found = scope && levin__token_batches_next(batches, &b);
    levin_tensor *logits = found ? model->type->forward(model, &b) : NULL; // (B, C)
    for (int64_t i = 0; logits && i < b.size; i++)
        cli_prediction_read(model, logits, i, &out[b.indices[i]]);
    levin_scope_end(scope);
    return found && !levin_error();
}

static void predict_rows(levin_module *model, levin_token_batches *batches,
                         const levin_text_row *rows, int n, cli_prediction *out)
{
    levin_scope *scope = levin_scope_begin();
    if (scope && levin__token_batches_begin(batches, rows, n) == LEVIN_OK)
        while (predict_batch(model, batches, out))
            continue;
    levin__token_batches_end(batches);
    levin_scope_end(scope);
}

int cli_predict(levin_module *model, const levin_tokenizer *t, int max_length,
                const cli_example *examples, int n, cli_prediction *out)
{
    levin_token_batches batches = { .tokenizer = t,
                                    .max_length = max_length,
                                    .budget = BATCH_TOKENS };
    levin_text_row *rows = n > 0 ? levin__calloc((size_t)n, sizeof *rows) : NULL;
    for (int i = 0; rows && i < n; i++)
        rows[i] = (levin_text_row){ .text = examples[i].text,
                                    .pair = examples[i].pair,
                                    .n = examples[i].n,
                                    .n_pair = examples[i].n_pair };
    bool recorded = levin_set_grad_enabled(false);
    levin_module_train(model, false);
    if (rows)
        predict_rows(model, &batches, rows, n, out);
    levin_set_grad_enabled(recorded);
    levin__free(rows);
    return levin_error();
}
