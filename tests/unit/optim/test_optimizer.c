/* test_optimizer.c: construction and its errors, groups, decay by name, the flat buckets, steps. */
#include "optim/optimizer.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

static void assert_error(int code, const char *message)
{
    assert_string_equal(levin_error_message(), message);
    assert_int_equal(levin_error(), code);
    levin_error_clear();
}

/* weight (3) = 1, 2, 3 and bias (1) = 4 of a layer; both learn. */
typedef struct {
    levin_module *m;
    levin_tensor *weight, *bias;
} layer;

static layer make_layer(void)
{
    layer l = { .m = levin_module_new(&plain) };
    levin_module *dense = levin_module_add(l.m, "dense", &plain);
    l.weight = levin_parameter_new(dense, "weight", 1, (int64_t[]){ 3 });
    l.bias = levin_parameter_new(dense, "bias", 1, (int64_t[]){ 1 });
    for (int i = 0; i < 3; i++)
        ((float *)levin_tensor_data(l.weight))[i] = (float)(i + 1);
    levin_init_constant(l.bias, 4);
    return l;
}

/* Adds to the gradient as levin_backward does: of sum(weight) here. */
static void learn(levin_tensor *t) { assert_int_equal(levin_backward(levin_sum(t, 0)), 0); }

static void assert_near(double got, double want) { assert_true(fabs(got - want) < 1e-6); }

static void bad_options_are_refused(void **state)
{
    (void)state;
    layer l = make_layer();
    assert_null(levin_adam(levin_parameters(l.m), -1, NULL));
    assert_error(LEVIN_EINVAL, "Adam: lr must be at least 0, not -1");
    assert_null(levin_adam(levin_parameters(l.m), 1, &(levin_adam_opts){ .betas = { 0.9, 1 } }));
    assert_error(LEVIN_EINVAL, "Adam: beta2 must lie in [0, 1), not 1");
    assert_null(levin_adam(levin_parameters(l.m), 1, &(levin_adam_opts){ .betas = { -0.1 } }));
    assert_error(LEVIN_EINVAL, "Adam: beta1 must lie in [0, 1), not -0.1");
    assert_null(levin_adamw(levin_parameters(l.m), 1, 0, &(levin_adam_opts){ .eps = -1e-8 }));
    assert_error(LEVIN_EINVAL, "AdamW: eps must be above 0, not -1e-08");
    assert_null(levin_adamw(levin_parameters(l.m), 1, -2, NULL));
    assert_error(LEVIN_EINVAL, "AdamW: weight_decay must be at least 0, not -2");
    assert_null(levin_adamw(levin_parameters(l.m), 1, 0, &(levin_adam_opts){ .weight_decay = 1 }));
    assert_error(LEVIN_EINVAL, "AdamW: weight_decay is an argument of its own, not an option; the "
                               "option is Adam's");
    assert_null(levin_sgd(levin_parameters(l.m), 1, &(levin_sgd_opts){ .nesterov = LEVIN_ON }));
    assert_error(LEVIN_EINVAL, "SGD: nesterov needs momentum above 0 and dampening 0, not 0 and 0");
    assert_null(levin_sgd(levin_parameters(l.m), 1, &(levin_sgd_opts){ .momentum = -1 }));
    assert_error(LEVIN_EINVAL, "SGD: momentum must be at least 0, not -1");
    assert_null(levin_sgd(levin_parameters(l.m), (double)NAN, NULL));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_null(l.weight->grad);
    levin_module_free(l.m);
}

static void a_parameter_is_in_one_group_only(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_adam(levin_parameters(l.m), 1, NULL);
    assert_int_equal(levin_optimizer_add_group(o, levin_parameters(l.m), 1, 0), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "Adam: parameter dense.weight is in group 0 already");
    assert_int_equal(levin_optimizer_num_groups(o), 1);
    levin_optimizer_free(o);
    levin_module_freeze(l.m);
    assert_null(levin_adam(levin_parameters(l.m), 1, NULL));
    assert_error(LEVIN_EINVAL, "Adam: the list of parameters is empty");
    levin_module_free(l.m);
}

static void null_and_pending_errors_do_nothing(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_sgd(levin_parameters(l.m), 1, NULL);
    levin_params *left = levin_parameters(l.m);
    learn(l.weight);
    levin__error_set(LEVIN_EIO, "earlier");
    assert_int_equal(levin_optimizer_step(o), LEVIN_EIO);
    levin_optimizer_zero_grad(o);
    assert_true(levin_grad_norm(o) == 0);
    assert_null(levin_adam(left, 1, NULL)); // taken all the same
    levin_error_clear();
    assert_non_null(levin_tensor_grad(l.weight));
    assert_near(levin_tensor_get(l.weight, 0), 1);

    assert_null(levin_adam(NULL, 1, NULL));
    assert_int_equal(levin_optimizer_step(NULL), LEVIN_OK);
    levin_optimizer_zero_grad(NULL);
    levin_lr_scheduler_step(NULL);
    levin_optimizer_free(NULL);
    levin_clip_grad_value(NULL, 1);
    assert_true(levin_clip_grad_norm(NULL, 1) == 0);
    assert_null(levin_optimizer_name(NULL));
    assert_int_equal(levin_optimizer_num_groups(NULL), 0);
    assert_true(levin_optimizer_lr(NULL, 0) == 0);
    assert_int_equal(levin_error(), LEVIN_OK);
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

static void a_step_uses_gradients_that_stand_alone(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_sgd(levin_parameters(l.m), 0.5, NULL);
    assert_null(levin_tensor_grad(l.weight)); // a place for it, but nothing stands there
    learn(l.weight);
    assert_int_equal(levin_optimizer_step(o), LEVIN_OK);
    assert_near(levin_tensor_get(l.weight, 2), 2.5);
    assert_near(levin_tensor_get(l.bias, 0), 4);
    levin_optimizer_zero_grad(o);
    assert_null(levin_tensor_grad(l.weight));
    assert_int_equal(levin_optimizer_step(o), LEVIN_OK);
    assert_near(levin_tensor_get(l.weight, 2), 2.5);
    learn(l.weight); // does not add to what was forgotten
    learn(l.weight); // adds
    assert_near(levin_tensor_get(levin_tensor_grad(l.weight), 1), 2);
    levin_optimizer_free(o);
    assert_null(levin_tensor_grad(l.weight));
    learn(l.weight); // and finds a place again
    assert_near(levin_tensor_get(levin_tensor_grad(l.weight), 1), 1);
    levin_module_free(l.m);
}

static void gradients_of_a_group_lie_in_one_bucket(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_adam(levin_parameters(l.m), 1, NULL);
    assert_ptr_equal(l.weight->grad->data, o->groups[0].grads);
    assert_ptr_equal(l.bias->grad->data, o->groups[0].grads + 16);
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

static void a_gradient_that_stood_before_keeps_its_numbers(void **state)
{
    (void)state;
    layer l = make_layer();
    learn(l.weight);
    levin_optimizer *o = levin_sgd(levin_parameters(l.m), 1, NULL);
    assert_near(levin_tensor_get(levin_tensor_grad(l.weight), 0), 1);
    levin_optimizer *second = levin_sgd(levin_parameters(l.m), 1, NULL);
    levin_optimizer_step(second);
    assert_near(levin_tensor_get(l.weight, 0), 0);
    levin_optimizer_free(o); // the bias had its place here
    learn(l.bias);
    levin_optimizer_step(second);
    assert_near(levin_tensor_get(l.bias, 0), 3);
    levin_optimizer_free(second);
    levin_module_free(l.m);
}

static void groups_have_their_own_rate_and_decay(void **state)
{
    (void)state;
    layer a = make_layer(), b = make_layer();
    levin_optimizer *o = levin_adamw(levin_parameters(a.m), 0.1, 0.5, NULL);
    assert_int_equal(levin_optimizer_add_group(o, levin_parameters(b.m), 0.2, 0), LEVIN_OK);
    assert_int_equal(levin_optimizer_num_groups(o), 2);
    assert_near(levin_optimizer_lr(o, 1), 0.2);
    assert_true(levin_optimizer_lr(o, 2) == 0);
    assert_string_equal(levin_optimizer_name(o), "AdamW");
    learn(a.bias);
    learn(b.bias);
    levin_optimizer_step(o);
    assert_near(levin_tensor_get(a.bias, 0), 4 * (1 - 0.1 * 0.5) - 0.1);
    assert_near(levin_tensor_get(b.bias, 0), 4 - 0.2);
    levin_optimizer_free(o);
    levin_module_free(a.m);
    levin_module_free(b.m);
}

static void decay_may_leave_biases_alone(void **state)
{
    (void)state;
    layer l = make_layer();
    const levin_adam_opts opts = { .decay_only_weights = LEVIN_ON };
    levin_optimizer *o = levin_adamw(levin_parameters(l.m), 0.1, 0.5, &opts);
    learn(l.weight);
    learn(l.bias);
    levin_optimizer_step(o);
    assert_near(levin_tensor_get(l.weight, 0), 1 * (1 - 0.1 * 0.5) - 0.1);
    assert_near(levin_tensor_get(l.bias, 0), 4 - 0.1);
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

static void names_say_what_decay_leaves_alone(void **state)
{
    (void)state;
    const char *left[] = { "bias",
                           "encoder.layer.0.attention.self.query.bias",
                           "encoder.layer.0.output.LayerNorm.weight",
                           "transformer.layer.0.sa_layer_norm.weight",
                           "layers.3.attn_norm.weight",
                           "norm.weight",
                           "embeddings.norm.weight" };
    const char *decayed[] = { "weight",
                              "encoder.layer.0.attention.self.query.weight",
                              "embeddings.word_embeddings.weight",
                              "norm",
                              "abnorm.weight",
                              "bias.weight" };
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        assert_true(levin__no_decay_name(left[i]));
    for (size_t i = 0; i < sizeof decayed / sizeof decayed[0]; i++)
        assert_false(levin__no_decay_name(decayed[i]));
}

static void the_first_velocity_is_not_damped(void **state)
{
    (void)state;
    layer l = make_layer();
    const levin_sgd_opts opts = { .momentum = 0.5, .dampening = 0.75 };
    levin_optimizer *o = levin_sgd(levin_parameters(l.m), 1, &opts);
    learn(l.bias);
    levin_optimizer_step(o);
    assert_near(levin_tensor_get(l.bias, 0), 3);
    levin_optimizer_step(o); // 0.5 * 1 + 0.25 * 1
    assert_near(levin_tensor_get(l.bias, 0), 2.25);
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

static void a_warm_step_allocates_nothing(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_adam(levin_parameters(l.m), 0.1, NULL);
    learn(l.weight);
    levin_optimizer_step(o);
    int64_t before = levin__alloc_count();
    levin_optimizer_step(o);
    levin_optimizer_zero_grad(o);
    assert_int_equal(levin__alloc_count(), before);
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

static void every_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    int64_t failing = 1;
    bool done = false;
    for (; !done && failing < 100; failing++) {
        layer a = make_layer(), b = make_layer();
        learn(a.bias);
        levin_params *first = levin_parameters(a.m), *second = levin_parameters(b.m);
        levin__alloc_fail_at(failing);
        levin_optimizer *o = levin_adam(first, 0.1, NULL);
        levin_optimizer_add_group(o, second, 0.1, 0);
        done = levin_optimizer_step(o) == LEVIN_OK;
        assert_int_equal(levin_error(), done ? LEVIN_OK : LEVIN_ENOMEM);
        levin__alloc_fail_at(0);
        levin_error_clear();
        levin_optimizer_free(o);
        levin_module_free(a.m);
        levin_module_free(b.m);
    }
    assert_true(done && failing > 5);
}

static void the_rate_of_a_group_can_be_set(void **state)
{
    (void)state;
    layer l = make_layer();
    levin_optimizer *o = levin_sgd(levin_parameters(l.m), 0.5, NULL);
    assert_int_equal(levin_optimizer_set_lr(o, 0, 0.25), 0);
    assert_true(levin_optimizer_lr(o, 0) == 0.25);
    levin_optimizer_set_lr_scheduler(o, "StepLR", &(levin_lr_scheduler_opts){ .step_size = 1 });
    levin_lr_scheduler_step(o);
    assert_true(fabs(levin_optimizer_lr(o, 0) - 0.025) < 1e-15); // the schedule began from it
    assert_int_equal(levin_optimizer_set_lr(o, 0, 7), 0);
    assert_true(levin_optimizer_lr(o, 0) == 7);
    levin_lr_scheduler_step(o);
    assert_true(fabs(levin_optimizer_lr(o, 0) - 0.0025) < 1e-15); // and sets its own again
    assert_int_equal(levin_optimizer_set_lr(o, 1, 0.1), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "SGD: group 1, but there are 1");
    assert_int_equal(levin_optimizer_set_lr(o, 0, -1), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "SGD: lr must be at least 0, not -1");
    levin_optimizer_free(o);
    levin_module_free(l.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_of_a_group_can_be_set),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_parameter_is_in_one_group_only),
        cmocka_unit_test(null_and_pending_errors_do_nothing),
        cmocka_unit_test(a_step_uses_gradients_that_stand_alone),
        cmocka_unit_test(gradients_of_a_group_lie_in_one_bucket),
        cmocka_unit_test(a_gradient_that_stood_before_keeps_its_numbers),
        cmocka_unit_test(groups_have_their_own_rate_and_decay),
        cmocka_unit_test(decay_may_leave_biases_alone),
        cmocka_unit_test(names_say_what_decay_leaves_alone),
        cmocka_unit_test(the_first_velocity_is_not_damped),
        cmocka_unit_test(a_warm_step_allocates_nothing),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
