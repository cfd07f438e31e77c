/* predict.c: see predict.h. What a batch needs is made here from the tokenizer's output. */
#include "cli/predict.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* The encodings of a batch, on their way to the model. */
typedef struct {
    levin_encoding *encodings;
    int64_t *lengths; // tokens of each
    int n;
} encoded;

static void encoded_free(encoded *e)
{
    for (int i = 0; i < e->n; i++)
        levin_encoding_free(&e->encodings[i]);
    levin__free(e->encodings);
    levin__free(e->lengths);
}

static bool encode(encoded *e, const levin_tokenizer *t, int max_length,
                   const cli_example *examples, int n)
{
    const levin_encode_opts opts = { .max_length = max_length };
    e->encodings = levin__calloc((size_t)n, sizeof *e->encodings);
    e->lengths = levin__calloc((size_t)n, sizeof *e->lengths);
    for (; e->encodings && e->lengths && e->n < n; e->n++) {
        const cli_example *x = &examples[e->n];
        if (levin_tokenizer_encode(t, x->text, x->n, x->pair, x->n_pair, &opts,
                                   &e->encodings[e->n]) < 0)
            return false;
        e->lengths[e->n] = e->encodings[e->n].n;
    }
    return !levin_error();
}

/* The packed batch, in the current scope. */
static levin_batch pack(const encoded *e)
{
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, e->n, e->lengths, 0, NULL);   // (B, T*)
    levin_tensor *types = levin_zeros_ragged(LEVIN_I32, e->n, e->lengths, 0, NULL); // (B, T*)
    int32_t *id = levin_tensor_data(ids), *type = levin_tensor_data(types);
    for (int i = 0; id && type && i < e->n; i++) {
        size_t bytes = (size_t)e->lengths[i] * sizeof *id;
        memcpy(id, e->encodings[i].ids, bytes);
        memcpy(type, e->encodings[i].type_ids, bytes);
        id += e->lengths[i];
        type += e->lengths[i];
    }
    return (levin_batch){ .input_ids = ids, .token_type_ids = types, .size = e->n };
}

/* The likeliest class of one row and its softmax. */
static int read_row(const levin_module *model, const levin_tensor *logits, int64_t row,
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

int cli_predict(levin_module *model, const levin_tokenizer *t, int max_length,
                const cli_example *examples, int n, cli_prediction *out)
{
    encoded e = { .n = 0 };
    bool recorded = levin_set_grad_enabled(false);
    levin_module_train(model, false);
    levin_scope *scope = levin_scope_begin();
    if (n > 0 && encode(&e, t, max_length, examples, n)) {
        levin_batch batch = pack(&e);
        levin_tensor *logits = model->type->forward(model, &batch); // (B, C)
        for (int i = 0; logits && i < n; i++)
            read_row(model, logits, i, &out[i]);
    }
    levin_scope_end(scope);
    levin_set_grad_enabled(recorded);
    encoded_free(&e);
    return levin_error();
}
