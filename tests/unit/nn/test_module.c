/* test_module.c: the tree: names, modes, freezing, ownership, errors within init. */
#include "nn/module.h"

#include "base/error.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

typedef struct {
    levin_module base;
    levin_linear *first, *second;
    void *own;
} net;

static int freed;

static void net_init(levin_module *m)
{
    net *self = levin_self(m);
    self->own = levin__alloc(8);
    self->first = levin_linear_new(m, "first", 3, 2);
    self->second = levin_linear_new(levin_module_add(m, "deep", &plain), "second", 2, 1);
}

static void net_free(levin_module *m)
{
    net *self = levin_self(m);
    levin__free(self->own);
    freed++;
}

static const levin_module_class net_class = { LEVIN_MODULE(net), .init = net_init,
                                              .free = net_free };

static void bad_init(levin_module *m)
{
    net_init(m);
    levin_linear_new(m, "third", 0, 1);
    assert_null(levin_linear_new(m, "fourth", 1, 1)); // nothing is made after an error
}

static const levin_module_class bad_class = { LEVIN_MODULE(net), .init = bad_init,
                                              .free = net_free };

static void assert_error(int code, const char *message)
{
    assert_string_equal(levin_error_message(), message);
    assert_int_equal(levin_error(), code);
    levin_error_clear();
}

static void a_module_frees_all_it_owns(void **state)
{
    (void)state;
    freed = 0;
    levin_module *m = levin_module_new(&net_class);
    assert_non_null(m);
    assert_int_equal(levin_module_numel(m, false), 3 * 2 + 2 + 2 + 1);
    levin_module_free(m);
    assert_int_equal(freed, 1);
    levin_module_free(NULL);
}

static void an_error_within_init_gives_null_and_frees(void **state)
{
    (void)state;
    freed = 0;
    assert_null(levin_module_new(&bad_class));
    assert_int_equal(freed, 1);
    assert_null(levin_module_new(&net_class)); // the error is still pending
    assert_error(LEVIN_EINVAL, "linear third: from 0 to 1 features; both must be above 0");
}

static void an_error_within_a_childs_init_removes_the_child_alone(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&plain);
    assert_null(levin_module_add(m, "x", &bad_class));
    levin_error_clear();
    assert_null(m->node->first_child);
    assert_non_null(levin_module_add(m, "x", &net_class));
    levin_module_free(m);
}

static void null_in_gives_null_out(void **state)
{
    (void)state;
    int64_t one = 1;
    assert_null(levin_module_new(NULL));
    assert_null(levin_module_add(NULL, "x", &plain));
    assert_null(levin_parameter_new(NULL, "x", 1, &one));
    assert_null(levin_linear_new(NULL, "x", 1, 1));
    assert_null(levin_linear_forward(NULL, NULL));
    assert_null(levin_parameters(NULL));
    assert_null(levin_params_name(NULL, 0));
    assert_null(levin_params_tensor(NULL, 0));
    assert_int_equal(levin_params_count(NULL), 0);
    assert_int_equal(levin_state_dict_visit(NULL, NULL, NULL), 0);
    assert_int_equal(levin_module_numel(NULL, true), 0);
    assert_false(levin_module_is_training(NULL));
    levin_module_train(NULL, true);
    levin_module_freeze(NULL);
    levin_params_free(NULL);
    assert_int_equal(levin_error(), LEVIN_OK);
}

static void a_class_too_small_for_its_base_is_refused(void **state)
{
    (void)state;
    const levin_module_class small = { .name = "small", .size = 4 };
    assert_null(levin_module_new(&small));
    assert_error(LEVIN_EINVAL, "module class small: size 4 cannot hold a levin_module; "
                               "LEVIN_MODULE(type) sets it");
}

static void two_children_of_one_name_are_refused(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&plain);
    assert_non_null(levin_module_add(m, "a", &plain));
    assert_non_null(levin_module_add(m, "", &plain));
    assert_non_null(levin_module_add(m, "", &plain)); // names that add nothing may repeat
    assert_null(levin_module_add(m, "a", &plain));
    assert_error(LEVIN_EINVAL, "a module has two children of the name 'a'");
    levin_module_free(m);
}

static void a_walk_sees_parents_before_children_and_ends(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&net_class);
    levin_buffer paths = LEVIN_BUFFER(1000);
    for (levin_module *at = m; at; at = levin__module_next(m, at)) {
        assert_true(levin__module_path(&paths, at, m));
        levin__buffer_add_char(&paths, ' ');
    }
    assert_string_equal(paths.data, " first. deep. deep.second. ");
    levin_module *deep = m->node->last_child;
    assert_ptr_equal(levin__module_root(deep->node->first_child), m);
    assert_ptr_equal(levin__module_next(deep, deep), deep->node->first_child);
    assert_null(levin__module_next(deep, deep->node->first_child));
    levin__buffer_free(&paths);
    levin_module_free(m);
}

static void a_child_freed_by_hand_leaves_its_parent(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&plain);
    levin_module *a = levin_module_add(m, "a", &plain), *b = levin_module_add(m, "b", &plain);
    levin_module *c = levin_module_add(m, "c", &plain);
    levin_module_free(c);
    levin_module_free(a);
    assert_ptr_equal(m->node->first_child, b);
    assert_ptr_equal(m->node->last_child, b);
    levin_module_free(b);
    assert_null(m->node->last_child);
    assert_non_null(levin_module_add(m, "d", &plain));
    levin_module_free(m);
}

static void modes_of_a_subtree_come_back_as_they_were(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&net_class);
    levin_module *first = m->node->first_child, *deep = m->node->last_child;
    levin_module_train(deep, false);
    assert_true(levin_module_is_training(m));
    levin__module_push_modes(m);
    levin_module_train(m, false);
    assert_false(levin_module_is_training(first));
    levin__module_push_modes(m);
    levin_module_train(m, true);
    levin_module *late = levin_module_add(m, "late", &plain);
    levin__module_pop_modes(m);
    assert_false(levin_module_is_training(first));
    levin__module_pop_modes(m);
    assert_true(levin_module_is_training(m));
    assert_true(levin_module_is_training(first));
    assert_false(levin_module_is_training(deep));
    assert_false(levin_module_is_training(deep->node->first_child));
    assert_true(levin_module_is_training(late));
    levin_module_free(m);
}

static void freezing_stops_gradients_and_training_below(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&net_class);
    net *self = levin_self(m);
    levin_module_freeze((levin_module *)self->first);
    assert_false(levin_module_is_training((levin_module *)self->first));
    assert_true(levin_module_is_training(m));
    assert_int_equal(levin_module_numel(m, true), 2 + 1);
    levin_module_unfreeze(m);
    assert_int_equal(levin_module_numel(m, true), 3 * 2 + 2 + 2 + 1);
    assert_true(levin_module_is_training((levin_module *)self->first));
    levin_module_free(m);
}

static void count_up(void *thing) { ++*(int *)thing; }

static void what_a_module_keeps_is_released_with_it(void **state)
{
    (void)state;
    int released = 0;
    levin_module *m = levin_module_new(&plain);
    assert_int_equal(levin__module_keep(m, &released, count_up), LEVIN_OK);
    assert_int_equal(levin__module_keep(m, &released, count_up), LEVIN_OK);
    m->node->trainer_state = &released;
    m->node->trainer_state_free = count_up;
    assert_int_equal(released, 0);
    levin_module_free(m);
    assert_int_equal(released, 3);

    m = levin_module_new(&plain);
    levin__alloc_fail_at(1);
    assert_int_equal(levin__module_keep(m, &released, count_up), LEVIN_ENOMEM);
    assert_int_equal(released, 4);
    levin_error_clear();
    levin_module_free(m);
}

static void every_failing_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    int64_t failing = 1;
    levin_module *m = NULL;
    for (; !m && failing < 100; failing++) {
        levin__alloc_fail_at(failing);
        m = levin_module_new(&net_class);
        assert_int_equal(levin_error(), m ? LEVIN_OK : LEVIN_ENOMEM);
        levin_error_clear();
    }
    levin__alloc_fail_at(0);
    assert_non_null(m);
    assert_true(failing > 10);
    levin_module_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_frees_all_it_owns),
        cmocka_unit_test(an_error_within_init_gives_null_and_frees),
        cmocka_unit_test(an_error_within_a_childs_init_removes_the_child_alone),
        cmocka_unit_test(null_in_gives_null_out),
        cmocka_unit_test(a_class_too_small_for_its_base_is_refused),
        cmocka_unit_test(two_children_of_one_name_are_refused),
        cmocka_unit_test(a_walk_sees_parents_before_children_and_ends),
        cmocka_unit_test(a_child_freed_by_hand_leaves_its_parent),
        cmocka_unit_test(modes_of_a_subtree_come_back_as_they_were),
        cmocka_unit_test(freezing_stops_gradients_and_training_below),
        cmocka_unit_test(what_a_module_keeps_is_released_with_it),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
