/* test_load.c: weights of a checkpoint in a module that has already computed: what it answers then
 * is what the module that was saved answers, in bf16-mixed and frozen too. */
#include "support/boring.h"
#include "support/unit.h"

#include "base/memory.h"

typedef struct {
    double y[BORING_OUT];
} answer;

static answer ask(boring *m)
{
    answer a;
    levin_scope *scope = levin_scope_begin();
    levin_set_autocast(LEVIN_BF16);
    levin_tensor *x = levin_zeros(LEVIN_F32, 2, (int64_t[]){ 1, BORING_IN });
    for (int i = 0; i < BORING_IN; i++)
        ((float *)levin_tensor_data(x))[i] = (float)(i + 1);
    levin_tensor *y = levin_linear_forward(m->layer, x);
    levin_set_autocast(LEVIN_F32);
    for (int i = 0; i < BORING_OUT; i++)
        a.y[i] = levin_tensor_get(y, i);
    levin_scope_end(scope);
    return a;
}

static bool same(answer a, answer b) { return memcmp(&a, &b, sizeof a) == 0; }

static boring *new_module(uint64_t seed, bool frozen)
{
    boring *m = boring_new(seed);
    if (frozen)
        levin_module_freeze(&m->base);
    return m;
}

static void a_module_that_loads_other_weights_answers_as_they_do(void **state)
{
    (void)state;
    char *root = temporary_folder();
    char *path = levin__format("%s/other.ckpt", root);
    boring *other = boring_new(2);
    levin_trainer_flags flags = { .default_root_dir = root, .fast_dev_run = 1 };
    levin_trainer *t = levin_trainer_new(&flags);
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit(t, &other->base, boring_loader(8, 5, NULL), NULL);
    assert_int_equal(levin_trainer_save_checkpoint(t, path), 0);
    answer wanted = ask(other);
    for (int frozen = 0; frozen < 2; frozen++) {
        boring *m = new_module(1, frozen);
        answer before = ask(m);
        assert_false(same(before, wanted));
        assert_true(same(ask(m), before));
        assert_int_equal(levin_module_load_checkpoint(&m->base, path), 0);
        assert_true(same(ask(m), wanted));
        levin_module_free(&m->base);
    }
    levin_trainer_free(t);
    levin_module_free(&other->base);
    remove_folder(root);
    levin__free(path);
    levin__free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_that_loads_other_weights_answers_as_they_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
