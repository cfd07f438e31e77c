/* test_csv.c: the files of CSVLogger. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"

#include <levin/sys/logger.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *root;

static int set_up(void **state)
{
    (void)state;
    root = temporary_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(root);
    levin__free(root);
    levin_error_clear();
    return 0;
}

static void log_row(levin_logger *l, const char *name, double value, int64_t epoch, int64_t step)
{
    levin_logged row[] = { { .name = name, .value = value },
                           { .name = "epoch", .value = (double)epoch, .integer = true } };
    assert_int_equal(l->type->log_metrics(l, row, epoch >= 0 ? 2 : 1, step), 0);
}

static void check_file(const levin_logger *l, const char *name, const char *expected)
{
    char *path = levin__path_join(l->type->log_dir(l), name);
    char *text = slurp(path);
    assert_string_equal(text ? text : "no file", expected);
    levin__free(text);
    levin__free(path);
}

static void columns_are_sorted_and_a_new_one_rewrites_the_file(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(NULL, NULL);
    assert_int_equal(l->type->start(l, root), 0);
    log_row(l, "train_loss", 0.5, 0, 0);
    check_file(l, "metrics.csv", "epoch,step,train_loss\n0,0,0.5\n");
    log_row(l, "train_loss", 0.25, 0, 1);
    log_row(l, "acc", (double)NAN, 0, 1);
    check_file(l, "metrics.csv", "acc,epoch,step,train_loss\n,0,0,0.5\n,0,1,0.25\nnan,0,1,\n");
    log_row(l, "zeta", 1, -1, 7);
    check_file(l, "metrics.csv",
               "acc,epoch,step,train_loss,zeta\n,0,0,0.5,\n,0,1,0.25,\nnan,0,1,,\n,,7,,1.0\n");
    levin_logger_free(l);
}

static void names_with_commas_are_quoted(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(NULL, NULL);
    l->type->start(l, root);
    log_row(l, "a,\"b\"", 1, 0, 0);
    log_row(l, "c", 2, 0, 1);
    check_file(l, "metrics.csv", "\"a,\"\"b\"\"\",c,epoch,step\n1.0,,0,0\n,2.0,0,1\n");
    levin_logged bad = { .name = "two\nlines" };
    assert_int_equal(l->type->log_metrics(l, &bad, 1, 0), LEVIN_EINVAL);
    levin_logger_free(l);
}

static void each_run_has_the_next_version(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        levin_logger *l = levin_csv_logger(root, "mine");
        assert_int_equal(l->type->start(l, "elsewhere"), 0);
        char *expected = levin__format("%s/mine/version_%d", root, i ? i + 6 : 0);
        assert_string_equal(l->type->log_dir(l), expected);
        assert_int_equal(l->type->start(l, "elsewhere"), 0); // again: the same folder
        assert_string_equal(l->type->log_dir(l), expected);
        levin__free(expected);
        levin_logger_free(l);
        if (i == 0) {
            char *gap = levin__format("%s/mine/version_6", root);
            levin__make_dirs(gap);
            levin__free(gap);
        }
    }
}

static void hyperparameters_are_yaml(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "lr", "2e-05" }, { "name", "'it''s'" } };
    levin_logger *l = levin_csv_logger(root, NULL);
    l->type->start(l, root);
    l->type->log_hyperparameters(l, NULL, 0);
    check_file(l, "hparams.yaml", "{}\n");
    l->type->log_hyperparameters(l, pairs, 2);
    check_file(l, "hparams.yaml", "lr: 2e-05\nname: 'it''s'\n");
    levin_logger_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_are_sorted_and_a_new_one_rewrites_the_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_with_commas_are_quoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_run_has_the_next_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hyperparameters_are_yaml, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
