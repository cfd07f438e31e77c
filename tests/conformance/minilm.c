/* minilm FILE: the encoder's numbers on real weights against those of Transformers. Weights:
 * $LEVIN_MODEL. */
#include "base/json.h"
#include "support/report.h"
#include "tensor/tensor.h"

#include <levin/levin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 512 };
static const double TOLERANCE = 1e-5; // relative to the largest element

static double largest(const json_t *row)
{
    double top = 0;
    size_t i;
    json_t *x;
    json_array_foreach(row, i, x) top = fmax(top, fabs(json_number_value(x)));
    return top;
}

/* Compares numbers from element at of t on with a golden row; scale multiplies ours. */
static void compare(const char *what, const char *text, const levin_tensor *t, int64_t at,
                    double scale, const json_t *row)
{
    double worst = 0;
    size_t i;
    json_t *x;
    json_array_foreach(row, i, x)
    {
        double d = fabs(levin_tensor_get(t, at + (int64_t)i) * scale - json_number_value(x));
        worst = d > worst || isnan(d) ? d : worst;
    }
    report_check(t && worst <= TOLERANCE * largest(row) + 6e-7, // the file has six decimals
                 "%s of \"%.40s\": off by %g, largest %g", what, text, worst, largest(row));
}

static levin_tensor *ints(const json_t *rows, const json_t *mask)
{
    int64_t lengths[8] = { 0 }, n = (int64_t)json_array_size(rows);
    for (int64_t b = 0; b < n; b++) {
        size_t i;
        json_t *id;
        json_array_foreach(json_array_get(rows, (size_t)b), i, id) lengths[b] +=
            !mask || json_integer_value(json_array_get(json_array_get(mask, (size_t)b), i));
    }
    levin_tensor *t = levin_zeros_ragged(LEVIN_I32, n, lengths, 0, NULL);
    int32_t *to = levin_tensor_data(t);
    for (int64_t b = 0; b < n; b++)
        for (int64_t i = 0; i < lengths[b]; i++) // padding stands at the end
            *to++ = (int32_t)json_integer_value(
                json_array_get(json_array_get(rows, (size_t)b), (size_t)i));
    return t;
}

static void check_layers(const levin_bert_output *o, const json_t *golden)
{
    size_t l;
    json_t *layer;
    json_array_foreach(json_object_get(golden, "layers_for_first_text"), l, layer)
    {
        char what[48];
        snprintf(what, sizeof what, "hidden state %zu", l);
        const levin_tensor *h = o->hidden_states[l];
        compare(what, "first text", h, 0, 1, json_object_get(layer, "first_token_first8"));
        double squares = 0, l2 = json_number_value(json_object_get(layer, "l2"));
        for (int64_t i = 0; i < h->numel; i++)
            squares += levin_tensor_get(h, i) * levin_tensor_get(h, i);
        report_check(fabs(sqrt(squares) / l2 - 1) <= TOLERANCE, "%s: length %.9g instead of %.9g",
                     what, sqrt(squares), l2);
    }
}

static void check_text(levin_bert *bert, const json_t *golden, size_t index)
{
    const json_t *t = json_array_get(json_object_get(golden, "texts"), index);
    const char *text = json_string_value(json_object_get(t, "text"));
    levin_scope *scope = levin_scope_begin();
    json_t *rows = json_pack("[O]", json_object_get(t, "ids"));
    levin_batch b = { .input_ids = ints(rows, NULL), .size = 1 };
    levin_bert_output o = levin_bert_forward_all(bert, &b);
    compare("cls_hidden", text, o.last_hidden_state, 0, 1, json_object_get(t, "cls_hidden"));
    compare("first token alone", text, levin_bert_first_token(bert, &b), 0, 1,
            json_object_get(t, "cls_hidden"));
    compare("pooler", text, o.pooler_output, 0, 1, json_object_get(t, "pooler"));
    levin_tensor *mean = levin_mean(o.last_hidden_state, 1);
    compare("mean_pool", text, mean, 0, 1, json_object_get(t, "mean_pool"));
    double squares = 0;
    for (int64_t i = 0; i < levin_tensor_numel(mean); i++)
        squares += levin_tensor_get(mean, i) * levin_tensor_get(mean, i);
    compare("normalized", text, mean, 0, 1 / sqrt(squares), json_object_get(t, "normalized"));
    if (index == 0)
        check_layers(&o, golden);
    json_decref(rows);
    levin_scope_end(scope);
}

/* What Transformers computes with padding and a mask, we compute without either. */
static void check_pair_batch(levin_bert *bert, const json_t *golden)
{
    const json_t *p = json_object_get(golden, "padded_pair_batch"),
                 *mask = json_object_get(p, "mask");
    levin_scope *scope = levin_scope_begin();
    levin_batch b = { .input_ids = ints(json_object_get(p, "ids"), mask),
                      .token_type_ids = ints(json_object_get(p, "type_ids"), mask) };
    levin_bert_output o = levin_bert_forward(bert, &b);
    levin_tensor *first = levin_select(o.last_hidden_state, 1, 0);
    int64_t h = levin_bert_hidden_size(bert);
    for (size_t i = 0; i < json_array_size(json_object_get(p, "ids")); i++) {
        int64_t at = (int64_t)i * h;
        compare("pooler of a pair", "padded_pair_batch", o.pooler_output, at, 1,
                json_array_get(json_object_get(p, "pooler"), i));
        compare("cls_hidden of a pair", "padded_pair_batch", first, at, 1,
                json_array_get(json_object_get(p, "cls_hidden"), i));
    }
    levin_scope_end(scope);
}

/* The embedder from texts on: all at once, as sentence-transformers gives them with and without its
 * Normalize. */
static void check_embedder(const json_t *golden, const char *key, levin_switch normalize)
{
    enum { MOST = 16 };
    const json_t *list = json_object_get(golden, "texts");
    const char *texts[MOST];
    int64_t n = (int64_t)json_array_size(list);
    const levin_embedder_opts opts = { .normalize = normalize, .batch_tokens = 64 };
    levin_embedder *e = levin_embedder_from_pretrained(report_model(), &opts);
    levin_tensor *out = levin_zeros(LEVIN_F32, 2, (int64_t[]){ n, levin_embedder_size(e) });
    for (int64_t i = 0; i < n && i < MOST; i++)
        texts[i] = json_string_value(json_object_get(json_array_get(list, (size_t)i), "text"));
    if (out && n <= MOST && levin_embedder_embed(e, texts, NULL, n, levin_tensor_data(out)) == 0)
        for (int64_t i = 0; i < n; i++)
            compare(key, texts[i], out, i * levin_embedder_size(e), 1,
                    json_object_get(json_array_get(list, (size_t)i), key));
    levin_embedder_free(e);
}

int main(int argc, char **argv)
{
    json_t *golden = argc == 2 ? levin__json_load(argv[1], 1 << 26) : NULL;
    if (!golden) {
        fprintf(stderr, "usage: minilm FILE: %s\n", levin_error_message());
        return 2;
    }
    if (!report_model()) {
        report_skip("everything: LEVIN_MODEL names no model folder");
        json_decref(golden);
        return report_end();
    }
    static const levin_module_class holder = { .name = "holder", .size = sizeof(levin_module) };
    levin_module *m = levin_module_new(&holder);
    levin_bert *bert = levin_bert_from_pretrained(m, "bert", report_model());
    levin_module_train(m, false);
    levin_set_grad_enabled(false);
    size_t n = json_array_size(json_object_get(golden, "texts"));
    for (size_t i = 0; bert && i < n; i++)
        check_text(bert, golden, i);
    if (bert)
        check_pair_batch(bert, golden);
    check_embedder(golden, "mean_pool", LEVIN_OFF);
    check_embedder(golden, "normalized", LEVIN_ON);
    report_check(levin_error() == 0, "%s", levin_error_message());
    levin_module_free(m);
    json_decref(golden);
    return report_end();
}
