/* test_csv.c: the files of CSVLogger. */
#include "support/root.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/yaml.h"

#include <levin/sys/logger.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void log_row(levin_logger *l, const char *name, double value, int64_t epoch, int64_t step)
{
    levin_logged row[] = { { .name = name, .value = value },
                           { .name = "epoch", .value = (double)epoch, .integer = true } };
    assert_int_equal(l->type->log_metrics(l, row, epoch >= 0 ? 2 : 1, step), 0);
}

static void check_file(levin_logger *l, const char *name, const char *expected)
{
    assert_int_equal(levin_logger_flush(l), 0);
    char *path = levin__path_join(l->type->log_dir(l), name);
    char *text = slurp(path);
    assert_string_equal(text ? text : "no file", expected);
    levin__free(text);
    levin__free(path);
}

static void columns_are_sorted_and_a_new_one_rewrites_the_file(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(NULL);
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
    levin_logger *l = levin_csv_logger(NULL);
    l->type->start(l, root);
    log_row(l, "a,\"b\"", 1, 0, 0);
    log_row(l, "c", 2, 0, 1);
    check_file(l, "metrics.csv", "\"a,\"\"b\"\"\",c,epoch,step\n1.0,,0,0\n,2.0,0,1\n");
    assert_int_equal(levin_logger_log_number(l, "two\nlines", 1, 0), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_logger_log_number(l, "a,\"b\"", 3, 2), 0); // goes on
    assert_int_equal(levin_logger_log_number(l, "\xc3\xa9\xff", 4, 3), 0);
    check_file(
        l, "metrics.csv",
        "\"a,\"\"b\"\"\",c,epoch,step,\xc3\xa9?\n1.0,,0,0,\n,2.0,0,1,\n3.0,,,2,\n,,,3,4.0\n");
    levin_logger_free(l);
}

static void a_prefix_stands_before_all_names_but_step(void **state)
{
    (void)state;
    levin_logger *l =
        levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root, .prefix = "run" });
    l->type->start(l, root);
    log_row(l, "loss", 1, 0, 0);
    log_row(l, "loss", 2, 0, 1);
    check_file(l, "metrics.csv", "run-epoch,run-loss,step\n0,1.0,0\n0,2.0,1\n");
    levin_logger_free(l);
}

static void rows_wait_for_the_step_that_flushes(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(
        &(levin_csv_logger_opts){ .save_dir = root, .flush_logs_every_n_steps = 3 });
    l->type->start(l, root);
    char *path = levin__path_join(levin_logger_log_dir(l), "metrics.csv");
    for (int step = 0; step < 4; step++)
        levin_logger_log_number(l, "a", step, step);
    char *text = slurp(path);
    assert_string_equal(text, "a,step\n0.0,0\n1.0,1\n2.0,2\n");
    levin__free(text);
    levin_logger_free(l); // what waits is not lost
    text = slurp(path);
    assert_string_equal(text, "a,step\n0.0,0\n1.0,1\n2.0,2\n3.0,3\n");
    levin__free(text);
    levin__free(path);
}

static levin_logger *named_version(const char *version)
{
    levin_logger *l = levin_csv_logger(
        &(levin_csv_logger_opts){ .save_dir = root, .name = "", .version = version });
    assert_non_null(l);
    return l;
}

static void a_version_may_be_a_number_or_a_word(void **state)
{
    (void)state;
    static const char *const rows[][2] = { { "7", "version_7" }, { "mine", "mine" } };
    for (int i = 0; i < 2; i++) {
        levin_logger *l = named_version(rows[i][0]);
        assert_int_equal(l->type->start(l, "elsewhere"), 0);
        char *expected = levin__path_join(root, rows[i][1]);
        assert_string_equal(levin_logger_log_dir(l), expected);
        levin__free(expected);
        levin_logger_free(l);
    }
}

/* What the file of a version begins with, and what stands there after one more row. */
static int go_on_below(const char *before, const char *expected)
{
    char *dir = levin__path_join(root, "mine"), *path = levin__path_join(dir, "metrics.csv");
    levin__make_dirs(dir);
    levin__file_write(path, before, strlen(before));
    levin_logger *l = named_version("mine");
    l->type->start(l, root);
    levin_logger_log_number(l, "loss", 0.5, 3);
    int result = levin_error();
    levin_error_clear();
    levin_logger_free(l);
    char *text = slurp(path);
    assert_string_equal(text, expected);
    levin__free(text);
    levin__free(path);
    levin__free(dir);
    return result;
}

static void a_file_that_stands_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } rows[] = {
        { "loss,step\n0.25,1\n", "loss,step\n0.25,1\n0.5,3\n" },
        { "step,acc\r\n1,0.75\r\n", "acc,loss,step\n0.75,,1\n,0.5,3\n" }, // Python's
        { "loss,step\n0.25,1\n0.1", "loss,step\n0.25,1\n0.5,3\n" },       // killed in a row
        { "\"a,\"\"b\",step\n1.0,1\n", "\"a,\"\"b\",loss,step\n1.0,,1\n,0.5,3\n" },
        { "", "loss,step\n0.5,3\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(go_on_below(rows[i].before, rows[i].after), 0);
}

static void a_file_of_another_kind_is_left_alone(void **state)
{
    (void)state;
    static const char *const files[] = {
        "name,age\nx,1\n", "step,step\n1,1\n", "\"step\n",      "a\"\"b\n",
        "step,a\n1,2,3\n", "step,a\n1\n",      "\"step\"x,a\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(go_on_below(files[i], files[i]), LEVIN_EFORMAT);
}

/* From here on a file cannot grow. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void no_row_is_lost_to_a_disk_that_is_full_for_a_while(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root });
    l->type->start(l, root);
    log_row(l, "loss", 1, 0, 0);
    check_file(l, "metrics.csv", "epoch,loss,step\n0,1.0,0\n");
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_files(20);
    log_row(l, "loss", 2, 0, 1);
    int result = levin_logger_flush(l);
    levin_error_clear();
    int of_new_column = levin_logger_log_number(l, "acc", 3, 2);
    levin_error_clear();
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_int_equal(result, LEVIN_EIO);
    assert_int_equal(of_new_column, LEVIN_EIO);
    check_file(l, "metrics.csv", "epoch,loss,step\n0,1.0,0\n0,2.0,1\n");
    log_row(l, "acc", 3, 0, 2);
    check_file(l, "metrics.csv", "acc,epoch,loss,step\n,0,1.0,0\n,0,2.0,1\n3.0,0,,2\n");
    levin_logger_free(l);
}

static void a_million_rows_are_written_and_widened(void **state)
{
    (void)state;
    enum { ROWS = 1000000 };
    levin_logger *l = levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root });
    l->type->start(l, root);
    log_row(l, "loss", 0.5, 0, 0);
    int64_t warm = levin__alloc_count();
    for (int64_t step = 1; step < ROWS; step++)
        log_row(l, "loss", 0.5, 0, step);
    assert_int_equal(levin__alloc_count(), warm);
    log_row(l, "val_loss", 0.25, 0, ROWS - 1);
    levin_logger_flush(l);
    char *path = levin__path_join(levin_logger_log_dir(l), "metrics.csv"), *text = slurp(path);
    int64_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 1 + ROWS + 1);
    const char *end = "\n0,0.5,999999,\n0,,999999,0.25\n";
    assert_string_equal(text + strlen(text) - strlen(end), end);
    levin__free(text);
    levin__free(path);
    levin_logger_free(l);
}

static void what_a_table_has_no_place_for_is_said(void **state)
{
    (void)state;
    levin_logger *l = levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root });
    assert_int_equal(levin_logger_log_text(l, "note", "text", 0), LEVIN_EUNSUPPORTED);
    assert_string_equal(levin_error_message(), "CSVLogger: 'note': it has no place for texts");
    levin_error_clear();
    assert_null(levin_csv_logger(&(levin_csv_logger_opts){ .flush_logs_every_n_steps = -1 }));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_logger_log_text(NULL, "note", "text", 0), 0);
    assert_int_equal(levin_logger_flush(NULL), 0);
    levin_logger_free(l);
}

static void each_run_has_the_next_version(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        levin_logger *l =
            levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root, .name = "mine" });
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
    static const char *const pairs[][2] = {
        { "lr", "2e-05" },       { "name", "'it''s'" }, { "word", "'32'" },
        { "betas", "[0.9, 1]" }, { "none", NULL },
    };
    levin_logger *l = levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root });
    l->type->start(l, root);
    l->type->log_hyperparameters(l, NULL, 0);
    check_file(l, "hparams.yaml", "{}\n");
    l->type->log_hyperparameters(l, pairs, 5);
    check_file(l, "hparams.yaml",
               "lr: 2e-05\nname: it's\nword: '32'\nbetas:\n- 0.9\n- 1\nnone: null\n");
    levin_logger_free(l);
}

/* Texts of a C program that are no YAML, or a part of which a reader would leave out. */
static void hyperparameters_of_any_text_read_back(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "a: b", "c: d" },        { "# e", "f # g" }, { "h", "- i" },
        { "j", "k\nl: m" },        { "n", "@o" },      { "p", "!q r" },
        { "s", "'t' and 'u': v" }, { "w", "*x" },      { "y", "[z" },
    };
    enum { N = sizeof pairs / sizeof *pairs };
    levin_logger *l = levin_csv_logger(&(levin_csv_logger_opts){ .save_dir = root });
    l->type->start(l, root);
    assert_int_equal(l->type->log_hyperparameters(l, pairs, N), 0);
    char *path = levin__path_join(l->type->log_dir(l), "hparams.yaml");
    levin_yaml *y = levin__yaml_load(path);
    assert_string_equal(levin_error_message(), "");
    for (int i = 0; i < N; i++)
        assert_string_equal(levin__yaml_get(y, pairs[i][0])->text, pairs[i][1]);
    levin__yaml_free(y);
    levin__free(path);
    levin_logger_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_are_sorted_and_a_new_one_rewrites_the_file,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(names_with_commas_are_quoted, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_prefix_stands_before_all_names_but_step, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(rows_wait_for_the_step_that_flushes, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_version_may_be_a_number_or_a_word, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_file_that_stands_goes_on, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_file_of_another_kind_is_left_alone, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(no_row_is_lost_to_a_disk_that_is_full_for_a_while,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_million_rows_are_written_and_widened, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(what_a_table_has_no_place_for_is_said, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(each_run_has_the_next_version, make_root, remove_root),
        cmocka_unit_test_setup_teardown(hyperparameters_are_yaml, make_root, remove_root),
        cmocka_unit_test_setup_teardown(hyperparameters_of_any_text_read_back, make_root,
                                        remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
