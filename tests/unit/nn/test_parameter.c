/* test_parameter.c: names in state dicts and lists, fused parameters, numbers lent by a file. */
#include "nn/module.h"

#include "base/error.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };
static const levin_part qkv[] = { { "query.weight", 2 },
                                  { "key.weight", 2 },
                                  { "value.weight", 2 } };

static void assert_error(int code, const char *message)
{
    assert_string_equal(levin_error_message(), message);
    assert_int_equal(levin_error(), code);
    levin_error_clear();
}

/* A parameter of the root, then a fused one below. */
static levin_module *make(levin_tensor **fused)
{
    levin_module *m = levin_module_new(&plain);
    levin_module *self = levin_module_add(levin_module_add(m, "attention", &plain), "self", &plain);
    *fused = levin__parameter_new_fused(self, "qkv.weight", 2, (int64_t[]){ 6, 3 }, qkv, 3);
    levin_parameter_new(m, "scale", 1, (int64_t[]){ 4 }); // made later, listed first
    return m;
}

static int list(void *payload, const levin_state_entry *e)
{
    levin__buffer_addf(payload, "%s(%d:%lld)%s ", e->name, e->ndim, (long long)e->shape[0],
                       e->grad ? "g" : "");
    return 0;
}

static void a_state_dict_shows_the_parts_of_a_fused_parameter(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    levin_buffer text = LEVIN_BUFFER(1000);
    assert_int_equal(levin_state_dict_visit(m, list, &text), 0);
    assert_string_equal(text.data, "scale(1:4) attention.self.query.weight(2:2) "
                                   "attention.self.key.weight(2:2) "
                                   "attention.self.value.weight(2:2) ");
    levin__buffer_clear(&text);
    assert_int_equal(levin_state_dict_visit(m->node->first_child, list, &text), 0);
    assert_string_equal(text.data, "self.query.weight(2:2) self.key.weight(2:2) "
                                   "self.value.weight(2:2) "); // names count from the module asked
    levin__buffer_free(&text);
    levin_module_free(m);
}

static int number_rows(void *payload, const levin_state_entry *e)
{
    int *next = payload;
    for (int i = 0; e->ndim == 2 && i < 6; i++)
        e->data[i] = (float)(*next)++;
    return 0;
}

static void parts_are_rows_of_one_tensor(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    uint64_t version = fused->version;
    int next = 0;
    levin_state_dict_visit(m, number_rows, &next);
    for (int i = 0; i < 18; i++)
        assert_true(levin_tensor_get(fused, i) == i);
    assert_true(fused->version > version); // copies of it are stale
    levin_module_free(m);
}

static int check_grads(void *payload, const levin_state_entry *e)
{
    const float **expected = payload;
    if (e->ndim != 2) {
        assert_null(e->grad);
        return 0;
    }
    assert_ptr_equal(e->grad, *expected);
    *expected += 6;
    return 0;
}

static void a_state_dict_shows_gradients_that_stand(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    fused->grad = levin_tensor_new(LEVIN_F32, 2, fused->dim);
    const float *expected = fused->grad->data;
    levin_state_dict_visit(m, check_grads, &expected);
    fused->grad_is_fresh = true; // forgotten, though the memory is still there
    levin_buffer text = LEVIN_BUFFER(1000);
    levin_state_dict_visit(m, list, &text);
    assert_null(strstr(text.data, ")g"));
    levin__buffer_free(&text);
    levin_module_free(m);
}

static int stop(void *payload, const levin_state_entry *e)
{
    (void)e;
    return ++*(int *)payload == 2 ? 77 : 0;
}

static void a_visit_ends_when_told(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    int visits = 0;
    assert_int_equal(levin_state_dict_visit(m, stop, &visits), 77);
    assert_int_equal(visits, 2);
    levin_module_free(m);
}

static void a_list_has_full_names_and_what_learns(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    levin_params *all = levin_parameters(m);
    assert_int_equal(levin_params_count(all), 2);
    assert_string_equal(levin_params_name(all, 0), "scale");
    assert_string_equal(levin_params_name(all, 1), "attention.self.qkv.weight");
    assert_ptr_equal(levin_params_tensor(all, 1), fused);
    assert_null(levin_params_tensor(all, 2));
    assert_null(levin_params_name(all, -1));
    levin_params_free(all);
    levin_requires_grad(fused, false);
    levin_params *below = levin_parameters(m->node->first_child);
    assert_int_equal(levin_params_count(below), 0);
    levin_params_free(below);
    levin_module_unfreeze(m);
    below = levin_parameters(m->node->first_child);
    assert_string_equal(levin_params_name(below, 0), "attention.self.qkv.weight");
    levin_params_free(below);
    levin_module_free(m);
}

static void names_must_be_there_and_differ(void **state)
{
    (void)state;
    levin_tensor *fused;
    levin_module *m = make(&fused);
    levin_module *self = m->node->first_child->node->first_child;
    int64_t four = 4;
    assert_null(levin_parameter_new(m, "", 1, &four));
    assert_error(LEVIN_EINVAL, "a parameter needs a name");
    assert_null(levin_parameter_new(m, "scale", 1, &four));
    assert_error(LEVIN_EINVAL, "a module has two parameters of the name 'scale'");
    assert_null(levin_parameter_new(self, "key.weight", 1, &four));
    assert_error(LEVIN_EINVAL, "a module has two parameters of the name 'key.weight'");
    levin_module_free(m);
}

static void parts_must_add_up(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&plain);
    assert_null(levin__parameter_new_fused(m, "qkv", 2, (int64_t[]){ 7, 3 }, qkv, 3));
    assert_error(LEVIN_ESHAPE, "parameter qkv: its parts have 6 rows together, not 7");
    assert_null(levin_parameter_new(m, "x", 1, (int64_t[]){ -2 }));
    assert_int_equal(levin_error(), LEVIN_ESHAPE);
    levin_error_clear();
    assert_null(m->node->first);
    levin_module_free(m);
}

static void a_parameter_may_use_numbers_of_a_file(void **state)
{
    (void)state;
    float file[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    levin_module *m = levin_module_new(&plain);
    levin_tensor *t = levin__parameter_declare(m, "x", 1, (int64_t[]){ 4 }, NULL, 0);
    assert_null(levin_tensor_const_data(t));
    assert_false(levin__parameter_bind(t, (char *)file + 1)); // floats must be aligned
    assert_null(levin_tensor_const_data(t));
    assert_true(levin__parameter_bind(t, file + 2));
    assert_ptr_equal(levin_tensor_data(t), file + 2);
    assert_true(levin_tensor_get(t, 3) == 5);
    assert_ptr_equal(levin__parameter_data(t), file + 2);

    levin_tensor *own = levin_parameter_new(m, "y", 1, (int64_t[]){ 4 });
    uint64_t version = own->version;
    assert_true(levin__parameter_bind(own, file)); // its zeros are freed
    assert_true(own->version > version);
    levin_module_free(m);
}

static void every_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    for (int64_t failing = 1; failing < 40; failing++) {
        levin_module *m = levin_module_new(&plain);
        levin__alloc_fail_at(failing);
        levin_tensor *t = levin__parameter_new_fused(m, "qkv", 2, (int64_t[]){ 6, 3 }, qkv, 3);
        levin_params *list_of_it = levin_parameters(m);
        assert_true(list_of_it || levin_error() == LEVIN_ENOMEM);
        assert_true(t || levin_error() == LEVIN_ENOMEM);
        levin__alloc_fail_at(0);
        levin_error_clear();
        levin_params_free(list_of_it);
        levin_module_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_dict_shows_the_parts_of_a_fused_parameter),
        cmocka_unit_test(parts_are_rows_of_one_tensor),
        cmocka_unit_test(a_state_dict_shows_gradients_that_stand),
        cmocka_unit_test(a_visit_ends_when_told),
        cmocka_unit_test(a_list_has_full_names_and_what_learns),
        cmocka_unit_test(names_must_be_there_and_differ),
        cmocka_unit_test(parts_must_add_up),
        cmocka_unit_test(a_parameter_may_use_numbers_of_a_file),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
