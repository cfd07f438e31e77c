/* Gradients of tables of which a step reads few rows: bit for bit what a dense gradient gives. */
#include "autograd/autograd.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "support/unit.h"

#include <levin/levin.h>

enum { ROWS = 40, WIDTH = 24, STEPS = 7, READ = 5 };

typedef struct {
    levin_module base;
    levin_tensor *table;
    levin_optimizer *o;
} tables;

static const levin_module_class tables_class = { .name = "Tables", .size = sizeof(tables) };

typedef levin_optimizer *make_optimizer(levin_params *params);

static levin_optimizer *adamw(levin_params *p) { return levin_adamw(p, 1e-2, 0.1, NULL); }
static levin_optimizer *adam_with_l2(levin_params *p)
{
    return levin_adam(p, 1e-2, &(levin_adam_opts){ .weight_decay = 0.1 });
}
static levin_optimizer *sgd(levin_params *p)
{
    return levin_sgd(p, 1e-2, &(levin_sgd_opts){ .momentum = 0.9, .weight_decay = 0.1 });
}

static tables *new_tables(make_optimizer *make)
{
    levin_module *m = levin_module_new(&tables_class);
    tables *t = levin_self(m);
    t->table = levin_parameter_new(m, "table", 2, (const int64_t[]){ ROWS, WIDTH });
    float *x = t->table->data;
    for (int i = 0; i < ROWS * WIDTH; i++)
        x[i] = (float)(i % 17) - 8;
    t->o = make(levin_parameters(m));
    assert_non_null(t->o);
    return t;
}

static void free_tables(tables *t)
{
    levin_optimizer_free(t->o);
    levin_module_free(&t->base);
}

/* The sum of squares of the rows that a step reads. */
static levin_tensor *loss_of(const tables *t, int step)
{
    int64_t n = READ;
    levin_tensor *ids = levin_zeros(LEVIN_I64, 1, &n);
    int64_t *id = levin_tensor_data(ids);
    for (int i = 0; i < READ; i++)
        id[i] = (step * 3 + i * i) % (ROWS / 2);
    levin_tensor *x = levin_embedding(t->table, ids, -1);
    return levin_mean(levin_mean(levin_mul(x, x), 0), 0);
}

static void backward(const tables *t, int step)
{
    levin_scope *scope = levin_scope_begin();
    assert_int_equal(levin_backward(loss_of(t, step)), LEVIN_OK);
    levin_scope_end(scope);
}

static double one_step(tables *t, int step)
{
    levin_optimizer_zero_grad(t->o);
    backward(t, step);
    backward(t, step + 1); // a window of two
    double norm = levin_clip_grad_norm(t->o, 0.5);
    levin_clip_grad_value(t->o, 0.02);
    assert_int_equal(levin_optimizer_step(t->o), LEVIN_OK);
    return norm;
}

static void compare(make_optimizer *make)
{
    tables *few = new_tables(make), *all = new_tables(make);
    levin_tensor_data(all->table->grad); // whoever has this may write anywhere: nothing is known
    for (int i = 0; i < STEPS; i++) {
        double norm = one_step(few, i);
        assert_true(norm == one_step(all, i));
        assert_memory_equal(few->table->data, all->table->data, sizeof(float) * ROWS * WIDTH);
    }
    assert_non_null(levin__live_rows(few->table->grad));
    assert_null(levin__live_rows(all->table->grad));
    free_tables(few);
    free_tables(all);
}

static void adamw_gives_the_bits_of_a_dense_gradient(void **state)
{
    (void)state;
    compare(adamw);
}

static void so_do_adam_and_sgd_which_decay_through_the_gradient(void **state)
{
    (void)state;
    compare(adam_with_l2);
    compare(sgd);
}

static void rows_that_nobody_read_are_neither_summed_up_nor_moved(void **state)
{
    (void)state;
    tables *t = new_tables(adamw);
    one_step(t, 0);
    int live = 0;
    for (int i = 0; i < ROWS; i++)
        live += levin__live_rows(t->table->grad)[i];
    assert_in_range(live, 1, 2 * READ);
    assert_memory_equal(t->o->groups[0].slots[0].live_rows, levin__live_rows(t->table->grad), ROWS);
    free_tables(t);
}

static void moments_written_from_outside_are_all_live(void **state)
{
    (void)state;
    tables *t = new_tables(adamw);
    one_step(t, 0);
    levin__optimizer_moments_changed(t->o);
    one_step(t, 1);
    assert_null(t->o->groups[0].slots[0].live_rows);
    free_tables(t);
}

static void a_dense_gradient_makes_all_rows_live(void **state)
{
    (void)state;
    tables *t = new_tables(adamw);
    one_step(t, 0);
    levin_scope *scope = levin_scope_begin();
    assert_int_equal(levin_backward(levin_mean(levin_mean(t->table, 0), 0)), LEVIN_OK);
    levin_scope_end(scope);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(levin__live_rows(t->table->grad)[i], 1);
    free_tables(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adamw_gives_the_bits_of_a_dense_gradient),
        cmocka_unit_test(so_do_adam_and_sgd_which_decay_through_the_gradient),
        cmocka_unit_test(rows_that_nobody_read_are_neither_summed_up_nor_moved),
        cmocka_unit_test(moments_written_from_outside_are_all_live),
        cmocka_unit_test(a_dense_gradient_makes_all_rows_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
