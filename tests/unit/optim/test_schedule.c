/* test_schedule.c: what the golden file does not show: names, shares, estimates, errors, edges. */
#include "optim/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };
static levin_module *m;

static levin_optimizer *make(void)
{
    m = levin_module_new(&plain);
    levin_parameter_new(m, "x", 0, NULL);
    return levin_adamw(levin_parameters(m), 0.1, 0, NULL);
}

static void done(levin_optimizer *o)
{
    levin_optimizer_free(o);
    levin_module_free(m);
}

static void assert_lr(const levin_optimizer *o, double want)
{
    assert_true(fabs(levin_optimizer_lr(o, 0) - want) < 1e-9);
}

static void assert_error(const char *message)
{
    assert_string_equal(levin_error_message(), message);
    levin_error_clear();
}

static void names_are_known_in_any_case_and_near_ones_suggested(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    assert_null(levin__lr_scheduler_name(o));
    const levin_lr_scheduler_opts opts = { .total_steps = 4 };
    assert_int_equal(levin_optimizer_set_lr_scheduler(o, "LINEAR", &opts), LEVIN_OK);
    assert_string_equal(levin__lr_scheduler_name(o), "linear");
    assert_int_equal(levin_optimizer_set_lr_scheduler(o, "cosin", &opts), LEVIN_EINVAL);
    assert_error("unknown lr_scheduler 'cosin', did you mean cosine?");
    assert_int_equal(levin_optimizer_set_lr_scheduler(NULL, "linear", &opts), LEVIN_OK);
    done(o);
}

static void warm_up_may_be_a_share_rounded_up(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    const levin_lr_scheduler_opts opts = { .warmup = 0.25, .total_steps = 9 };
    levin_optimizer_set_lr_scheduler(o, "linear", &opts); // 3 steps
    assert_lr(o, 0);
    levin_lr_scheduler_step(o);
    assert_lr(o, 0.1 / 3);
    levin_lr_scheduler_step(o);
    levin_lr_scheduler_step(o);
    assert_lr(o, 0.1);
    for (int i = 0; i < 5; i++)
        levin_lr_scheduler_step(o);
    assert_lr(o, 0.1 / 6);
    for (int i = 0; i < 5; i++)
        levin_lr_scheduler_step(o); // past the end
    assert_lr(o, 0);
    done(o);
}

static void the_trainer_fills_in_what_the_user_left_out(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    levin_optimizer_set_lr_scheduler(o, "linear", &(levin_lr_scheduler_opts){ .warmup = 0.5 });
    assert_true(levin__lr_scheduler_wants_total(o));
    assert_lr(o, 0.1);
    levin_lr_scheduler_step(o);
    assert_error("linear schedule: total_steps is not known; give it as an option");
    levin__lr_scheduler_set_total(o, 4);
    assert_lr(o, 0);
    levin_lr_scheduler_step(o);
    assert_lr(o, 0.05);
    assert_true(levin__lr_scheduler_wants_total(o)); // a second fit estimates again
    levin_optimizer_set_lr_scheduler(o, "linear", &(levin_lr_scheduler_opts){ .total_steps = 8 });
    assert_false(levin__lr_scheduler_wants_total(o));
    levin__lr_scheduler_set_total(o, 100);
    levin_lr_scheduler_step(o);
    assert_lr(o, 0.1 * 7 / 8);
    levin_optimizer_set_lr_scheduler(o, "constant", NULL);
    assert_false(levin__lr_scheduler_wants_total(o));
    levin_optimizer_set_lr_scheduler(o, "constant_with_warmup",
                                     &(levin_lr_scheduler_opts){ .warmup = 0.5 });
    assert_true(levin__lr_scheduler_wants_total(o));
    done(o);
}

static void steps_may_be_epochs(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    assert_false(levin__lr_scheduler_per_epoch(o));
    const levin_lr_scheduler_opts opts = { .total_steps = 3, .per_epoch = LEVIN_ON };
    levin_optimizer_set_lr_scheduler(o, "linear", &opts);
    assert_true(levin__lr_scheduler_per_epoch(o));
    done(o);
}

static void a_group_added_later_follows_the_schedule(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    levin_module *other = levin_module_add(m, "other", &plain);
    levin_parameter_new(other, "y", 0, NULL);
    levin_optimizer_set_lr_scheduler(o, "linear", &(levin_lr_scheduler_opts){ .total_steps = 4 });
    levin_lr_scheduler_step(o);
    levin_optimizer_add_group(o, levin_parameters(other), 1, 0);
    assert_true(fabs(levin_optimizer_lr(o, 1) - 0.75) < 1e-9);
    levin_lr_scheduler_step(o);
    assert_true(fabs(levin_optimizer_lr(o, 1) - 0.5) < 1e-9);
    done(o);
}

static void edges_of_the_formulas_are_transformers(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    levin_optimizer_set_lr_scheduler(o, "inverse_sqrt", NULL); // timescale 10000
    levin_lr_scheduler_step(o);
    assert_lr(o, 0.1 / sqrt(10001.0 / 10000));
    levin_optimizer_set_lr_scheduler(o, "inverse_sqrt",
                                     &(levin_lr_scheduler_opts){ .warmup = 2, .timescale = 8 });
    for (int i = 0; i < 3; i++)
        levin_lr_scheduler_step(o);
    assert_lr(o, 0.1 / sqrt((3 + 8 - 2) / 8.0));
    const levin_lr_scheduler_opts wsd = { .total_steps = 10, .num_decay_steps = 4 };
    levin_optimizer_set_lr_scheduler(o, "warmup_stable_decay", &wsd); // stable: what is left, 6
    for (int i = 0; i < 8; i++)
        levin_lr_scheduler_step(o);
    assert_lr(o, 0.05);
    for (int i = 0; i < 8; i++)
        levin_lr_scheduler_step(o);
    assert_lr(o, 0);
    const levin_lr_scheduler_opts all_warm = { .warmup = 2, .total_steps = 2 };
    levin_optimizer_set_lr_scheduler(o, "polynomial", &all_warm);
    for (int i = 0; i < 3; i++)
        levin_lr_scheduler_step(o);
    assert_lr(o, 1e-7);
    done(o);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    levin_optimizer_set_lr_scheduler(o, "cosine", &(levin_lr_scheduler_opts){ .warmup = -1 });
    assert_error("cosine schedule: warmup must be at least 0, not -1");
    levin_optimizer_set_lr_scheduler(o, "polynomial", &(levin_lr_scheduler_opts){ .lr_end = 1 });
    assert_error("polynomial schedule: lr_end must be below lr, not 1");
    levin_optimizer_set_lr_scheduler(o, "cosine_with_min_lr",
                                     &(levin_lr_scheduler_opts){ .min_lr = 1 });
    assert_error("cosine_with_min_lr schedule: min_lr must be at most lr, not 1");
    levin_optimizer_set_lr_scheduler(o, "warmup_stable_decay", NULL);
    assert_error("warmup_stable_decay schedule: num_decay_steps must be above 0, not 0");
    assert_null(levin__lr_scheduler_name(o)); // none of them was attached
    done(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known_in_any_case_and_near_ones_suggested),
        cmocka_unit_test(warm_up_may_be_a_share_rounded_up),
        cmocka_unit_test(the_trainer_fills_in_what_the_user_left_out),
        cmocka_unit_test(steps_may_be_epochs),
        cmocka_unit_test(a_group_added_later_follows_the_schedule),
        cmocka_unit_test(edges_of_the_formulas_are_transformers),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
