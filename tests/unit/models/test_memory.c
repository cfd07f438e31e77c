/* What a layer of BERT keeps for the way back, in bytes a token, and that layers which are computed
 * again keep next to nothing and give the same bits. */
#include "support/unit.h"

#include "base/scope.h"
#include "models/bert/bert.h"

#include <levin/levin.h>

enum { VOCAB = 50, HEADS = 4, HIDDEN = 64, WIDE = 256, BATCH = 4, LENGTH = 64, CLASSES = 3 };
enum { TOKENS = BATCH * LENGTH };

typedef struct {
    levin_module base;
    levin_bert *bert;
    levin_linear *head;
} classifier;

static const levin_module_class classifier_class = { .name = "Classifier",
                                                     .size = sizeof(classifier) };

static classifier *new_classifier(int64_t layers)
{
    const levin_bert_config config = { .vocab_size = VOCAB,
                                       .hidden_size = HIDDEN,
                                       .num_hidden_layers = layers,
                                       .num_attention_heads = HEADS,
                                       .intermediate_size = WIDE,
                                       .max_position_embeddings = LENGTH,
                                       .type_vocab_size = 2,
                                       .hidden_dropout_prob = 0.1,
                                       .attention_probs_dropout_prob = 0.1,
                                       .classifier_dropout = -1,
                                       .layer_norm_eps = 1e-12,
                                       .initializer_range = 0.1,
                                       .hidden_act = "gelu" };
    levin_seed_everything(5);
    levin_module *m = levin_module_new(&classifier_class);
    classifier *c = levin_self(m);
    c->bert = levin_bert_new(m, "bert", &config);
    c->head = levin_linear_new(m, "head", HIDDEN, CLASSES);
    assert_int_equal(levin_error(), LEVIN_OK);
    return c;
}

typedef struct {
    size_t kept; // when the way back begins
    float loss, gradient[HIDDEN * WIDE];
} outcome;

static void step(outcome *out, int64_t layers, bool again, levin_dtype dtype)
{
    classifier *c = new_classifier(layers);
    int64_t lengths[BATCH] = { LENGTH, LENGTH, LENGTH, LENGTH };
    levin_scope *scope = levin_scope_begin();
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, BATCH, lengths, 0, NULL);
    levin_tensor *labels = levin_zeros(LEVIN_I64, 1, (const int64_t[]){ BATCH });
    for (int i = 0; i < TOKENS; i++)
        ((int32_t *)levin_tensor_data(ids))[i] = i * 7 % VOCAB;
    levin_batch batch = { .input_ids = ids, .labels = labels, .size = BATCH };
    levin_bert_gradient_checkpointing(c->bert, again);
    levin_set_autocast(dtype);
    levin_set_random(6, 7);
    levin_tensor *h = levin__bert_encode(c->bert, &batch, NULL);
    out->kept = levin__scope_bytes();
    levin_tensor *loss =
        levin_cross_entropy(levin_linear_forward(c->head, levin_mean(h, 1)), labels);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    levin_set_autocast(LEVIN_F32);
    out->loss = (float)levin_item(loss);
    const levin_tensor *grad = levin_tensor_grad(c->bert->layers[0]->up_weight);
    memcpy(out->gradient, levin_tensor_const_data(grad), sizeof out->gradient);
    levin_scope_end(scope);
    levin_module_free(&c->base);
}

/* Of one layer, for each token. */
static double bytes_of_a_layer(bool again, levin_dtype dtype)
{
    static outcome few, many;
    step(&few, 2, again, dtype);
    step(&many, 6, again, dtype);
    return (double)(many.kept - few.kept) / 4 / TOKENS;
}

/* q, k, v, context, two sums before a norm and two norms, what stands before gelu; the log-sum-exp
 * of each head and the statistics of two norms in f32; tensors and calls themselves. */
static void a_layer_keeps_no_more_than_it_must(void **state)
{
    (void)state;
    for (int half = 0; half < 2; half++) {
        levin_dtype dtype = half ? LEVIN_BF16 : LEVIN_F32;
        double size = half ? 2 : 4, numbers = 8 * HIDDEN + WIDE;
        double most = size * numbers + 4 * (HEADS + 4) + 4096.0 / TOKENS;
        double kept = bytes_of_a_layer(false, dtype);
        if (kept > most)
            fail_msg("%g bytes a token, at most %g were expected", kept, most);
    }
}

static void a_layer_that_is_computed_again_keeps_its_result(void **state)
{
    (void)state;
    for (int half = 0; half < 2; half++) {
        double most = (half ? 2 : 4) * HIDDEN + 1024.0 / TOKENS;
        double kept = bytes_of_a_layer(true, half ? LEVIN_BF16 : LEVIN_F32);
        if (kept > most)
            fail_msg("%g bytes a token, at most %g were expected", kept, most);
    }
}

static void layers_computed_again_give_the_same_bits(void **state)
{
    (void)state;
    static outcome once, again;
    for (int half = 0; half < 2; half++) {
        step(&once, 3, false, half ? LEVIN_BF16 : LEVIN_F32);
        step(&again, 3, true, half ? LEVIN_BF16 : LEVIN_F32);
        assert_true(once.loss == again.loss);
        assert_memory_equal(once.gradient, again.gradient, sizeof once.gradient);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_keeps_no_more_than_it_must),
        cmocka_unit_test(a_layer_that_is_computed_again_keeps_its_result),
        cmocka_unit_test(layers_computed_again_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
