/* case_module.c: see case_module.h. */
#include "support/case_module.h"

#include "base/error.h"
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

/* A part with a weight of its own, whose square is added to the loss. */
static void backbone_init(levin_module *base)
{
    levin_init_constant(levin_parameter_new(base, "v", 1, (int64_t[]){ 1 }), 1);
}

static const levin_module_class backbone_class = { LEVIN_MODULE(levin_module),
                                                   .init = backbone_init };

/* As much of a batch norm as training can see: the running mean of what passes through. */
typedef struct {
    levin_module base;
    double sum;
    int64_t n;
} batch_norm;

static void batch_norm_reset(levin_module *base)
{
    batch_norm *b = levin_self(base);
    b->sum = 0;
    b->n = 0;
}

static const levin_module_class batch_norm_class = { LEVIN_MODULE(batch_norm),
                                                     .reset_running_stats = batch_norm_reset };

static void batch_norm_see(levin_module *base, double mean)
{
    batch_norm *b = levin_self(base);
    b->sum += mean;
    b->n++;
}

static bool listed(const json_t *list, int64_t number)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (json_integer_value(v) == number) return true;
    return false;
}

static levin_tensor *loss_of(const case_module *m, double mean)
{
    levin_tensor *rest = levin_zeros(LEVIN_F32, 1, (int64_t[]){ 1 });
    if (!loss_is_mean(m)) {
        levin_tensor *loss = levin_mul(m->w, m->w);
        return m->v ? levin_add(loss, levin_mul(m->v, m->v)) : loss;
    }
    *(float *)levin_tensor_data(rest) = (float)(mean - levin_item(m->w));
    return levin_add(m->w, rest);
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
    if (m->bn)
        batch_norm_see(m->bn, mean);
    return loss_of(m, mean);
}

/* manual_steps optimizer steps, on the same batch. */
static levin_tensor *manual_training_step(levin_module *base, const levin_batch *b)
{
    case_module *m = levin_self(base);
    levin_optimizer *o = levin_trainer_optimizer(levin_module_trainer(base), 0);
    int64_t steps = (int64_t)spec_number(m, "manual_steps", 1);
    for (int64_t i = 0; i < steps; i++) {
        levin_optimizer_zero_grad(o);
        levin_manual_backward(base, loss_of(m, batch_mean(b)));
        levin_optimizer_step(o);
    }
    return NULL;
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

/* StepLR or ReduceLROnPlateau, by epoch unless said otherwise. */
static void set_schedule(levin_optimizer *o, const json_t *sched)
{
    const char *interval = json_string_value(json_object_get(sched, "interval"));
    bool plateau = strcmp(json_string_value(json_object_get(sched, "kind")), "plateau") == 0;
    levin_lr_scheduler_opts opts = {
        .per_epoch = interval && strcmp(interval, "step") == 0 ? LEVIN_OFF : LEVIN_ON,
        .frequency = json_integer_value(json_object_get(sched, "frequency")),
        .monitor = json_string_value(json_object_get(sched, "monitor")),
        .strict = as_switch(sched, "strict"),
        .step_size = plateau ? 0 : 1,
        .gamma = 0.5,
        .factor = 0.5,
        .patience = LEVIN_ZERO,
    };
    levin_optimizer_set_lr_scheduler(o, plateau ? "ReduceLROnPlateau" : "StepLR", &opts);
}

static levin_optimizer *configure_optimizers(levin_module *base)
{
    const case_module *m = levin_self(base);
    const json_t *sched = json_object_get(m->spec, "sched");
    levin_optimizer *o = levin_sgd(levin_parameters(base), spec_number(m, "lr", 0.1), NULL);
    if (sched)
        set_schedule(o, sched);
    return o;
}

static void on_fit_start(levin_module *base)
{
    case_module *m = levin_self(base);
    levin_trainer *t = levin_module_trainer(base);
    if (t->loaders[LEVIN_STAGE_TRAIN].n >
        0) // a hook would be asked for them, earlier than recorded
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

/* A class says once for all whether its modules step by themselves. */
#define HOOKS                                                                                      \
    LEVIN_MODULE(case_module),                                                                     \
        .init = init, .validation_step = validation_step, .test_step = test_step,                  \
        .predict_step = predict_step, .configure_optimizers = configure_optimizers,                \
        .on_fit_start = on_fit_start, .on_train_epoch_start = on_train_epoch_start,                \
        .on_train_batch_start = on_train_batch_start, .on_train_batch_end = on_train_batch_end,    \
        .on_before_optimizer_step = on_before_optimizer_step,                                      \
        .on_validation_start = on_validation_start,                                                \
        .on_validation_batch_end = on_validation_batch_end

static const levin_module_class case_class = { HOOKS, .training_step = training_step };
static const levin_module_class manual_class = { HOOKS, .training_step = manual_training_step,
                                                 .manual_optimization = true };

static levin_tensor *first_parameter(levin_module *m)
{
    levin_params *p = levin_parameters(m);
    levin_tensor *t = levin_params_tensor(p, 0);
    levin_params_free(p);
    return t;
}

case_module *case_module_new(const json_t *spec)
{
    static const char *const lists[] = { "train_batches_per_epoch", "val_at_train_batch",
                                         "val_at_global_step" };
    bool manual = json_is_true(json_object_get(spec, "manual"));
    case_module *m = (case_module *)levin_module_new(manual ? &manual_class : &case_class);
    m->spec = spec;
    if (json_is_true(json_object_get(spec, "backbone")))
        m->v = first_parameter(levin_module_add(&m->base, "backbone", &backbone_class));
    if (json_is_true(json_object_get(spec, "bn")))
        m->bn = levin_module_add(&m->base, "bn", &batch_norm_class);
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
    const batch_norm *bn = m->bn ? levin_self(m->bn) : NULL;
    if (bn && bn->n > 0)
        json_object_set_new(m->trace, "bn_mean", json_real(bn->sum / (double)bn->n));
}
