/* test_model_checkpoint.c: names from templates, the k best, and options that make no sense. What
 * is saved when stands in Lightning's recorded cases. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/checkpoint.h"
#include "trainer/callbacks/checkpoint_name.h"
#include "trainer/callbacks/top_k.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool look_up(void *payload, const char *name, double *value, bool *whole)
{
    (void)payload;
    *whole = strcmp(name, "epoch") == 0;
    *value = *whole ? 7 : 0.123456;
    return *whole || strcmp(name, "val/loss") == 0;
}

static void templates_are_filled_as_by_python(void **state)
{
    (void)state;
    static const struct {
        const char *template;
        bool insert;
        const char *expected;
    } rows[] = {
        { "{epoch}", true, "epoch=7" },
        { "{epoch:03d}", true, "epoch=007" },
        { "e{epoch}_l{val/loss:.3f}", false, "e7_l0.123" },
        { "{val/loss}", true, "val/loss=0.123456" },
        { "{val/loss:.2e}", false, "1.23e-01" },
        { "{val/loss:8.2f}", false, "    0.12" },
        { "{val/loss:.1%}", false, "12.3%" },
        { "{unknown}", true, "unknown=0" },
        { "plain", true, "plain" },
        { "", true, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_buffer out = LEVIN_BUFFER(256);
        levin__buffer_add(&out, "", 0);
        assert_true(levin__checkpoint_name(&out, rows[i].template, rows[i].insert, look_up, NULL));
        assert_string_equal(out.data, rows[i].expected);
        levin__buffer_free(&out);
    }
}

static void broken_templates_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "{",         "{}",        "{epoch",       "{epoch:",
                                         "{epoch:x}", "{epoch:.}", "{epoch:999d}", "{epoch:.99f}",
                                         "{epoch:02" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(levin__checkpoint_name_check(wrong[i]), LEVIN_EINVAL);
        assert_non_null(strstr(levin_error_message(), wrong[i]));
        levin_error_clear();
    }
}

static void the_best_are_kept_and_ties_keep_the_older(void **state)
{
    (void)state;
    levin_top_k list = { .mode = LEVIN_MODE_MIN, .k = 2 };
    levin_scored out = { 0 };
    levin__top_k_add(&list, "a", 3);
    assert_true(levin__top_k_wants(&list, (double)NAN)); // there is room
    levin__top_k_add(&list, "b", (double)NAN);
    assert_false(levin__top_k_wants(&list, (double)NAN));
    assert_true(levin__top_k_wants(&list, 3));
    levin__top_k_make_room(&list, &out);
    assert_string_equal(out.path, "b");
    levin__free(out.path);
    levin__top_k_add(&list, "c", 3);
    assert_false(levin__top_k_wants(&list, 3));
    assert_string_equal(levin__top_k_best(&list)->path, "a");
    levin__top_k_drop(&list, "a");
    assert_string_equal(levin__top_k_best(&list)->path, "c");
    levin__top_k_free(&list);
    list.k = 0;
    assert_false(levin__top_k_wants(&list, 0));
    list.k = -1;
    list.mode = LEVIN_MODE_MAX;
    assert_true(levin__top_k_wants(&list, 0));
}

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        levin_model_checkpoint_opts opts;
        const char *text;
    } rows[] = {
        { { .every_n_epochs = 1, .every_n_train_steps = 2 }, "give one of" },
        { { .every_n_epochs = -2 }, "must not be negative" },
        { { .save_top_k = 2 }, "needs a monitor" },
        { { .save_top_k = -2 }, "at least -1" },
        { { .filename = "{epoch" }, "filename" },
        { { .train_time_interval = { 1, 5 } }, "LEVIN_SECONDS" },
        { { .mode = (levin_mode)5 }, "mode" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(levin_model_checkpoint(&rows[i].opts));
        assert_int_equal(levin_error(), LEVIN_EINVAL);
        assert_non_null(strstr(levin_error_message(), rows[i].text));
        levin_error_clear();
    }
}

static void trainers_refuse_what_flags_forbid(void **state)
{
    (void)state;
    levin_callback *two[] = { levin_model_checkpoint(NULL), levin_model_checkpoint(NULL), NULL };
    assert_null(levin_trainer_new(&(levin_trainer_flags){ .callbacks = two }));
    assert_non_null(
        strstr(levin_error_message(), "two ModelCheckpoint with the same monitor, mode, "));
    levin_error_clear();
    levin_callback *one[] = { levin_model_checkpoint(NULL), NULL };
    assert_null(levin_trainer_new(
        &(levin_trainer_flags){ .callbacks = one, .enable_checkpointing = LEVIN_OFF }));
    assert_non_null(strstr(levin_error_message(), "enable_checkpointing"));
    levin_error_clear();
}

static levin_trainer *fit(boring *m, const char *root, const levin_model_checkpoint_opts *o)
{
    levin_callback *callbacks[] = { levin_model_checkpoint(o), NULL };
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root, .max_epochs = 2, .callbacks = callbacks });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit(t, &m->base,
                      boring_loader(12, 1, &(levin_dataloader_opts){ .batch_size = 4 }),
                      boring_loader(8, 2, NULL));
    return t;
}

static void a_misspelt_monitor_is_told_with_the_nearest_name(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = boring_new(1);
    levin_trainer *t = fit(m, root, &(levin_model_checkpoint_opts){ .monitor = "val_los" });
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "did you mean val_loss"));
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

/* Of a ModelCheckpoint before and after a fit, and of what is none. */
static void a_callback_says_what_it_has_saved(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = boring_new(1);
    levin_callback *saver = levin_model_checkpoint(
        &(levin_model_checkpoint_opts){ .monitor = "train_loss", .save_last = LEVIN_ON });
    levin_callback *list[] = { saver, NULL }, *other = levin_timer(NULL);
    const levin_callback *none[] = { saver, other, NULL };
    for (int i = 0; i < 3; i++) {
        assert_string_equal(levin_model_checkpoint_best_model_path(none[i]), "");
        assert_string_equal(levin_model_checkpoint_last_model_path(none[i]), "");
        assert_true(isnan(levin_model_checkpoint_best_model_score(none[i])));
    }
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root, .max_epochs = 1, .callbacks = list, .logger = LEVIN_NO_LOGGER });
    levin_trainer_set_output(t, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, boring_loader(12, 1, NULL), NULL), 0);
    const char *last = levin_model_checkpoint_last_model_path(saver);
    assert_true(levin__is_file(levin_model_checkpoint_best_model_path(saver)));
    assert_true(levin__is_file(last));
    assert_string_equal(levin__path_name(last), "last.ckpt");
    assert_true(levin_model_checkpoint_best_model_score(saver) ==
                levin_trainer_metric(t, "train_loss"));
    levin_callback_free(other);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

static void weights_alone_load_but_do_not_resume(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = boring_new(1), *other = boring_new(2);
    levin_trainer *t =
        fit(m, root, &(levin_model_checkpoint_opts){ .save_weights_only = LEVIN_ON });
    char *path = levin__strdup(levin_trainer_best_model_path(t));
    assert_int_equal(levin_module_load_checkpoint(&other->base, path), 0);
    int64_t n;
    float *a = boring_weights(m, &n), *b = boring_weights(other, &n);
    assert_memory_equal(a, b, (size_t)n * sizeof *a);
    levin_trainer_fit_from(t, &m->base, boring_loader(12, 1, NULL), NULL, path);
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "save_weights_only"));
    levin_error_clear();
    levin__free(a);
    levin__free(b);
    levin__free(path);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin_module_free(&other->base);
    remove_folder(root);
    levin__free(root);
}

static void a_checkpoint_is_whole_and_says_what_it_is(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = boring_new(1);
    levin_save_hyperparameter(&m->base, "lr", "%g", 0.01);
    levin_trainer *t = fit(m, root, NULL);
    levin_checkpoint *c = levin__checkpoint_open(levin_trainer_best_model_path(t));
    const json_t *header = levin__checkpoint_header(c);
    static const char *const keys[] = {
        "levin_version", "epoch", "global_step", "loops",  "callbacks",
        "random",        "log",   "optimizer",   "module", "hyper_parameters"
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(json_object_get(header, keys[i]));
    assert_int_equal(json_integer_value(json_object_get(header, "global_step")), 6);
    const levin_safetensors *tensors = levin__checkpoint_tensors(c);
    assert_non_null(levin_safetensors_find(tensors, "state_dict.layer.weight"));
    assert_non_null(levin_safetensors_find(tensors, "optimizer.layer.bias.exp_avg_sq"));
    levin__checkpoint_free(c);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

/* What the process with that number was writing when it was killed; the caller's. */
static char *leftover(const char *root, const char *run, const char *name, long process)
{
    char *folder = levin__format("%s/%s", root, run);
    char *path = levin__format("%s/%s.tmp.%ld", folder, name, process);
    assert_int_equal(levin__make_dirs(folder), 0);
    assert_int_equal(levin__file_write(path, "half", 4), 0);
    levin__free(folder);
    return path;
}

static void what_killed_runs_were_writing_goes_when_one_begins(void **state)
{
    (void)state;
    char *root = temporary_folder(), *dir = levin__path_join(root, "mine");
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    char *dead[] = { leftover(root, "mine", "epoch=0.ckpt", child),
                     leftover(root, "lightning_logs/version_0/checkpoints", "last.ckpt", child),
                     leftover(root, "lightning_logs/version_0", "hparams.yaml", child),
                     leftover(root, "lightning_logs/version_0", "metrics.csv", child) };
    char *others[] = { leftover(root, "mine", "epoch=0.ckpt", getpid()),
                       leftover(root, "mine", "notes.yaml", child),
                       leftover(root, "lightning_logs/else", "last.ckpt", child) };
    boring *m = boring_new(1);
    levin_trainer *t = fit(m, root, &(levin_model_checkpoint_opts){ .dirpath = dir });
    assert_string_equal(levin_error_message(), "");
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) {
        assert_false(levin__is_file(dead[i]));
        levin__free(dead[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_true(levin__is_file(others[i]));
        levin__free(others[i]);
    }
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(dir);
    levin__free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_filled_as_by_python),
        cmocka_unit_test(broken_templates_are_refused),
        cmocka_unit_test(the_best_are_kept_and_ties_keep_the_older),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(trainers_refuse_what_flags_forbid),
        cmocka_unit_test(a_misspelt_monitor_is_told_with_the_nearest_name),
        cmocka_unit_test(a_callback_says_what_it_has_saved),
        cmocka_unit_test(weights_alone_load_but_do_not_resume),
        cmocka_unit_test(a_checkpoint_is_whole_and_says_what_it_is),
        cmocka_unit_test(what_killed_runs_were_writing_goes_when_one_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
