/* checkpoint_log.c: logged values in a checkpoint: what the metrics show, which later decisions
 * look at, and the sums of the epoch and the validation that run. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/json.h"
#include "trainer/state.h"

#include <limits.h>

static const char *const stage_names[] = { "train", "validate" };
static const char *const audiences[LEVIN_AUDIENCES] = { "callback", "logged", "progress_bar" };

static json_t *metric(const levin_published *m)
{
    json_t *o = json_object();
    for (int a = 0; a < LEVIN_AUDIENCES; a++)
        if (m->known[a])
            levin__json_put(o, audiences[a], levin__json_real(m->value[a]));
    return o;
}

static json_t *result(const levin_result *r)
{
    json_t *o = json_object();
    levin__json_put(o, "key", json_string(r->key));
    levin__json_put(o, "hook", json_string(levin__hook_name(r->hook)));
    levin__json_put(o, "loader", json_integer(r->loader));
    levin__json_put(o, "on_step", json_boolean(r->on_step));
    levin__json_put(o, "on_epoch", json_boolean(r->on_epoch));
    levin__json_put(o, "logger", json_boolean(r->logger));
    levin__json_put(o, "prog_bar", json_boolean(r->prog_bar));
    levin__json_put(o, "add_loader", json_boolean(r->add_loader));
    levin__json_put(o, "reduce", json_integer(r->reduce));
    levin__json_put(o, "has_step", json_boolean(r->has_step));
    levin__json_put(o, "step", levin__json_real(r->step));
    levin__json_put(o, "count", json_integer(r->count));
    levin__json_put(o, "sum", levin__json_real(r->sum));
    levin__json_put(o, "weight", levin__json_real(r->weight));
    return o;
}

static json_t *results(const levin_results *list)
{
    json_t *array = json_array();
    for (int i = 0; i < list->n; i++)
        json_array_append_new(array, result(&list->at[i]));
    return array;
}

json_t *levin__checkpoint_log(const levin_trainer *t)
{
    levin_moment moment = t->position.moment;
    json_t *o = json_object(), *metrics = json_object();
    levin__log_refresh((levin_trainer *)t);
    for (int i = 0; i < t->log.n_metrics; i++)
        levin__json_put(metrics, t->log.metrics[i].name, metric(&t->log.metrics[i]));
    levin__json_put(o, "metrics", metrics);
    levin__json_put(o, "in_batches", json_boolean(t->log.in_batches));
    if (moment != LEVIN_AT_EPOCH_START && moment != LEVIN_AT_EPOCH_END)
        levin__json_put(o, stage_names[0], results(&t->log.results[LEVIN_STAGE_TRAIN]));
    if (moment == LEVIN_IN_VALIDATION)
        levin__json_put(o, stage_names[1], results(&t->log.results[LEVIN_STAGE_VALIDATE]));
    return o;
}

static void restore_result(levin_trainer *t, levin_stage stage, const json_t *o, const char *where)
{
    levin_hook hook = levin__hook_find(levin__json_string(o, "hook", "", where));
    int64_t loader = levin__json_int(o, "loader", -1, where);
    int64_t reduce = levin__json_int(o, "reduce", LEVIN_MEAN, where);
    if (hook == LEVIN_HOOK_NONE || loader < -1 || loader > INT_MAX || reduce < LEVIN_MEAN ||
        reduce > LEVIN_MAX) {
        levin__error_set(LEVIN_EFORMAT, "%s: a logged value of an unknown kind", where);
        return;
    }
    levin_result draft = {
        .key = (char *)levin__json_string(o, "key", "", where),
        .hook = hook,
        .loader = (int)loader,
        .on_step = levin__json_bool(o, "on_step", false, where),
        .on_epoch = levin__json_bool(o, "on_epoch", false, where),
        .logger = levin__json_bool(o, "logger", false, where),
        .prog_bar = levin__json_bool(o, "prog_bar", false, where),
        .add_loader = levin__json_bool(o, "add_loader", true, where),
        .reduce = (levin_reduce)reduce,
        .has_step = levin__json_bool(o, "has_step", false, where),
        .step = levin__json_need_real(o, "step", where),
        .count = levin__json_need_int(o, "count", where),
        .sum = levin__json_need_real(o, "sum", where),
        .weight = levin__json_need_real(o, "weight", where),
    };
    if (!levin_error())
        levin__log_add_result(&t->log, stage, &draft);
}

static void restore_metric(levin_trainer *t, const char *name, const json_t *o)
{
    int i = levin__log_name(&t->log, name);
    for (int a = 0; i >= 0 && a < LEVIN_AUDIENCES; a++) {
        const json_t *value = json_object_get(o, audiences[a]);
        if (!value)
            continue;
        t->log.metrics[i].known[a] = true;
        t->log.metrics[i].value[a] = levin__json_real_value(value, 0);
    }
}

void levin__restore_log(levin_trainer *t, const json_t *log, const char *where)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(log, "metrics"), name, value)
        restore_metric(t, name, value);
    t->log.in_batches = levin__json_bool(log, "in_batches", false, where);
    for (int stage = LEVIN_STAGE_TRAIN; stage <= LEVIN_STAGE_VALIDATE; stage++) {
        const json_t *list = json_object_get(log, stage_names[stage]);
        levin__log_clear(&t->log, (levin_stage)stage);
        for (size_t i = 0; i < json_array_size(list) && !levin_error(); i++)
            restore_result(t, (levin_stage)stage, json_array_get(list, i), where);
    }
}
