/* test_flags.c: the table of flags: whole, and right both ways between text and field. */
#include "trainer/flags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void every_field_has_a_row_in_its_order(void **state)
{
    (void)state;
    size_t end = 0;
    for (size_t i = 0; i < levin__num_flags; i++) {
        const levin_flag *f = &levin__flags[i];
        if (f->offset < end || f->offset - end >= 8)
            fail_msg("a field before %s is missing from the table, or out of order", f->name);
        end = f->offset + f->size;
        assert_true(*f->help && *f->missing);
    }
    if (sizeof(levin_trainer_flags) - end >= 8)
        fail_msg("a field after the last row is missing from the table");
}

static int set(levin_trainer_flags *f, const char *name, const char *text)
{
    return levin__flag_set(f, levin__flag_find(name), text);
}

static const char *print(const levin_trainer_flags *f, const char *name)
{
    static char text[256];
    levin_buffer out = LEVIN_BUFFER(sizeof text);
    assert_true(levin__flag_print(&out, f, levin__flag_find(name)));
    strncpy(text, out.data, sizeof text - 1);
    levin__buffer_free(&out);
    return text;
}

static void text_goes_in_and_comes_out(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "max_epochs", "3", "3" },
        { "max_epochs", "0", "0" },
        { "max_epochs", "-1", "-1" },
        { "max_epochs", "null", "null" },
        { "precision", "bf16-mixed", "bf16-mixed" },
        { "precision", "32", "'32'" },
        { "default_root_dir", "it's here", "'it''s here'" },
        { "limit_val_batches", "10", "10" },
        { "limit_val_batches", "1", "1" },
        { "limit_val_batches", "1.0", "1.0" },
        { "limit_val_batches", "0.25", "0.25" },
        { "limit_val_batches", "3.0", "3" },
        { "val_check_interval", "00:01:30:00", "'00:01:30:00'" },
        { "fast_dev_run", "true", "1" },
        { "fast_dev_run", "false", "0" },
        { "fast_dev_run", "7", "7" },
        { "gradient_clip_val", "1.5", "1.5" },
        { "gradient_clip_val", "null", "null" },
        { "gradient_clip_val", "1e-3", "0.001" },
        { "track_grad_norm", "inf", "inf" },
        { "track_grad_norm", ".inf", "inf" },
        { "track_grad_norm", "+.Inf", "inf" },
        { "enable_progress_bar", "false", "false" },
        { "enable_progress_bar", "null", "true" },
        { "check_val_every_n_epoch", "null", "null" },
        { "logger", "false", "false" },
        { "logger", "true", "true" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_trainer_flags f = { 0 };
        assert_int_equal(set(&f, rows[i][0], rows[i][1]), 0);
        assert_string_equal(print(&f, rows[i][0]), rows[i][2]);
    }
}

static void what_is_printed_can_be_set_again(void **state)
{
    (void)state;
    levin_trainer_flags f = { 0 }, again = { 0 };
    for (size_t i = 0; i < levin__num_flags; i++) {
        const char *text = print(&f, levin__flags[i].name);
        if (*text != '\'')
            assert_int_equal(set(&again, levin__flags[i].name, text), 0);
    }
}

static void one_batch_and_all_of_them_differ(void **state)
{
    (void)state;
    levin_trainer_flags f = { 0 };
    set(&f, "limit_train_batches", "1");
    assert_true(f.limit_train_batches.kind == 1 && f.limit_train_batches.value == 1);
    set(&f, "limit_train_batches", "1.0");
    assert_true(f.limit_train_batches.kind == 2 && f.limit_train_batches.value == 1);
}

static void a_wrong_value_names_its_flag(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "max_epochs", "three" },
        { "max_epochs", "3.5" },
        { "max_epochs", "" },
        { "enable_checkpointing", "yes" },
        { "limit_val_batches", "half" },
        { "val_check_interval", "01:00" },
        { "gradient_clip_val", "inf" },
        { "gradient_clip_val", ".inf" },
        { "track_grad_norm", "-.inf" },
        { "track_grad_norm", ".nan" },
        { "track_grad_norm", ".iNf" },
        { "callbacks", "EarlyStopping" },
        { "max_steps", "99999999999999999999" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_trainer_flags f = { 0 };
        assert_int_equal(set(&f, rows[i][0], rows[i][1]), LEVIN_EINVAL);
        assert_non_null(strstr(levin_error_message(), rows[i][0]));
        levin_error_clear();
    }
}

static void a_number_or_a_schedule_names_both(void **state)
{
    (void)state;
    levin_trainer_flags f = { 0 };
    assert_int_equal(set(&f, "accumulate_grad_batches", "x"), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(), "accumulate_grad_batches: 'x' is not a whole number "
                                               "or a schedule such as {0: 1, 4: 2}");
    levin_error_clear();
}

static void an_unknown_flag_names_the_nearest(void **state)
{
    (void)state;
    assert_null(levin__flag_find("max_epoch"));
    assert_string_equal(levin_error_message(),
                        "unknown flag 'max_epoch', did you mean max_epochs?");
    levin_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_row_in_its_order),
        cmocka_unit_test(text_goes_in_and_comes_out),
        cmocka_unit_test(what_is_printed_can_be_set_again),
        cmocka_unit_test(one_batch_and_all_of_them_differ),
        cmocka_unit_test(a_wrong_value_names_its_flag),
        cmocka_unit_test(a_number_or_a_schedule_names_both),
        cmocka_unit_test(an_unknown_flag_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
