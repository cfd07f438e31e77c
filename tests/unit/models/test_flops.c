/* test_flops.c: operations counted by formula, against figures worked out by hand, and by the
 * operators themselves. */
#include "support/unit.h"

#include "autograd/autograd.h"
#include "base/span.h"
#include "models/bert/bert.h"
#include "models/bert/flops.h"

#include <levin/levin.h>
#include <math.h>

static const levin_bert_config minilm = { .hidden_size = 384,
                                          .num_hidden_layers = 6,
                                          .intermediate_size = 1536 };
static const levin_bert_config base = { .hidden_size = 768,
                                        .num_hidden_layers = 12,
                                        .intermediate_size = 3072 };

/* Within half of the last digit that is given. */
static void assert_about(double got, double wanted, double digit)
{
    if (fabs(got - wanted) > digit / 2)
        fail_msg("%.6g, expected %.6g", got, wanted);
}

static void one_token_costs_the_products_of_every_layer(void **state)
{
    (void)state;
    const int64_t one = 1;
    double pooler = 2.0 * 384 * 384, attention = 6 * 4.0 * 384;
    assert_about(levin__bert_flops_useful(&minilm, &one, 1).forward - pooler - attention, 21.23e6,
                 0.01e6);
    pooler = 2.0 * 768 * 768, attention = 12 * 4.0 * 768;
    assert_about(levin__bert_flops_useful(&base, &one, 1).forward - pooler - attention, 169.9e6,
                 0.1e6);
}

static void texts_of_128_tokens_cost_what_the_tables_say(void **state)
{
    (void)state;
    const int64_t dense[] = { 128, 128 };
    levin_flops two = levin__bert_flops_useful(&minilm, dense, 2);
    assert_about(two.forward / 2, 2.87e9, 0.01e9);
    assert_about(two.training / 2, 8.61e9, 0.01e9);
    two = levin__bert_flops_useful(&base, dense, 2);
    assert_about(two.forward / 2, 22.3e9, 0.1e9);
    assert_about(two.training / 2, 67.0e9, 0.1e9);
}

static void pairs_of_mnli_cost_what_the_tables_say(void **state)
{
    (void)state;
    const int64_t lengths[] = { 21, 57 }; // 39 on average, 47 weighted by tokens
    assert_about(levin__bert_flops_useful(&minilm, lengths, 2).training / 2, 2.54e9, 0.01e9);
    assert_about(levin__bert_flops_useful(&base, lengths, 2).training / 2, 20.1e9, 0.1e9);
}

static void a_classifier_computes_one_row_a_text_behind_the_last_attention(void **state)
{
    (void)state;
    const levin_bert_config one_layer = { .hidden_size = 2,
                                          .num_hidden_layers = 1,
                                          .intermediate_size = 3 };
    const int64_t length = 5;
    levin_flops f = levin__bert_flops_computed(&one_layer, &length, 1);
    double qkv = 2 * 5 * 2 * 6, output = 2 * 2 * 2, up_and_down = 2 * 2 * (2 * 3);
    double attention = 2 * 2 * 5 * 5 * 2, pooler = 2 * 2 * 2;
    double products = qkv + output + up_and_down + pooler;
    assert_about(f.forward, products + attention, 1e-9);
    assert_about(f.training, 3 * products + 3.5 * attention, 1e-9);
    assert_true(f.forward < levin__bert_flops_useful(&one_layer, &length, 1).forward);
}

enum { LAYERS = 3, HEADS = 2, HIDDEN = 8, WIDE = 12, CLASSES = 3, TEXTS = 3 };

typedef struct {
    double flops[LEVIN_SPAN_WORK + 1];
    int spans[LEVIN_SPAN_WORK + 1];
} counted;

static void count(void *self, const levin_span *span)
{
    counted *c = self;
    c->flops[span->kind] += span->flops;
    c->spans[span->kind]++;
}

/* A step of a classifier: forwards, and backwards. */
static void run_step(levin_bert *bert, levin_linear *head, const int64_t *lengths)
{
    levin_scope *scope = levin_scope_begin();
    levin_tensor *labels = levin_zeros(LEVIN_I64, 1, (const int64_t[]){ TEXTS });
    levin_batch b = { .input_ids = levin_zeros_ragged(LEVIN_I32, TEXTS, lengths, 0, NULL),
                      .labels = labels,
                      .size = TEXTS };
    levin_tensor *pooled = levin__bert_pool(bert, levin_bert_first_token(bert, &b));
    levin_tensor *loss = levin_cross_entropy(levin_linear_forward(head, pooled), labels);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    levin_scope_end(scope);
}

/* What the operators count one by one is what the formula counts for all of them. */
static void operators_add_up_to_what_the_formula_says(void **state)
{
    (void)state;
    static const levin_module_class root = { .name = "root", .size = sizeof(levin_module) };
    const int64_t lengths[TEXTS] = { 5, 1, 9 };
    const levin_bert_config config = { .vocab_size = 7,
                                       .hidden_size = HIDDEN,
                                       .num_hidden_layers = LAYERS,
                                       .num_attention_heads = HEADS,
                                       .intermediate_size = WIDE,
                                       .max_position_embeddings = 9,
                                       .type_vocab_size = 2,
                                       .classifier_dropout = -1,
                                       .layer_norm_eps = 1e-12,
                                       .initializer_range = 0.1,
                                       .hidden_act = "gelu" };
    levin_module *m = levin_module_new(&root);
    levin_bert *bert = levin_bert_new(m, "bert", &config);
    levin_linear *head = levin_linear_new(m, "head", HIDDEN, CLASSES);
    counted c = { { 0 }, { 0 } };
    assert_true(levin__spans_listen(count, &c));
    double before = levin__flops_done();
    run_step(bert, head, lengths);
    levin__spans_forget();
    double done = levin__flops_done() - before;
    levin_flops expected = levin__bert_flops_computed(&config, lengths, TEXTS);
    double of_head = 2.0 * HIDDEN * CLASSES * TEXTS;
    assert_about(c.flops[LEVIN_SPAN_FORWARD], expected.forward + of_head, 1e-6);
    assert_about(c.flops[LEVIN_SPAN_FORWARD] + c.flops[LEVIN_SPAN_BACKWARD],
                 expected.training + 3 * of_head, 1e-6);
    assert_about(done, expected.training + 3 * of_head, 1e-6);
    assert_true(c.spans[LEVIN_SPAN_BACKWARD] > 4 * LAYERS);
    assert_int_equal(c.spans[LEVIN_SPAN_FORWARD], c.spans[LEVIN_SPAN_BACKWARD]);
    levin_module_free(m);
}

static void nothing_costs_nothing(void **state)
{
    (void)state;
    assert_true(levin__bert_flops_useful(&minilm, NULL, 0).training == 0);
    assert_true(levin__bert_flops_computed(&minilm, NULL, 0).training == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_token_costs_the_products_of_every_layer),
        cmocka_unit_test(texts_of_128_tokens_cost_what_the_tables_say),
        cmocka_unit_test(pairs_of_mnli_cost_what_the_tables_say),
        cmocka_unit_test(a_classifier_computes_one_row_a_text_behind_the_last_attention),
        cmocka_unit_test(operators_add_up_to_what_the_formula_says),
        cmocka_unit_test(nothing_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
