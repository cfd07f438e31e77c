/* test_init.c: seeds, generators and first numbers. */
#include "nn/init.h"

#include "base/error.h"
#include "nn/module.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { N = 20000 };

static levin_tensor *vector(void) { return levin_zeros(LEVIN_F32, 1, (int64_t[]){ N }); }

static void the_same_seed_gives_the_same_numbers(void **state)
{
    (void)state;
    levin_seed_everything(7);
    assert_int_equal(levin__seed(), 7);
    levin_tensor *a = levin_init_normal(vector(), 1), *b = levin_init_normal(vector(), 1);
    assert_memory_not_equal(a->data, b->data, N * sizeof(float));
    levin_seed_everything(7);
    levin_tensor *again = levin_init_normal(vector(), 1);
    assert_memory_equal(a->data, again->data, N * sizeof(float));
    levin_seed_everything(8);
    assert_memory_not_equal(a->data, levin_init_normal(vector(), 1)->data, N * sizeof(float));
}

static void a_generator_goes_on_where_its_state_was_saved(void **state)
{
    (void)state;
    levin_seed_everything(9);
    levin_init_normal(vector(), 1);
    levin_generator saved = *levin__generator();
    levin_tensor *a = levin_init_normal(vector(), 1);
    *levin__generator() = saved;
    levin_tensor *b = levin_init_normal(vector(), 1);
    assert_memory_equal(a->data, b->data, N * sizeof(float));
}

static void normal_numbers_have_mean_and_deviation(void **state)
{
    (void)state;
    levin_seed_everything(1);
    levin_tensor *t = levin_init_normal(vector(), 0.02);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < N; i++) {
        sum += levin_tensor_get(t, i);
        squares += levin_tensor_get(t, i) * levin_tensor_get(t, i);
    }
    assert_true(fabs(sum / N) < 5 * 0.02 / sqrt(N));
    assert_true(fabs(sqrt(squares / N) - 0.02) < 0.001);
}

static void constants_fill(void **state)
{
    (void)state;
    levin_tensor *t = vector();
    uint64_t version = t->version;
    assert_ptr_equal(levin_init_constant(t, 1.5), t);
    assert_true(levin_tensor_get(t, 0) == 1.5 && levin_tensor_get(t, N - 1) == 1.5);
    assert_true(t->version > version);
}

static void only_f32_is_filled(void **state)
{
    (void)state;
    assert_null(levin_init_normal(NULL, 1));
    assert_null(levin_init_constant(NULL, 1));
    assert_int_equal(levin_error(), LEVIN_OK);
    levin_tensor *t = levin_zeros(LEVIN_I64, 1, (int64_t[]){ 3 });
    assert_null(levin_init_normal(t, 1));
    assert_string_equal(levin_error_message(), "init: a parameter is f32, not i64");
    levin_error_clear();
}

static void a_linear_layer_computes_and_learns(void **state)
{
    (void)state;
    const levin_module_class plain = { LEVIN_MODULE(levin_module) };
    levin_module *m = levin_module_new(&plain);
    levin_linear *l = levin_linear_new(m, "l", 3, 2);
    levin_params *params = levin_parameters(m);
    assert_string_equal(levin_params_name(params, 0), "l.weight");
    assert_string_equal(levin_params_name(params, 1), "l.bias");
    levin_tensor *weight = levin_params_tensor(params, 0);
    levin_tensor *bias = levin_params_tensor(params, 1);
    levin_params_free(params);
    assert_true(levin_tensor_get(weight, 0) != 0);
    levin_init_constant(weight, 2);
    levin_init_constant(bias, 0.5);
    levin_tensor *x = levin_init_constant(levin_zeros(LEVIN_F32, 2, (int64_t[]){ 1, 3 }), 1);
    levin_tensor *y = levin_linear_forward(l, x); // (1, 2)
    assert_true(levin_tensor_get(y, 0) == 6.5 && levin_tensor_get(y, 1) == 6.5);
    assert_int_equal(levin_backward(levin_sum(levin_reshape(y, 1, (int64_t[]){ 2 }), 0)), 0);
    assert_true(levin_tensor_get(levin_tensor_grad(weight), 5) == 1);
    assert_true(levin_tensor_get(levin_tensor_grad(bias), 1) == 1);
    levin_module_free(m); // with the gradients
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(a_generator_goes_on_where_its_state_was_saved),
        cmocka_unit_test(normal_numbers_have_mean_and_deviation),
        cmocka_unit_test(constants_fill),
        cmocka_unit_test(only_f32_is_filled),
        cmocka_unit_test(a_linear_layer_computes_and_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
