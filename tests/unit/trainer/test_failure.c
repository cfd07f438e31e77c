/* test_failure.c: runs that are killed, that diverge, that find the disk full or are told to stop:
 * one clear error, nothing half written, the last good checkpoint intact. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 40, BATCHES = 10 }; // batches of 4

static levin_dataloader *train_loader(void)
{
    return boring_loader(ROWS, 1, &(levin_dataloader_opts){ .batch_size = 4, .shuffle = LEVIN_ON });
}

static levin_trainer *make_trainer(const char *root, levin_callback *callback)
{
    levin_callback *callbacks[] = { callback, NULL };
    levin_logger *loggers[] = { levin_csv_logger(NULL),
                                NULL }; // small: the disk is for checkpoints
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 3,
        .log_every_n_steps = 1,
        .enable_progress_bar = LEVIN_OFF,
        .enable_model_summary = LEVIN_OFF,
        .logger = loggers,
        .callbacks = callbacks,
    });
    levin_trainer_set_output(t, NULL);
    return t;
}

static levin_callback *save_every(int64_t steps)
{
    return levin_model_checkpoint(
        &(levin_model_checkpoint_opts){ .every_n_train_steps = steps, .save_last = LEVIN_ON });
}

static boring *make_module(uint64_t seed)
{
    boring *m = boring_new(seed);
    m->dropout = 0.2;
    return m;
}

/* Files below folder whose name holds text. */
static int count_files(const char *folder, const char *text)
{
    char *command = levin__format("find '%s' -name '*%s*' | wc -l", folder, text);
    FILE *f = popen(command, "r");
    int n = -1;
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    levin__free(command);
    return n;
}

static void die(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == *(int64_t *)self->payload)
        raise(SIGKILL);
}

/* Before any other test: tsan allows the child of a process with threads none of its own. */
static void a_killed_run_resumed_ends_with_the_same_weights(void **state)
{
    (void)state;
    float *weights[2];
    int64_t n[2], killed_at[] = { 14, 25 };
    char *root = temporary_folder();
    for (size_t i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            boring *m = make_module(3);
            m->during_step = die;
            m->payload = &killed_at[i];
            levin_trainer *t = make_trainer(root, save_every(1));
            levin_trainer_fit_from(t, &m->base, train_loader(), NULL, i ? "last" : NULL);
            _exit(0); // not reached
        }
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        killed_at[1] = 11; // of the batches that the second child sees
    }
    for (int i = 0; i < 2; i++) {
        boring *m = make_module(i ? 8 : 3);
        levin_trainer *t = make_trainer(root, save_every(1));
        levin_trainer_fit_from(t, &m->base, train_loader(), NULL, i ? "last" : NULL);
        assert_string_equal(levin_error_message(), "");
        assert_int_equal(levin_trainer_global_step(t), 3 * BATCHES);
        weights[i] = boring_weights(m, &n[i]);
        levin_trainer_free(t);
        levin_module_free(&m->base);
        if (i == 0) { // what the uninterrupted run saved must not be found
            char *other = levin__format("%s/lightning_logs/version_2", root);
            remove_folder(other);
            levin__free(other);
        }
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(weights[0], weights[1], (size_t)n[0] * sizeof(float));
    levin__free(weights[0]);
    levin__free(weights[1]);
    remove_folder(root);
    levin__free(root);
}

typedef struct {
    levin_callback base;
    char *message; // of the exception that was seen
    char *where;   // to which it is copied
} witness;

static void on_exception(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    snprintf(((witness *)c)->where, 512, "%s", levin_trainer_exception(t));
}

static const levin_callback_class witness_class = {
    LEVIN_CALLBACK(witness),
    .on_exception = on_exception,
};

static void a_loss_that_is_not_a_number_stops_the_run_and_names_the_last_checkpoint(void **state)
{
    (void)state;
    char seen[512] = "", *root = temporary_folder();
    levin_callback *w = levin_callback_new(&witness_class);
    ((witness *)w)->where = seen;
    boring *m = make_module(3);
    m->nan_at = 13;
    levin_trainer *t = make_trainer(root, w);
    int result = levin_trainer_fit(t, &m->base, train_loader(), NULL);
    assert_int_equal(result, LEVIN_ENUMERIC);
    char *expected =
        levin__format("the loss is not a number in epoch 1, batch 2 (step 12); last good "
                      "checkpoint: %s/lightning_logs/version_0/checkpoints/"
                      "epoch=0-step=10.ckpt",
                      root);
    assert_string_equal(levin_error_message(), expected);
    assert_string_equal(seen, expected);
    assert_true(levin__is_file(levin_trainer_best_model_path(t)));
    levin_error_clear();
    int64_t n;
    float *weights = boring_weights(m, &n);
    for (int64_t i = 0; i < n; i++)
        assert_true(isfinite(weights[i]));
    levin__free(weights);
    levin__free(expected);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

/* From here on no file may grow beyond a few bytes, which is what a full disk looks like. */
static void fill_the_disk(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 15)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 1000, RLIM_INFINITY });
}

static void a_full_disk_leaves_the_last_good_checkpoint_and_no_half_of_another(void **state)
{
    (void)state;
    char *root = temporary_folder();
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    boring *m = make_module(3);
    m->during_step = fill_the_disk;
    levin_trainer *t = make_trainer(root, NULL);
    int result = levin_trainer_fit(t, &m->base, train_loader(), NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, LEVIN_EIO);
    assert_non_null(strstr(levin_error_message(), "epoch=1-step=20.ckpt"));
    assert_non_null(strstr(levin_error_message(), "; the last good checkpoint is "));
    assert_null(strchr(levin_error_message(), '\n'));
    levin_error_clear();
    assert_int_equal(count_files(root, ".ckpt"), 1);
    assert_int_equal(count_files(root, ".tmp"), 0);
    const char *good = levin_trainer_best_model_path(t);
    assert_string_equal(levin__path_name(good), "epoch=0-step=10.ckpt");
    assert_int_equal(levin_module_load_checkpoint(&m->base, good), 0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

static void interrupt(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 7)
        levin_trainer_interrupt(levin_module_trainer(&self->base));
}

static void an_interrupted_run_finishes_its_batch_and_says_so(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = make_module(3);
    m->during_step = interrupt;
    levin_trainer *t = make_trainer(root, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, train_loader(), NULL), LEVIN_EINTERRUPTED);
    static const char where[] = "interrupted in epoch 0 after batch 7 (step 7); ";
    assert_memory_equal(levin_error_message(), where, strlen(where));
    assert_int_equal(levin_trainer_global_step(t), 7);
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

static void a_pending_error_keeps_a_fit_from_starting(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = make_module(3);
    levin_trainer *t = make_trainer(root, NULL);
    levin_tensor *wrong = levin_zeros(LEVIN_F32, 1, (int64_t[]){ 2 });
    levin_item(wrong);
    assert_int_equal(levin_trainer_fit(t, &m->base, train_loader(), NULL), LEVIN_ESHAPE);
    assert_int_equal(levin_trainer_global_step(t), 0);
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

static void a_checkpoint_of_another_module_is_refused(void **state)
{
    (void)state;
    char *root = temporary_folder(), *path = levin__format("%s/a.ckpt", root);
    boring *m = make_module(3), *other = make_module(4);
    levin_trainer *t = make_trainer(root, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, train_loader(), NULL), 0);
    assert_int_equal(levin_trainer_save_checkpoint(t, path), 0);
    levin_linear_new(&other->base, "another", 2, 2);
    assert_int_equal(levin_module_load_checkpoint(&other->base, path), LEVIN_EFORMAT);
    assert_non_null(strstr(levin_error_message(), "no tensor 'state_dict.another.weight'"));
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin_module_free(&other->base);
    levin__free(path);
    remove_folder(root);
    levin__free(root);
}

static void a_checkpoint_that_cannot_be_one_says_why(void **state)
{
    (void)state;
    char *root = temporary_folder();
    static const char *const paths[][2] = { { "", "ckpt_path: an empty name" },
                                            { ".", ".: a folder; a checkpoint is a file" },
                                            { "no.ckpt", "no.ckpt: there is no such checkpoint" } };
    for (int i = 0; i < 3; i++) {
        boring *m = make_module(3);
        levin_trainer *t = make_trainer(root, NULL);
        assert_true(levin_trainer_fit_from(t, &m->base, train_loader(), NULL, paths[i][0]) < 0);
        assert_memory_equal(levin_error_message(), paths[i][1], strlen(paths[i][1]));
        levin_error_clear();
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    remove_folder(root);
    levin__free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_run_resumed_ends_with_the_same_weights),
        cmocka_unit_test(a_loss_that_is_not_a_number_stops_the_run_and_names_the_last_checkpoint),
        cmocka_unit_test(a_full_disk_leaves_the_last_good_checkpoint_and_no_half_of_another),
        cmocka_unit_test(an_interrupted_run_finishes_its_batch_and_says_so),
        cmocka_unit_test(a_pending_error_keeps_a_fit_from_starting),
        cmocka_unit_test(a_checkpoint_of_another_module_is_refused),
        cmocka_unit_test(a_checkpoint_that_cannot_be_one_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
