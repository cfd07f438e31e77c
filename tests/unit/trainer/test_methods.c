/* test_methods.c: fit, validate, test and predict with what the short calls leave out: data
 * modules, hyper-parameters of two sides, callbacks of a module, several loaders, kept predictions.
 */
#include "base/memory.h"
#include "support/case_data.h"
#include "support/case_module.h"
#include "support/root.h"
#include "trainer/trainer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static levin_trainer *make_trainer(levin_trainer_flags f)
{
    f.default_root_dir = root;
    f.max_epochs = f.max_epochs ? f.max_epochs : 1;
    levin_trainer *t = levin_trainer_new(&f);
    assert_string_equal(levin_error_message(), "");
    levin_trainer_set_output(t, NULL);
    return t;
}

static levin_dataloader *rows(int64_t n)
{
    return case_loader(n, &(levin_dataloader_opts){ .batch_size = 2 });
}

static void predictions_are_kept_by_loader(void **state)
{
    (void)state;
    case_module *m = case_module_new(NULL);
    levin_trainer *t = make_trainer((levin_trainer_flags){ 0 });
    levin_dataloader *loaders[] = { rows(5), levin_dataloader_and(rows(2), rows(4)), NULL };
    assert_int_equal(
        levin_trainer_predict_with(t, &m->base, &(levin_run_opts){ .loaders = loaders }), 0);
    assert_int_equal(levin_trainer_num_predictions(t, 0), 3);
    assert_int_equal(levin_trainer_num_predictions(t, 1), 1);
    assert_int_equal(levin_trainer_num_predictions(t, 2), 2);
    assert_int_equal(levin_trainer_num_predictions(t, 3), 0);
    const levin_tensor *y = levin_trainer_prediction(t, 2, 1);
    assert_true(levin_tensor_get(y, 0) == 2 && levin_tensor_get(y, 1) == 3);
    assert_null(levin_trainer_prediction(t, 0, 3));
    levin_trainer_free(t);
    case_module_free(m);
}

static levin_datamodule *new_data(json_t **c, json_t **calls)
{
    *c = json_pack("{s:i, s:i, s:i}", "n_train", 4, "n_val", 2, "batch_size", 2);
    *calls = json_array();
    return case_datamodule_new(*c, *calls);
}

static void loaders_and_a_datamodule_contradict(void **state)
{
    (void)state;
    json_t *c, *calls;
    levin_datamodule *d = new_data(&c, &calls);
    case_module *m = case_module_new(NULL);
    levin_trainer *t = make_trainer((levin_trainer_flags){ 0 });
    levin_run_opts both = { .train = rows(4), .datamodule = d };
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &both), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "loaders and a datamodule"));
    levin_error_clear();
    assert_int_equal(json_array_size(calls), 0); // before any work
    levin_trainer_free(t);
    case_module_free(m);
    levin_datamodule_free(d);
    json_decref(c);
    json_decref(calls);
}

static void hyper_parameters_of_both_sides_are_written(void **state)
{
    (void)state;
    json_t *c, *calls;
    levin_datamodule *d = new_data(&c, &calls);
    case_module *m = case_module_new(NULL);
    levin_save_hyperparameter(&m->base, "lr", "%g", 0.5);
    levin_datamodule_save_hyperparameter(d, "batch_size", "%d", 2);
    levin_trainer *t = make_trainer((levin_trainer_flags){ 0 });
    levin_run_opts o = { .datamodule = d };
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &o), 0);
    char *path = levin__format("%s/hparams.yaml", levin_trainer_log_dir(t)), *text = slurp(path);
    assert_non_null(text);
    assert_non_null(strstr(text, "lr: 0.5"));
    assert_non_null(strstr(text, "batch_size: 2"));
    levin__free(text);
    levin__free(path);
    levin_datamodule_save_hyperparameter(d, "lr", "%g", 0.25);
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &o), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "hyper-parameter lr"));
    levin_error_clear();
    levin_trainer_free(t);
    case_module_free(m);
    levin_datamodule_free(d);
    json_decref(c);
    json_decref(calls);
}

/* Its loader can be had once. */
typedef struct {
    levin_datamodule base;
    bool was_asked;
} once;

static levin_dataloader *train_once(levin_datamodule *base)
{
    once *d = (once *)base;
    levin_dataloader *l = d->was_asked ? NULL : rows(4);
    d->was_asked = true;
    return l;
}

static void a_hook_that_gives_no_loader_when_asked_again_ends_fit(void **state)
{
    (void)state;
    static const levin_datamodule_class type = { LEVIN_DATAMODULE(once),
                                                 .train_dataloader = train_once };
    levin_datamodule *d = levin_datamodule_new(&type);
    case_module *m = case_module_new(NULL);
    levin_trainer *t = make_trainer((levin_trainer_flags){
        .max_epochs = 3, .reload_dataloaders_every_n_epochs = 1, .logger = LEVIN_NO_LOGGER });
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &(levin_run_opts){ .datamodule = d }),
                     LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "train_dataloader hook gave no loader"));
    levin_error_clear();
    levin_trainer_free(t);
    case_module_free(m);
    levin_datamodule_free(d);
}

/* A module with callbacks of its own. */
typedef struct {
    levin_module base;
    levin_tensor *w;
} watched;

static int ended[2];

static void end_of_users(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)c;
    (void)t;
    (void)m;
    ended[0]++;
}

static void end_of_modules(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)c;
    (void)t;
    (void)m;
    ended[1]++;
}

static const levin_callback_class of_user = { LEVIN_CALLBACK(levin_callback),
                                              .on_fit_end = end_of_users };
static const levin_callback_class of_module = { LEVIN_CALLBACK(levin_callback),
                                                .on_fit_end = end_of_modules };

static levin_callback *const *callbacks(levin_module *m)
{
    static levin_callback *list[3];
    (void)m;
    list[0] = levin_callback_new(&of_module);
    list[1] = levin_timer(&(levin_timer_opts){ .duration = "00:00:00:00" });
    return list;
}

static void watched_init(levin_module *base)
{
    watched *m = levin_self(base);
    m->w = levin_init_constant(levin_parameter_new(base, "w", 1, (int64_t[]){ 1 }), 1);
}

static levin_tensor *watched_step(levin_module *base, const levin_batch *b)
{
    const watched *m = levin_self(base);
    (void)b;
    return levin_mul(m->w, m->w);
}

static levin_optimizer *watched_optimizer(levin_module *m)
{
    return levin_sgd(levin_parameters(m), 0.1, NULL);
}

static const levin_module_class watched_class = { LEVIN_MODULE(watched), .init = watched_init,
                                                  .training_step = watched_step,
                                                  .configure_optimizers = watched_optimizer,
                                                  .configure_callbacks = callbacks };

/* Its Timer takes the place of the user's, another class stands beside. */
static void callbacks_of_a_module_replace_those_of_their_class(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&watched_class);
    levin_callback *list[] = { levin_callback_new(&of_user), levin_timer(NULL), NULL };
    levin_trainer *t =
        make_trainer((levin_trainer_flags){ .callbacks = list, .logger = LEVIN_NO_LOGGER });
    assert_int_equal(levin_trainer_fit(t, m, rows(4), NULL), 0);
    assert_int_equal(levin_trainer_global_step(t), 0); // the module's Timer has no time
    assert_true(ended[0] == 1 && ended[1] == 1);
    levin_trainer_free(t);
    levin_module_free(m);
}

static void everything_wrong_with_a_call_is_told_at_once(void **state)
{
    (void)state;
    levin_module *m = levin_module_new(&watched_class);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_dataloader *loaders[] = { rows(2), NULL };
    levin_run_opts o = { .loaders = loaders };
    assert_int_equal(levin_trainer_test_with(t, m, &o), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "has no test_step hook"));
    levin_error_clear();
    assert_int_equal(levin_trainer_fit(t, m, NULL, NULL), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "no training data"));
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_are_kept_by_loader),
        cmocka_unit_test(loaders_and_a_datamodule_contradict),
        cmocka_unit_test(hyper_parameters_of_both_sides_are_written),
        cmocka_unit_test(a_hook_that_gives_no_loader_when_asked_again_ends_fit),
        cmocka_unit_test(callbacks_of_a_module_replace_those_of_their_class),
        cmocka_unit_test(everything_wrong_with_a_call_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
