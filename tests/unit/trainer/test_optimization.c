/* test_optimization.c: who steps and what is watched: manual optimization with several optimizers,
 * norms of gradients, what is not finite, a backbone that learns later, and a CheckpointIO. */
#include "base/file.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "support/root.h"
#include "trainer/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 24, BATCH = 4 };

static levin_dataloader *loader(void)
{
    return boring_loader(ROWS, 1, &(levin_dataloader_opts){ .batch_size = BATCH });
}

static levin_trainer *make_trainer(levin_trainer_flags f)
{
    f.default_root_dir = root;
    f.max_epochs = f.max_epochs ? f.max_epochs : 1;
    f.enable_checkpointing = f.plugins ? LEVIN_ON : LEVIN_OFF;
    f.enable_model_summary = f.enable_progress_bar = LEVIN_OFF;
    f.logger = LEVIN_NO_LOGGER;
    levin_trainer *t = levin_trainer_new(&f);
    assert_string_equal(levin_error_message(), "");
    levin_trainer_set_output(t, NULL);
    return t;
}

/* Two players, as in a GAN: the first learns in even batches, the second in odd ones. */
typedef struct {
    levin_module base;
    levin_linear *player[2];
    int64_t batches;
    bool other_had_gradients;
} players;

static levin_params *params_of(const players *m, int i)
{
    return levin_parameters((levin_module *)m->player[i]);
}

static void players_init(levin_module *base)
{
    players *m = levin_self(base);
    m->player[0] = levin_linear_new(base, "first", BORING_IN, BORING_OUT);
    m->player[1] = levin_linear_new(base, "second", BORING_IN, BORING_OUT);
}

static levin_optimizer *players_optimizers(levin_module *base)
{
    const players *m = levin_self(base);
    return levin_optimizer_and(levin_sgd(params_of(m, 0), 0.1, NULL),
                               levin_adam(params_of(m, 1), 0.01, NULL));
}

static levin_tensor *players_step(levin_module *base, const levin_batch *b)
{
    players *m = levin_self(base);
    int turn = (int)(m->batches++ % 2);
    levin_optimizer *o = levin_trainer_optimizer(levin_module_trainer(base), turn);
    levin_toggle_optimizer(base, o);
    levin_tensor *y = levin_linear_forward(m->player[1], b->features);
    y = levin_add(y, levin_linear_forward(m->player[0], b->features));
    levin_tensor *loss = levin_cross_entropy(y, b->labels);
    levin_optimizer_zero_grad(o);
    levin_manual_backward(base, loss);
    m->other_had_gradients |=
        levin_grad_norm(levin_trainer_optimizer(levin_module_trainer(base), 1 - turn)) > 0 &&
        m->batches == 1;
    levin_optimizer_step(o);
    levin_untoggle_optimizer(base, o);
    return loss;
}

static const levin_module_class players_class = {
    LEVIN_MODULE(players),         .init = players_init,
    .training_step = players_step, .configure_optimizers = players_optimizers,
    .manual_optimization = true,
};

static float *weights_of(levin_module *m, int64_t *n)
{
    boring *as_boring = (boring *)m; // only the base is looked at
    return boring_weights(as_boring, n);
}

/* A run of 2 epochs, whole or resumed after the first; both optimizers come back. */
static float *play(bool in_two, int64_t *n)
{
    char *path = levin__path_join(root, "players.ckpt");
    float *weights = NULL;
    for (int part = in_two ? 0 : 1; part < 2; part++) {
        levin_seed_everything(1);
        levin_module *m = levin_module_new(&players_class);
        ((players *)m)->batches = part && in_two ? ROWS / BATCH : 0;
        levin_trainer *t = make_trainer((levin_trainer_flags){ .max_epochs = part ? 2 : 1 });
        assert_int_equal(levin_trainer_fit_from(t, m, loader(), NULL, part && in_two ? path : NULL),
                         0);
        assert_int_equal(levin_trainer_global_step(t), (part ? 2 : 1) * ROWS / BATCH);
        assert_false(((players *)m)->other_had_gradients);
        if (part == 0)
            levin_trainer_save_checkpoint(t, path);
        else
            weights = weights_of(m, n);
        levin_trainer_free(t);
        levin_module_free(m);
    }
    levin__free(path);
    return weights;
}

static void two_optimizers_take_turns_and_resume(void **state)
{
    (void)state;
    int64_t n;
    float *whole = play(false, &n), *resumed = play(true, &n);
    assert_memory_equal(whole, resumed, (size_t)n * sizeof *whole);
    free(whole);
    free(resumed);
}

static void norms_of_gradients_are_logged(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t =
        make_trainer((levin_trainer_flags){ .track_grad_norm = 2, .log_every_n_steps = 1 });
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), 0);
    double total = levin_trainer_metric(t, "grad_2.0_norm_total");
    double weight = levin_trainer_metric(t, "grad_2.0_norm/layer.weight");
    double bias = levin_trainer_metric(t, "grad_2.0_norm/layer.bias");
    assert_true(total > 0);
    assert_float_equal(total, sqrt(weight * weight + bias * bias), 1e-6);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void use_the_payload(boring *self, const levin_batch *b)
{
    (void)b;
    levin_scope *scope = levin_scope_begin();
    levin_backward(levin_mean(self->payload, 0));
    levin_scope_end(scope);
}

/* Cut, two of them would be one. */
static void a_name_too_long_for_the_log_is_refused_whole(void **state)
{
    (void)state;
    char name[300] = { 0 };
    memset(name, 'n', sizeof name - 1);
    boring *m = boring_new(1);
    m->payload = levin_parameter_new(&m->base, name, 1, (int64_t[]){ 2 });
    m->during_step = use_the_payload;
    levin_init_constant(m->payload, 1);
    levin_trainer *t = make_trainer((levin_trainer_flags){
        .track_grad_norm = 2, .log_every_n_steps = 1, .accumulate_grad_batches = 2 });
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "a key of more than 255 bytes: grad_2.0_norm/n"));
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static int fit_with_nan(levin_switch terminate, levin_switch anomaly)
{
    boring *m = boring_new(1);
    m->nan_at = 3;
    levin_trainer *t = make_trainer(
        (levin_trainer_flags){ .terminate_on_nan = terminate, .detect_anomaly = anomaly });
    int code = levin_trainer_fit(t, &m->base, loader(), NULL);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return code;
}

static void what_is_not_finite_ends_the_run_or_not(void **state)
{
    (void)state;
    const levin_switch missing = { 0 };
    assert_int_equal(fit_with_nan(missing, LEVIN_OFF), LEVIN_ENUMERIC);
    assert_non_null(strstr(levin_error_message(), "the loss is not a number"));
    levin_error_clear();
    assert_int_equal(fit_with_nan(LEVIN_OFF, LEVIN_OFF), 0);
    assert_int_equal(fit_with_nan(missing, LEVIN_ON), LEVIN_ENUMERIC);
    assert_non_null(strstr(levin_error_message(), "detect_anomaly: the result of scale"));
    assert_non_null(
        strstr(levin_error_message(), "; in training_step of boring, epoch 0, batch 2 (step 2)"));
    levin_error_clear();
}

static void anomaly_names_the_parameter_and_the_batch(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .detect_anomaly = LEVIN_ON });
    levin_params *weights = levin_parameters(&m->base);
    levin_init_constant(levin_params_tensor(weights, 0), (double)INFINITY);
    levin_params_free(weights);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), LEVIN_ENUMERIC);
    assert_non_null(strstr(levin_error_message(), "detect_anomaly: the result of linear"));
    assert_non_null(strstr(levin_error_message(), "; at layer.weight in training_step of boring, "
                                                  "epoch 0, batch 0 (step 0)"));
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void spoil(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 2)
        *(float *)levin_tensor_data(self->payload) = (float)NAN;
}

static void a_weight_that_is_not_finite_is_named(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_params *p = levin_parameters(&m->base);
    m->payload = levin_params_tensor(p, 1);
    m->during_step = spoil;
    levin_trainer *t = make_trainer((levin_trainer_flags){ .terminate_on_nan = LEVIN_ON });
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), LEVIN_ENUMERIC);
    assert_non_null(strstr(levin_error_message(), levin_params_name(p, 1)));
    levin_error_clear();
    levin_params_free(p);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* boring's layer is the backbone of a model whose head is a layer behind it. */
typedef struct {
    levin_module base;
    levin_linear *backbone, *head;
} two_parts;

static void two_parts_init(levin_module *base)
{
    two_parts *m = levin_self(base);
    m->backbone = levin_linear_new(base, "backbone", BORING_IN, BORING_OUT);
    m->head = levin_linear_new(base, "head", BORING_OUT, BORING_OUT);
}

static levin_tensor *two_parts_step(levin_module *base, const levin_batch *b)
{
    const two_parts *m = levin_self(base);
    return levin_cross_entropy(
        levin_linear_forward(m->head, levin_linear_forward(m->backbone, b->features)), b->labels);
}

static levin_optimizer *two_parts_optimizer(levin_module *m)
{
    return levin_adamw(levin_parameters(m), 0.01, 0, NULL);
}

static const levin_module_class two_parts_class = { LEVIN_MODULE(two_parts), .init = two_parts_init,
                                                    .training_step = two_parts_step,
                                                    .configure_optimizers = two_parts_optimizer };

static float *finetune(bool in_two, int64_t *n, int *groups)
{
    char *path = levin__path_join(root, "finetune.ckpt");
    float *weights = NULL;
    for (int part = in_two ? 0 : 1; part < 2; part++) {
        const levin_backbone_finetuning_opts o = { .unfreeze_backbone_at_epoch = 1 };
        levin_callback *list[] = { levin_backbone_finetuning(&o), NULL };
        levin_seed_everything(1);
        levin_module *m = levin_module_new(&two_parts_class);
        levin_trainer *t =
            make_trainer((levin_trainer_flags){ .max_epochs = part ? 4 : 3, .callbacks = list });
        levin_trainer_fit_from(t, m, loader(), NULL, part && in_two ? path : NULL);
        assert_string_equal(levin_error_message(), "");
        *groups = levin_optimizer_num_groups(levin_trainer_optimizer(t, 0));
        if (part == 0)
            levin_trainer_save_checkpoint(t, path);
        else
            weights = weights_of(m, n);
        levin_trainer_free(t);
        levin_module_free(m);
    }
    levin__free(path);
    return weights;
}

static void a_backbone_that_learns_resumes(void **state)
{
    (void)state;
    int64_t n;
    int groups;
    float *whole = finetune(false, &n, &groups);
    assert_int_equal(groups, 2);
    float *resumed = finetune(true, &n, &groups);
    assert_int_equal(groups, 2);
    assert_memory_equal(whole, resumed, (size_t)n * sizeof *whole);
    free(whole);
    free(resumed);
}

/* A shelf of one checkpoint, whatever its name. */
static int saved, removed;

static char *shelf(void) { return levin__path_join(root, "shelf"); }

static int save(void *payload, const char *file, const char *path)
{
    char *to = shelf();
    (void)payload;
    (void)path;
    saved++;
    int result = rename(file, to);
    levin__free(to);
    return result;
}

static int load(void *payload, const char *path, const char *file)
{
    char *from = shelf();
    size_t size;
    char *bytes = levin__file_read(from, (size_t)1 << 24, &size);
    (void)payload;
    (void)path;
    levin__free(from);
    int result = bytes ? levin__file_write(file, bytes, size) : LEVIN_ENOTFOUND;
    levin__free(bytes);
    return result;
}

static int take_away(void *payload, const char *path)
{
    (void)payload;
    (void)path;
    removed++;
    return 0;
}

static bool exists(void *payload, const char *path)
{
    (void)payload;
    return strcmp(path, "shelf://anything") == 0;
}

static void checkpoints_lie_where_the_plugin_puts_them(void **state)
{
    (void)state;
    const levin_checkpoint_io io = { NULL, save, load, take_away, exists, NULL };
    const levin_plugins plugins = { &io };
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .max_epochs = 2, .plugins = &plugins });
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), 0);
    assert_int_equal(saved, 2);
    assert_int_equal(removed, 1);
    char *folder = levin__path_join(root, "checkpoints");
    assert_false(levin__is_dir(folder));
    levin__free(folder);
    levin_run_opts o = { .loaders = (levin_dataloader *[]){ loader(), NULL },
                         .ckpt_path = "shelf://anything" };
    assert_int_equal(levin_trainer_test_with(t, &m->base, &o), 0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_optimizers_take_turns_and_resume),
        cmocka_unit_test(norms_of_gradients_are_logged),
        cmocka_unit_test(a_name_too_long_for_the_log_is_refused_whole),
        cmocka_unit_test(what_is_not_finite_ends_the_run_or_not),
        cmocka_unit_test(anomaly_names_the_parameter_and_the_batch),
        cmocka_unit_test(a_weight_that_is_not_finite_is_named),
        cmocka_unit_test(a_backbone_that_learns_resumes),
        cmocka_unit_test(checkpoints_lie_where_the_plugin_puts_them),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
