/* log.c: self.log. A warm call finds its result by comparing one text and adds a number to it:
 * nothing is allocated, formatted or hashed. Sums are kept in double (Lightning: f32). */
#include "trainer/log.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "trainer/module_state.h"
#include "trainer/trainer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_KEY = 256 };

int levin__log_init(levin_log_book *log)
{
    *log = (levin_log_book){ .loader = -1, .index = levin__map_new(16) };
    return levin_error();
}

void levin__log_clear(levin_log_book *log, levin_stage stage)
{
    levin_results *r = &log->results[stage];
    for (int i = 0; i < r->n; i++)
        levin__free(r->at[i].key);
    levin__free(r->at);
    *r = (levin_results){ 0 };
}

void levin__log_free(levin_log_book *log)
{
    for (int s = 0; s < LEVIN_STAGES; s++)
        levin__log_clear(log, (levin_stage)s);
    for (int i = 0; i < log->n_metrics; i++)
        levin__free(log->metrics[i].name);
    levin__free(log->metrics);
    levin__free(log->row);
    levin__map_free(log->index);
    *log = (levin_log_book){ 0 };
}

int levin__log_name(levin_log_book *log, const char *name)
{
    size_t n = strlen(name);
    int64_t found = levin__map_get(log->index, name, n, -1);
    if (found >= 0)
        return (int)found;
    if (!levin__grow(&log->metrics, log->n_metrics + 1, &log->capacity, sizeof *log->metrics))
        return -1;
    levin_published *m = &log->metrics[log->n_metrics];
    *m = (levin_published){ .name = levin__strdup(name) };
    if (!m->name || levin__map_set(log->index, name, n, log->n_metrics) < 0) {
        levin__free(m->name);
        return -1;
    }
    return log->n_metrics++;
}

/* The metric of a result at a level: "" for the plain name, "_step" or "_epoch". */
static int name_at(levin_log_book *log, const levin_result *r, const char *level)
{
    char text[LONGEST_KEY + 64];
    char suffix[32] = "";
    if (r->loader >= 0 && r->add_loader)
        snprintf(suffix, sizeof suffix, "/dataloader_idx_%d", r->loader);
    snprintf(text, sizeof text, "%s%s%s", r->key, level, suffix);
    return levin__log_name(log, text);
}

levin_result *levin__log_add_result(levin_log_book *log, levin_stage stage,
                                    const levin_result *draft)
{
    levin_results *list = &log->results[stage];
    bool fork = draft->on_step && draft->on_epoch;
    if (!levin__grow(&list->at, list->n + 1, &list->capacity, sizeof *list->at))
        return NULL;
    levin_result *r = &list->at[list->n];
    *r = *draft;
    r->key = levin__strdup(draft->key);
    if (r->key) {
        r->name = name_at(log, r, "");
        r->name_step = fork ? name_at(log, r, "_step") : r->name;
        r->name_epoch = fork ? name_at(log, r, "_epoch") : r->name;
    }
    if (levin_error()) {
        levin__free(r->key);
        return NULL;
    }
    list->n++;
    return r;
}

/* What a call of levin_log asks for, defaults filled in by the hook that runs. False after an
 * error. */
static bool draft_result(levin_result *r, const levin_trainer *t, const char *key,
                         const levin_log_opts *o)
{
    static const levin_log_opts plain;
    const char *hook = levin__hook_name(t->hook);
    levin_log_rule rule = levin__hook_log_rule(t->hook);
    o = o ? o : &plain;
    if (rule == LEVIN_LOG_NOTHING) {
        levin__error_set(LEVIN_ESTATE, "log: '%s' cannot be logged in %s", key, hook);
        return false;
    }
    if (rule == LEVIN_LOG_EPOCH_ONLY && o->on_step.value > 0) {
        levin__error_set(LEVIN_EINVAL, "log: '%s' with on_step, but %s is no step", key, hook);
        return false;
    }
    *r = (levin_result){
        .key = (char *)key,
        .hook = t->hook,
        .loader = t->log.loader,
        .on_step = levin__is_on(o->on_step, rule == LEVIN_LOG_STEP),
        .on_epoch = levin__is_on(o->on_epoch, rule != LEVIN_LOG_STEP),
        .logger = levin__is_on(o->logger, true),
        .prog_bar = levin__is_on(o->prog_bar, false),
        .add_loader = levin__is_on(o->add_dataloader_idx, true),
        .reduce = o->reduce_fx,
    };
    if (!*key)
        levin__error_set(LEVIN_EINVAL, "log: the key is empty in %s", hook);
    if (o->batch_size < 0)
        levin__error_set(LEVIN_EINVAL,
                         "log: '%s' with batch_size %lld, expected 1 or more, or 0 "
                         "for the batch's",
                         key, (long long)o->batch_size);
    if (!r->on_step && !r->on_epoch)
        levin__error_set(LEVIN_EINVAL, "log: '%s' with on_step and on_epoch off goes nowhere", key);
    if (o->reduce_fx < LEVIN_MEAN || o->reduce_fx > LEVIN_MAX)
        levin__error_set(LEVIN_EINVAL, "log: '%s': %d is not a reduction", key, (int)o->reduce_fx);
    if (strlen(key) >= LONGEST_KEY)
        levin__error_set(LEVIN_EINVAL, "log: a key of more than %d bytes: %.40s...",
                         LONGEST_KEY - 1, key);
    return !levin_error();
}

static bool same_place(const levin_result *a, const levin_result *b)
{
    return a->hook == b->hook && a->loader == b->loader && strcmp(a->key, b->key) == 0;
}

static bool same_options(const levin_result *a, const levin_result *b)
{
    return a->on_step == b->on_step && a->on_epoch == b->on_epoch && a->logger == b->logger &&
           a->prog_bar == b->prog_bar && a->reduce == b->reduce && a->add_loader == b->add_loader;
}

/* Without the number of its loader a key has one value; that of an earlier loader must not go
 * unseen. */
static bool name_is_free(const levin_results *list, const levin_result *draft)
{
    for (int i = 0; i < list->n; i++) {
        const levin_result *r = &list->at[i];
        if (r->add_loader || draft->add_loader || r->hook != draft->hook ||
            r->loader == draft->loader || strcmp(r->key, draft->key) != 0)
            continue;
        levin__error_set(LEVIN_EINVAL,
                         "log: '%s' in %s of loaders %d and %d with add_dataloader_idx off; each "
                         "needs a key of its own",
                         draft->key, levin__hook_name(draft->hook), r->loader, draft->loader);
        return false;
    }
    return true;
}

/* The result that stands for draft; made if it is new. */
static levin_result *find_result(levin_trainer *t, const levin_result *draft)
{
    levin_results *list = &t->log.results[t->stage];
    for (int k = 0; k < list->n; k++) {
        int i = list->next + k < list->n ? list->next + k : list->next + k - list->n;
        levin_result *r = &list->at[i];
        if (!same_place(r, draft))
            continue;
        list->next = i + 1 < list->n ? i + 1 : 0;
        if (same_options(r, draft))
            return r;
        levin__error_set(LEVIN_EINVAL, "log: '%s' logged twice in %s with different options",
                         draft->key, levin__hook_name(draft->hook));
        return NULL;
    }
    return name_is_free(list, draft) ? levin__log_add_result(&t->log, t->stage, draft) : NULL;
}

static void add_value(levin_result *r, double value, double weight)
{
    bool first = r->count++ == 0;
    switch (r->reduce) {
    case LEVIN_MEAN:
        r->sum += value * weight;
        r->weight += weight;
        break;
    case LEVIN_SUM:
        r->sum += value;
        break;
    case LEVIN_MIN:
        r->sum = first || value < r->sum || isnan(value) ? value : r->sum;
        break;
    case LEVIN_MAX:
        r->sum = first || value > r->sum || isnan(value) ? value : r->sum;
        break;
    }
}

void levin_log_number(levin_module *m, const char *key, double value, const levin_log_opts *opts)
{
    levin_trainer *t = levin_module_trainer(m);
    levin_result draft;
    if (!key)
        levin__error_set(LEVIN_EINVAL, "log: the key is NULL");
    if (!t || !key || t->running == LEVIN_RUNNING_NOTHING || t->set.barebones || t->tuning ||
        !draft_result(&draft, t, key, opts))
        return;
    levin_result *r = find_result(t, &draft);
    if (!r)
        return;
    if (r->on_step) {
        r->step = value;
        r->has_step = true;
    }
    int64_t weight = opts && opts->batch_size > 0 ? opts->batch_size : t->log.batch_size;
    if (r->on_epoch)
        add_value(r, value, weight > 0 ? (double)weight : 1);
}

void levin_log_with(levin_module *m, const char *key, const levin_tensor *value,
                    const levin_log_opts *opts)
{
    if (!value)
        return;
    if (key && levin_tensor_numel(value) != 1) {
        char shape[96];
        levin__error_set(LEVIN_ESHAPE, "log: '%s' is %s, only single numbers are logged", key,
                         levin_tensor_describe(value, shape, sizeof shape));
        return;
    }
    levin_log_number(m, key, levin_tensor_get(value, 0), opts);
}

void levin_log_dict(levin_module *m, const char *const *keys, const double *values, int n,
                    const levin_log_opts *opts)
{
    for (int i = 0; i < n; i++)
        levin_log_number(m, keys[i], values[i], opts);
}

void levin_log(levin_module *m, const char *key, const levin_tensor *value)
{
    levin_log_with(m, key, value, NULL);
}

void levin_logf(levin_module *m, const levin_tensor *value, const char *key_fmt, ...)
{
    char key[LONGEST_KEY + 1];
    va_list args;
    va_start(args, key_fmt);
    vsnprintf(key, sizeof key, key_fmt, args);
    va_end(args);
    levin_log_with(m, key, value, NULL);
}

void levin__log_begin_call(levin_trainer *t)
{
    levin_log_book *log = &t->log;
    for (int stage = 0; stage < LEVIN_STAGES; stage++)
        levin__log_clear(log, (levin_stage)stage);
    for (int i = 0; i < log->n_metrics; i++)
        for (int a = 0; a < LEVIN_AUDIENCES; a++)
            if (a == LEVIN_FOR_BAR || t->running == LEVIN_RUNNING_FIT)
                log->metrics[i].known[a] = false;
}

void levin__log_reset(levin_trainer *t, levin_stage stage)
{
    levin_results *list = &t->log.results[stage];
    list->next = 0;
    for (int i = 0; i < list->n; i++) {
        levin_result *r = &list->at[i];
        r->has_step = false;
        r->step = r->sum = r->weight = 0;
        r->count = 0;
    }
}

void levin__log_begin_batch(levin_trainer *t, int64_t batch_size, int loader)
{
    t->log.in_batches = true;
    t->log.batch_size = batch_size;
    t->log.loader = loader;
    t->log.results[t->stage].next = 0;
}

void levin__log_end_batches(levin_trainer *t)
{
    if (t->log.in_batches)
        levin__log_refresh(t); // the last values of steps stay visible
    t->log.in_batches = false;
    t->log.batch_size = 0;
    t->log.loader = -1;
}
