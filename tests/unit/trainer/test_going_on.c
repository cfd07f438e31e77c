/* test_going_on.c: which state a fit goes on from, and that nothing which fails on the way costs a
 * run the state that it has. */
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 40, BATCH = 4 };

static levin_dataloader *rows(void)
{
    return boring_loader(ROWS, 1, &(levin_dataloader_opts){ .batch_size = BATCH });
}

static levin_trainer *trainer(const levin_trainer_flags *given, levin_callback *callback)
{
    levin_callback *callbacks[] = { callback, NULL };
    levin_trainer_flags f = *given;
    f.default_root_dir = root;
    f.enable_progress_bar = f.enable_model_summary = LEVIN_OFF;
    f.callbacks = callbacks;
    levin_trainer *t = levin_trainer_new(&f);
    levin_trainer_set_output(t, NULL);
    return t;
}

static char *in_root(const char *name) { return levin__path_join(root, name); }

static bool exists(const char *name)
{
    char *path = in_root(name);
    bool is = levin__is_file(path);
    levin__free(path);
    return is;
}

static char *first_line_of(FILE *f, char *line, int size)
{
    rewind(f);
    return fgets(line, size, f);
}

/* ---- what last means ---- */

/* Sets the time of a file to so many seconds ago. */
static void age(const char *name, int seconds)
{
    char *path = in_root(name);
    struct timespec times[2] = { { .tv_sec = time(NULL) - seconds },
                                 { .tv_sec = time(NULL) - seconds } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    levin__free(path);
}

/* A run until epoch epochs; the batches that it trained on. */
static int64_t fit(int64_t epochs, const char *ckpt_path, const levin_model_checkpoint_opts *saves)
{
    boring *m = boring_new(3);
    levin_trainer *t =
        trainer(&(levin_trainer_flags){ .max_epochs = epochs }, levin_model_checkpoint(saves));
    levin_trainer_fit_from(t, &m->base, rows(), NULL, ckpt_path);
    assert_string_equal(levin_error_message(), "");
    int64_t trained = m->batches;
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return trained;
}

static void last_is_the_newest_whatever_its_name(void **state)
{
    (void)state;
    fit(1, NULL, &(levin_model_checkpoint_opts){ .save_last = LEVIN_ON });
    fit(3, NULL, NULL);
    age("lightning_logs/version_0/checkpoints/last.ckpt", 60);
    age("lightning_logs/version_0/checkpoints/epoch=0-step=10.ckpt", 60);
    age("lightning_logs/version_1/checkpoints/epoch=2-step=30.ckpt", 30);
    assert_int_equal(fit(3, "last", NULL), 0); // nothing is left to do
}

static void last_is_no_file_of_weights_alone(void **state)
{
    (void)state;
    fit(2, NULL, NULL);
    fit(3, NULL, &(levin_model_checkpoint_opts){ .save_weights_only = LEVIN_ON });
    age("lightning_logs/version_0/checkpoints/epoch=1-step=20.ckpt", 60);
    assert_int_equal(fit(4, "last", NULL), 20); // two epochs: epoch 2's has no optimizer
}

/* ---- a failure before the state is whole ---- */

static levin_callback *on_exception(void)
{
    char *dir = in_root("saved");
    levin_callback *c = levin_on_exception_checkpoint(&(levin_on_exception_opts){ .dirpath = dir });
    levin__free(dir);
    return c;
}

static void a_resume_that_fails_leaves_the_file_that_it_failed_from(void **state)
{
    (void)state;
    boring *m = boring_new(3), *other = boring_new(3);
    m->nan_at = 4;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, on_exception());
    levin_trainer_fit(t, &m->base, rows(), NULL);
    assert_error(LEVIN_ENUMERIC, "the loss is not a number");
    levin_trainer_free(t);
    char *path = in_root("saved/on_exception.ckpt"), *before = slurp(path);
    assert_non_null(before);
    other->sgd = true;
    t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, on_exception());
    levin_trainer_fit(t, &other->base, rows(), NULL);
    assert_error(LEVIN_EINVAL, "saved with optimizer AdamW");
    levin_trainer_free(t);
    levin_checkpoint *c = levin__checkpoint_open(path);
    const json_t *kept = json_object_get(levin__checkpoint_header(c), "optimizer");
    assert_string_equal(json_string_value(json_object_get(kept, "name")), "AdamW");
    levin__checkpoint_free(c);
    levin__free(before);
    levin__free(path);
    levin_module_free(&m->base);
    levin_module_free(&other->base);
}

/* ---- what is kept of an interrupted fit ---- */

static void stop_at_3(boring *m, const levin_batch *b)
{
    (void)b;
    if (m->batches == 3)
        levin_trainer_interrupt(levin_module_trainer(&m->base));
}

static void a_file_goes_only_when_there_is_a_newer_one(void **state)
{
    (void)state;
    boring *m = boring_new(3);
    char *dir = in_root("kept");
    m->during_step = stop_at_3;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 },
                               levin_model_checkpoint(&(levin_model_checkpoint_opts){
                                   .save_top_k = LEVIN_ZERO, .dirpath = dir }));
    levin_trainer_fit(t, &m->base, rows(), NULL);
    assert_error(LEVIN_EINTERRUPTED, "last-interrupted.ckpt");
    assert_int_equal(levin_trainer_fit_from(t, &m->base, rows(), NULL, "last"), 0);
    assert_int_equal(levin_trainer_global_step(t), ROWS / BATCH);
    assert_true(exists("kept/last-interrupted.ckpt"));
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin__free(dir);
}

static void a_chain_of_interruptions_leaves_one_file(void **state)
{
    (void)state;
    static const char *const files[] = {
        "lightning_logs/version_0/checkpoints/last-interrupted.ckpt",
        "lightning_logs/version_1/checkpoints/last-interrupted.ckpt",
    };
    for (int i = 0; i < 2; i++) {
        boring *m = boring_new(3);
        m->during_step = stop_at_3;
        levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
        levin_trainer_fit_from(t, &m->base, rows(), NULL, i ? "last" : NULL);
        assert_error(LEVIN_EINTERRUPTED, files[i]);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    assert_false(exists(files[0]));
    assert_true(exists(files[1]));
}

/* The file of an interruption by another name is the file that has just been written. */
static void an_interruption_keeps_its_own_file(void **state)
{
    (void)state;
    char *dir = in_root("kept"), *file = in_root("kept/../kept/last-interrupted.ckpt");
    for (int i = 0; i < 2; i++) {
        boring *m = boring_new(3);
        m->during_step = stop_at_3;
        levin_trainer *t =
            trainer(&(levin_trainer_flags){ .max_epochs = 1 },
                    levin_model_checkpoint(&(levin_model_checkpoint_opts){ .dirpath = dir }));
        levin_trainer_fit_from(t, &m->base, rows(), NULL, i ? file : NULL);
        assert_error(LEVIN_EINTERRUPTED, "last-interrupted.ckpt");
        assert_true(exists("kept/last-interrupted.ckpt"));
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    levin__free(dir);
    levin__free(file);
}

static void a_path_is_asked_for(void **state)
{
    (void)state;
    boring *m = boring_new(3);
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    levin_trainer_save_checkpoint(t, NULL);
    assert_error(LEVIN_EINVAL, "save_checkpoint: the path is NULL");
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void a_fast_dev_run_leaves_no_file(void **state)
{
    (void)state;
    boring *m = boring_new(3);
    m->during_step = stop_at_3;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .fast_dev_run = 6 }, NULL);
    levin_trainer_fit(t, &m->base, rows(), NULL);
    assert_string_equal(levin_error_message(), "interrupted in epoch 0 after batch 3 (step 3)");
    levin_error_clear();
    assert_false(exists("checkpoints/last-interrupted.ckpt"));
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void another_batch_size_inside_an_epoch_is_said(void **state)
{
    (void)state;
    char line[512];
    bool said = false;
    boring *m = boring_new(3);
    m->during_step = stop_at_3;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    levin_trainer_fit(t, &m->base, rows(), NULL);
    assert_error(LEVIN_EINTERRUPTED, "last-interrupted.ckpt");
    levin_trainer_free(t);
    m->during_step = NULL;
    FILE *out = tmpfile();
    t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    levin_trainer_set_output(t, out);
    levin_dataloader *other = boring_loader(ROWS, 1, &(levin_dataloader_opts){ .batch_size = 2 });
    assert_int_equal(levin_trainer_fit_from(t, &m->base, other, NULL, "last"), 0);
    for (char *at = first_line_of(out, line, sizeof line); at; at = fgets(line, sizeof line, out))
        said |= strstr(line, "begun with batches of 4 rows and goes on with 2") != NULL;
    assert_true(said);
    fclose(out);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void what_the_run_lacks_of_the_file_is_said(void **state)
{
    (void)state;
    char line[512];
    bool said = false;
    fit(1, NULL, &(levin_model_checkpoint_opts){ .monitor = "train_loss" });
    boring *m = boring_new(3);
    FILE *out = tmpfile();
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 2 }, NULL);
    levin_trainer_set_output(t, out);
    assert_int_equal(levin_trainer_fit_from(t, &m->base, rows(), NULL, "last"), 0);
    for (char *at = first_line_of(out, line, sizeof line); at; at = fgets(line, sizeof line, out))
        said |= strstr(line, "the state of a callback that this run has not: "
                             "ModelCheckpoint{monitor=train_loss") != NULL;
    assert_true(said);
    fclose(out);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* ---- the clock, and files that were asked for ---- */

static void a_fit_that_failed_takes_no_more_time(void **state)
{
    (void)state;
    boring *m = boring_new(3);
    m->nan_at = 3;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 2 },
                               levin_timer(&(levin_timer_opts){ .duration = "00:00:00:01" }));
    levin_trainer_fit(t, &m->base, rows(), NULL);
    assert_error(LEVIN_ENUMERIC, "the loss is not a number");
    nanosleep(&(struct timespec){ .tv_sec = 1, .tv_nsec = 100000000 }, NULL);
    m->nan_at = 0;
    assert_int_equal(levin_trainer_fit(t, &m->base, rows(), NULL), 0);
    assert_int_equal(levin_trainer_current_epoch(t), 2);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static int enough_at_2(levin_module *m, const levin_batch *b)
{
    if (b->batch_idx != 2)
        return 0;
    char *path = in_root("asked.ckpt");
    levin_trainer_save_checkpoint(levin_module_trainer(m), path);
    levin__free(path);
    return -1;
}

typedef struct {
    levin_module base;
    levin_linear *layer;
    int64_t stop_at, batches;
} by_hand;

static void by_hand_init(levin_module *m)
{
    by_hand *h = levin_self(m);
    h->layer = levin_linear_new(m, "layer", BORING_IN, BORING_OUT);
}

static levin_tensor *loss_of(by_hand *h, const levin_batch *b)
{
    return levin_cross_entropy(levin_linear_forward(h->layer, b->features), b->labels);
}

static levin_tensor *plain_step(levin_module *m, const levin_batch *b)
{
    return loss_of(levin_self(m), b);
}

static levin_optimizer *adamw(levin_module *m)
{
    return levin_adamw(levin_parameters(m), 0.01, 0.01, NULL);
}

static const levin_module_class ender_class = {
    LEVIN_MODULE(by_hand),         .init = by_hand_init,
    .training_step = plain_step,   .on_train_batch_start = enough_at_2,
    .configure_optimizers = adamw,
};

static void a_batch_that_is_refused_does_not_refuse_its_checkpoint(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&ender_class);
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    assert_int_equal(levin_trainer_fit(t, m, rows(), NULL), 0);
    assert_true(exists("asked.ckpt"));
    levin_trainer_free(t);
    levin_module_free(m);
}

/* ---- a module that steps by hand ---- */

static levin_tensor *step_by_hand(levin_module *m, const levin_batch *b)
{
    by_hand *h = levin_self(m);
    levin_trainer *t = levin_module_trainer(m);
    levin_optimizer *o = levin_trainer_optimizer(t, 0);
    levin_tensor *loss = loss_of(h, b);
    if (b->batch_idx % 2 == 0)
        levin_optimizer_zero_grad(o);
    levin_manual_backward(m, loss);
    if (b->batch_idx % 2 == 1)
        levin_optimizer_step(o);
    if (++h->batches == h->stop_at)
        levin_trainer_interrupt(t);
    return loss;
}

static const levin_module_class by_hand_class = {
    LEVIN_MODULE(by_hand),         .init = by_hand_init,        .training_step = step_by_hand,
    .configure_optimizers = adamw, .manual_optimization = true,
};

static float *fit_by_hand(int64_t stop_at, const char *ckpt_path, int64_t *n)
{
    levin_seed_everything(3);
    by_hand *h = (by_hand *)levin_module_new(&by_hand_class);
    h->stop_at = stop_at;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    int result = levin_trainer_fit_from(t, &h->base, rows(), NULL, ckpt_path);
    assert_int_equal(result, stop_at ? LEVIN_EINTERRUPTED : LEVIN_OK);
    levin_error_clear();
    float *weights = boring_weights((boring *)h, n);
    levin_trainer_free(t);
    levin_module_free(&h->base);
    return weights;
}

static void gradients_that_were_gathered_by_hand_are_kept(void **state)
{
    (void)state;
    int64_t n;
    float *whole = fit_by_hand(0, NULL, &n);
    levin__free(fit_by_hand(5, NULL, &n)); // between zero_grad and step
    float *resumed = fit_by_hand(0, "last", &n);
    assert_memory_equal(whole, resumed, (size_t)n * sizeof *whole);
    levin__free(whole);
    levin__free(resumed);
}

/* ---- loaders of hooks ---- */

static int64_t seen[ROWS / BATCH];
static int n_seen;
static bool stops_in_sanity_check;

static levin_tensor *note_step(levin_module *m, const levin_batch *b)
{
    seen[n_seen++] = b->indices[0];
    return plain_step(m, b);
}

static void stop_validation(levin_module *m, const levin_batch *b)
{
    (void)b;
    if (stops_in_sanity_check)
        levin_trainer_interrupt(levin_module_trainer(m));
}

static levin_dataloader *train_rows(levin_module *m)
{
    (void)m;
    return boring_loader(
        ROWS, 1, &(levin_dataloader_opts){ .batch_size = BATCH, .shuffle = LEVIN_ON, .seed = 11 });
}

static levin_dataloader *val_rows(levin_module *m)
{
    (void)m;
    return boring_loader(12, 2, &(levin_dataloader_opts){ .batch_size = BATCH, .seed = 22 });
}

static const levin_module_class hooked_class = {
    LEVIN_MODULE(by_hand),          .init = by_hand_init,
    .training_step = note_step,     .validation_step = stop_validation,
    .train_dataloader = train_rows, .val_dataloader = val_rows,
    .configure_optimizers = adamw,
};

static void fit_hooked(bool stops, const char *ckpt_path)
{
    levin_module *m = levin_module_new(&hooked_class);
    stops_in_sanity_check = stops;
    n_seen = 0;
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    int result = levin_trainer_fit_from(t, m, NULL, NULL, ckpt_path);
    assert_int_equal(result, stops ? LEVIN_EINTERRUPTED : LEVIN_OK);
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(m);
}

static void samplers_keep_their_seeds_through_a_sanity_check(void **state)
{
    (void)state;
    int64_t whole[ROWS / BATCH];
    fit_hooked(false, NULL);
    memcpy(whole, seen, sizeof whole);
    fit_hooked(true, NULL);
    assert_int_equal(n_seen, 0);
    fit_hooked(false, "last");
    assert_memory_equal(whole, seen, sizeof whole);
}

/* ---- hyper-parameters ---- */

static void a_long_hyperparameter_is_kept_whole(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    char *text = levin__calloc(LONG + 1, 1);
    memset(text, 'x', LONG);
    boring *m = boring_new(3);
    levin_save_hyperparameter(&m->base, "labels", "%s", text);
    levin_trainer *t = trainer(&(levin_trainer_flags){ .max_epochs = 1 }, NULL);
    levin_trainer_fit(t, &m->base, rows(), NULL);
    levin_checkpoint *c = levin__checkpoint_open(levin_trainer_best_model_path(t));
    const json_t *kept = json_object_get(levin__checkpoint_header(c), "hyper_parameters");
    assert_string_equal(json_string_value(json_object_get(kept, "labels")), text);
    levin__checkpoint_free(c);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin__free(text);
}

int main(void)
{
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_ROOT(last_is_the_newest_whatever_its_name),
        IN_ROOT(last_is_no_file_of_weights_alone),
        IN_ROOT(a_resume_that_fails_leaves_the_file_that_it_failed_from),
        IN_ROOT(a_file_goes_only_when_there_is_a_newer_one),
        IN_ROOT(a_chain_of_interruptions_leaves_one_file),
        IN_ROOT(an_interruption_keeps_its_own_file),
        IN_ROOT(a_path_is_asked_for),
        IN_ROOT(a_fast_dev_run_leaves_no_file),
        IN_ROOT(another_batch_size_inside_an_epoch_is_said),
        IN_ROOT(what_the_run_lacks_of_the_file_is_said),
        IN_ROOT(a_fit_that_failed_takes_no_more_time),
        IN_ROOT(a_batch_that_is_refused_does_not_refuse_its_checkpoint),
        IN_ROOT(gradients_that_were_gathered_by_hand_are_kept),
        IN_ROOT(samplers_keep_their_seeds_through_a_sanity_check),
        IN_ROOT(a_long_hyperparameter_is_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
