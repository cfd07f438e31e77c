/* test_monitors.c: the callbacks that write rows of their own, against the rows that
 * Lightning 2.6.6 writes in the same runs. */
#include "support/root.h"
#include "support/unit.h"

#include "base/buffer.h"
#include "base/machine.h"
#include "base/memory.h"

#include <levin/sys/logger.h>
#include <math.h>
#include <stdlib.h>

enum { BATCHES = 4, ROWS = 4, MAX_LOGGED = 4096 };

/* A logger that keeps rows in memory, for the test to look at. */

typedef struct {
    int64_t step;
    char name[64];
    double value;
    bool integer;
} cell;

static cell logged[MAX_LOGGED];
static int n_logged;

static int keep(levin_logger *l, const levin_logged *row, int n, int64_t step)
{
    (void)l;
    for (int i = 0; i < n; i++, n_logged++) {
        assert_true(n_logged < MAX_LOGGED);
        cell *c = &logged[n_logged];
        *c = (cell){ .step = step, .value = row[i].value, .integer = row[i].integer };
        snprintf(c->name, sizeof c->name, "%s", row[i].name);
    }
    return 0;
}

static levin_logger *memory_logger(void)
{
    static const levin_logger_class memory = { LEVIN_LOGGER(levin_logger), .log_metrics = keep };
    n_logged = 0;
    return levin_logger_new(&memory);
}

/* Two linear maps, and an optimizer that the test makes. */

typedef struct {
    levin_module base;
    levin_linear *a, *b;
    levin_optimizer *(*make)(levin_module *m);
} two_maps;

static void init(levin_module *m)
{
    two_maps *self = levin_self(m);
    self->a = levin_linear_new(m, "a", BORING_IN, 2);
    self->b = levin_linear_new(m, "b", 2, BORING_OUT);
}

static levin_tensor *training_step(levin_module *m, const levin_batch *b)
{
    two_maps *self = levin_self(m);
    levin_tensor *h = levin_linear_forward(self->a, b->features);
    return levin_cross_entropy(levin_linear_forward(self->b, h), b->labels);
}

static void evaluation_step(levin_module *m, const levin_batch *b) { training_step(m, b); }

static levin_optimizer *configure_optimizers(levin_module *m)
{
    return ((two_maps *)levin_self(m))->make(m);
}

static const levin_module_class two_maps_class = {
    LEVIN_MODULE(two_maps),         .init = init,
    .training_step = training_step, .validation_step = evaluation_step,
    .test_step = evaluation_step,   .configure_optimizers = configure_optimizers,
};

static levin_optimizer *adamw(levin_module *m)
{
    return levin_adamw(levin_parameters(m), 0.5, 0.25,
                       &(levin_adam_opts){ .betas = { 0.8, 0.99 } });
}

static levin_optimizer *groups(levin_module *m)
{
    two_maps *self = levin_self(m);
    levin_optimizer *o = levin_sgd(levin_parameters((levin_module *)self->a), 0.5,
                                   &(levin_sgd_opts){ .momentum = 0.75 });
    levin_optimizer_add_group(o, levin_parameters((levin_module *)self->b), 0.25, 0.125);
    levin_optimizer_set_lr_scheduler(o, "linear", &(levin_lr_scheduler_opts){ .total_steps = 8 });
    return o;
}

static levin_optimizer *by_epoch(levin_module *m)
{
    levin_optimizer *o = levin_sgd(levin_parameters(m), 0.5, NULL);
    levin_optimizer_set_lr_scheduler(
        o, "linear", &(levin_lr_scheduler_opts){ .total_steps = 2, .per_epoch = LEVIN_ON });
    return o;
}

static levin_optimizer *named(levin_module *m)
{
    levin_optimizer *o = levin_sgd(levin_parameters(m), 0.5, NULL);
    levin_optimizer_set_lr_scheduler(
        o, "linear",
        &(levin_lr_scheduler_opts){ .total_steps = 2, .per_epoch = LEVIN_ON, .name = "rate" });
    return o;
}

static levin_dataloader *loader(void)
{
    return boring_loader(ROWS * BATCHES, 1, &(levin_dataloader_opts){ .batch_size = ROWS });
}

static levin_trainer *make_trainer(levin_callback *c, levin_logger *const *loggers, int accumulate)
{
    levin_trainer *t =
        levin_trainer_new(&(levin_trainer_flags){ .default_root_dir = root,
                                                  .max_epochs = 2,
                                                  .log_every_n_steps = 2,
                                                  .accumulate_grad_batches = accumulate,
                                                  .enable_checkpointing = LEVIN_OFF,
                                                  .enable_progress_bar = LEVIN_OFF,
                                                  .enable_model_summary = LEVIN_OFF,
                                                  .logger = loggers,
                                                  .callbacks = (levin_callback *[]){ c, NULL } });
    levin_trainer_set_output(t, NULL);
    return t;
}

/* Two epochs of four batches, a row every second step; then a test if it is asked for. */
static void run(levin_callback *c, levin_optimizer *(*make)(levin_module *m), int accumulate,
                bool evaluates)
{
    assert_non_null(c);
    two_maps *m = (two_maps *)levin_module_new(&two_maps_class);
    m->make = make;
    levin_trainer *t = make_trainer(c, (levin_logger *[]){ memory_logger(), NULL }, accumulate);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), evaluates ? loader() : NULL), 0);
    if (make == groups)
        assert_true(levin_trainer_metric(t, "lr-SGD/pg2") > 0);
    if (evaluates)
        assert_int_equal(levin_trainer_test(t, &m->base, loader()), 0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* What was logged, a row a line: "1 lr-AdamW=0.5". */
static void assert_rows(const char *expected)
{
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    for (int i = 0; i < n_logged; i++) {
        const cell *c = &logged[i];
        if (i == 0 || c->step != c[-1].step || strcmp(c->name, c[-1].name) == 0)
            levin__buffer_addf(&text, "%s%lld", i ? "\n" : "", (long long)c->step);
        levin__buffer_addf(&text, " %s=%g", c->name, c->value);
    }
    assert_string_equal(text.data, expected);
    levin__buffer_free(&text);
}

static void rates_are_logged_before_they_are_used(void **state)
{
    (void)state;
    run(levin_learning_rate_monitor(NULL), adamw, 1, false);
    assert_rows("0 lr-AdamW=0.5\n"
                "1 lr-AdamW=0.5\n"
                "3 lr-AdamW=0.5\n"
                "4 lr-AdamW=0.5\n"
                "5 lr-AdamW=0.5\n"
                "7 lr-AdamW=0.5");
    run(levin_learning_rate_monitor(
            &(levin_learning_rate_monitor_opts){ .logging_interval = LEVIN_INTERVAL_EPOCH,
                                                 .log_momentum = LEVIN_ON,
                                                 .log_weight_decay = LEVIN_ON }),
        adamw, 1, false);
    assert_rows("0 lr-AdamW=0.5 lr-AdamW-momentum=0.8 lr-AdamW-weight_decay=0.25\n"
                "4 lr-AdamW=0.5 lr-AdamW-momentum=0.8 lr-AdamW-weight_decay=0.25");
    run(levin_learning_rate_monitor(NULL), adamw, 2, false); // each batch of a window that is due
    assert_rows("0 lr-AdamW=0.5\n"
                "1 lr-AdamW=0.5\n"
                "1 lr-AdamW=0.5\n"
                "2 lr-AdamW=0.5\n"
                "3 lr-AdamW=0.5\n"
                "3 lr-AdamW=0.5");
}

static void groups_have_numbers(void **state)
{
    (void)state;
    run(levin_learning_rate_monitor(&(levin_learning_rate_monitor_opts){
            .log_momentum = LEVIN_ON, .log_weight_decay = LEVIN_ON }),
        groups, 1, false);
#define ROW(step, one, two)                                                                        \
    step " lr-SGD/pg1=" one " lr-SGD/pg1-momentum=0.75 lr-SGD/pg1-weight_decay=0 lr-SGD/pg2=" two  \
         " lr-SGD/pg2-momentum=0.75 lr-SGD/pg2-weight_decay=0.125"
    assert_rows(ROW("1", "0.4375", "0.21875") "\n" ROW("3", "0.3125", "0.15625") "\n" ROW(
        "5", "0.1875", "0.09375") "\n" ROW("7", "0.0625", "0.03125"));
#undef ROW
    run(levin_learning_rate_monitor(
            &(levin_learning_rate_monitor_opts){ .logging_interval = LEVIN_INTERVAL_EPOCH }),
        groups, 1, false);
    assert_rows("0 lr-SGD/pg1=0.5 lr-SGD/pg2=0.25\n"
                "4 lr-SGD/pg1=0.25 lr-SGD/pg2=0.125");
}

static void a_schedule_by_epoch_has_rows_by_epoch(void **state)
{
    (void)state;
    run(levin_learning_rate_monitor(
            &(levin_learning_rate_monitor_opts){ .log_momentum = LEVIN_ON }),
        by_epoch, 1, false);
    assert_rows("0 lr-SGD=0.5 lr-SGD-momentum=0\n"
                "4 lr-SGD=0.25 lr-SGD-momentum=0");
    run(levin_learning_rate_monitor(
            &(levin_learning_rate_monitor_opts){ .logging_interval = LEVIN_INTERVAL_STEP }),
        by_epoch, 1, false);
    assert_rows("1 lr-SGD=0.5\n"
                "3 lr-SGD=0.5\n"
                "5 lr-SGD=0.25\n"
                "7 lr-SGD=0.25");
    assert_null(levin_learning_rate_monitor(
        &(levin_learning_rate_monitor_opts){ .logging_interval = (levin_logging_interval)7 }));
    assert_error(LEVIN_EINVAL, "LearningRateMonitor: logging_interval 7 is neither step nor epoch");
}

static void a_schedule_may_have_a_name(void **state)
{
    (void)state;
    run(levin_learning_rate_monitor(NULL), named, 1, false);
    assert_rows("0 rate=0.5\n"
                "4 rate=0.25");
}

/* The value in a row; NaN if it has no such cell. */
static double value(const char *name, int64_t step, int occurrence)
{
    for (int i = 0; i < n_logged; i++)
        if (logged[i].step == step && strcmp(logged[i].name, name) == 0 && occurrence-- == 0)
            return logged[i].value;
    return (double)NAN;
}

static void device_stats_stand_before_and_after_batches(void **state)
{
    (void)state;
    static const char *const hooks[] = { "on_train_batch_start",      "on_train_batch_end",
                                         "on_validation_batch_start", "on_validation_batch_end",
                                         "on_test_batch_start",       "on_test_batch_end" };
    static const char *const stats[] = { "cpu_vm_percent", "cpu_percent", "cpu_swap_percent" };
    char name[96];
    int seen = 0;
    run(levin_device_stats_monitor(NULL), adamw, 1, true);
    for (int h = 0; h < 6; h++) {
        for (int s = 0; s < 3; s++) {
            snprintf(name, sizeof name, "DeviceStatsMonitor.%s/%s", hooks[h], stats[s]);
            int n = 0;
            for (int i = 0; i < n_logged; i++) {
                if (strcmp(logged[i].name, name) != 0)
                    continue;
                assert_true(logged[i].value >= 0 && logged[i].value <= 100);
                n++;
            }
            assert_int_equal(n, h < 4 ? 4 : 2); // every second batch, of two epochs or one test
            seen += n;
        }
    }
    assert_int_equal(seen, n_logged);
    assert_true(value("DeviceStatsMonitor.on_train_batch_end/cpu_vm_percent", 7, 0) > 0);
    run(levin_device_stats_monitor(&(levin_device_stats_monitor_opts){ .cpu_stats = LEVIN_OFF }),
        adamw, 1, true);
    assert_int_equal(n_logged, 0);
}

static void the_machine_says_how_busy_it_is(void **state)
{
    (void)state;
    levin_cpu_times before, now;
    levin_memory_use use;
    assert_true(levin__cpu_times(&before));
    assert_true(before.busy > 0 && before.busy <= before.all);
    do { // burns until the kernel's clock has ticked
        assert_true(levin__cpu_times(&now));
    } while (now.busy == before.busy);
    assert_true(now.all - before.all >= now.busy - before.busy);
    assert_true(levin__memory_use(&use));
    assert_true(use.ram > 0 && use.ram < 100 && use.swap >= 0 && use.swap <= 100);
}

static int64_t ten_a_row(const levin_batch *b) { return 10 * b->size; }
static double thousand(levin_module *m, const levin_batch *b)
{
    (void)m;
    (void)b;
    return 1000;
}

/* Names and numbers of cells of the row at step; times are left out of the comparison. */
static void assert_cells(int64_t step, const char *stage, int occurrence, int batches, bool rates)
{
    char name[96];
    static const char *const sums[] = { "batches", "samples", "lengths" };
    static const char *const of_window[] = { "batches_per_sec", "samples_per_sec", "items_per_sec",
                                             "flops_per_sec", "mfu" };
    const double counts[] = { batches, batches * ROWS, 10.0 * batches * ROWS };
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", stage, sums[i]);
        assert_true(value(name, step, occurrence) == counts[i]);
    }
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s/device/%s", stage, of_window[i]);
        assert_true(isnan(value(name, step, 0)) == !rates);
    }
    snprintf(name, sizeof name, "%s/time", stage);
    assert_true(value(name, step, occurrence) > 0);
}

static const levin_throughput_monitor_opts three = { .length_fn = ten_a_row,
                                                     .flops_fn = thousand,
                                                     .window_size = 3 };

static void throughput_is_logged_when_the_window_is_full(void **state)
{
    (void)state;
    run(levin_throughput_monitor(&three), adamw, 1, true);
    assert_cells(1, "train", 0, 2, false);
    assert_cells(3, "train", 0, 4, true);
    assert_cells(5, "train", 0, 6, true);
    assert_cells(7, "train", 0, 8, true);
    assert_true(value("epoch", 3, 0) == 0 && value("epoch", 5, 0) == 1);
    assert_cells(2, "validate", 0, 2, false);
    assert_cells(4, "validate", 0, 4, true);
    assert_cells(6, "validate", 0, 2, false); // Lightning's axis begins again here
    assert_cells(8, "validate", 0, 4, true);
    assert_cells(2, "test", 0, 2, false);
    assert_cells(4, "test", 0, 4, true);
    run(levin_throughput_monitor(&three), adamw, 2, true);
    assert_cells(1, "train", 0, 4, true);
    assert_cells(3, "train", 0, 8, true);
    for (int i = 0; i < n_logged; i++) // rows of whole windows of accumulation only
        assert_true(strncmp(logged[i].name, "train/", 6) != 0 || logged[i].step % 2 == 1);
}

static void rates_fit_together(void **state)
{
    (void)state;
    levin_throughput_monitor_opts o = three;
    o.separator = ".";
    run(levin_throughput_monitor(&o), adamw, 1, false);
    for (int64_t step = 3; step < 8; step += 2) {
        double batches = value("train.device.batches_per_sec", step, 0);
        assert_true(batches > 0);
        assert_true(fabs(value("train.device.samples_per_sec", step, 0) / batches - ROWS) < 1e-9);
        assert_true(fabs(value("train.device.items_per_sec", step, 0) / batches - 10 * ROWS) <
                    1e-9);
        assert_true(fabs(value("train.device.flops_per_sec", step, 0) / batches - 1000) < 1e-9);
        double mfu = value("train.device.mfu", step, 0);
        assert_true(mfu > 0 && mfu < 1);
    }
    assert_true(value("train.time", 7, 0) > value("train.time", 5, 0));
}

/* Without a function the operators count: a map of I to O takes 2 I O a row, and as much for each
 * gradient; nothing wants that of the features. */
static void operators_are_counted_and_validations_are_not(void **state)
{
    (void)state;
    run(levin_throughput_monitor(&(levin_throughput_monitor_opts){ .window_size = 2 }), adamw, 1,
        true);
    double a = 2.0 * BORING_IN * 2 * ROWS, b = 2.0 * 2 * BORING_OUT * ROWS;
    for (int64_t step = 1; step < 8; step += 2) {
        double flops = value("train/device/flops_per_sec", step, 0) /
                       value("train/device/batches_per_sec", step, 0);
        assert_true(fabs(flops - (2 * a + 3 * b)) < 1e-6);
        assert_true(isnan(value("train/lengths", step, 0))); // no texts
        assert_true(isnan(value("train/device/items_per_sec", step, 0)));
    }
    double flops = value("validate/device/flops_per_sec", 8, 0) /
                   value("validate/device/batches_per_sec", 8, 0);
    assert_true(fabs(flops - (a + b)) < 1e-6);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const int64_t windows[] = { 1, -3, (int64_t)1 << 40 };
    for (int i = 0; i < 3; i++) {
        assert_null(levin_throughput_monitor(
            &(levin_throughput_monitor_opts){ .window_size = windows[i] }));
        assert_error(LEVIN_EINVAL, "ThroughputMonitor: window_size ");
    }
}

static void without_a_logger_they_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "LearningRateMonitor", "DeviceStatsMonitor",
                                         "ThroughputMonitor" };
    for (int i = 0; i < 3; i++) {
        levin_callback *c = i == 0   ? levin_learning_rate_monitor(NULL)
                            : i == 1 ? levin_device_stats_monitor(NULL)
                                     : levin_throughput_monitor(NULL);
        boring *m = boring_new(1);
        levin_trainer *t = make_trainer(c, LEVIN_NO_LOGGER, 1);
        char message[96];
        snprintf(message, sizeof message, "%s: there is no logger to write to", names[i]);
        assert_true(levin_trainer_fit(t, &m->base, loader(), loader()) < 0);
        assert_error(LEVIN_EINVAL, message);
        assert_int_equal(m->batches, 0);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
}

static void a_fast_dev_run_needs_no_logger(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .fast_dev_run = 2,
        .enable_progress_bar = LEVIN_OFF,
        .callbacks = (levin_callback *[]){ levin_learning_rate_monitor(NULL),
                                           levin_device_stats_monitor(NULL),
                                           levin_throughput_monitor(NULL), NULL } });
    levin_trainer_set_output(t, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), loader()), 0);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* A checkpoint inside a validation: its rest comes without a start. */

typedef struct {
    levin_callback base;
    char *path;
} saver;

static void save(levin_callback *c, levin_trainer *t, levin_module *m, const levin_batch *b)
{
    (void)m;
    if (b->batch_idx == 1 && levin_trainer_global_step(t) == BATCHES)
        levin_trainer_save_checkpoint(t, ((saver *)c)->path);
}

static void a_fit_may_go_on_inside_a_validation(void **state)
{
    (void)state;
    static const levin_callback_class saver_class = { LEVIN_CALLBACK(saver),
                                                      .on_validation_batch_end = save };
    char *path = levin__format("%s/middle.ckpt", root);
    for (int resumed = 0; resumed < 2; resumed++) {
        two_maps *m = (two_maps *)levin_module_new(&two_maps_class);
        m->make = adamw;
        levin_callback *other =
            resumed ? levin_throughput_monitor(&three) : levin_callback_new(&saver_class);
        if (!resumed)
            ((saver *)other)->path = path;
        levin_trainer *t = make_trainer(other, (levin_logger *[]){ memory_logger(), NULL }, 1);
        assert_int_equal(
            levin_trainer_fit_from(t, &m->base, loader(), loader(), resumed ? path : NULL), 0);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
    assert_true(isnan(value("validate/batches", 4, 0))); // the rest of the first is not measured
    assert_cells(8, "validate", 0, 4, true);
    assert_cells(5, "train", 0, 2, false);
    assert_cells(7, "train", 0, 4, true);
    levin__free(path);
}

/* A monitor that is missing: what is said, and whether strict off goes on. */

static levin_switch strict;

static levin_optimizer *plateau(levin_module *m)
{
    levin_optimizer *o = levin_sgd(levin_parameters(m), 0.5, NULL);
    levin_optimizer_set_lr_scheduler(
        o, "ReduceLROnPlateau", &(levin_lr_scheduler_opts){ .monitor = "losss", .strict = strict });
    return o;
}

static levin_tensor *logged_step(levin_module *m, const levin_batch *b)
{
    levin_tensor *loss = training_step(m, b);
    levin_log(m, "loss", loss);
    levin_log(m, "also", loss);
    return loss;
}

/* The result of a fit whose module logs loss and also. */
static int fit_logged(levin_callback *c, levin_optimizer *(*make)(levin_module *m))
{
    levin_module_class type = two_maps_class;
    type.training_step = logged_step;
    two_maps *m = (two_maps *)levin_module_new(&type);
    m->make = make;
    levin_trainer *t = make_trainer(c, (levin_logger *[]){ memory_logger(), NULL }, 1);
    int result = levin_trainer_fit(t, &m->base, loader(), NULL);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return result;
}

static void strict_off_goes_on_without_its_monitor(void **state)
{
    (void)state;
    levin_early_stopping_opts o = { .monitor = "losss" };
    assert_int_equal(fit_logged(NULL, plateau), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "lr_scheduler: monitor 'losss' was not logged by the first batches");
    assert_int_equal(fit_logged(levin_early_stopping(&o), adamw), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "did you mean loss?");
    strict = o.strict = LEVIN_OFF;
    assert_int_equal(fit_logged(NULL, plateau), 0);
    assert_int_equal(fit_logged(levin_early_stopping(&o), adamw), 0);
    strict = (levin_switch){ 0 };
}

static void a_missing_monitor_lists_what_there_is(void **state)
{
    (void)state;
    levin_early_stopping_opts o = { .monitor = "val_f1" };
    assert_int_equal(fit_logged(levin_early_stopping(&o), adamw), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "EarlyStopping: monitor 'val_f1' was never logged; logged were "
                               "loss, also; no validation has run");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        TEST(strict_off_goes_on_without_its_monitor),
        TEST(a_missing_monitor_lists_what_there_is),
        TEST(rates_are_logged_before_they_are_used),
        TEST(groups_have_numbers),
        TEST(a_schedule_by_epoch_has_rows_by_epoch),
        TEST(a_schedule_may_have_a_name),
        TEST(device_stats_stand_before_and_after_batches),
        TEST(the_machine_says_how_busy_it_is),
        TEST(throughput_is_logged_when_the_window_is_full),
        TEST(rates_fit_together),
        TEST(operators_are_counted_and_validations_are_not),
        TEST(options_that_make_no_sense_are_refused),
        TEST(without_a_logger_they_are_refused),
        TEST(a_fast_dev_run_needs_no_logger),
        TEST(a_fit_may_go_on_inside_a_validation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
