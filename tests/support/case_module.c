/* case_module.c: see case_module.h. */
#include "support/case_module.h"

#include "base/error.h"
#include "base/memory.h"
#include "trainer/trainer.h"

#include <math.h>
#include <string.h>

static double spec_number(const case_module *m, const char *key, double missing)
{
    const json_t *v = json_object_get(m->spec, key);
    return json_is_number(v) ? json_number_value(v) : missing;
}

static bool loss_is_mean(const case_module *m)
{
    const char *loss = json_string_value(json_object_get(m->spec, "loss"));
    return loss && strcmp(loss, "x") == 0;
}

static void append(case_module *m, const char *key, json_t *value)
{
    json_t *list = json_object_get(m->trace, key);
    if (!list) {
        list = json_array();
        json_object_set_new(m->trace, key, list);
    }
    json_array_append_new(list, value);
}

static double batch_mean(const levin_batch *b)
{
    double sum = 0;
    for (int64_t i = 0; i < b->size; i++)
        sum += levin_tensor_get(b->features, i);
    return sum / (double)b->size;
}

static levin_switch as_switch(const json_t *log, const char *key)
{
    const json_t *v = json_object_get(log, key);
    return json_is_boolean(v) ? json_is_true(v) ? LEVIN_ON : LEVIN_OFF : (levin_switch){ 0 };
}

static levin_reduce reduction(const json_t *log)
{
    static const char *const names[] = { "mean", "sum", "min", "max" };
    const char *name = json_string_value(json_object_get(log, "reduce_fx"));
    int i = 0;
    while (name && i < 4 && strcmp(names[i], name) != 0)
        i++;
    return (levin_reduce)(name ? i : 0); // 4 is none
}

/* The self.log calls that the case lists. */
static void log_listed(case_module *m, const char *list, double value)
{
    size_t i;
    json_t *log;
    json_array_foreach(json_object_get(m->spec, list), i, log)
    {
        levin_log_opts opts = {
            .prog_bar = as_switch(log, "prog_bar"),
            .logger = as_switch(log, "logger"),
            .on_step = as_switch(log, "on_step"),
            .on_epoch = as_switch(log, "on_epoch"),
            .reduce_fx = reduction(log),
        };
        levin_log_number(&m->base, json_string_value(json_object_get(log, "name")), value, &opts);
    }
}

static void init(levin_module *base)
{
    case_module *m = levin_self(base);
    m->w = levin_init_constant(levin_parameter_new(base, "w", 1, (int64_t[]){ 1 }), 1);
}

static bool listed(const json_t *list, int64_t number)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (json_integer_value(v) == number) return true;
    return false;
}

static levin_tensor *training_step(levin_module *base, const levin_batch *b)
{
    case_module *m = levin_self(base);
    double mean = batch_mean(b), w = levin_item(m->w);
    if (m->train_batches == (int64_t)spec_number(m, "stop_at", -1))
        levin_trainer_stop(levin_module_trainer(base));
    if (m->train_batches == (int64_t)spec_number(m, "raise_at", -1))
        levin__error_set(LEVIN_ESTATE, "raised by the case");
    if (listed(json_object_get(m->spec, "step_none_at"), m->train_batches))
        return NULL;
    log_listed(m, "train_log", loss_is_mean(m) ? mean : w * w);
    if (!loss_is_mean(m))
        return levin_mul(m->w, m->w);
    levin_tensor *rest = levin_zeros(LEVIN_F32, 1, (int64_t[]){ 1 });
    *(float *)levin_tensor_data(rest) = (float)(mean - w);
    return levin_add(m->w, rest);
}

static void validation_step(levin_module *base, const levin_batch *b)
{
    case_module *m = levin_self(base);
    const json_t *metric = json_object_get(m->spec, "val_metric");
    size_t n = json_array_size(metric);
    log_listed(m, "val_log", batch_mean(b));
    if (n == 0)
        return;
    size_t run = m->val_runs > 0 ? (size_t)m->val_runs - 1 : 0;
    const json_t *v = json_array_get(metric, run < n ? run : n - 1);
    levin_log_number(base, "val_loss", json_is_number(v) ? json_number_value(v) : (double)NAN,
                     NULL);
}

static void test_step(levin_module *base, const levin_batch *b)
{
    levin_log_number(base, "test_x", batch_mean(b), NULL);
}

static levin_tensor *predict_step(levin_module *base, const levin_batch *b)
{
    (void)base;
    return levin_scale(b->features, 1);
}

static levin_optimizer *configure_optimizers(levin_module *base)
{
    return levin_sgd(levin_parameters(base), spec_number(levin_self(base), "lr", 0.1), NULL);
}

static void on_fit_start(levin_module *base)
{
    case_module *m = levin_self(base);
    levin_trainer *t = levin_module_trainer(base);
    json_object_set_new(m->trace, "estimated_stepping_batches",
                        json_integer(levin_trainer_estimated_stepping_batches(t)));
}

static void note_epoch(case_module *m)
{
    m->trace_epoch = levin_trainer_current_epoch(levin_module_trainer(&m->base));
    append(m, "train_batches_per_epoch", json_integer(0));
}

static void on_train_epoch_start(levin_module *base)
{
    case_module *m = levin_self(base);
    m->epochs++;
    note_epoch(m);
}

static int on_train_batch_start(levin_module *base, const levin_batch *b)
{
    case_module *m = levin_self(base);
    levin_trainer *t = levin_module_trainer(base);
    json_t *samples = json_array();
    if (m->trace_epoch != levin_trainer_current_epoch(t))
        note_epoch(m); // a resumed epoch has no start
    m->batch_idx = b->batch_idx;
    for (int64_t i = 0; i < b->size; i++)
        json_array_append_new(samples, json_integer((json_int_t)levin_tensor_get(b->features, i)));
    append(m, "samples", samples);
    append(m, "lr_at_each_train_batch", json_real(levin_optimizer_lr(t->optimizer, 0)));
    return m->train_batches == (int64_t)spec_number(m, "skip_rest_at", -1) ? -1 : 0;
}

static void on_train_batch_end(levin_module *base, const levin_tensor *loss, const levin_batch *b)
{
    case_module *m = levin_self(base);
    json_t *list = json_object_get(m->trace, "train_batches_per_epoch");
    json_t *last = json_array_get(list, json_array_size(list) - 1);
    (void)loss;
    (void)b;
    json_integer_set(last, json_integer_value(last) + 1);
    m->train_batches++;
}

static void on_before_optimizer_step(levin_module *base, levin_optimizer *o)
{
    case_module *m = levin_self(base);
    json_int_t epoch = levin_trainer_current_epoch(levin_module_trainer(base));
    (void)o;
    append(m, "optimizer_stepped_at_epoch_batch",
           json_pack("[I, I]", epoch, (json_int_t)m->batch_idx));
}

static void on_validation_start(levin_module *base)
{
    case_module *m = levin_self(base);
    const levin_trainer *t = levin_module_trainer(base);
    if (levin_trainer_sanity_checking(t))
        return;
    m->val_runs++;
    append(m, "val_at_train_batch", json_integer(m->train_batches));
    append(m, "val_at_global_step", json_integer(levin_trainer_global_step(t)));
}

static void on_validation_batch_end(levin_module *base, const levin_batch *b)
{
    case_module *m = levin_self(base);
    (void)b;
    if (levin_trainer_sanity_checking(levin_module_trainer(base)))
        m->sanity_batches++;
    else
        m->val_batches++;
}

static const levin_module_class case_class = {
    LEVIN_MODULE(case_module),
    .init = init,
    .training_step = training_step,
    .validation_step = validation_step,
    .test_step = test_step,
    .predict_step = predict_step,
    .configure_optimizers = configure_optimizers,
    .on_fit_start = on_fit_start,
    .on_train_epoch_start = on_train_epoch_start,
    .on_train_batch_start = on_train_batch_start,
    .on_train_batch_end = on_train_batch_end,
    .on_before_optimizer_step = on_before_optimizer_step,
    .on_validation_start = on_validation_start,
    .on_validation_batch_end = on_validation_batch_end,
};

case_module *case_module_new(const json_t *spec)
{
    static const char *const lists[] = { "train_batches_per_epoch", "val_at_train_batch",
                                         "val_at_global_step" };
    case_module *m = (case_module *)levin_module_new(&case_class);
    m->spec = spec;
    m->trace = json_object();
    m->trace_epoch = -1;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        json_object_set_new(m->trace, lists[i], json_array());
    *(float *)levin_tensor_data(m->w) = (float)spec_number(m, "w0", 1);
    return m;
}

void case_module_free(case_module *m)
{
    json_decref(m->trace);
    levin_module_free(&m->base);
}

levin_dataloader *case_loader(int64_t n, const levin_dataloader_opts *opts)
{
    float *x = levin__calloc((size_t)n + 1, sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)i;
    levin_dataset *d = levin_dataset_from_numbers(x, n, 1, NULL);
    levin__free(x);
    return levin_dataloader_new(d, opts);
}

void case_module_finish(case_module *m)
{
    const struct {
        const char *name;
        int64_t value;
    } counters[] = {
        { "train_batches", m->train_batches },
        { "val_batches", m->val_batches },
        { "sanity_val_batches", m->sanity_batches },
        { "val_runs", m->val_runs },
        { "epochs_started", m->epochs },
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        json_object_set_new(m->trace, counters[i].name, json_integer(counters[i].value));
    json_object_set_new(m->trace, "w_final", json_real(levin_item(m->w)));
}
