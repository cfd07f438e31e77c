/* test_torture.c: a fit, its checkpoint and its resumption, with each allocation failing in turn:
 * LEVIN_ENOMEM or success, never a crash; under the address sanitizer, never a leak. */
#include "support/boring.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ENOUGH = 20 }; // runs in a row that no longer meet the failure

static void scenario(const char *root, int64_t fail_at)
{
    levin_dataloader_opts opts = { .batch_size = 4, .prefetch = LEVIN_OFF };
    boring *m = boring_new(1);
    levin_dataloader *train = boring_loader(12, 1, &opts), *val = boring_loader(8, 2, &opts);
    levin__alloc_fail_at(fail_at);
    levin_save_hyperparameter(&m->base, "lr", "%g", 0.1);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 1,
        .log_every_n_steps = 1,
        .accumulate_grad_batches = 2,
        .enable_progress_bar = LEVIN_OFF,
        .enable_model_summary = LEVIN_OFF,
        .callbacks = (levin_callback *[]){ levin_learning_rate_monitor(NULL),
                                           levin_device_stats_monitor(NULL), NULL },
        .profiler = levin_simple_profiler(NULL),
    });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit_from(t, &m->base, train, val, "last");
    levin__alloc_fail_at(0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* Fails the first allocation, the second, and so on, until a run has none left to fail. */
static void fail_each(bool afresh)
{
    char *root = temporary_folder();
    int64_t failed = 0;
    for (int64_t i = 1, passed = 0; passed < ENOUGH; i++) {
        remove_folder(root);
        if (!afresh)
            scenario(root, 0);
        assert_string_equal(levin_error_message(), "");
        scenario(root, i);
        if (levin_error() != LEVIN_OK && levin_error() != LEVIN_ENOMEM)
            fail_msg("allocation %lld: %s", (long long)i, levin_error_message());
        passed = levin_error() ? 0 : passed + 1;
        failed += levin_error() == LEVIN_ENOMEM;
        levin_error_clear();
    }
    assert_true(failed > 50);
    remove_folder(root);
    levin__free(root);
}

static void any_allocation_of_a_fit_may_fail(void **state)
{
    (void)state;
    fail_each(true);
}

static void any_allocation_of_a_resumed_fit_may_fail(void **state)
{
    (void)state;
    fail_each(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_of_a_fit_may_fail),
        cmocka_unit_test(any_allocation_of_a_resumed_fit_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
