/* test_log.c: self.log: levels, names, weights, and who may log where. */
#include "support/boring.h"

#include "base/file.h"
#include "base/memory.h"
#include "support/case_data.h"
#include "support/case_module.h"
#include "trainer/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A module whose hooks log what the test asks for. */
typedef struct {
    levin_module base;
    levin_tensor *w;
    void (*in_training_step)(levin_module *m, const levin_batch *b);
    void (*in_validation_step)(levin_module *m, const levin_batch *b);
    void (*in_fit_start)(levin_module *m);
    void (*in_epoch_end)(levin_module *m);
} logging;

static void init(levin_module *m)
{
    logging *self = levin_self(m);
    self->w = levin_init_constant(levin_parameter_new(m, "w", 1, (int64_t[]){ 1 }), 1);
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    logging *self = levin_self(m);
    if (self->in_training_step)
        self->in_training_step(m, b);
    return levin_mul(self->w, self->w);
}

static void validation_step(levin_module *m, const levin_batch *b)
{
    logging *self = levin_self(m);
    if (self->in_validation_step)
        self->in_validation_step(m, b);
}

static void on_fit_start(levin_module *m)
{
    logging *self = levin_self(m);
    if (self->in_fit_start)
        self->in_fit_start(m);
}

static void on_train_epoch_end(levin_module *m)
{
    logging *self = levin_self(m);
    if (self->in_epoch_end)
        self->in_epoch_end(m);
}

static levin_optimizer *configure_optimizers(levin_module *m)
{
    return levin_sgd(levin_parameters(m), 0.1, NULL);
}

static const levin_module_class logging_class = {
    LEVIN_MODULE(logging),
    .init = init,
    .training_step = training_step,
    .validation_step = validation_step,
    .on_fit_start = on_fit_start,
    .on_train_epoch_end = on_train_epoch_end,
    .configure_optimizers = configure_optimizers,
};

static double mean_of(const levin_batch *b)
{
    double sum = 0;
    for (int64_t i = 0; i < b->size; i++)
        sum += levin_tensor_get(b->features, i);
    return sum / (double)b->size;
}

/* Fits one epoch over 0..n-1 and gives the trainer, which the caller frees with the module. */
static levin_trainer *fit(logging *m, int64_t n, int64_t batch_size, int64_t n_val)
{
    levin_dataloader_opts opts = { .batch_size = batch_size };
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .max_epochs = 1, .logger = LEVIN_NO_LOGGER, .enable_checkpointing = LEVIN_OFF });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit(t, &m->base, case_loader(n, &opts), n_val ? case_loader(n_val, &opts) : NULL);
    return t;
}

static logging *new_module(void) { return (logging *)levin_module_new(&logging_class); }

static void finish(levin_trainer *t, logging *m)
{
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin_error_clear();
}

static void log_means(levin_module *m, const levin_batch *b)
{
    levin_log_number(m, "by_size", mean_of(b), NULL);
    levin_log_number(m, "by_one", mean_of(b), &(levin_log_opts){ .batch_size = 1 });
    levin_log_number(m, "largest", mean_of(b), &(levin_log_opts){ .reduce_fx = LEVIN_MAX });
    levin_log_number(m, "smallest", mean_of(b), &(levin_log_opts){ .reduce_fx = LEVIN_MIN });
    levin_log_number(m, "sum", mean_of(b), &(levin_log_opts){ .reduce_fx = LEVIN_SUM });
}

static void means_are_weighted_by_the_size_of_the_batch(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_validation_step = log_means;
    levin_trainer *t = fit(m, 1, 2, 5); // batch means 0.5, 2.5 and 4
    assert_true(levin_trainer_metric(t, "by_size") == 2.0);
    assert_true(fabs(levin_trainer_metric(t, "by_one") - 7.0 / 3) < 1e-12);
    assert_true(levin_trainer_metric(t, "largest") == 4.0);
    assert_true(levin_trainer_metric(t, "smallest") == 0.5);
    assert_true(levin_trainer_metric(t, "sum") == 7.0);
    assert_true(isnan(levin_trainer_metric(t, "unheard of")));
    finish(t, m);
}

static void log_both(levin_module *m, const levin_batch *b)
{
    levin_log_number(m, "x", mean_of(b),
                     &(levin_log_opts){ .on_step = LEVIN_ON, .on_epoch = LEVIN_ON });
    levin_log_number(m, "y", mean_of(b), NULL);
}

static void two_levels_make_two_names(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_training_step = log_both;
    levin_trainer *t = fit(m, 4, 1, 0);
    assert_true(levin_trainer_metric(t, "x_step") == 3);
    assert_true(levin_trainer_metric(t, "x_epoch") == 1.5);
    assert_true(levin_trainer_metric(t, "x") == 1.5);
    assert_true(levin_trainer_metric(t, "y") == 3); // a training step logs steps
    assert_false(levin_trainer_has_metric(t, "y_epoch"));
    finish(t, m);
}

static void log_at_epoch_end(levin_module *m) { levin_log_number(m, "at_end", 7, NULL); }

static void an_epochs_end_can_log_and_be_seen(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_epoch_end = log_at_epoch_end;
    levin_trainer *t = fit(m, 2, 1, 0);
    assert_true(levin_trainer_metric(t, "at_end") == 7);
    finish(t, m);
}

static void refuse(logging *m, int code, const char *text)
{
    levin_trainer *t = fit(m, 2, 1, 0);
    if (levin_error() != code || !strstr(levin_error_message(), text))
        fail_msg("'%s' expected: %s", text, levin_error_message());
    finish(t, m);
}

static void log_something(levin_module *m) { levin_log_number(m, "x", 1, NULL); }
static void log_step_at_end(levin_module *m)
{
    levin_log_number(m, "x", 1, &(levin_log_opts){ .on_step = LEVIN_ON });
}
static void log_twice(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log_number(m, "x", 1, NULL);
    levin_log_number(m, "x", 1, &(levin_log_opts){ .prog_bar = LEVIN_ON });
}
static void log_vector(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log(m, "x", levin_zeros(LEVIN_F32, 1, (int64_t[]){ 2 }));
}
static void log_nowhere(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log_number(m, "x", 1, &(levin_log_opts){ .on_step = LEVIN_OFF });
}

static void what_cannot_be_logged_says_why(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_fit_start = log_something;
    refuse(m, LEVIN_ESTATE, "'x' cannot be logged in on_fit_start");
    m = new_module();
    m->in_epoch_end = log_step_at_end;
    refuse(m, LEVIN_EINVAL, "on_train_epoch_end is no step");
    m = new_module();
    m->in_training_step = log_twice;
    refuse(m, LEVIN_EINVAL, "logged twice in training_step");
    m = new_module();
    m->in_training_step = log_vector;
    refuse(m, LEVIN_ESHAPE, "'x' is (2) f32");
    m = new_module();
    m->in_training_step = log_nowhere;
    refuse(m, LEVIN_EINVAL, "goes nowhere");
}

static void a_module_without_a_trainer_logs_to_nobody(void **state)
{
    (void)state;
    logging *m = new_module();
    levin_log_number(&m->base, "x", 1, NULL);
    levin_log_number(NULL, "x", 1, NULL);
    assert_null(levin_module_trainer(&m->base));
    assert_int_equal(levin_error(), 0);
    levin_module_free(&m->base);
}

static void several_loaders_have_their_own_values(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_validation_step = log_both;
    levin_dataloader *val[] = { case_loader(2, NULL), case_loader(3, NULL), NULL };
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_trainer_set_output(t, NULL);
    assert_int_equal(levin_trainer_validate_with(t, &m->base, &(levin_run_opts){ .loaders = val }),
                     0);
    assert_true(levin_trainer_metric(t, "y/dataloader_idx_0") == 0.5);
    assert_true(levin_trainer_metric(t, "y/dataloader_idx_1") == 1.0);
    assert_true(levin_trainer_metric(t, "x_epoch/dataloader_idx_1") == 1.0);
    finish(t, m);
}

static void hyperparameters_reach_their_file(void **state)
{
    (void)state;
    char *root = temporary_folder();
    boring *m = boring_new(1);
    levin_save_hyperparameter(&m->base, "lr", "%g", 2e-5);
    levin_save_hyperparameter(&m->base, "name", "'%s'", "bert");
    levin_save_hyperparameter(&m->base, "lr", "%g", 3e-5);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root, .max_epochs = 1, .enable_checkpointing = LEVIN_OFF });
    levin_trainer_set_output(t, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, boring_loader(3, 1, NULL), NULL), 0);
    char *path = levin__path_join(levin_trainer_log_dir(t), "hparams.yaml");
    char *text = slurp(path);
    assert_string_equal(text, "lr: 3e-05\nname: bert\n");
    levin__free(text);
    levin__free(path);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    remove_folder(root);
    levin__free(root);
}

static void log_empty(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log_number(m, "", 1, NULL);
}
static void log_null(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log(m, NULL, levin_zeros(LEVIN_F32, 0, NULL));
}
static void log_with_a_size_below_zero(levin_module *m, const levin_batch *b)
{
    (void)b;
    levin_log_number(m, "x", 1, &(levin_log_opts){ .batch_size = -4 });
}

static void keys_and_sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    logging *m = new_module();
    m->in_training_step = log_empty;
    refuse(m, LEVIN_EINVAL, "log: the key is empty in training_step");
    m = new_module();
    m->in_training_step = log_null;
    refuse(m, LEVIN_EINVAL, "log: the key is NULL");
    m = new_module();
    m->in_training_step = log_with_a_size_below_zero;
    refuse(m, LEVIN_EINVAL, "log: 'x' with batch_size -4");
}

static const levin_log_opts without_loader = { .add_dataloader_idx = { -1 } };

static void log_one_key(levin_module *m, const levin_batch *b)
{
    levin_log_number(m, "x", mean_of(b), &without_loader);
}

static void log_own_keys(levin_module *m, const levin_batch *b)
{
    levin_log_number(m, b->dataloader_idx ? "own_1" : "own_0", mean_of(b), &without_loader);
}

/* A validation over 0 and 1, and 0, 1 and 2; what it shows, the caller's, or NULL with its error.
 */
static char *validate_two(void (*step)(levin_module *m, const levin_batch *b))
{
    char *text = NULL;
    size_t size;
    logging *m = new_module();
    m->in_validation_step = step;
    levin_dataloader *val[] = { case_loader(2, NULL), case_loader(3, NULL), NULL };
    levin_trainer *t = levin_trainer_new(
        &(levin_trainer_flags){ .logger = LEVIN_NO_LOGGER, .enable_progress_bar = LEVIN_OFF });
    FILE *shown = open_memstream(&text, &size);
    levin_trainer_set_output(t, shown);
    levin_trainer_validate_with(t, &m->base, &(levin_run_opts){ .loaders = val });
    fclose(shown);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return text;
}

static void one_key_of_two_loaders_needs_their_numbers(void **state)
{
    (void)state;
    free(validate_two(log_one_key));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "log: 'x' in validation_step of loaders 0 and 1 "
                                                  "with add_dataloader_idx off"));
    levin_error_clear();
}

static void a_value_stands_below_its_loader(void **state)
{
    (void)state;
    char *text = validate_two(log_own_keys);
    assert_int_equal(levin_error(), 0);
    const char *title = strstr(text, "Validate metric");
    assert_non_null(title);
    const char *first = strstr(title, "own_0"), *second = strstr(title, "own_1");
    assert_non_null(first);
    assert_non_null(second);
    ptrdiff_t column = strstr(title, "DataLoader 1") - title;
    assert_int_equal(strstr(first, "0.5") - first, strstr(title, "DataLoader 0") - title);
    assert_int_equal(strstr(second, "1.0") - second, column);
    free(text);
}

static levin_tensor *gives_nothing(levin_module *m, const levin_batch *b)
{
    (void)m;
    (void)b;
    return NULL;
}

static levin_tensor *gives_a_matrix(levin_module *m, const levin_batch *b)
{
    (void)m;
    (void)b;
    return levin_zeros(LEVIN_F32, 2, (int64_t[]){ 4, 3 });
}

/* What a fit shows whose training_step is another. */
static char *fit_with_step(levin_tensor *(*step)(levin_module *m, const levin_batch *b))
{
    char *text = NULL;
    size_t size;
    levin_module_class type = logging_class;
    type.training_step = step;
    levin_module *m = levin_module_new(&type);
    levin_trainer *t =
        levin_trainer_new(&(levin_trainer_flags){ .max_epochs = 2,
                                                  .logger = LEVIN_NO_LOGGER,
                                                  .enable_progress_bar = LEVIN_OFF,
                                                  .enable_checkpointing = LEVIN_OFF });
    FILE *shown = open_memstream(&text, &size);
    levin_trainer_set_output(t, shown);
    levin_trainer_fit(t, m, case_loader(4, NULL), NULL);
    fclose(shown);
    levin_trainer_free(t);
    levin_module_free(m);
    return text;
}

static void a_step_that_never_gives_a_loss_is_noted_once(void **state)
{
    static const char note[] = "training_step returned NULL for every batch of the first epoch";
    (void)state;
    char *text = fit_with_step(gives_nothing);
    assert_int_equal(levin_error(), 0);
    const char *at = strstr(text, note);
    assert_non_null(at);
    assert_null(strstr(at + 1, note));
    free(text);
    text = fit_with_step(training_step);
    assert_null(strstr(text, note));
    free(text);
}

static void a_loss_of_many_numbers_names_the_step(void **state)
{
    (void)state;
    free(fit_with_step(gives_a_matrix));
    assert_int_equal(levin_error(), LEVIN_ESHAPE);
    assert_string_equal(levin_error_message(),
                        "training_step of logging returned (4, 3) f32; a loss is a single number");
    levin_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_sizes_that_cannot_be_are_refused),
        cmocka_unit_test(one_key_of_two_loaders_needs_their_numbers),
        cmocka_unit_test(a_value_stands_below_its_loader),
        cmocka_unit_test(a_step_that_never_gives_a_loss_is_noted_once),
        cmocka_unit_test(a_loss_of_many_numbers_names_the_step),
        cmocka_unit_test(means_are_weighted_by_the_size_of_the_batch),
        cmocka_unit_test(two_levels_make_two_names),
        cmocka_unit_test(an_epochs_end_can_log_and_be_seen),
        cmocka_unit_test(what_cannot_be_logged_says_why),
        cmocka_unit_test(a_module_without_a_trainer_logs_to_nobody),
        cmocka_unit_test(several_loaders_have_their_own_values),
        cmocka_unit_test(hyperparameters_reach_their_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
