/* tensorboard.c: Lightning's TensorBoardLogger: scalars, texts, histograms and hyper-parameters in
 * an event file. A row is one event with a value for each cell. The file is made with the first
 * event and stays open, so that fit, validate and test of one trainer share it. */
#include "base/error.h"
#include "base/memory.h"
#include "trainer/classes.h"
#include "trainer/loggers/file_logger.h"
#include "trainer/loggers/histogram.h"
#include "trainer/loggers/hparams.h"

#include <string.h>

typedef struct {
    levin_file_logger file;
    bool default_hp_metric;
    levin_event_file *out; // NULL before the first event
    Levin__Summary__Value *values;
    Levin__Summary__Value **row; // pointers to them
    int capacity;
    bool in_session; // the hparams page was told that a run began, not yet that it ended
} tensorboard_logger;

/* The file to write to; NULL after an error. */
static levin_event_file *out(tensorboard_logger *l)
{
    if (!l->out)
        l->out = levin__event_file_open(l->file.place.dir, LEVIN_LONGEST_WAIT);
    return l->out;
}

static int add(tensorboard_logger *l, Levin__Summary__Value **values, int n, int64_t step)
{
    levin_event_file *f = out(l);
    Levin__Summary summary = LEVIN__SUMMARY__INIT;
    summary.n_value = (size_t)n;
    summary.value = values;
    Levin__Event event = LEVIN__EVENT__INIT;
    event.step = step;
    event.what_case = LEVIN__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    return f ? levin__event_file_add(f, &event) : levin_error();
}

static bool reserve(tensorboard_logger *l, int n)
{
    if (n <= l->capacity)
        return true;
    levin__free(l->values);
    levin__free((void *)l->row);
    l->values = levin__calloc((size_t)n, sizeof *l->values);
    l->row = levin__calloc((size_t)n, sizeof *l->row);
    l->capacity = l->values && l->row ? n : 0;
    return l->capacity > 0;
}

static int log_metrics(levin_logger *base, const levin_logged *row, int n, int64_t step)
{
    tensorboard_logger *l = (tensorboard_logger *)base;
    if (!reserve(l, n))
        return levin_error();
    for (int k = 0; k < n; k++) {
        int i = levin__names_find(&l->file.names, row[k].name);
        if (i < 0)
            return levin_error();
        l->values[k] = (Levin__Summary__Value)LEVIN__SUMMARY__VALUE__INIT;
        l->values[k].tag = l->file.names.at[i].full;
        l->values[k].value_case = LEVIN__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
        l->values[k].simple_value = (float)row[k].value;
        l->row[k] = &l->values[k];
    }
    return add(l, l->row, n, step);
}

/* hp_metric is -1 until something is logged under that name. */
static int log_placeholder(tensorboard_logger *l)
{
    static const levin_logged row = { .name = "hp_metric", .value = -1 };
    return l->default_hp_metric ? log_metrics(&l->file.base, &row, 1, 0) : LEVIN_OK;
}

static int log_hyperparameters(levin_logger *base, const char *const (*pairs)[2], int n)
{
    tensorboard_logger *l = (tensorboard_logger *)base;
    if (levin__file_logger_hyperparameters(base, pairs, n) < 0 || n == 0 ||
        log_placeholder(l) < 0 || !out(l))
        return levin_error();
    char *metric = l->default_hp_metric ? levin__format("%shp_metric", l->file.names.prefix) : NULL;
    if (!levin_error())
        levin__hparams_begin(l->out, pairs, n, metric);
    levin__free(metric);
    l->in_session = levin_error() == 0;
    return levin_error();
}

static int add_text(tensorboard_logger *l, char *tag, char *text, int64_t step)
{
    Levin__SummaryMetadata__PluginData plugin = LEVIN__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    plugin.plugin_name = (char *)"text";
    Levin__SummaryMetadata metadata = LEVIN__SUMMARY_METADATA__INIT;
    metadata.plugin_data = &plugin;
    Levin__TensorShape__Dim dim = LEVIN__TENSOR_SHAPE__DIM__INIT;
    dim.size = 1;
    Levin__TensorShape shape = LEVIN__TENSOR_SHAPE__INIT;
    shape.n_dim = 1;
    shape.dim = &(Levin__TensorShape__Dim *){ &dim };
    Levin__TensorValue tensor = LEVIN__TENSOR_VALUE__INIT;
    tensor.dtype = LEVIN__DATA_TYPE__DT_STRING;
    tensor.tensor_shape = &shape;
    tensor.n_string_val = 1;
    tensor.string_val = &(ProtobufCBinaryData){ strlen(text), (uint8_t *)text };
    Levin__Summary__Value value = LEVIN__SUMMARY__VALUE__INIT;
    value.tag = tag;
    value.metadata = &metadata;
    value.value_case = LEVIN__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    return add(l, &(Levin__Summary__Value *){ &value }, 1, step);
}

static int log_text(levin_logger *base, const char *tag, const char *text, int64_t step)
{
    char *full_tag = levin__format("%s/text_summary", tag), *copy = levin__strdup(text);
    if (full_tag && copy) {
        levin__clean_utf8(full_tag);
        levin__clean_utf8(copy);
        add_text((tensorboard_logger *)base, full_tag, copy, step);
    }
    levin__free(full_tag);
    levin__free(copy);
    return levin_error();
}

static int add_histogram(tensorboard_logger *l, const char *tag, levin_histogram *h, int64_t step)
{
    Levin__Histogram histogram = LEVIN__HISTOGRAM__INIT;
    histogram.min = h->min;
    histogram.max = h->max;
    histogram.num = h->num;
    histogram.sum = h->sum;
    histogram.sum_squares = h->sum_squares;
    histogram.n_bucket = histogram.n_bucket_limit = (size_t)h->n;
    histogram.bucket = h->count + h->first;
    histogram.bucket_limit = h->limit + h->first;
    Levin__Summary__Value value = LEVIN__SUMMARY__VALUE__INIT;
    value.tag = levin__strdup(tag);
    value.value_case = LEVIN__SUMMARY__VALUE__VALUE_HISTO;
    value.histo = &histogram;
    if (value.tag) {
        levin__clean_utf8(value.tag);
        add(l, &(Levin__Summary__Value *){ &value }, 1, step);
    }
    levin__free(value.tag);
    return levin_error();
}

static int log_histogram(levin_logger *base, const char *tag, const levin_tensor *values,
                         int64_t step)
{
    levin_histogram *h = levin__alloc(sizeof *h);
    if (h && levin__histogram_make(h, values))
        add_histogram((tensorboard_logger *)base, tag, h, step);
    else if (h)
        levin__error_set(LEVIN_ENUMERIC, "%s: '%.80s': none of %lld numbers is finite",
                         base->type->name, tag, (long long)levin_tensor_numel(values));
    levin__free(h);
    return levin_error();
}

static int flush(levin_logger *base)
{
    return levin__event_file_flush(((tensorboard_logger *)base)->out);
}

static int finalize(levin_logger *base, const char *status)
{
    tensorboard_logger *l = (tensorboard_logger *)base;
    if (l->in_session)
        levin__hparams_end(l->out, strcmp(status, "success") == 0);
    l->in_session = false;
    return flush(base);
}

static void free_logger(levin_logger *base)
{
    tensorboard_logger *l = (tensorboard_logger *)base;
    levin__event_file_close(l->out);
    levin__free(l->values);
    levin__free((void *)l->row);
    levin__file_logger_free(base);
}

static const levin_logger_class tensorboard_class = {
    .name = "TensorBoardLogger",
    .size = sizeof(tensorboard_logger),
    .start = levin__file_logger_start,
    .log_metrics = log_metrics,
    .log_hyperparameters = log_hyperparameters,
    .log_text = log_text,
    .log_histogram = log_histogram,
    .flush = flush,
    .finalize = finalize,
    .log_dir = levin__file_logger_dir,
    .free = free_logger,
};

levin_logger *levin_tensorboard_logger(const levin_tensorboard_logger_opts *opts)
{
    static const levin_tensorboard_logger_opts plain;
    const levin_tensorboard_logger_opts *o = opts ? opts : &plain;
    if (o->log_graph.value > 0)
        levin__error_set(LEVIN_EUNSUPPORTED, "TensorBoardLogger: log_graph: levin has no graph to "
                                             "draw; profiler=trace shows the operators of a step");
    const levin_log_place place = { .save_dir = (char *)o->save_dir,
                                    .name = (char *)o->name,
                                    .version = (char *)o->version,
                                    .sub_dir = (char *)o->sub_dir };
    tensorboard_logger *l =
        (tensorboard_logger *)levin__file_logger_new(&tensorboard_class, &place, o->prefix);
    if (l)
        l->default_hp_metric = o->default_hp_metric.value >= 0;
    return l ? &l->file.base : NULL;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_tensorboard_logger_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(save_dir, "null", "folder above; null is the trainer's default_root_dir"),
    ARGUMENT(name, "lightning_logs", "folder of all runs"),
    ARGUMENT(version, "null", "3 is version_3, other texts are the folder; null the next number"),
    ARGUMENT(prefix, "null", "put before names, with a dash"),
    ARGUMENT(sub_dir, "null", "below version_N, for everything but checkpoints"),
    ARGUMENT(default_hp_metric, "true", "hp_metric stands for the run's result, -1 at first"),
    ARGUMENT(log_graph, "false", "not possible: there is no graph"),
    { 0 },
};

static levin_logger *make(const void *options) { return levin_tensorboard_logger(options); }

const levin_class levin__class_tensorboard_logger = {
    .kind = LEVIN_CLASS_LOGGER,
    .name = "TensorBoardLogger",
    .paths = (const char *const[]){ "lightning.pytorch.loggers.TensorBoardLogger", NULL },
    .help = "event files and hparams.yaml in save_dir/name/version_N",
    .arguments = arguments,
    .size = sizeof(levin_tensorboard_logger_opts),
    .make.logger = make,
};
