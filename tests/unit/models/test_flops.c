/* test_flops.c: operations counted by formula, against figures worked out by hand. */
#include "support/unit.h"

#include "models/bert/flops.h"

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
        cmocka_unit_test(nothing_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
