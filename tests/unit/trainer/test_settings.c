/* test_settings.c: defaults that depend on other flags, and contradictions, all in one message. */
#include "trainer/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static levin_settings resolve(levin_trainer_flags f)
{
    levin_settings s;
    assert_int_equal(levin__settings_resolve(&s, &f), 0);
    levin__settings_free(&(levin_settings){ .root_dir = s.root_dir });
    return s;
}

static void zero_is_lightnings_default(void **state)
{
    (void)state;
    levin_settings s = resolve((levin_trainer_flags){ 0 });
    assert_int_equal(s.max_epochs, 1000);
    assert_int_equal(s.max_steps, -1);
    assert_int_equal(s.min_epochs, 0);
    assert_int_equal(s.num_sanity_val_steps, 2);
    assert_int_equal(s.log_every_n_steps, 50);
    assert_true(levin__by_epoch_is_one(&s.accumulate));
    assert_int_equal(s.check_val_every_n_epoch, 1);
    assert_true(s.val_check_interval.kind == 2 && s.val_check_interval.value == 1);
    assert_true(s.checkpointing && s.progress_bar && s.model_summary);
}

static void another_end_takes_the_limit_of_epochs_away(void **state)
{
    (void)state;
    assert_int_equal(resolve((levin_trainer_flags){ .max_steps = 5 }).max_epochs, -1);
    assert_int_equal(resolve((levin_trainer_flags){ .max_time = "00:01:00:00" }).max_epochs, -1);
    assert_int_equal(resolve((levin_trainer_flags){ .max_steps = -1 }).max_epochs, 1000);
    assert_int_equal(resolve((levin_trainer_flags){ .max_epochs = LEVIN_ZERO }).max_epochs, 0);
    assert_int_equal(resolve((levin_trainer_flags){ .min_steps = 5 }).min_epochs, 1);
}

static void fast_dev_run_overrides_lengths_and_limits(void **state)
{
    (void)state;
    levin_settings s = resolve((levin_trainer_flags){
        .fast_dev_run = 3, .max_epochs = 9, .min_epochs = 5, .overfit_batches = LEVIN_BATCHES(7) });
    assert_int_equal(s.max_steps, 3);
    assert_int_equal(s.max_epochs, 1);
    assert_int_equal(s.min_epochs, 0);
    assert_int_equal(s.num_sanity_val_steps, 0);
    assert_true(s.limit[LEVIN_STAGE_TRAIN].kind == 1 && s.limit[LEVIN_STAGE_TRAIN].value == 3);
}

static void refuse(levin_trainer_flags f, const char *a, const char *b)
{
    levin_settings s;
    int result = levin__settings_resolve(&s, &f);
    levin__settings_free(&s);
    if (result != LEVIN_EINVAL || !strstr(levin_error_message(), a) ||
        !strstr(levin_error_message(), b))
        fail_msg("%s and %s: %s", a, b, levin_error_message());
    levin_error_clear();
}

static void contradictions_name_both_flags(void **state)
{
    (void)state;
    refuse((levin_trainer_flags){ .min_epochs = 4, .max_epochs = 2 }, "min_epochs 4",
           "max_epochs 2");
    refuse((levin_trainer_flags){ .min_steps = 15, .max_steps = 5 }, "min_steps 15", "max_steps 5");
    refuse((levin_trainer_flags){ .val_check_interval = LEVIN_FRACTION(0.5),
                                  .check_val_every_n_epoch = -1 },
           "val_check_interval", "check_val_every_n_epoch");
}

static void values_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    refuse((levin_trainer_flags){ .max_steps = -2 }, "max_steps", "-2");
    refuse((levin_trainer_flags){ .limit_train_batches = LEVIN_FRACTION(1.5) },
           "limit_train_batches", "1.5");
    refuse((levin_trainer_flags){ .limit_val_batches = LEVIN_BATCHES(-1) }, "limit_val_batches",
           "-1");
    refuse((levin_trainer_flags){ .val_check_interval = LEVIN_BATCHES(0) }, "val_check_interval",
           "0");
    refuse((levin_trainer_flags){ .accumulate_grad_batches = LEVIN_ZERO },
           "accumulate_grad_batches", "0");
    refuse((levin_trainer_flags){ .check_val_every_n_epoch = LEVIN_ZERO },
           "check_val_every_n_epoch", "0");
    refuse((levin_trainer_flags){ .gradient_clip_algorithm = "norn" }, "gradient_clip_algorithm",
           "did you mean norm?");
    refuse((levin_trainer_flags){ .precision = "bf16-mixd" }, "precision", "bf16-mixed");
    refuse((levin_trainer_flags){ .precision = "64-true" }, "precision", "32-true");
    refuse((levin_trainer_flags){ .accelerator = "gpu" }, "accelerator", "cpu");
    refuse((levin_trainer_flags){ .devices = "0" }, "devices", "1");
    refuse((levin_trainer_flags){ .max_time = "12:00:00" }, "max_time", "DD:HH:MM:SS");
}

/* What no int64_t holds must not be cast to one. */
static void counts_beyond_the_exact_numbers_of_a_double_are_refused(void **state)
{
    (void)state;
    refuse((levin_trainer_flags){ .limit_train_batches = LEVIN_BATCHES(1e30) },
           "limit_train_batches", "1e+30");
    refuse((levin_trainer_flags){ .limit_test_batches = LEVIN_FRACTION(1e30) },
           "limit_test_batches", "1e+30");
    refuse((levin_trainer_flags){ .val_check_interval = LEVIN_BATCHES(1e30) }, "val_check_interval",
           "1e+30");
    refuse((levin_trainer_flags){ .val_check_interval = LEVIN_STEPS(1e30) }, "val_check_interval",
           "1e+30");
    refuse((levin_trainer_flags){ .val_check_interval = LEVIN_STEPS((double)NAN) },
           "val_check_interval", "nan");
    refuse((levin_trainer_flags){ .num_sanity_val_steps = LEVIN_BATCHES(1e30) },
           "num_sanity_val_steps", "1e+30");
    assert_int_equal(resolve((levin_trainer_flags){ .num_sanity_val_steps = LEVIN_BATCHES(0x1p53) })
                         .num_sanity_val_steps,
                     (int64_t)1 << 53);
}

static void everything_wrong_is_told_at_once(void **state)
{
    (void)state;
    refuse((levin_trainer_flags){ .max_steps = -2, .devices = "0" }, "devices", "max_steps");
}

static void flags_of_another_version_are_read_as_far_as_they_go(void **state)
{
    (void)state;
    struct {
        levin_trainer_flags known;
        int64_t newer;
    } f = { .known = { .logger = LEVIN_NO_LOGGER, .max_epochs = 2 } };
    levin_trainer_free(levin_trainer_new_sized(&f.known, sizeof f));
    assert_string_equal(levin_error_message(), "");
    levin_trainer_free(levin_trainer_new_sized(&f.known, offsetof(levin_trainer_flags, callbacks)));
    assert_string_equal(levin_error_message(), "");
    f.newer = 1;
    assert_null(levin_trainer_new_sized(&f.known, sizeof f));
    assert_int_equal(levin_error(), LEVIN_EVERSION);
    levin_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_lightnings_default),
        cmocka_unit_test(another_end_takes_the_limit_of_epochs_away),
        cmocka_unit_test(fast_dev_run_overrides_lengths_and_limits),
        cmocka_unit_test(contradictions_name_both_flags),
        cmocka_unit_test(values_that_make_no_sense_are_refused),
        cmocka_unit_test(counts_beyond_the_exact_numbers_of_a_double_are_refused),
        cmocka_unit_test(everything_wrong_is_told_at_once),
        cmocka_unit_test(flags_of_another_version_are_read_as_far_as_they_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
