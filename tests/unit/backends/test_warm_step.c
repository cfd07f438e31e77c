/* test_warm_step.c: a training step of a small BERT (forward, backward, clipping, optimizer) takes
 * nothing from the heap once it has run a few times, in f32 and under autocast. */
#include "support/unit.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/scope.h"
#include "tensor/backends.h"

#include <levin/levin.h>
#include <math.h>

enum { VOCAB = 60, HIDDEN = 32, CLASSES = 3, BATCH = 6, LONGEST = 40 };

typedef struct {
    levin_module base;
    levin_bert *bert;
    levin_linear *head;
} small_bert;

static void init(levin_module *m)
{
    static const levin_bert_config config = { .vocab_size = VOCAB,
                                              .hidden_size = HIDDEN,
                                              .num_hidden_layers = 2,
                                              .num_attention_heads = 2,
                                              .intermediate_size = 72,
                                              .max_position_embeddings = LONGEST,
                                              .type_vocab_size = 2,
                                              .hidden_dropout_prob = 0.1,
                                              .attention_probs_dropout_prob = 0.1,
                                              .classifier_dropout = -1,
                                              .layer_norm_eps = 1e-12,
                                              .initializer_range = 0.05,
                                              .hidden_act = "gelu" };
    small_bert *self = levin_self(m);
    self->bert = levin_bert_new(m, "bert", &config);
    self->head = levin_linear_new(m, "head", HIDDEN, CLASSES);
}

static const levin_module_class small_bert_class = { LEVIN_MODULE(small_bert), .init = init };

/* What a step needs, made once. */
typedef struct {
    small_bert *model;
    levin_optimizer *optimizer;
    levin_tensor *ids, *labels;
    levin_dtype dtype; // of products
} run;

/* Texts of other lengths, whose first token says the class. */
static void new_batch(run *r, levin_generator *g, int64_t least)
{
    int64_t lengths[BATCH];
    levin_tensor_free(r->ids);
    levin_tensor_free(r->labels);
    for (int i = 0; i < BATCH; i++)
        lengths[i] = least + (int64_t)levin__generator_below(g, (uint64_t)(LONGEST + 1 - least));
    r->ids = levin_tensor_new_ragged(LEVIN_I32, BATCH, lengths, 0, NULL);
    r->labels = levin_tensor_new(LEVIN_I64, 1, (const int64_t[]){ BATCH });
    int32_t *ids = levin_tensor_data(r->ids);
    int64_t *labels = levin_tensor_data(r->labels);
    const int32_t *first = levin_tensor_cu_seqlens(r->ids);
    for (int64_t i = 0; i < levin_tensor_numel(r->ids); i++)
        ids[i] = (int32_t)levin__generator_below(g, VOCAB);
    for (int i = 0; i < BATCH; i++)
        labels[i] = ids[first[i]] % CLASSES;
}

static run new_run(levin_dtype dtype)
{
    levin_seed_everything(11);
    levin_generator g;
    levin__generator_seed(&g, 12);
    levin_module *m = levin_module_new(&small_bert_class);
    assert_non_null(m);
    run r = { .model = levin_self(m), .dtype = dtype };
    r.optimizer = levin_adamw(levin_parameters(m), 1e-2, 0.01, NULL);
    assert_non_null(r.optimizer);
    new_batch(&r, &g, LONGEST);
    return r;
}

static void free_run(run *r)
{
    levin_optimizer_free(r->optimizer);
    levin_module_free(&r->model->base);
    levin_tensor_free(r->ids);
    levin_tensor_free(r->labels);
}

static double step(run *r, uint64_t number)
{
    levin_batch batch = { .input_ids = r->ids, .labels = r->labels, .size = BATCH };
    levin_scope *scope = levin_scope_begin();
    levin_set_random(1, number);
    levin_set_autocast(r->dtype);
    levin_bert_output h = levin_bert_forward(r->model->bert, &batch);
    levin_tensor *logits = levin_linear_forward(r->model->head, h.pooler_output);
    levin_tensor *loss = levin_cross_entropy(logits, r->labels);
    levin_optimizer_zero_grad(r->optimizer);
    assert_int_equal(levin_backward(loss), LEVIN_OK);
    levin_set_autocast(LEVIN_F32);
    double value = levin_item(loss);
    levin_clip_grad_norm(r->optimizer, 1);
    assert_int_equal(levin_optimizer_step(r->optimizer), LEVIN_OK);
    levin_scope_end(scope);
    return value;
}

static void check_warm_steps(levin_dtype dtype)
{
    levin_set_num_threads(1);
    run r = new_run(dtype);
    double first = step(&r, 0), last = 0;
    for (uint64_t i = 1; i < 3; i++)
        step(&r, i);
    int64_t before = levin__alloc_count();
    size_t peak = levin__scope_peak_bytes();
    for (uint64_t i = 3; i < 30; i++)
        last = step(&r, i);
    assert_int_equal(levin__alloc_count(), before);
    assert_int_equal(levin__scope_peak_bytes(), peak);
    assert_true(isfinite(first) && last < first / 2); // it did learn its six texts
    free_run(&r);
    levin_set_num_threads(0);
}

static void a_warm_step_takes_nothing_from_the_heap(void **state)
{
    (void)state;
    check_warm_steps(LEVIN_F32);
}

static void a_warm_step_under_autocast_takes_nothing_from_the_heap(void **state)
{
    (void)state;
    check_warm_steps(LEVIN_BF16);
}

static void batches_below_the_largest_one_need_no_more(void **state)
{
    (void)state;
    levin_set_num_threads(1);
    run r = new_run(LEVIN_BF16);
    levin_generator g;
    levin__generator_seed(&g, 13);
    int64_t taken = 0;
    for (uint64_t i = 0; i < 60; i++) {
        new_batch(&r, &g, i < 3 ? LONGEST : 1);
        int64_t before = levin__alloc_count();
        step(&r, i);
        taken += i < 20 ? 0 : levin__alloc_count() - before;
    }
    assert_int_equal(taken, 0);
    free_run(&r);
    levin_set_num_threads(0);
}

/* Workers have memory of their own, which each asks for when it first gets work. */
static void more_threads_need_no_more_than_their_own_first_memory(void **state)
{
    (void)state;
    enum { THREADS = 3, CHUNKS = 4 };
    levin_set_num_threads(THREADS);
    run r = new_run(LEVIN_F32);
    for (uint64_t i = 0; i < 3; i++)
        step(&r, i);
    int64_t before = levin__alloc_count();
    for (uint64_t i = 3; i < 20; i++)
        step(&r, i);
    assert_in_range(levin__alloc_count() - before, 0, (THREADS - 1) * CHUNKS);
    free_run(&r);
    levin_set_num_threads(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warm_step_takes_nothing_from_the_heap),
        cmocka_unit_test(a_warm_step_under_autocast_takes_nothing_from_the_heap),
        cmocka_unit_test(batches_below_the_largest_one_need_no_more),
        cmocka_unit_test(more_threads_need_no_more_than_their_own_first_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
