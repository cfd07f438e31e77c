/* hparams.c: see hparams.h. Three summaries without a value, whose metadata hold the page's own
 * messages, as torch's SummaryWriter writes them; the last one comes when the run has really ended.
 */
#include "trainer/loggers/hparams.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "trainer/loggers/names.h"
#include "trainer/number.h"

#include <math.h>
#include <string.h>

/* One value in the making. */
typedef struct {
    char *key, *text; // UTF-8
    Levin__HParamInfo info;
    Levin__HParamValue value;
    Levin__SessionStartInfo__HParam entry;
} hparam;

static int add(levin_event_file *f, const char *tag, Levin__HParamsPluginData *data)
{
    size_t n = levin__hparams_plugin_data__get_packed_size(data);
    uint8_t *bytes = levin__alloc(n + 1);
    if (!bytes)
        return levin_error();
    levin__hparams_plugin_data__pack(data, bytes);
    Levin__SummaryMetadata__PluginData plugin = LEVIN__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    plugin.plugin_name = (char *)"hparams";
    plugin.content = (ProtobufCBinaryData){ n, bytes };
    Levin__SummaryMetadata metadata = LEVIN__SUMMARY_METADATA__INIT;
    metadata.plugin_data = &plugin;
    Levin__Summary__Value value = LEVIN__SUMMARY__VALUE__INIT;
    value.tag = (char *)tag;
    value.metadata = &metadata;
    Levin__Summary summary = LEVIN__SUMMARY__INIT;
    summary.n_value = 1;
    summary.value = &(Levin__Summary__Value *){ &value };
    Levin__Event event = LEVIN__EVENT__INIT;
    event.what_case = LEVIN__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    int result = levin__event_file_add(f, &event);
    levin__free(bytes);
    return result;
}

/* 'it''s' is it's; other texts are themselves. The caller's. */
static char *unquote(const char *text)
{
    size_t n = strlen(text);
    char quote = *text == '\'' || *text == '"' ? *text : '\0';
    if (!quote || n < 2 || text[n - 1] != quote)
        return levin__strdup(text);
    char *copy = levin__strndup(text + 1, n - 2), *to = copy;
    for (const char *from = copy; from && *from; from++) {
        from += *from == quote && from[1] == quote;
        *to++ = *from;
    }
    if (copy)
        *to = '\0';
    return copy;
}

/* What torch's writer makes of Python's values: numbers, also of True and False, and texts. */
static void set_value(hparam *h, const char *yaml)
{
    double number;
    bool is_true = strcmp(yaml, "true") == 0, is_null = strcmp(yaml, "null") == 0;
    h->info.type = LEVIN__HPARAM_TYPE__FLOAT64;
    h->value.kind_case = LEVIN__HPARAM_VALUE__KIND_NUMBER_VALUE;
    if (is_true || strcmp(yaml, "false") == 0) {
        h->value.number_value = is_true;
    } else if (levin__number_parse(yaml, &number) && isfinite(number)) {
        h->value.number_value = number;
    } else {
        h->text = is_null ? levin__strdup("None") : unquote(yaml);
        h->info.type = LEVIN__HPARAM_TYPE__TEXT;
        h->value.kind_case = LEVIN__HPARAM_VALUE__KIND_STRING_VALUE;
        h->value.string_value = h->text;
    }
    if (h->text)
        levin__clean_utf8(h->text);
}

static void set(hparam *h, const char *const pair[2])
{
    *h = (hparam){ .key = levin__strdup(pair[0]),
                   .info = LEVIN__HPARAM_INFO__INIT,
                   .value = LEVIN__HPARAM_VALUE__INIT,
                   .entry = LEVIN__SESSION_START_INFO__HPARAM__INIT };
    if (h->key)
        levin__clean_utf8(h->key);
    set_value(h, pair[1] ? pair[1] : "null");
    h->info.name = h->entry.key = h->key;
    h->entry.value = &h->value;
}

static int add_experiment(levin_event_file *f, Levin__HParamInfo **infos, int n, const char *metric)
{
    Levin__MetricInfo__Name name = LEVIN__METRIC_INFO__NAME__INIT;
    name.tag = (char *)metric;
    Levin__MetricInfo info = LEVIN__METRIC_INFO__INIT;
    info.name = &name;
    Levin__Experiment experiment = LEVIN__EXPERIMENT__INIT;
    experiment.n_hparam_infos = (size_t)n;
    experiment.hparam_infos = infos;
    experiment.n_metric_infos = metric != NULL;
    experiment.metric_infos = &(Levin__MetricInfo *){ &info };
    Levin__HParamsPluginData data = LEVIN__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = LEVIN__HPARAMS_PLUGIN_DATA__DATA_EXPERIMENT;
    data.experiment = &experiment;
    return add(f, "_hparams_/experiment", &data);
}

static int add_start(levin_event_file *f, Levin__SessionStartInfo__HParam **entries, int n)
{
    Levin__SessionStartInfo start = LEVIN__SESSION_START_INFO__INIT;
    start.n_hparams = (size_t)n;
    start.hparams = entries;
    start.start_time_secs = levin__unix_time();
    Levin__HParamsPluginData data = LEVIN__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = LEVIN__HPARAMS_PLUGIN_DATA__DATA_SESSION_START_INFO;
    data.session_start_info = &start;
    return add(f, "_hparams_/session_start_info", &data);
}

int levin__hparams_begin(levin_event_file *f, const char *const (*pairs)[2], int n,
                         const char *metric)
{
    size_t count = (size_t)n + 1;
    hparam *all = levin__calloc(count, sizeof *all);
    Levin__HParamInfo **infos = levin__calloc(count, sizeof *infos);
    Levin__SessionStartInfo__HParam **entries = levin__calloc(count, sizeof *entries);
    for (int i = 0; all && infos && entries && i < n; i++) {
        set(&all[i], pairs[i]);
        infos[i] = &all[i].info;
        entries[i] = &all[i].entry;
    }
    if (!levin_error() && add_experiment(f, infos, n, metric) == LEVIN_OK)
        add_start(f, entries, n);
    for (int i = 0; all && i < n; i++) {
        levin__free(all[i].key);
        levin__free(all[i].text);
    }
    levin__free(all);
    levin__free(infos);
    levin__free(entries);
    return levin_error();
}

int levin__hparams_end(levin_event_file *f, bool succeeded)
{
    Levin__SessionEndInfo end = LEVIN__SESSION_END_INFO__INIT;
    end.status = succeeded ? LEVIN__STATUS__SUCCESS : LEVIN__STATUS__FAILURE;
    end.end_time_secs = levin__unix_time();
    Levin__HParamsPluginData data = LEVIN__HPARAMS_PLUGIN_DATA__INIT;
    data.data_case = LEVIN__HPARAMS_PLUGIN_DATA__DATA_SESSION_END_INFO;
    data.session_end_info = &end;
    return add(f, "_hparams_/session_end_info", &data);
}
