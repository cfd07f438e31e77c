/* test_packing.c: what is kept of parameters in the order of products, frozen ones included: used
 * again as long as the numbers stay, and never when they changed, however that came about. */
#include "nn/linear.h"
#include "nn/module.h"
#include "support/back_ends.h"
#include "support/unit.h"

#include <levin/levin.h>

enum { IN = 8, OUT = 4 };

typedef struct {
    levin_module base;
    levin_linear *layer;
} model;

static void init(levin_module *m)
{
    model *self = levin_self(m);
    self->layer = levin_linear_new(m, "layer", IN, OUT);
}

static const levin_module_class model_class = { LEVIN_MODULE(model), .init = init };

static model *new_model(uint64_t seed)
{
    levin_seed_everything(seed);
    return (model *)levin_module_new(&model_class);
}

static levin_tensor *logits(model *m)
{
    levin_tensor *x = levin_zeros(LEVIN_F32, 2, (int64_t[]){ 2, IN });
    for (int i = 0; i < 2 * IN; i++)
        ((float *)levin_tensor_data(x))[i] = (float)(i - IN) / 4;
    return levin_linear_forward(m->layer, x);
}

typedef struct {
    double y[2 * OUT];
} answer;

static answer ask_in(model *m, levin_dtype precision)
{
    answer a;
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(precision);
    levin_tensor *y = logits(m);
    levin_set_autocast(LEVIN_F32);
    for (int i = 0; i < 2 * OUT; i++)
        a.y[i] = levin_tensor_get(y, i);
    levin_scope_end(scope);
    return a;
}

static answer ask(model *m) { return ask_in(m, LEVIN_BF16); }

static bool same(answer a, answer b) { return memcmp(&a, &b, sizeof a) == 0; }

/* What a model answers that has had these numbers from the first. */
static answer ask_anew_in(model *m, levin_dtype precision)
{
    model *other = new_model(99);
    levin_tensor *from[] = { m->layer->weight, m->layer->bias };
    levin_tensor *to[] = { other->layer->weight, other->layer->bias };
    for (int i = 0; i < 2; i++)
        memcpy(levin_tensor_data(to[i]), levin_tensor_const_data(from[i]),
               (size_t)levin_tensor_numel(from[i]) * sizeof(float));
    answer a = ask_in(other, precision);
    levin_module_free(&other->base);
    return a;
}

static answer ask_anew(model *m) { return ask_anew_in(m, LEVIN_BF16); }

static void a_frozen_parameter_keeps_its_copy(void **state)
{
    (void)state;
    model *m = new_model(1);
    levin_tensor *w = m->layer->weight;
    levin_module_freeze(&m->base);
    answer before = ask(m);
    assert_non_null(w->packings);
    void *copy = w->packings[LEVIN_PACKED_FORWARD].data;
    assert_non_null(copy);
    assert_true(same(ask(m), before));
    assert_ptr_equal(w->packings[LEVIN_PACKED_FORWARD].data, copy);
    ((float *)copy)[0] = 100; // whoever looks at it sees this, be it one number or a pair
    assert_false(same(ask(m), before));
    levin_module_unfreeze(&m->base);
    levin_set_grad_enabled(false);
    assert_false(same(ask(m), before));
    levin_set_grad_enabled(true);
    levin__tensor_touch(w);
    assert_true(same(ask(m), before));
    levin_module_free(&m->base);
}

static void inputs_are_not_packed_for_good(void **state)
{
    (void)state;
    levin_tensor *x = levin_tensor_new(LEVIN_F32, 2, (int64_t[]){ IN, IN });
    levin_set_grad_enabled(false);
    assert_non_null(levin_linear_op(x, x, NULL));
    levin_set_grad_enabled(true);
    assert_null(x->packings);
    levin_tensor_free(x);
}

/* Ways in which numbers change. kept is what levin_tensor_data gave before the first product. */

static void write_by_asking(model *m, float *kept)
{
    (void)kept;
    ((float *)levin_tensor_data(m->layer->weight))[0] = 7;
}

static void write_by_a_pointer_that_was_kept(model *m, float *kept)
{
    (void)m;
    kept[1] = 9;
}

static int write_entry(void *payload, const levin_state_entry *e)
{
    if (e->tensor == payload)
        e->data[2] = 5;
    return 0;
}

static void write_by_the_state_dict(model *m, float *kept)
{
    (void)kept;
    levin_state_dict_visit(&m->base, write_entry, m->layer->weight);
}

static int ask_and_write_entry(void *payload, const levin_state_entry *e)
{
    ask(payload);
    return write_entry(((model *)payload)->layer->weight, e);
}

static void write_by_the_state_dict_after_a_product(model *m, float *kept)
{
    (void)kept;
    levin_state_dict_visit(&m->base, ask_and_write_entry, m);
}

static void begin_anew(model *m, float *kept)
{
    (void)kept;
    levin_init_normal(m->layer->weight, 0.5);
}

static void fill_with_a_constant(model *m, float *kept)
{
    (void)kept;
    levin_init_constant(m->layer->weight, 0.25);
}

static void bind_other_numbers(model *m, float *kept)
{
    (void)kept;
    static float others[OUT * IN] = { 3, 1, 4, 1, 5 };
    assert_true(levin__parameter_bind(m->layer->weight, others));
}

/* The step of an optimizer that was made when the module could learn. */
static void unfreeze_and_learn(model *m, float *kept)
{
    (void)kept;
    levin_module_unfreeze(&m->base);
    levin_optimizer *o = levin_adam(levin_parameters(&m->base), 0.5, NULL);
    for (int i = 0; i < 2; i++) { // the first step of the two makes no use of a copy in f32
        levin_scope *scope = levin_scope_begin();
        levin_set_autocast(i ? LEVIN_BF16 : LEVIN_F32);
        assert_int_equal(levin_backward(levin_sum(levin_sum(logits(m), 0), 0)), 0);
        levin_set_autocast(LEVIN_F32);
        assert_int_equal(levin_optimizer_step(o), 0);
        levin_scope_end(scope);
    }
    levin_optimizer_free(o);
    levin_module_freeze(&m->base);
}

static void unfreeze_and_write(model *m, float *kept)
{
    levin_module_unfreeze(&m->base);
    ask(m);
    write_by_asking(m, kept);
    levin_module_freeze(&m->base);
}

static void no_copy_outlives_the_numbers_that_it_was_made_of(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*change)(model *m, float *kept);
        bool keeps; // asks for a pointer before the first product
    } ways[] = {
        { "levin_tensor_data", write_by_asking, false },
        { "a pointer that was kept", write_by_a_pointer_that_was_kept, true },
        { "the state dict", write_by_the_state_dict, false },
        { "the state dict, late", write_by_the_state_dict_after_a_product, false },
        { "levin_init_normal", begin_anew, false },
        { "levin_init_constant", fill_with_a_constant, false },
        { "binding", bind_other_numbers, false },
        { "learning", unfreeze_and_learn, false },
        { "unfreezing and writing", unfreeze_and_write, false },
    };
    for (int learns = 0; learns < 2; learns++) {
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            model *m = new_model(1);
            if (!learns)
                levin_module_freeze(&m->base);
            float *kept = ways[i].keeps ? levin_tensor_data(m->layer->weight) : NULL;
            answer before = ask(m);
            ways[i].change(m, kept);
            answer after = ask(m);
            if (same(before, after) || !same(after, ask_anew(m)))
                fail_msg("%s: a stale copy was read", ways[i].name);
            levin_module_free(&m->base);
        }
    }
}

static void learn_in(model *m, levin_dtype precision)
{
    levin_optimizer *o = levin_adam(levin_parameters(&m->base), 0.1, NULL);
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(precision);
    assert_int_equal(levin_backward(levin_sum(levin_sum(logits(m), 0), 0)), 0);
    levin_set_autocast(LEVIN_F32);
    assert_int_equal(levin_optimizer_step(o), 0);
    levin_scope_end(scope);
    levin_optimizer_free(o);
}

/* Steps of f32 and pairs of bf16 may fill as many bytes, and Adam writes pairs. */
static void a_copy_for_one_precision_is_none_for_the_other(void **state)
{
    (void)state;
    static const levin_dtype precisions[] = { LEVIN_F32, LEVIN_BF16 };
    for (int i = 0; i < 8 * BACK_ENDS; i++) {
        if (!use_back_end(back_ends[i / 8]))
            continue;
        levin_dtype before = precisions[i & 1], in = precisions[i / 2 & 1];
        levin_dtype after = precisions[i / 4 & 1];
        model *m = new_model(1);
        levin_set_grad_enabled(false);
        ask_in(m, before);
        levin_set_grad_enabled(true);
        learn_in(m, in);
        levin_set_grad_enabled(false);
        if (!same(ask_in(m, after), ask_anew_in(m, after)))
            fail_msg("%s: a copy for another precision was read (%d)", back_ends[i / 8], i % 8);
        levin_set_grad_enabled(true);
        levin_module_free(&m->base);
    }
    levin__use_back_end(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frozen_parameter_keeps_its_copy),
        cmocka_unit_test(inputs_are_not_packed_for_good),
        cmocka_unit_test(no_copy_outlives_the_numbers_that_it_was_made_of),
        cmocka_unit_test(a_copy_for_one_precision_is_none_for_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
