/* test_torch_schedules.c: torch's schedules against what torch 2.15 gave, an SGD with lr 0.5 and
 * momentum 0.9, one step after another. */
#include "optim/optimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { STEPS = 12 };

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

static double one_over(void *payload, int64_t step)
{
    (void)payload;
    return 1.0 / (double)(step + 1);
}

static const struct {
    const char *name;
    levin_lr_scheduler_opts opts;
    double lr[STEPS];
} rows[] = {
    { "StepLR",
      { .step_size = 3, .gamma = 0.5 },
      { 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625 } },
    { "MultiStepLR",
      { .milestones = { 2, 5, 9 } },
      { 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.005, 0.0005, 0.0005, 0.0005 } },
    { "ExponentialLR",
      { .gamma = 0.9 },
      { 0.5, 0.45, 0.405, 0.3645, 0.32805, 0.295245, 0.2657205, 0.23914845, 0.215233605,
        0.193710245, 0.17433922, 0.156905298 } },
    { "CosineAnnealingLR",
      { .t_max = 5, .min_lr = 0.05 },
      { 0.5, 0.457028824, 0.344528824, 0.205471176, 0.0929711763, 0.05, 0.0929711763, 0.205471176,
        0.344528824, 0.457028824, 0.5, 0.457028824 } },
    { "LambdaLR",
      { .lr_lambda = one_over },
      { 0.5, 0.25, 0.166666667, 0.125, 0.1, 0.0833333333, 0.0714285714, 0.0625, 0.0555555556, 0.05,
        0.0454545455, 0.0416666667 } },
    { "OneCycleLR",
      { .max_lr = 0.5, .total_steps = STEPS },
      { 0.02, 0.174894827, 0.43964258, 0.497207718, 0.466506485, 0.405872827, 0.323689499,
        0.231318551, 0.141530499, 0.0667387651, 0.0172834937, 2e-06 } },
    { "OneCycleLR",
      { .max_lr = 0.5,
        .total_steps = STEPS,
        .three_phase = { 1 },
        .anneal_strategy = LEVIN_ANNEAL_LINEAR,
        .cycle_momentum = { -1 } },
      { 0.02, 0.204615385, 0.389230769, 0.426153846, 0.241538462, 0.0569230769, 0.0172416552,
        0.0137937241, 0.0103457931, 0.00689786207, 0.00344993103, 2e-06 } },
};

/* The momentum of the first OneCycleLR. */
static const double momentum[STEPS] = { 0.95,        0.917730244, 0.862574463, 0.850558459,
                                        0.85669873,  0.86882551,  0.885262241, 0.903736505,
                                        0.921694187, 0.936652594, 0.946543687, 0.95 };

static levin_module *m;

static levin_optimizer *make(void)
{
    m = levin_module_new(&plain);
    levin_parameter_new(m, "x", 0, NULL);
    return levin_sgd(levin_parameters(m), 0.5, &(levin_sgd_opts){ .momentum = 0.9 });
}

static void done(levin_optimizer *o)
{
    levin_optimizer_free(o);
    levin_module_free(m);
}

static void rates_are_torchs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_optimizer *o = make();
        assert_int_equal(levin_optimizer_set_lr_scheduler(o, rows[i].name, &rows[i].opts), 0);
        for (int k = 0; k < STEPS; k++) {
            if (fabs(levin_optimizer_lr(o, 0) - rows[i].lr[k]) > 1e-8)
                fail_msg("%s, step %d: %.9g, torch has %.9g", rows[i].name, k,
                         levin_optimizer_lr(o, 0), rows[i].lr[k]);
            levin_lr_scheduler_step(o);
        }
        done(o);
    }
}

static void one_cycle_moves_the_momentum(void **state)
{
    (void)state;
    levin_optimizer *o = make();
    const levin_lr_scheduler_opts opts = { .max_lr = 0.5, .total_steps = STEPS };
    levin_optimizer_set_lr_scheduler(o, "OneCycleLR", &opts);
    for (int k = 0; k < STEPS; k++) {
        assert_float_equal(*levin__optimizer_momentum(o), momentum[k], 1e-8);
        levin_lr_scheduler_step(o);
    }
    done(o);
}

static void compare_by_metric(levin_optimizer *o, const double *metric, const double *lr)
{
    for (int k = 0; k < STEPS; k++) {
        levin_lr_scheduler_step_metric(o, metric[k]);
        if (fabs(levin_optimizer_lr(o, 0) - lr[k]) > 1e-12)
            fail_msg("step %d: %.9g, torch has %.9g", k, levin_optimizer_lr(o, 0), lr[k]);
    }
    done(o);
}

static void a_plateau_lowers_the_rate(void **state)
{
    (void)state;
    static const double metric[STEPS] = { 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2 };
    static const double lr[STEPS] = { 0.5,   0.5,   0.25,  0.25, 0.25, 0.25,
                                      0.125, 0.125, 0.125, 0.1,  0.1,  0.1 };
    levin_optimizer *o = make();
    levin_optimizer_set_lr_scheduler(
        o, "ReduceLROnPlateau",
        &(levin_lr_scheduler_opts){
            .monitor = "val_loss", .factor = 0.5, .patience = 1, .cooldown = 1, .min_lr = 0.1 });
    compare_by_metric(o, metric, lr);
}

static void a_plateau_may_want_more_by_a_margin(void **state)
{
    (void)state;
    static const double metric[STEPS] = { -3,    -2.9, -2.5, -2.375, -2, -2,
                                          -1.75, -1.5, -1.5, -1.5,   0,  0 };
    static const double lr[STEPS] = { 0.5,  0.5,  0.5,  0.5,   0.5,   0.5,
                                      0.25, 0.25, 0.25, 0.125, 0.125, 0.125 };
    levin_optimizer *o = make();
    levin_optimizer_set_lr_scheduler(
        o, "ReduceLROnPlateau",
        &(levin_lr_scheduler_opts){ .monitor = "val_acc",
                                    .mode = LEVIN_MODE_MAX,
                                    .factor = 0.5,
                                    .patience = 1,
                                    .threshold = 0.25,
                                    .threshold_mode = LEVIN_THRESHOLD_ABS,
                                    .min_lr = 0.01 });
    compare_by_metric(o, metric, lr);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *word;
        levin_lr_scheduler_opts opts;
    } wrong[] = {
        { "MultiStepLR", "milestones", { .milestones = { 5, 2 } } },
        { "MultiStepLR", "milestones", { .milestones = { 2, 2 } } },
        { "MultiStepLR", "milestones", { .milestones = { 2, 0, 5 } } },
        { "MultiStepLR", "milestones", { .milestones = { -1, 5 } } },
        { "ReduceLROnPlateau", "mode", { .monitor = "x", .mode = 2 } },
        { "ReduceLROnPlateau", "threshold_mode", { .monitor = "x", .threshold_mode = 2 } },
        { "OneCycleLR", "anneal_strategy", { .total_steps = 9, .anneal_strategy = 2 } },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        levin_optimizer *o = make();
        assert_int_equal(levin_optimizer_set_lr_scheduler(o, wrong[i].schedule, &wrong[i].opts),
                         LEVIN_EINVAL);
        assert_non_null(strstr(levin_error_message(), wrong[i].word));
        levin_error_clear();
        done(o);
    }
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    static const char *const wrong[][2] = { { "StepLR", "step_size" },
                                            { "MultiStepLR", "milestones" },
                                            { "LambdaLR", "lr_lambda" },
                                            { "ReduceLROnPlateau", "monitor" } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        levin_optimizer *o = make();
        assert_int_equal(levin_optimizer_set_lr_scheduler(o, wrong[i][0], NULL), LEVIN_EINVAL);
        assert_non_null(strstr(levin_error_message(), wrong[i][1]));
        levin_error_clear();
        done(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_torchs),
        cmocka_unit_test(one_cycle_moves_the_momentum),
        cmocka_unit_test(a_plateau_lowers_the_rate),
        cmocka_unit_test(a_plateau_may_want_more_by_a_margin),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
