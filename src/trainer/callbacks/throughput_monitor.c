/* throughput_monitor.c: Lightning's ThroughputMonitor: how fast batches go by, averaged over a
 * window of the last ones, as rows of its own. Rates come when the window is full. Training stands
 * still while fit validates: that time is not counted. */
#include "autograd/autograd.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "tensor/peak.h"
#include "trainer/classes.h"
#include "trainer/own_rows.h"

static const double PROBE = 0.02; // seconds that a look at the peak takes
enum { WINDOW = 100, MAX_WINDOW = 1 << 20 };

/* Cells of a row; what stands before them in a name is the stage. */
enum {
    TIME,
    BATCHES,
    SAMPLES,
    LENGTHS,
    BATCH_RATE,
    SAMPLE_RATE,
    ITEM_RATE,
    FLOP_RATE,
    MFU,
    CELLS,
};
static const struct {
    const char *name;
    bool of_device; // "device/" before it
} cells[CELLS] = {
    [TIME] = { "time", false },
    [BATCHES] = { "batches", false },
    [SAMPLES] = { "samples", false },
    [LENGTHS] = { "lengths", false },
    [BATCH_RATE] = { "batches_per_sec", true },
    [SAMPLE_RATE] = { "samples_per_sec", true },
    [ITEM_RATE] = { "items_per_sec", true },
    [FLOP_RATE] = { "flops_per_sec", true },
    [MFU] = { "mfu", true },
};
static const char *const stages[LEVIN_STAGES] = {
    [LEVIN_STAGE_TRAIN] = "train",
    [LEVIN_STAGE_VALIDATE] = "validate",
    [LEVIN_STAGE_TEST] = "test",
};

/* Sums since a stage started. */
typedef struct {
    double seconds, flops;
    int64_t batches, samples, lengths;
} sums;

typedef struct {
    double began; // on levin__seconds; 0: not in this call
    sums *window; // the last ones, as a ring by number of batches; NULL: not used yet
    sums now;
    char *names[CELLS];
} meter;

typedef struct {
    levin_callback base;
    levin_throughput_monitor_opts opts; // defaults filled in; separator is ours
    double peak;                        // operations a second; 0: not known
    double counted;                     // levin__flops_done when a batch ended
    meter meters[LEVIN_STAGES];
} throughput_monitor;

static int prepare(const throughput_monitor *c, meter *m, levin_stage stage)
{
    const char *between = c->opts.separator;
    if (m->window)
        return LEVIN_OK;
    m->window = levin__calloc((size_t)c->opts.window_size, sizeof *m->window);
    for (int i = 0; i < CELLS; i++)
        m->names[i] =
            levin__format("%s%s%s%s%s", stages[stage], between, cells[i].of_device ? "device" : "",
                          cells[i].of_device ? between : "", cells[i].name);
    return levin_error();
}

static void start(levin_callback *base, levin_trainer *t, levin_module *module)
{
    throughput_monitor *c = (throughput_monitor *)base;
    meter *m = &c->meters[t->stage];
    (void)module;
    if (t->sanity || prepare(c, m, t->stage) < 0)
        return;
    m->now = (sums){ 0 };
    m->began = levin__seconds();
    c->counted = levin__flops_done();
}

static void add_batch(throughput_monitor *c, meter *m, levin_module *module, const levin_batch *b)
{
    const levin_throughput_monitor_opts *o = &c->opts;
    double counted = levin__flops_done();
    m->now.seconds = levin__seconds() - m->began;
    m->now.batches++;
    m->now.samples += o->batch_size_fn ? o->batch_size_fn(b) : b->size;
    m->now.lengths += o->length_fn   ? o->length_fn(b)
                      : b->input_ids ? levin_tensor_numel(b->input_ids)
                                     : 0;
    m->now.flops += o->flops_fn ? o->flops_fn(module, b) : counted - c->counted;
    m->window[(m->now.batches - 1) % o->window_size] = m->now;
    c->counted = counted;
}

static void put(levin_logged *row, int *n, const meter *m, int cell, double value, bool integer)
{
    row[(*n)++] = (levin_logged){ .name = m->names[cell], .value = value, .integer = integer };
}

static void put_sums(levin_logged *row, int *n, const meter *m)
{
    put(row, n, m, TIME, m->now.seconds, false);
    put(row, n, m, BATCHES, (double)m->now.batches, true);
    put(row, n, m, SAMPLES, (double)m->now.samples, true);
    if (m->now.lengths > 0)
        put(row, n, m, LENGTHS, (double)m->now.lengths, true);
}

/* From the oldest batch of the window, when it was over, to the newest. */
static void put_rates(levin_logged *row, int *n, const throughput_monitor *c, const meter *m)
{
    const sums *now = &m->now, *then = &m->window[now->batches % c->opts.window_size];
    double seconds = now->seconds - then->seconds, flops = now->flops - then->flops;
    if (now->batches < c->opts.window_size || !(seconds > 0))
        return;
    put(row, n, m, BATCH_RATE, (double)(now->batches - then->batches) / seconds, false);
    put(row, n, m, SAMPLE_RATE, (double)(now->samples - then->samples) / seconds, false);
    if (now->lengths > 0)
        put(row, n, m, ITEM_RATE, (double)(now->lengths - then->lengths) / seconds, false);
    if (flops > 0)
        put(row, n, m, FLOP_RATE, flops / seconds, false);
    if (flops > 0 && c->peak > 0)
        put(row, n, m, MFU, flops / seconds / c->peak, false);
}

static void log_row(throughput_monitor *c, levin_trainer *t, int64_t step)
{
    const meter *m = &c->meters[t->stage];
    levin_logged row[CELLS + 1];
    int n = 0;
    put_sums(row, &n, m);
    put_rates(row, &n, c, m);
    if (t->stage == LEVIN_STAGE_TRAIN)
        row[n++] =
            (levin_logged){ .name = "epoch", .value = (double)t->current_epoch, .integer = true };
    levin__log_write_row(t, row, n, step);
}

/* A row stands for a whole window of accumulation, the optimizer's step included. */
static void on_train_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    throughput_monitor *c = (throughput_monitor *)base;
    add_batch(c, &c->meters[LEVIN_STAGE_TRAIN], m, b);
    if (t->position.stepped && levin__own_row_is_due(t, b))
        log_row(c, t, t->position.stepped_batches);
}

static void on_evaluation_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                                    const levin_batch *b)
{
    throughput_monitor *c = (throughput_monitor *)base;
    if (t->sanity || c->meters[t->stage].began == 0) // a resumed fit may go on in the middle of one
        return;
    add_batch(c, &c->meters[t->stage], m, b);
    if (levin__own_row_is_due(t, b))
        log_row(c, t,
                t->running == LEVIN_RUNNING_FIT ? t->position.val_batches + 1
                                                : c->meters[t->stage].now.batches);
}

static void on_validation_end(levin_callback *base, levin_trainer *t, levin_module *module)
{
    throughput_monitor *c = (throughput_monitor *)base;
    meter *m = &c->meters[LEVIN_STAGE_TRAIN];
    (void)module;
    if (t->sanity || t->running != LEVIN_RUNNING_FIT)
        return;
    m->began = levin__seconds() - m->now.seconds;
    c->counted = levin__flops_done();
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)base;
    (void)m;
    if (t->running != LEVIN_RUNNING_NOTHING && t->running != LEVIN_RUNNING_PREDICT)
        levin__own_rows_need_logger(t, "ThroughputMonitor");
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    throughput_monitor *c = (throughput_monitor *)base;
    (void)m;
    for (int stage = 0; stage < LEVIN_STAGES; stage++)
        c->meters[stage].began = 0;
    if (t->running != LEVIN_RUNNING_PREDICT && t->n_loggers > 0)
        c->peak = levin__peak_measure(levin__peak_of(t->set.autocast), PROBE);
}

static void free_meters(levin_callback *base)
{
    throughput_monitor *c = (throughput_monitor *)base;
    for (int stage = 0; stage < LEVIN_STAGES; stage++) {
        levin__free(c->meters[stage].window);
        for (int i = 0; i < CELLS; i++)
            levin__free(c->meters[stage].names[i]);
    }
    levin__free((char *)c->opts.separator);
}

static const levin_callback_class throughput_monitor_class = {
    .name = "ThroughputMonitor",
    .size = sizeof(throughput_monitor),
    .free = free_meters,
    .check = check,
    .setup = setup,
    .on_train_start = start,
    .on_train_batch_end = on_train_batch_end,
    .on_validation_start = start,
    .on_validation_batch_end = on_evaluation_batch_end,
    .on_validation_end = on_validation_end,
    .on_test_start = start,
    .on_test_batch_end = on_evaluation_batch_end,
};

levin_callback *levin_throughput_monitor(const levin_throughput_monitor_opts *opts)
{
    static const levin_throughput_monitor_opts plain;
    const levin_throughput_monitor_opts *o = opts ? opts : &plain;
    int64_t window = levin__number_or(o->window_size, WINDOW);
    if (window < 2 || window > MAX_WINDOW)
        levin__error_set(LEVIN_EINVAL,
                         "ThroughputMonitor: window_size %lld; from 2 to %d batches are possible",
                         (long long)window, MAX_WINDOW);
    throughput_monitor *c =
        levin_error() ? NULL : (throughput_monitor *)levin_callback_new(&throughput_monitor_class);
    if (!c)
        return NULL;
    c->opts = *o;
    c->opts.window_size = window;
    c->opts.separator = levin__strdup(o->separator ? o->separator : "/");
    if (c->opts.separator)
        return &c->base;
    levin_callback_free(&c->base);
    return NULL;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_throughput_monitor_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(window_size, "100", "batches that rates are an average over"),
    ARGUMENT(separator, "/", "between the parts of names"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_throughput_monitor(options); }

const levin_class levin__class_throughput_monitor = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "ThroughputMonitor",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.ThroughputMonitor", NULL },
    .help = "logs batches, texts, tokens and operations a second, and MFU",
    .arguments = arguments,
    .size = sizeof(levin_throughput_monitor_opts),
    .make.callback = make,
};
