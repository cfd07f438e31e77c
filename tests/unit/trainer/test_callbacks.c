/* test_callbacks.c: Lightning's callbacks beyond what the recorded cases show: their state in a
 * resumed run, their files, and what they refuse. */
#include "base/file.h"
#include "base/memory.h"
#include "support/root.h"
#include "trainer/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 24, BATCH = 4 };

static levin_dataloader *loader(void)
{
    return boring_loader(ROWS, 1, &(levin_dataloader_opts){ .batch_size = BATCH });
}

static levin_trainer *make_trainer(levin_trainer_flags f, levin_callback *callback)
{
    levin_callback *list[] = { callback, NULL };
    f.default_root_dir = root;
    f.callbacks = list;
    f.logger = LEVIN_NO_LOGGER;
    levin_trainer *t = levin_trainer_new(&f);
    levin_trainer_set_output(t, NULL);
    return t;
}

/* A run to epoch 4, or one to the end of epoch 2 that goes on; its weights. */
static float *weights_after(levin_callback *(*make)(void), bool in_two, int64_t *n)
{
    char *path = levin__path_join(root, "half.ckpt");
    float *weights = NULL;
    for (int part = in_two ? 0 : 1; part < 2; part++) {
        boring *m = boring_new(1);
        m->dropout = 0.2;
        levin_trainer *t = make_trainer((levin_trainer_flags){ .max_epochs = 4 }, make());
        t->set.max_epochs = part ? 4 : 2; // the options that depend on it see 4 in both
        levin_trainer_fit_from(t, &m->base, loader(), loader(), part && in_two ? path : NULL);
        if (part == 0)
            levin_trainer_save_checkpoint(t, path);
        else
            weights = boring_weights(m, n);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    levin__free(path);
    return weights;
}

static levin_callback *ema(void)
{
    return levin_ema_weight_averaging(&(levin_ema_opts){ .decay = 0.9 });
}
static levin_callback *mean(void) { return levin_weight_averaging(NULL); }
static levin_callback *nothing(void)
{
    return levin_lambda_callback(&(levin_callback_class){ .name = "none" }, NULL);
}

static void averages_resume_with_the_same_bits(void **state)
{
    (void)state;
    levin_callback *(*const makers[])(void) = { ema, mean };
    int64_t n, again;
    float *plain = weights_after(nothing, false, &n);
    for (int i = 0; i < 2; i++) {
        float *whole = weights_after(makers[i], false, &n);
        float *resumed = weights_after(makers[i], true, &again);
        assert_string_equal(levin_error_message(), "");
        assert_int_equal(n, again);
        assert_memory_not_equal(whole, plain, (size_t)n * sizeof *whole);
        assert_memory_equal(whole, resumed, (size_t)n * sizeof *whole);
        free(whole);
        free(resumed);
    }
    free(plain);
}

static levin_callback *swa(void)
{
    return levin_stochastic_weight_averaging(
        &(levin_swa_opts){ .swa_epoch_start = LEVIN_BATCHES(1) });
}

/* The average is of one module; that of the next one has one part after one epoch: its first
 * weights. */
static void another_module_has_its_own_average(void **state)
{
    (void)state;
    int64_t n;
    boring *first = boring_new(1), *second = boring_new(2);
    float *before = boring_weights(second, &n);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .max_epochs = 2 }, swa());
    assert_int_equal(levin_trainer_fit(t, &first->base, loader(), NULL), 0);
    t->set.max_epochs = 3;
    assert_int_equal(levin_trainer_fit(t, &second->base, loader(), NULL), 0);
    float *after = boring_weights(second, &n);
    assert_int_equal(second->batches, ROWS / BATCH);
    assert_memory_equal(before, after, (size_t)n * sizeof *after);
    free(before);
    free(after);
    levin_trainer_free(t);
    levin_module_free(&first->base);
    levin_module_free(&second->base);
}

static void fail_at_fourth(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 4)
        levin_trainer_interrupt(levin_module_trainer(&self->base));
}

static int64_t fit_with_file(levin_callback *c, void (*during)(boring *, const levin_batch *))
{
    boring *m = boring_new(1);
    m->during_step = during;
    levin_trainer *t = make_trainer(
        (levin_trainer_flags){ .max_epochs = 1, .enable_checkpointing = LEVIN_OFF }, c);
    levin_trainer_fit(t, &m->base, loader(), NULL);
    levin_error_clear();
    int64_t batches = m->batches;
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return batches;
}

static void a_run_that_fails_leaves_a_file_to_go_on_from(void **state)
{
    (void)state;
    char *dir = levin__path_join(root, "saved");
    char *path = levin__path_join(dir, "on_exception.ckpt");
    const levin_on_exception_opts o = { .dirpath = dir };
    assert_int_equal(fit_with_file(levin_on_exception_checkpoint(&o), fail_at_fourth), 4);
    assert_true(levin__is_file(path));
    assert_int_equal(fit_with_file(levin_on_exception_checkpoint(&o), NULL), ROWS / BATCH - 4);
    assert_false(levin__is_file(path));
    levin__free(dir);
    levin__free(path);
}

static void spike_at_fifth(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 4)
        *(float *)levin_tensor_data(self->payload) = 1e6F;
}

static void a_jump_of_the_loss_ends_the_run(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_params *p = levin_parameters(&m->base);
    m->payload = levin_params_tensor(p, 0);
    m->during_step = spike_at_fifth;
    const levin_spike_detection_opts o = { .exclude_batches_path = root };
    levin_trainer *t =
        make_trainer((levin_trainer_flags){ .max_epochs = 1 }, levin_spike_detection(&o));
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), LEVIN_ENUMERIC);
    assert_non_null(strstr(levin_error_message(), "SpikeDetection: the loss jumped"));
    levin_error_clear();
    char *path = levin__path_join(root, "skip_batches.json"), *text = slurp(path);
    assert_non_null(text);
    assert_non_null(strchr(text, '3'));
    assert_non_null(strchr(text, '4'));
    levin__free(path);
    levin__free(text);
    levin_params_free(p);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

typedef struct {
    int batches, ends;
    int64_t kept;
} seen;

static int see_batch(void *payload, levin_trainer *t, levin_module *m, const levin_tensor *y,
                     const levin_batch *b)
{
    (void)t;
    (void)m;
    assert_int_equal(levin_tensor_numel(y), b->size * BORING_OUT);
    ((seen *)payload)->batches++;
    return 0;
}

static int see_end(void *payload, levin_trainer *t, levin_module *m)
{
    seen *s = payload;
    (void)m;
    s->ends++;
    s->kept = levin_trainer_num_predictions(t, 0);
    return s->ends > 1 ? LEVIN_EIO : 0;
}

static void a_prediction_writer_sees_batches_and_the_end(void **state)
{
    (void)state;
    seen s = { 0 };
    const levin_prediction_writer_opts o = { LEVIN_WRITE_BATCH_AND_EPOCH, see_batch, see_end, &s };
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ 0 }, levin_prediction_writer(&o));
    assert_int_equal(levin_trainer_predict(t, &m->base, loader(), NULL, NULL), 0);
    assert_true(s.batches == ROWS / BATCH && s.ends == 1 && s.kept == ROWS / BATCH);
    assert_int_equal(levin_trainer_predict(t, &m->base, loader(), NULL, NULL), LEVIN_EIO);
    levin_error_clear();
    levin_trainer_free(t);
    levin_module_free(&m->base);
    assert_null(levin_prediction_writer(&(levin_prediction_writer_opts){ 0 }));
    levin_error_clear();
}

static void count_step(levin_callback *c, levin_trainer *t, levin_module *m, const levin_batch *b)
{
    (void)t;
    (void)m;
    (void)b;
    ++*(int *)levin_lambda_payload(c);
}

static void a_lambda_callback_is_hooks_alone(void **state)
{
    (void)state;
    int n = 0;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer(
        (levin_trainer_flags){ .max_epochs = 2 },
        levin_lambda_callback(&(levin_callback_class){ .on_train_batch_end = count_step }, &n));
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), 0);
    assert_int_equal(n, 2 * ROWS / BATCH);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* {0: 1, 1: 4}: 6 steps, then two windows of 4 and 2 batches. */
static void accumulation_follows_its_schedule(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const levin_accumulation_scheduler_opts o = { .scheduling = "{0: 1, 1: 4}" };
        levin_callback *c = i ? levin_gradient_accumulation_scheduler(&o) : nothing();
        boring *m = boring_new(1);
        levin_trainer *t = make_trainer(
            (levin_trainer_flags){ .max_epochs = 2,
                                   .accumulate_grad_schedule = i ? NULL : o.scheduling },
            c);
        assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), 0);
        assert_int_equal(levin_trainer_global_step(t), 8);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
}

static void a_timer_measures_and_stops(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_callback *c = levin_timer(NULL);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .max_epochs = 1 }, c);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), loader()), 0);
    assert_true(levin_timer_elapsed(c, "train") > 0 && levin_timer_elapsed(c, "validate") > 0);
    assert_true(isinf(levin_timer_remaining(c)));
    levin_trainer_free(t);
    assert_null(levin_timer(&(levin_timer_opts){ .duration = "soon" }));
    assert_non_null(strstr(levin_error_message(), "Timer: duration"));
    levin_error_clear();
    levin_module_free(&m->base);
}

static void refuse(levin_trainer_flags f, levin_callback *c, const char *a, const char *b)
{
    levin_trainer *t = make_trainer(f, c);
    if (t || !strstr(levin_error_message(), a) || !strstr(levin_error_message(), b))
        fail_msg("%s and %s: %s", a, b, levin_error_message());
    levin_error_clear();
}

static void contradictions_are_refused_by_the_trainer(void **state)
{
    (void)state;
    const levin_accumulation_scheduler_opts schedule = { .scheduling = "{1: 2}" };
    const levin_model_checkpoint_opts rare = { .every_n_epochs = 5 };
    refuse((levin_trainer_flags){ .accumulate_grad_batches = 2 },
           levin_gradient_accumulation_scheduler(&schedule), "accumulate_grad_batches",
           "GradientAccumulationScheduler");
    refuse((levin_trainer_flags){ .max_epochs = -1, .max_steps = 5 },
           levin_stochastic_weight_averaging(NULL), "swa_epoch_start", "max_epochs");
    refuse((levin_trainer_flags){ .enable_progress_bar = LEVIN_OFF }, levin_progress_bar(NULL),
           "enable_progress_bar", "progress bar");
    refuse((levin_trainer_flags){ .enable_checkpointing = LEVIN_OFF }, levin_model_checkpoint(NULL),
           "enable_checkpointing", "ModelCheckpoint");
    refuse((levin_trainer_flags){ .max_epochs = 2 }, levin_model_checkpoint(&rare),
           "every_n_epochs 5", "max_epochs 2");
    refuse((levin_trainer_flags){ .max_time = "00:01:00:00" }, levin_timer(NULL), "max_time",
           "Timer");
}

static void an_average_begins_in_an_epoch_that_can_be_counted(void **state)
{
    (void)state;
    const double wrong[] = { 0, 1e30, (double)NAN };
    for (int i = 0; i < 3; i++) {
        levin_swa_opts o = { .swa_epoch_start = LEVIN_BATCHES(wrong[i]) };
        assert_null(levin_stochastic_weight_averaging(&o));
        assert_int_equal(levin_error(), LEVIN_EINVAL);
        levin_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_resume_with_the_same_bits),
        cmocka_unit_test(another_module_has_its_own_average),
        cmocka_unit_test(a_run_that_fails_leaves_a_file_to_go_on_from),
        cmocka_unit_test(a_jump_of_the_loss_ends_the_run),
        cmocka_unit_test(a_prediction_writer_sees_batches_and_the_end),
        cmocka_unit_test(a_lambda_callback_is_hooks_alone),
        cmocka_unit_test(accumulation_follows_its_schedule),
        cmocka_unit_test(a_timer_measures_and_stops),
        cmocka_unit_test(contradictions_are_refused_by_the_trainer),
        cmocka_unit_test(an_average_begins_in_an_epoch_that_can_be_counted),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
