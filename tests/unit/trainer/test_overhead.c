/* test_overhead.c: what the loop and self.log cost. A warm step allocates nothing; times are
 * printed and held against generous bounds, for machines differ. */
#include "support/boring.h"

#include "base/clock.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 20000, LOGS = 10 };

typedef struct {
    levin_module base;
    levin_tensor *w;
    levin_optimizer *by_hand;
    int logs;
    int64_t warm, allocations; // made by the time that the run was warm, and at its end
} tiny;

static void init(levin_module *m)
{
    tiny *self = levin_self(m);
    self->w = levin_init_constant(levin_parameter_new(m, "w", 1, (int64_t[]){ 1 }), 1);
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    static const char *const keys[LOGS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
    tiny *self = levin_self(m);
    levin_tensor *loss = levin_mul(self->w, self->w);
    for (int i = 0; i < self->logs; i++)
        levin_log(m, keys[i], loss);
    if (b && b->batch_idx == STEPS / 2)
        self->warm = levin__alloc_count();
    if (b && b->batch_idx == STEPS - 1)
        self->allocations = levin__alloc_count() - self->warm;
    return loss;
}

static levin_optimizer *configure_optimizers(levin_module *m)
{
    return levin_sgd(levin_parameters(m), 1e-6, NULL);
}

static const levin_module_class tiny_class = {
    LEVIN_MODULE(tiny),
    .init = init,
    .training_step = training_step,
    .configure_optimizers = configure_optimizers,
};

/* Seconds of the same steps without a trainer. */
static double by_hand(void)
{
    tiny *m = (tiny *)levin_module_new(&tiny_class);
    levin_optimizer *o = configure_optimizers(&m->base);
    double began = levin__seconds();
    for (int i = 0; i < STEPS; i++) {
        levin_scope *scope = levin_scope_begin();
        levin_tensor *loss = training_step(&m->base, NULL);
        levin_optimizer_zero_grad(o);
        levin_backward(loss);
        levin_optimizer_step(o);
        levin_scope_end(scope);
    }
    double seconds = levin__seconds() - began;
    levin_optimizer_free(o);
    levin_module_free(&m->base);
    return seconds;
}

static double by_trainer(const char *root, int logs, int64_t *allocations)
{
    tiny *m = (tiny *)levin_module_new(&tiny_class);
    m->logs = logs;
    float *x = levin__calloc(STEPS, sizeof *x);
    levin_dataset *d = levin_dataset_from_numbers(x, STEPS, 1, NULL);
    levin__free(x);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 1,
        .log_every_n_steps = STEPS, // a row is a write to a file, not a part of the loop
    });
    levin_trainer_set_output(t, NULL);
    double began = levin__seconds();
    levin_trainer_fit(t, &m->base,
                      levin_dataloader_new(d, &(levin_dataloader_opts){ .prefetch = LEVIN_OFF }),
                      NULL);
    double seconds = levin__seconds() - began;
    assert_string_equal(levin_error_message(), "");
    *allocations = m->allocations;
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return seconds;
}

static double smallest(double a, double b) { return a < b ? a : b; }

static void the_loop_costs_microseconds_and_logging_less(void **state)
{
    (void)state;
    char *root = temporary_folder();
    int64_t allocations[2];
    double hand = 1e9, plain = 1e9, logged = 1e9;
    for (int i = 0; i < 3; i++) {
        hand = smallest(hand, by_hand());
        plain = smallest(plain, by_trainer(root, 0, &allocations[0]));
        logged = smallest(logged, by_trainer(root, LOGS, &allocations[1]));
    }
    double loop = (plain - hand) / STEPS * 1e6, log = (logged - plain) / STEPS / LOGS * 1e6;
    printf("by hand %.2f us, loop %.2f us a batch, log %.3f us a call\n", hand / STEPS * 1e6, loop,
           log);
    assert_int_equal(allocations[0], 0);
    assert_int_equal(allocations[1], 0);
    assert_true(loop < 25);
    assert_true(log < 10);
    remove_folder(root);
    levin__free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loop_costs_microseconds_and_logging_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
