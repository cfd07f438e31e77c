/* test_given_twice.c: the same loader, callback, logger or optimizer given for two things: an error
 * that says so, and everything freed once (the address sanitizer looks). */
#include "support/root.h"
#include "support/unit.h"

static levin_dataloader *loader(void)
{
    return boring_loader(12, 1, &(levin_dataloader_opts){ .batch_size = 4 });
}

static levin_trainer *make_trainer(levin_trainer_flags f)
{
    f.default_root_dir = root;
    f.max_epochs = 1;
    levin_trainer *t = levin_trainer_new(&f);
    if (t)
        levin_trainer_set_output(t, NULL);
    return t;
}

static void a_loader_for_two_things_is_refused(void **state)
{
    static const char message[] = "the same loader is given twice; make one for each";
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    levin_dataloader *l = loader();
    assert_int_equal(levin_trainer_fit(t, &m->base, l, l), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, message);
    l = loader();
    levin_run_opts opts = { .loaders = (levin_dataloader *[]){ l, l, NULL } };
    assert_int_equal(levin_trainer_validate_with(t, &m->base, &opts), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, message);
    l = loader();
    opts = (levin_run_opts){ .train = l, .loaders = (levin_dataloader *[]){ l, l, NULL } };
    assert_int_equal(levin_trainer_fit_with(NULL, &m->base, &opts), LEVIN_ESTATE);
    levin_error_clear();
    assert_int_equal(m->batches, 0);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), loader()), 0); // as if nothing was
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void a_chain_holds_a_loader_once(void **state)
{
    (void)state;
    levin_dataloader *l = loader();
    assert_null(levin_dataloader_and(l, l));
    assert_error(LEVIN_EINVAL, "the same loader is given twice");
    l = loader();
    levin_dataloader *chain = levin_dataloader_and(loader(), l);
    assert_null(levin_dataloader_and(chain, l));
    assert_error(LEVIN_EINVAL, "the same loader is given twice");
    l = loader();
    chain = levin_dataloader_and(loader(), l);
    assert_null(levin_dataloader_and(l, chain));
    assert_error(LEVIN_EINVAL, "the same loader is given twice");
}

static void a_chain_holds_an_optimizer_once(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_optimizer *o = levin_sgd(levin_parameters(&m->base), 0.1, NULL);
    assert_null(levin_optimizer_and(o, o));
    assert_error(LEVIN_EINVAL, "SGD: the same optimizer is given twice");
    levin_module_free(&m->base);
}

static void a_callback_or_a_logger_twice_is_refused(void **state)
{
    (void)state;
    for (int64_t dev_run = 0; dev_run < 2; dev_run++) {
        levin_callback *c = levin_timer(&(levin_timer_opts){ .duration = "00:00:01:00" });
        assert_null(make_trainer((levin_trainer_flags){
            .callbacks = (levin_callback *[]){ c, c, NULL }, .fast_dev_run = dev_run }));
        assert_error(LEVIN_EINVAL, "callbacks: the same Timer is given twice");
        levin_logger *l = levin_csv_logger(NULL);
        assert_null(make_trainer((levin_trainer_flags){ .logger = (levin_logger *[]){ l, l, NULL },
                                                        .fast_dev_run = dev_run }));
        assert_error(LEVIN_EINVAL, "logger: the same logger is given twice");
    }
}

static void without_memory_they_go_once_too(void **state)
{
    (void)state;
    levin_callback *c = levin_timer(&(levin_timer_opts){ .duration = "00:00:01:00" });
    levin_logger *l = levin_csv_logger(NULL);
    levin_trainer_flags f = { .callbacks = (levin_callback *[]){ c, c, NULL },
                              .logger = (levin_logger *[]){ l, l, NULL } };
    levin__alloc_fail_at(1);
    assert_null(levin_trainer_new(&f));
    levin__alloc_fail_at(0);
    assert_error(LEVIN_ENOMEM, "out of memory");
}

/* A module whose configure_callbacks gives the one that its trainer has already. */
static levin_callback *own;

static levin_callback *const *callbacks(levin_module *m)
{
    static levin_callback *list[2];
    (void)m;
    list[0] = own;
    return list;
}

static void step(levin_module *m, const levin_batch *b)
{
    (void)m;
    (void)b;
}

static void a_module_may_bring_the_same_callback_again(void **state)
{
    (void)state;
    static const levin_module_class module_class = {
        .name = "again",
        .size = sizeof(levin_module),
        .validation_step = step,
        .configure_callbacks = callbacks,
    };
    own = levin_timer(&(levin_timer_opts){ .duration = "00:00:01:00" });
    levin_module *m = levin_module_new(&module_class);
    levin_trainer *t = make_trainer((levin_trainer_flags){ .logger = LEVIN_NO_LOGGER });
    for (int i = 0; i < 2; i++)
        assert_int_equal(levin_trainer_validate(t, m, loader()), 0);
    levin_trainer_free(t);
    levin_module_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loader_for_two_things_is_refused),
        cmocka_unit_test(a_chain_holds_a_loader_once),
        cmocka_unit_test(a_chain_holds_an_optimizer_once),
        cmocka_unit_test(a_callback_or_a_logger_twice_is_refused),
        cmocka_unit_test(without_memory_they_go_once_too),
        cmocka_unit_test(a_module_may_bring_the_same_callback_again),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
