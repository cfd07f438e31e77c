/* case_run.c: see case_run.h. Flags go in as text, as from a command line. */
#include "support/case_run.h"

#include "base/error.h"
#include "base/memory.h"
#include "support/boring.h"
#include "support/case_callbacks.h"
#include "support/case_data.h"
#include "support/case_module.h"
#include "support/case_outcome.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/flags.h"
#include "trainer/state.h"
#include "trainer/trainer.h"

#include <string.h>

enum { MAX_FLAGS = 16, MAX_CALLBACKS = 4 };

/* What one case works with. */
typedef struct {
    const json_t *c;
    char *root;
    char *texts[MAX_FLAGS];
    int n_texts;
    levin_callback *callbacks[MAX_CALLBACKS]; // owned by the trainer
    int n_callbacks;
} run;

static bool has(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return v && !json_is_null(v);
}

static const char *needs_of_flags(const json_t *flags)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)flags, name, value)
    {
        bool known = strcmp(name, "_logger") == 0;
        for (size_t i = 0; i < levin__num_flags; i++)
            known |= strcmp(levin__flags[i].name, name) == 0;
        if (!known)
            return name;
    }
    return NULL;
}

const char *case_needs(const json_t *c)
{
    const json_t *then = json_object_get(c, "then");
    const char *needs = case_callbacks_need(json_object_get(c, "callbacks"));
    needs = needs ? needs : case_callbacks_need(json_object_get(then, "callbacks"));
    needs = needs ? needs : needs_of_flags(json_object_get(c, "trainer_flags"));
    return needs ? needs : needs_of_flags(json_object_get(then, "trainer_flags"));
}

/* Flags. */

static void set_flags(run *r, levin_trainer_flags *f, const json_t *flags)
{
    const char *name;
    json_t *value;
    f->default_root_dir = r->root;
    f->enable_progress_bar = f->enable_model_summary = LEVIN_OFF;
    f->logger = LEVIN_NO_LOGGER;
    json_object_foreach((json_t *)flags, name, value)
    {
        if (strcmp(name, "_logger") == 0) {
            f->logger = NULL;
            continue;
        }
        const levin_flag *flag = levin__flag_find(name);
        char *text = case_text(value);
        r->texts[r->n_texts++] = text;
        if (flag)
            levin__flag_set(f, flag, text);
    }
}

static levin_trainer *make_trainer(run *r, const json_t *flags, const json_t *callbacks)
{
    levin_trainer_flags f = { 0 };
    levin_callback *list[MAX_CALLBACKS + 1] = { NULL };
    size_t i;
    json_t *cb;
    set_flags(r, &f, flags);
    r->n_callbacks = 0;
    json_array_foreach(callbacks, i, cb)
    {
        list[i] = case_callback_new(cb, r->root);
        r->callbacks[r->n_callbacks++] = list[i];
    }
    f.callbacks = list;
    levin_trainer *t = levin_trainer_new(&f);
    levin_trainer_set_output(t, NULL);
    return t;
}

static json_t *callback_metrics(const levin_trainer *t)
{
    json_t *o = json_object();
    for (int i = 0; i < t->log.n_metrics; i++) {
        const levin_published *m = &t->log.metrics[i];
        if (m->known[LEVIN_FOR_CALLBACKS])
            json_object_set_new(o, m->name, json_real(m->value[LEVIN_FOR_CALLBACKS]));
    }
    return o;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void add_checkpoint_state(const run *r, json_t *out)
{
    json_t *best = json_array(), *last = json_array();
    for (int i = 0; i < r->n_callbacks; i++) {
        const levin_callback *c = r->callbacks[i];
        if (!levin__is_model_checkpoint(c))
            continue;
        double score = levin_model_checkpoint_best_model_score(c);
        json_array_append_new(best,
                              json_string(file_name(levin_model_checkpoint_best_model_path(c))));
        json_array_append_new(last,
                              json_string(file_name(levin_model_checkpoint_last_model_path(c))));
        if (score == score && !json_object_get(out, "best_model_score"))
            json_object_set_new(out, "best_model_score", json_real(score));
    }
    json_object_set_new(out, "best_model_path", best);
    json_object_set_new(out, "last_model_path", last);
}

static void add_early_stopping(const run *r, json_t *out)
{
    for (int i = 0; i < r->n_callbacks; i++) {
        levin_early_stopping_result e = levin_early_stopping_status(r->callbacks[i]);
        if (e.reason)
            json_object_set_new(out, "early_stopping",
                                json_pack("{s:I, s:I, s:o, s:s}", "wait_count",
                                          (json_int_t)e.wait_count, "stopped_epoch",
                                          (json_int_t)e.stopped_epoch, "best_score",
                                          levin__json_real(e.best_score), "reason", e.reason));
    }
}

static void add_rates(const levin_trainer *t, json_t *out)
{
    json_t *rates = json_array();
    for (int i = 0; i < levin_optimizer_num_groups(t->optimizer); i++)
        json_array_append_new(rates, json_real(levin_optimizer_lr(t->optimizer, i)));
    json_object_set_new(out, "param_group_lrs", rates);
}

static const char *stopped_by(const levin_trainer *t, bool failed)
{
    static const char *const names[] = {
        [LEVIN_STOPPED_BY_NOTHING] = "unknown",
        [LEVIN_STOPPED_BY_NO_BATCHES] = "no_train_batches",
        [LEVIN_STOPPED_BY_MAX_STEPS] = "max_steps",
        [LEVIN_STOPPED_BY_MAX_EPOCHS] = "max_epochs",
        [LEVIN_STOPPED_BY_REQUEST] = "should_stop",
    };
    return failed ? "unknown" : names[t->stopped_by];
}

static json_t *failed_at(const char *phase)
{
    json_t *o = json_pack("{s:s, s:s}", "error", levin_error_message(), "error_phase", phase);
    levin_error_clear();
    return o;
}

static json_t *run_fit(run *r, levin_trainer *t, const json_t *model, const char *ckpt_path)
{
    case_module *m = case_module_new(model);
    levin_dataloader *val[CASE_MAX_LOADERS + 1] = { NULL };
    json_t *out = m->trace, *files, *calls = json_array();
    levin_datamodule *data = has(r->c, "datamodule") ? case_datamodule_new(r->c, calls) : NULL;
    levin_run_opts o = { .loaders = val, .datamodule = data, .ckpt_path = ckpt_path };
    if (!data) {
        o.train = case_train_loader(r->c);
        case_eval_loaders(r->c, val);
    }
    levin_trainer_fit_with(t, &m->base, &o);
    bool failed = levin_error() != 0;
    if (failed) {
        json_t *error = failed_at("fit");
        json_object_update(out, error);
        json_decref(error);
    }
    case_module_finish(m);
    files = case_checkpoint_files(r->root);
    json_object_set_new(out, "ckpt_contents", case_contents(r->root, files));
    json_object_set_new(out, "ckpt_files", files);
    json_object_set_new(out, "optimizer_steps", json_integer(levin_trainer_global_step(t)));
    json_object_set_new(out, "current_epoch", json_integer(levin_trainer_current_epoch(t)));
    json_object_set_new(out, "stopped_by", json_string(stopped_by(t, failed)));
    json_object_set_new(out, "callback_metrics", callback_metrics(t));
    json_object_set_new(out, "metrics_csv", case_metrics_csv(r->root));
    json_object_set_new(out, "datamodule_calls", calls);
    add_checkpoint_state(r, out);
    add_early_stopping(r, out);
    add_rates(t, out);
    json_incref(out);
    case_module_free(m);
    levin_datamodule_free(data);
    return out;
}

/* Evaluation calls. */

typedef struct {
    json_t *loaders; // an array for each
} predictions;

static int take(void *payload, const levin_tensor *output, const levin_batch *b)
{
    predictions *p = payload;
    json_t *batch = json_array();
    while (json_array_size(p->loaders) <= (size_t)b->dataloader_idx)
        json_array_append_new(p->loaders, json_array());
    for (int64_t i = 0; i < levin_tensor_numel(output); i++)
        json_array_append_new(batch, json_real(levin_tensor_get(output, i)));
    return json_array_append_new(json_array_get(p->loaders, (size_t)b->dataloader_idx), batch);
}

/* One dictionary for each loader; here there is one. */
static json_t *eval_result(const levin_trainer *t, levin_stage stage)
{
    json_t *o = json_object();
    const levin_results *list = &t->log.results[stage];
    for (int i = 0; i < list->n; i++)
        json_object_set_new(o, t->log.metrics[list->at[i].name_epoch].name,
                            json_real(levin_trainer_metric(t, list->at[i].key)));
    return json_pack("[o]", o);
}

static json_t *run_evaluation(run *r, levin_trainer *t, const char *call, case_module *m,
                              const char *ckpt_path)
{
    predictions p = { json_array() };
    levin_dataloader *loaders[CASE_MAX_LOADERS + 1];
    levin_module *module = m ? &m->base : NULL;
    case_eval_loaders(r->c, loaders);
    levin_run_opts o = { .loaders = loaders, .ckpt_path = ckpt_path, .take = take, .payload = &p };
    if (strcmp(call, "predict") == 0)
        levin_trainer_predict_with(t, module, &o);
    else if (strcmp(call, "test") == 0)
        levin_trainer_test_with(t, module, &o);
    else
        levin_trainer_validate_with(t, module, &o);
    json_t *out = levin_error() ? failed_at(call) : json_object();
    json_t *result = NULL;
    if (strcmp(call, "predict") != 0)
        result =
            eval_result(t, strcmp(call, "test") == 0 ? LEVIN_STAGE_TEST : LEVIN_STAGE_VALIDATE);
    else if (json_array_size(p.loaders) < 2)
        result = json_incref(json_array_get(p.loaders, 0));
    else
        result = json_incref(p.loaders);
    json_object_set_new(out, "result", result ? result : json_null());
    json_object_set_new(out, "global_step", json_integer(levin_trainer_global_step(t)));
    if (t->ckpt_path)
        json_object_set_new(out, "loaded_ckpt", json_string(file_name(t->ckpt_path)));
    json_decref(p.loaders);
    return out;
}

/* The second call of a case. */

static char *second_path(const run *r, const json_t *then)
{
    const char *path = json_string_value(json_object_get(then, "ckpt_path"));
    if (!path || strcmp(path, "last") == 0 || strcmp(path, "best") == 0)
        return levin__strdup(path);
    return levin__format("%s/%s", r->root, path);
}

static json_t *run_second(run *r, levin_trainer **t, const json_t *then)
{
    const json_t *model = json_object_get(then, "model");
    const json_t *callbacks = json_object_get(then, "callbacks");
    const char *call = json_string_value(json_object_get(then, "call"));
    char *path = second_path(r, then);
    json_t *out;
    model = model ? model : json_object_get(r->c, "model");
    callbacks = callbacks ? callbacks : json_object_get(r->c, "callbacks");
    if (has(then, "max_epochs"))
        (*t)->set.max_epochs = json_integer_value(json_object_get(then, "max_epochs"));
    if (!call && !has(then, "same_trainer")) {
        levin_trainer_free(*t);
        *t = make_trainer(r, json_object_get(then, "trainer_flags"), callbacks);
    }
    if (!call) {
        out = run_fit(r, *t, model, path);
    } else {
        case_module *m = case_module_new(model);
        out = run_evaluation(r, *t, call, m, path ? path : has(then, "no_model") ? "best" : NULL);
        case_module_free(m);
    }
    levin__free(path);
    return out;
}

json_t *case_run(const json_t *c)
{
    run r = { .c = c, .root = temporary_folder() };
    const json_t *then = json_object_get(c, "then");
    const char *call = json_string_value(json_object_get(c, "call"));
    levin_seed_everything(1);
    levin_trainer *t =
        make_trainer(&r, json_object_get(c, "trainer_flags"), json_object_get(c, "callbacks"));
    json_t *out = NULL;
    if (!t) {
        out = failed_at("init");
    } else if (call) {
        case_module *m = case_module_new(json_object_get(c, "model"));
        out = run_evaluation(&r, t, call, m, NULL);
        case_module_free(m);
    } else {
        out = run_fit(&r, t, json_object_get(c, "model"), NULL);
    }
    if (then && t) {
        json_t *first = out;
        json_t *second = run_second(&r, &t, then);
        out = json_pack("{s:o, s:o}", "first", first, "second", second);
    }
    levin_trainer_free(t);
    for (int i = 0; i < r.n_texts; i++)
        levin__free(r.texts[i]);
    remove_folder(r.root);
    levin__free(r.root);
    return out;
}
