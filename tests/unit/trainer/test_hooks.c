/* test_hooks.c: the order in which Lightning calls hooks, callback first ("c.") and module after it
 * ("m."), through whole calls. */
#include "support/case_data.h"
#include "support/case_module.h"
#include "trainer/hooks.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static levin_buffer trace = { .limit = 1 << 16 };

static void note(const char *who, const char *hook)
{
    levin__buffer_addf(&trace, "%s%s\n", who, hook);
}

typedef struct {
    levin_module base;
    levin_tensor *w;
} traced;

static void init(levin_module *m)
{
    traced *self = levin_self(m);
    self->w = levin_init_constant(levin_parameter_new(m, "w", 1, (int64_t[]){ 1 }), 1);
}

#define PLAIN(hook)                                                                                \
    static void m_##hook(levin_module *m)                                                          \
    {                                                                                              \
        (void)m;                                                                                   \
        note("m.", #hook);                                                                         \
    }                                                                                              \
    static void c_##hook(levin_callback *c, levin_trainer *t, levin_module *m)                     \
    {                                                                                              \
        (void)c, (void)t, (void)m;                                                                 \
        note("c.", #hook);                                                                         \
    }
#define BATCH(hook)                                                                                \
    static void m_##hook(levin_module *m, const levin_batch *b)                                    \
    {                                                                                              \
        (void)m, (void)b;                                                                          \
        note("m.", #hook);                                                                         \
    }                                                                                              \
    static void c_##hook(levin_callback *c, levin_trainer *t, levin_module *m,                     \
                         const levin_batch *b)                                                     \
    {                                                                                              \
        (void)c, (void)t, (void)m, (void)b;                                                        \
        note("c.", #hook);                                                                         \
    }
#define OF_OPTIMIZER(hook)                                                                         \
    static void m_##hook(levin_module *m, levin_optimizer *o)                                      \
    {                                                                                              \
        (void)m, (void)o;                                                                          \
        note("m.", #hook);                                                                         \
    }
#define OF_CALLBACK(hook)                                                                          \
    static void c_##hook(levin_callback *c, levin_trainer *t, levin_module *m)                     \
    {                                                                                              \
        (void)c, (void)t, (void)m;                                                                 \
        note("c.", #hook);                                                                         \
    }
#define OF_MODULE(hook)                                                                            \
    static void m_##hook(levin_module *m)                                                          \
    {                                                                                              \
        (void)m;                                                                                   \
        note("m.", #hook);                                                                         \
    }
#define STAGE(hook)                                                                                \
    static void m_##hook(levin_module *m, const char *stage)                                       \
    {                                                                                              \
        (void)m;                                                                                   \
        note("m." #hook " ", stage);                                                               \
    }                                                                                              \
    OF_CALLBACK(hook)

PLAIN(on_fit_start)
PLAIN(on_fit_end)
PLAIN(on_train_start)
PLAIN(on_train_end)
PLAIN(on_train_epoch_start)
PLAIN(on_train_epoch_end)
PLAIN(on_validation_start)
PLAIN(on_validation_end)
PLAIN(on_validation_epoch_start)
PLAIN(on_validation_epoch_end)
PLAIN(on_test_start)
PLAIN(on_test_end)
PLAIN(on_test_epoch_start)
PLAIN(on_test_epoch_end)
PLAIN(on_predict_start)
PLAIN(on_predict_end)
PLAIN(on_predict_epoch_start)
PLAIN(on_predict_epoch_end)
PLAIN(on_after_backward)
BATCH(on_validation_batch_start)
BATCH(on_validation_batch_end)
BATCH(on_test_batch_start)
BATCH(on_test_batch_end)
BATCH(on_predict_batch_start)
OF_MODULE(prepare_data)
OF_MODULE(configure_model)
OF_MODULE(on_validation_model_eval)
OF_MODULE(on_validation_model_train)
OF_MODULE(on_validation_model_zero_grad)
OF_CALLBACK(on_sanity_check_start)
OF_CALLBACK(on_sanity_check_end)
OF_CALLBACK(on_before_zero_grad)
OF_CALLBACK(on_before_backward)
OF_CALLBACK(on_before_optimizer_step)
OF_OPTIMIZER(on_before_zero_grad)
OF_OPTIMIZER(on_before_optimizer_step)
STAGE(setup)
STAGE(teardown)

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    traced *self = levin_self(m);
    (void)b;
    note("m.", "training_step");
    return levin_mul(self->w, self->w);
}
static void validation_step(levin_module *m, const levin_batch *b)
{
    (void)m, (void)b;
    note("m.", "validation_step");
}
static void test_step(levin_module *m, const levin_batch *b)
{
    (void)m, (void)b;
    note("m.", "test_step");
}
static levin_tensor *predict_step(levin_module *m, const levin_batch *b)
{
    (void)m;
    note("m.", "predict_step");
    return levin_scale(b->features, 1);
}
static levin_optimizer *configure_optimizers(levin_module *m)
{
    note("m.", "configure_optimizers");
    return levin_sgd(levin_parameters(m), 0.1, NULL);
}
static int64_t enough_at = -1; // the batch at which an epoch has had enough

static int m_on_train_batch_start(levin_module *m, const levin_batch *b)
{
    (void)m;
    note("m.", "on_train_batch_start");
    return b->batch_idx == enough_at ? -1 : 0;
}
static void m_on_train_batch_end(levin_module *m, const levin_tensor *loss, const levin_batch *b)
{
    (void)m, (void)loss, (void)b;
    note("m.", "on_train_batch_end");
}
static void m_on_predict_batch_end(levin_module *m, const levin_tensor *p, const levin_batch *b)
{
    (void)m, (void)p, (void)b;
    note("m.", "on_predict_batch_end");
}
static void m_on_before_backward(levin_module *m, levin_tensor *loss)
{
    (void)m, (void)loss;
    note("m.", "on_before_backward");
}
static void m_backward(levin_module *m, levin_tensor *loss)
{
    (void)m;
    note("m.", "backward");
    levin_backward(loss);
}
static void m_optimizer_zero_grad(levin_module *m, levin_optimizer *o)
{
    (void)m;
    note("m.", "optimizer_zero_grad");
    levin_optimizer_zero_grad(o);
}
static void m_optimizer_step(levin_module *m, levin_optimizer *o)
{
    (void)m;
    note("m.", "optimizer_step");
    levin_optimizer_step(o);
}
static void m_configure_gradient_clipping(levin_module *m, levin_optimizer *o)
{
    (void)m, (void)o;
    note("m.", "configure_gradient_clipping");
}
static levin_dataloader *train_dataloader(levin_module *m)
{
    (void)m;
    note("m.", "train_dataloader");
    return case_loader(2, NULL);
}
static levin_dataloader *val_dataloader(levin_module *m)
{
    (void)m;
    note("m.", "val_dataloader");
    return case_loader(1, NULL);
}

static void c_on_train_batch_start(levin_callback *c, levin_trainer *t, levin_module *m,
                                   const levin_batch *b)
{
    (void)c, (void)t, (void)m, (void)b;
    note("c.", "on_train_batch_start");
}
static void c_on_train_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                                 const levin_batch *b)
{
    (void)c, (void)t, (void)m, (void)b;
    note("c.", "on_train_batch_end");
}
static void c_on_predict_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                                   const levin_batch *b)
{
    (void)c, (void)t, (void)m, (void)b;
    note("c.", "on_predict_batch_end");
}

#define M(hook) .hook = m_##hook
#define C(hook) .hook = c_##hook

static const levin_module_class traced_class = {
    LEVIN_MODULE(traced),
    .init = init,
    .training_step = training_step,
    .validation_step = validation_step,
    .test_step = test_step,
    .predict_step = predict_step,
    .configure_optimizers = configure_optimizers,
    .train_dataloader = train_dataloader,
    .val_dataloader = val_dataloader,
    M(prepare_data),
    M(setup),
    M(teardown),
    M(configure_model),
    M(on_fit_start),
    M(on_fit_end),
    M(on_train_start),
    M(on_train_end),
    M(on_train_epoch_start),
    M(on_train_epoch_end),
    M(on_train_batch_start),
    M(on_train_batch_end),
    M(on_validation_start),
    M(on_validation_end),
    M(on_validation_epoch_start),
    M(on_validation_epoch_end),
    M(on_validation_batch_start),
    M(on_validation_batch_end),
    M(on_validation_model_eval),
    M(on_validation_model_train),
    M(on_validation_model_zero_grad),
    M(on_test_start),
    M(on_test_end),
    M(on_test_epoch_start),
    M(on_test_epoch_end),
    M(on_test_batch_start),
    M(on_test_batch_end),
    M(on_predict_start),
    M(on_predict_end),
    M(on_predict_epoch_start),
    M(on_predict_epoch_end),
    M(on_predict_batch_start),
    M(on_predict_batch_end),
    M(on_before_zero_grad),
    M(on_before_backward),
    M(backward),
    M(on_after_backward),
    M(on_before_optimizer_step),
    M(configure_gradient_clipping),
    M(optimizer_step),
    M(optimizer_zero_grad),
};

typedef struct {
    levin_callback base;
} tracer;

static const levin_callback_class tracer_class = {
    LEVIN_CALLBACK(tracer),
    C(setup),
    C(teardown),
    C(on_fit_start),
    C(on_fit_end),
    C(on_sanity_check_start),
    C(on_sanity_check_end),
    C(on_train_start),
    C(on_train_end),
    C(on_train_epoch_start),
    C(on_train_epoch_end),
    C(on_train_batch_start),
    C(on_train_batch_end),
    C(on_validation_start),
    C(on_validation_end),
    C(on_validation_epoch_start),
    C(on_validation_epoch_end),
    C(on_validation_batch_start),
    C(on_validation_batch_end),
    C(on_test_start),
    C(on_test_end),
    C(on_test_epoch_start),
    C(on_test_epoch_end),
    C(on_test_batch_start),
    C(on_test_batch_end),
    C(on_predict_start),
    C(on_predict_end),
    C(on_predict_epoch_start),
    C(on_predict_epoch_end),
    C(on_predict_batch_start),
    C(on_predict_batch_end),
    C(on_before_zero_grad),
    C(on_before_backward),
    C(on_after_backward),
    C(on_before_optimizer_step),
};

typedef struct {
    levin_trainer *trainer;
    levin_module *module;
} pair;

static pair make(int64_t accumulate, int64_t sanity)
{
    levin_callback *callbacks[] = { levin_callback_new(&tracer_class), NULL };
    pair p = { levin_trainer_new(&(levin_trainer_flags){
                   .max_epochs = 1,
                   .accumulate_grad_batches = accumulate,
                   .num_sanity_val_steps = LEVIN_BATCHES(sanity),
                   .enable_checkpointing = LEVIN_OFF,
                   .enable_model_summary = LEVIN_OFF,
                   .logger = LEVIN_NO_LOGGER,
                   .callbacks = callbacks,
               }),
               levin_module_new(&traced_class) };
    levin_trainer_set_output(p.trainer, NULL);
    levin__buffer_clear(&trace);
    return p;
}

/* "a b" stands for a callback hook and the module's of the same name: expected is a list of words,
 * where "cm.hook" is both. */
static void check(pair p, const char *expected)
{
    levin_buffer wanted = LEVIN_BUFFER(1 << 16);
    assert_string_equal(levin_error_message(), "");
    for (size_t n; *expected; expected += n + (expected[n] != '\0')) {
        n = strcspn(expected, " ");
        if (n == 0)
            continue;
        const char *hook = memchr(expected, '.', n);
        int length = (int)(n - (size_t)(hook + 1 - expected));
        if (expected[0] == 'c')
            levin__buffer_addf(&wanted, "c.%.*s\n", length, hook + 1);
        if (expected[0] == 'm' || expected[1] == 'm')
            levin__buffer_addf(&wanted, "m.%.*s\n", length, hook + 1);
    }
    char *stage = trace.data; // "setup fit" becomes "setup"
    while ((stage = strchr(stage, ' '))) {
        size_t n = strcspn(stage, "\n");
        memmove(stage, stage + n, strlen(stage + n) + 1);
    }
    assert_string_equal(trace.data, wanted.data);
    levin__buffer_free(&wanted);
    levin_trainer_free(p.trainer);
    levin_module_free(p.module);
    levin__buffer_free(&trace);
}

#define VALIDATION                                                                                 \
    "m.on_validation_model_eval cm.on_validation_start cm.on_validation_epoch_start "              \
    "cm.on_validation_batch_start m.validation_step cm.on_validation_batch_end "                   \
    "cm.on_validation_epoch_end cm.on_validation_end m.on_validation_model_train "
#define STEP  "cm.on_before_optimizer_step m.configure_gradient_clipping m.optimizer_step "
#define ZERO  "cm.on_before_zero_grad m.optimizer_zero_grad "
#define BACK  "cm.on_before_backward m.backward cm.on_after_backward "
#define BEGIN "cm.on_train_batch_start m.training_step "

static void fit_calls_hooks_in_lightnings_order(void **state)
{
    (void)state;
    pair p = make(1, 1);
    levin_trainer_fit(p.trainer, p.module, NULL, NULL);
    check(p, "m.prepare_data cm.setup m.configure_model m.configure_optimizers cm.on_fit_start "
             "c.on_sanity_check_start m.val_dataloader " VALIDATION "c.on_sanity_check_end "
             "m.train_dataloader cm.on_train_start cm.on_train_epoch_start " BEGIN ZERO BACK STEP
             "cm.on_train_batch_end " BEGIN ZERO BACK STEP
             "cm.on_train_batch_end m.on_validation_model_zero_grad " VALIDATION
             "cm.on_train_epoch_end cm.on_train_end cm.on_fit_end cm.teardown");
}

static void a_window_zeroes_once_and_steps_once(void **state)
{
    (void)state;
    pair p = make(2, 0);
    levin_trainer_fit(p.trainer, p.module, NULL, NULL);
    check(p, "m.prepare_data cm.setup m.configure_model m.configure_optimizers cm.on_fit_start "
             "m.train_dataloader m.val_dataloader cm.on_train_start cm.on_train_epoch_start " BEGIN
                 ZERO BACK "cm.on_train_batch_end " BEGIN BACK STEP
             "cm.on_train_batch_end m.on_validation_model_zero_grad " VALIDATION
             "cm.on_train_epoch_end cm.on_train_end cm.on_fit_end cm.teardown");
}

static void an_epoch_that_has_had_enough_is_not_validated(void **state)
{
    (void)state;
    pair p = make(1, 0);
    enough_at = 1;
    levin_trainer_fit(p.trainer, p.module, NULL, NULL);
    enough_at = -1;
    check(p, "m.prepare_data cm.setup m.configure_model m.configure_optimizers cm.on_fit_start "
             "m.train_dataloader m.val_dataloader cm.on_train_start cm.on_train_epoch_start " BEGIN
                 ZERO BACK STEP "cm.on_train_batch_end cm.on_train_batch_start "
             "cm.on_train_epoch_end cm.on_train_end cm.on_fit_end cm.teardown");
}

static void test_and_predict_have_their_own_hooks(void **state)
{
    (void)state;
    pair p = make(1, 0);
    levin_trainer_test(p.trainer, p.module, case_loader(1, NULL));
    levin_trainer_predict(p.trainer, p.module, case_loader(1, NULL), NULL, NULL);
    check(p, "m.prepare_data cm.setup m.configure_model cm.on_test_start cm.on_test_epoch_start "
             "cm.on_test_batch_start m.test_step cm.on_test_batch_end cm.on_test_epoch_end "
             "cm.on_test_end cm.teardown m.prepare_data cm.setup m.configure_model "
             "cm.on_predict_start cm.on_predict_epoch_start cm.on_predict_batch_start "
             "m.predict_step cm.on_predict_batch_end cm.on_predict_epoch_end cm.on_predict_end "
             "cm.teardown");
}

static void hooks_have_names(void **state)
{
    (void)state;
    for (int h = LEVIN_HOOK_NONE + 1; h < LEVIN_HOOKS; h++)
        assert_int_equal(levin__hook_find(levin__hook_name((levin_hook)h)), h);
    assert_int_equal(levin__hook_find("on_nothing"), LEVIN_HOOK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_calls_hooks_in_lightnings_order),
        cmocka_unit_test(a_window_zeroes_once_and_steps_once),
        cmocka_unit_test(an_epoch_that_has_had_enough_is_not_validated),
        cmocka_unit_test(test_and_predict_have_their_own_hooks),
        cmocka_unit_test(hooks_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
