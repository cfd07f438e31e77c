/* test_clip.c: norms and clipping, at once and left to the step. */
#include "optim/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

typedef struct {
    levin_module *m;
    levin_tensor *a, *b;
    levin_optimizer *o;
} problem;

/* Gradients 3 and -4 of two parameters that are 0: norm 5; a third has none. */
static problem make(void)
{
    const int64_t one = 1;
    problem p = { .m = levin_module_new(&plain) };
    p.a = levin_parameter_new(p.m, "a", 1, &one);
    p.b = levin_parameter_new(p.m, "b", 1, &one);
    levin_parameter_new(p.m, "c", 1, &one);
    p.o = levin_sgd(levin_parameters(p.m), 1, NULL);
    levin_backward(levin_sum(levin_sub(levin_scale(p.a, 3), levin_scale(p.b, 4)), 0));
    assert_int_equal(levin_error(), LEVIN_OK);
    return p;
}

static void done(problem *p)
{
    levin_optimizer_free(p->o);
    levin_module_free(p->m);
}

static double grad(const levin_tensor *t) { return levin_item(levin_tensor_grad(t)); }
static void assert_near(double got, double want) { assert_true(fabs(got - want) < 1e-6); }

static void the_norm_is_of_all_gradients_together(void **state)
{
    (void)state;
    problem p = make();
    assert_near(levin_grad_norm(p.o), 5);
    levin_optimizer_zero_grad(p.o);
    assert_true(levin_grad_norm(p.o) == 0);
    done(&p);
}

static void clipping_scales_at_once_for_everyone_to_see(void **state)
{
    (void)state;
    problem p = make();
    assert_near(levin_clip_grad_norm(p.o, 1), 5);
    assert_near(grad(p.a), 0.6);
    assert_near(grad(p.b), -0.8);
    assert_near(levin_grad_norm(p.o), 1);
    levin_optimizer_step(p.o);
    assert_near(levin_item(p.a), -0.6);
    done(&p);
}

static void small_gradients_are_left_alone(void **state)
{
    (void)state;
    problem p = make();
    assert_near(levin_clip_grad_norm(p.o, 6), 5);
    assert_true(grad(p.a) == 3 && grad(p.b) == -4);
    done(&p);
}

static void clipping_may_wait_for_the_step(void **state)
{
    (void)state;
    problem p = make();
    assert_near(levin__clip_grad_norm_later(p.o, 1), 5);
    assert_true(grad(p.a) == 3);
    assert_near(levin_grad_norm(p.o), 1); // as the step will see it
    assert_near(levin__clip_grad_norm_later(p.o, 0.5), 1);
    levin_optimizer_step(p.o);
    assert_near(levin_item(p.a), -0.3);
    assert_near(levin_item(p.b), 0.4);
    levin_optimizer_zero_grad(p.o);
    levin_backward(levin_sum(p.a, 0)); // the factor is gone with the gradients it was for
    levin_optimizer_step(p.o);
    assert_near(levin_item(p.a), -1.3);
    done(&p);
}

static void clipping_by_value_clamps_each_element(void **state)
{
    (void)state;
    problem p = make();
    levin_clip_grad_value(p.o, 3.5);
    assert_true(grad(p.a) == 3 && grad(p.b) == -3.5);
    levin__clip_grad_norm_later(p.o, 1);
    levin_clip_grad_value(p.o, 0.7); // after a norm that waits: of the scaled gradients
    assert_near(grad(p.a), 3 / sqrt(9 + 12.25));
    assert_near(grad(p.b), -0.7);
    done(&p);
}

static void a_norm_that_is_no_number_is_seen(void **state)
{
    (void)state;
    problem p = make();
    ((float *)levin_tensor_data(p.a->grad))[0] = NAN;
    assert_true(isnan(levin_clip_grad_norm(p.o, 1)));
    assert_true(isnan(grad(p.b)));
    done(&p);
}

static void a_limit_below_zero_is_refused(void **state)
{
    (void)state;
    problem p = make();
    levin_clip_grad_norm(p.o, -1);
    assert_string_equal(levin_error_message(),
                        "clip_grad_norm: max_norm must be at least 0, not -1");
    levin_error_clear();
    levin_clip_grad_value(p.o, (double)NAN);
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_true(grad(p.a) == 3);
    levin_clip_grad_norm(p.o, 0);
    assert_true(grad(p.a) == 0);
    done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_norm_is_of_all_gradients_together),
        cmocka_unit_test(clipping_scales_at_once_for_everyone_to_see),
        cmocka_unit_test(small_gradients_are_left_alone),
        cmocka_unit_test(clipping_may_wait_for_the_step),
        cmocka_unit_test(clipping_by_value_clamps_each_element),
        cmocka_unit_test(a_norm_that_is_no_number_is_seen),
        cmocka_unit_test(a_limit_below_zero_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
