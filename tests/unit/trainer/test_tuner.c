/* test_tuner.c: the finders leave everything as it was, and find what they should. */
#include "base/file.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "support/root.h"
#include "trainer/module_state.h"
#include "trainer/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 64 };

static levin_trainer *make_trainer(levin_trainer_flags f)
{
    f.default_root_dir = root;
    f.max_epochs = f.max_epochs ? f.max_epochs : 1;
    f.enable_checkpointing = LEVIN_OFF;
    levin_trainer *t = levin_trainer_new(&f);
    assert_string_equal(levin_error_message(), "");
    levin_trainer_set_output(t, NULL);
    return t;
}

static levin_run_opts data_of(int64_t batch_size)
{
    levin_dataloader_opts opts = { .batch_size = batch_size };
    return (levin_run_opts){ .train = boring_loader(ROWS, 1, &opts) };
}

/* As many steps as asked for, though an epoch has fewer; nothing but the outcome is left. */
static void lr_find_leaves_the_module_as_it_was(void **state)
{
    (void)state;
    int64_t n, again;
    boring *m = boring_new(1);
    float *before = boring_weights(m, &n);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_run_opts data = data_of(8);
    levin_lr_found *f = NULL;
    assert_int_equal(levin_trainer_lr_find(t, &m->base, &data, NULL, &f), 0);
    assert_non_null(f);
    assert_true(f->n > 8 && f->n <= 100);
    assert_float_equal(f->lr[0], 1e-8, 1e-15);
    assert_true(f->lr[1] > f->lr[0] && f->lr[f->n - 1] <= 1);
    assert_true(f->suggestion > 1e-8 && f->suggestion < 1);
    float *after = boring_weights(m, &again);
    assert_int_equal(n, again);
    assert_memory_equal(before, after, (size_t)n * sizeof *before);
    assert_int_equal(levin_trainer_global_step(t), 0);
    levin_lr_found_free(f);
    free(before);
    free(after);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* The first smoothed loss is the first loss: the smoothing has no bias. */
static void the_first_losses_are_not_halved(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_run_opts data = data_of(ROWS);
    levin_lr_finder_opts o = { .num_training = 5, .max_lr = 1e-7 };
    levin_lr_found *f = NULL;
    assert_int_equal(levin_trainer_lr_find(t, &m->base, &data, &o, &f), 0);
    assert_int_equal(f->n, 5);
    for (int i = 1; i < 5; i++)
        assert_float_equal(f->loss[i], f->loss[0], 1e-3);
    assert_float_equal(f->lr[4], 1e-7, 1e-12);
    assert_true(isnan(f->suggestion)); // too few points
    levin_lr_found_free(f);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void what_lr_find_found_is_what_fit_begins_with(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    m->lr = 1e-6;
    levin_save_hyperparameter(&m->base, "learning_rate", "%g", m->lr);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_run_opts data = data_of(8);
    levin_lr_found *f = NULL;
    assert_int_equal(levin_trainer_lr_find(t, &m->base, &data, NULL, &f), 0);
    assert_int_equal(levin_trainer_fit(t, &m->base, data_of(8).train, NULL), 0);
    assert_true(levin_optimizer_lr(levin_trainer_optimizer(t, 0), 0) == f->suggestion);
    const char *kept = levin__hparams_get(levin__module_hparams(&m->base), "learning_rate");
    assert_true(strtod(kept, NULL) == f->suggestion);
    boring *other = boring_new(1);
    assert_int_equal(levin_trainer_fit(t, &other->base, data_of(8).train, NULL), 0);
    assert_true(levin_optimizer_lr(levin_trainer_optimizer(t, 0), 0) == 0.01);
    levin_lr_found_free(f);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin_module_free(&other->base);
}

/* Nothing is looked for, and above all nothing is trained. */
static void where_there_is_nothing_to_look_for_nothing_happens(void **state)
{
    (void)state;
    int64_t n, size = -1;
    boring *m = boring_new(1);
    float *before = boring_weights(m, &n);
    levin_trainer *t =
        make_trainer((levin_trainer_flags){ .fast_dev_run = 1, .logger = LEVIN_NO_LOGGER });
    levin_run_opts data = data_of(8);
    levin_lr_found *f = NULL;
    assert_int_equal(levin_trainer_lr_find(t, &m->base, &data, NULL, &f), 0);
    data = data_of(8);
    assert_int_equal(levin_trainer_scale_batch_size(t, &m->base, &data, NULL, &size), 0);
    assert_null(f);
    assert_int_equal(size, 0);
    assert_int_equal(m->batches, 0);
    float *after = boring_weights(m, &n);
    assert_memory_equal(before, after, (size_t)n * sizeof *before);
    free(before);
    free(after);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void without_a_trainer_nothing_is_left(void **state)
{
    (void)state;
    int64_t size;
    levin_lr_found *f;
    levin_run_opts data = data_of(8);
    assert_true(levin_trainer_lr_find(NULL, NULL, &data, NULL, &f) < 0);
    levin_error_clear();
    data = data_of(8);
    assert_true(levin_trainer_scale_batch_size(NULL, NULL, &data, NULL, &size) < 0);
    levin_error_clear();
}

static void a_finder_is_named_once(void **state)
{
    (void)state;
    levin_callback *rate[] = { levin_learning_rate_finder(NULL), NULL };
    assert_null(
        levin_trainer_new(&(levin_trainer_flags){ .auto_lr_find = LEVIN_ON, .callbacks = rate }));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "auto_lr_find and a LearningRateFinder"));
    levin_error_clear();
    levin_callback *size[] = { levin_batch_size_finder(NULL), NULL };
    assert_null(levin_trainer_new(
        &(levin_trainer_flags){ .auto_scale_batch_size = "power", .callbacks = size }));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "auto_scale_batch_size and a BatchSizeFinder"));
    levin_error_clear();
}

static void auto_lr_find_trains_with_what_it_found(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    m->lr = 1e-6;
    levin_trainer *t = make_trainer((levin_trainer_flags){ .auto_lr_find = LEVIN_ON });
    levin_run_opts data = data_of(8);
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &data), 0);
    assert_true(levin_optimizer_lr(levin_trainer_optimizer(t, 0), 0) > 1e-6);
    assert_int_equal(levin_trainer_global_step(t), ROWS / 8);
    static const char *const names[] = { "lr_find.svg", "lr_find.csv" };
    for (int i = 0; i < 2; i++) {
        char *path = levin__path_join(levin_trainer_log_dir(t), names[i]);
        char *text = slurp(path);
        assert_non_null(text);
        assert_non_null(strstr(text, i ? "lr,loss\n1e-08," : "</svg>"));
        levin__free(text);
        levin__free(path);
    }
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* The same weights as a fit that never looked, if the suggestion is not taken. */
static void looking_changes_no_bit(void **state)
{
    (void)state;
    float *weights[2];
    int64_t n;
    for (int i = 0; i < 2; i++) {
        boring *m = boring_new(1);
        m->dropout = 0.1;
        m->schedule = true;
        levin_lr_finder_opts o = { .update_attr = LEVIN_OFF, .num_training = 20 };
        levin_callback *list[] = { i ? levin_learning_rate_finder(&o) : NULL, NULL };
        levin_trainer *t =
            make_trainer((levin_trainer_flags){ .callbacks = list, .max_epochs = 2 });
        levin_run_opts data = data_of(8);
        levin_seed_everything(3);
        assert_int_equal(levin_trainer_fit_with(t, &m->base, &data), 0);
        weights[i] = boring_weights(m, &n);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    assert_memory_equal(weights[0], weights[1], (size_t)n * sizeof *weights[0]);
    free(weights[0]);
    free(weights[1]);
}

static int64_t batch_size_within(int64_t budget, levin_batch_search mode, int64_t *error)
{
    int64_t size = 0;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_run_opts data = data_of(1);
    levin_batch_size_finder_opts o = { .mode = mode, .memory_budget = budget };
    levin_trainer_scale_batch_size(t, &m->base, &data, &o, &size);
    *error = levin_error();
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return size;
}

static void batch_sizes_follow_the_budget(void **state)
{
    (void)state;
    int64_t error;
    assert_int_equal(batch_size_within((int64_t)1 << 40, LEVIN_BATCH_POWER, &error), ROWS);
    assert_int_equal(error, 0);
    assert_int_equal(batch_size_within((int64_t)1 << 40, LEVIN_BATCH_BINSEARCH, &error), ROWS);
    assert_int_equal(batch_size_within(1, LEVIN_BATCH_POWER, &error), 0);
    assert_int_equal(error, LEVIN_ENOMEM);
    int64_t power = 0, between = 0, budget = 4096;
    for (; power < 8; budget += budget / 4)
        power = batch_size_within(budget, LEVIN_BATCH_POWER, &error);
    between = batch_size_within(budget, LEVIN_BATCH_BINSEARCH, &error);
    assert_int_equal(error, 0);
    assert_true(power < ROWS && (power & (power - 1)) == 0);
    assert_true(between >= power * 9 / 10);
}

static void the_size_that_was_found_is_trained_with(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    m->schedule = true;
    levin_trainer *t =
        make_trainer((levin_trainer_flags){ .auto_scale_batch_size = "power", .max_epochs = 3 });
    levin_run_opts data = data_of(1);
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &data), 0);
    assert_int_equal(levin_trainer_global_step(t), 3); // all rows at once
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    const levin_lr_finder_opts rates[] = { { .min_lr = 2 },
                                           { .num_training = -1 },
                                           { .save_plot = "curve.png" } };
    const levin_batch_size_finder_opts sizes[] = { { .init_val = -1 },
                                                   { .margin = 1 },
                                                   { .memory_budget = -1 } };
    for (int i = 0; i < 3; i++) {
        assert_null(levin_learning_rate_finder(&rates[i]));
        assert_int_equal(levin_error(), LEVIN_EINVAL);
        levin_error_clear();
        assert_null(levin_batch_size_finder(&sizes[i]));
        assert_int_equal(levin_error(), LEVIN_EINVAL);
        levin_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lr_find_leaves_the_module_as_it_was),
        cmocka_unit_test(the_first_losses_are_not_halved),
        cmocka_unit_test(what_lr_find_found_is_what_fit_begins_with),
        cmocka_unit_test(where_there_is_nothing_to_look_for_nothing_happens),
        cmocka_unit_test(without_a_trainer_nothing_is_left),
        cmocka_unit_test(a_finder_is_named_once),
        cmocka_unit_test(auto_lr_find_trains_with_what_it_found),
        cmocka_unit_test(looking_changes_no_bit),
        cmocka_unit_test(batch_sizes_follow_the_budget),
        cmocka_unit_test(the_size_that_was_found_is_trained_with),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
