/* case_run.c: see case_run.h. Flags go in as text, as from a command line. */
#include "support/case_run.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "formats/checkpoint.h"
#include "support/boring.h"
#include "support/case_module.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/flags.h"
#include "trainer/number.h"
#include "trainer/trainer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FLAGS = 16, MAX_CALLBACKS = 4, MAX_LOADERS = 4 };

/* What one case works with. */
typedef struct {
    const json_t *c;
    char *root;
    char *texts[MAX_FLAGS];
    int n_texts;
    levin_callback *checkpoints[MAX_CALLBACKS]; // owned by the trainer
    int n_checkpoints;
} run;

static bool has(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return v && !json_is_null(v);
}

static const char *needs_of_callbacks(const json_t *callbacks)
{
    size_t i;
    json_t *cb;
    json_array_foreach(callbacks, i, cb)
    {
        const char *class = json_string_value(json_object_get(cb, "class"));
        if (strcmp(class, "ModelCheckpoint") != 0)
            return class;
        if (json_is_string(json_object_get(json_object_get(cb, "args"), "save_last")))
            return "save_last=\"link\"";
    }
    return NULL;
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
    static const char *const features[] = { "sched", "manual", "bn", "backbone" };
    const json_t *then = json_object_get(c, "then"), *model = json_object_get(c, "model");
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (has(model, features[i]))
            return features[i];
    if (has(c, "datamodule") || has(c, "iterable_train") || has(c, "iterable_val"))
        return has(c, "datamodule") ? "datamodule" : "loaders without a length";
    const char *needs = needs_of_callbacks(json_object_get(c, "callbacks"));
    needs = needs ? needs : needs_of_callbacks(json_object_get(then, "callbacks"));
    needs = needs ? needs : needs_of_flags(json_object_get(c, "trainer_flags"));
    return needs ? needs : needs_of_flags(json_object_get(then, "trainer_flags"));
}

/* Flags. */

static char *as_text(const json_t *v)
{
    char number[LEVIN_NUMBER_SIZE];
    if (json_is_string(v))
        return levin__strdup(json_string_value(v));
    if (json_is_boolean(v))
        return levin__strdup(json_is_true(v) ? "true" : "false");
    if (json_is_integer(v))
        return levin__format("%lld", (long long)json_integer_value(v));
    if (json_is_real(v))
        return levin__strdup(levin__number_print(number, json_real_value(v)));
    if (json_is_object(v)) // timedelta arguments
        return levin__format("00:%02lld:00:00",
                             (long long)json_integer_value(json_object_get(v, "hours")));
    return levin__strdup("null");
}

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
        char *text = as_text(value);
        r->texts[r->n_texts++] = text;
        if (flag)
            levin__flag_set(f, flag, text);
    }
}

static levin_switch as_switch(const json_t *args, const char *key)
{
    const json_t *v = json_object_get(args, key);
    return json_is_boolean(v) ? json_is_true(v) ? LEVIN_ON : LEVIN_OFF : (levin_switch){ 0 };
}

static int64_t as_int(const json_t *args, const char *key)
{
    const json_t *v = json_object_get(args, key);
    int64_t n = json_integer_value(v);
    return v && n == 0 ? LEVIN_ZERO : n;
}

static levin_callback *checkpoint(run *r, const json_t *args)
{
    const char *mode = json_string_value(json_object_get(args, "mode"));
    const char *dir = json_string_value(json_object_get(args, "dirpath"));
    const json_t *interval = json_object_get(args, "train_time_interval");
    char *path = dir ? levin__format("%s/%s", r->root, dir) : NULL;
    levin_callback *c = levin_model_checkpoint(&(levin_model_checkpoint_opts){
        .dirpath = path,
        .filename = json_string_value(json_object_get(args, "filename")),
        .monitor = json_string_value(json_object_get(args, "monitor")),
        .mode = !mode || strcmp(mode, "min") == 0 ? LEVIN_MODE_MIN
                : strcmp(mode, "max") == 0        ? LEVIN_MODE_MAX
                                                  : (levin_mode)2,
        .save_top_k = as_int(args, "save_top_k"),
        .save_last = as_switch(args, "save_last"),
        .save_weights_only = as_switch(args, "save_weights_only"),
        .save_on_train_epoch_end = as_switch(args, "save_on_train_epoch_end"),
        .auto_insert_metric_name = as_switch(args, "auto_insert_metric_name"),
        .every_n_train_steps = as_int(args, "every_n_train_steps"),
        .every_n_epochs = as_int(args, "every_n_epochs"),
        .train_time_interval =
            interval ? LEVIN_SECONDS(json_number_value(interval)) : (levin_amount){ 0 },
    });
    levin__free(path);
    return c;
}

static levin_trainer *make_trainer(run *r, const json_t *flags, const json_t *callbacks)
{
    levin_trainer_flags f = { 0 };
    levin_callback *list[MAX_CALLBACKS + 1] = { NULL };
    size_t i;
    json_t *cb;
    set_flags(r, &f, flags);
    r->n_checkpoints = 0;
    json_array_foreach(callbacks, i, cb)
    {
        list[i] = checkpoint(r, json_object_get(cb, "args"));
        r->checkpoints[r->n_checkpoints++] = list[i];
    }
    f.callbacks = list;
    levin_trainer *t = levin_trainer_new(&f);
    levin_trainer_set_output(t, NULL);
    return t;
}

/* Loaders. */

static levin_dataloader_opts loader_opts(const run *r)
{
    return (levin_dataloader_opts){
        .batch_size = json_integer_value(json_object_get(r->c, "batch_size")),
        .shuffle = as_switch(r->c, "shuffle"),
        .drop_last = as_switch(r->c, "drop_last"),
    };
}

static levin_dataloader *train_loader(const run *r)
{
    const json_t *n = json_object_get(r->c, "n_train");
    levin_dataloader_opts opts = loader_opts(r);
    return json_is_integer(n) ? case_loader(json_integer_value(n), &opts) : NULL;
}

/* The evaluation loaders, closed by NULL. */
static void eval_loaders(const run *r, levin_dataloader **list)
{
    levin_dataloader_opts opts = loader_opts(r);
    int64_t n = json_integer_value(json_object_get(r->c, "n_val"));
    size_t i;
    json_t *extra;
    int k = 0;
    opts.shuffle = (levin_switch){ 0 };
    if (n > 0)
        list[k++] = case_loader(n, &opts);
    json_array_foreach(json_object_get(r->c, "n_val_extra"), i, extra) list[k++] =
        case_loader(json_integer_value(extra), &opts);
    list[k] = NULL;
}

/* What was left behind. */

static int by_text(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    return strcmp(json_string_value(*x), json_string_value(*y));
}

static void find_files(const char *dir, const char *prefix, json_t *list)
{
    DIR *folder = opendir(dir);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        struct stat info;
        if (e->d_name[0] == '.')
            continue;
        char *path = levin__format("%s/%s", dir, e->d_name);
        char *name = levin__format("%s%s", prefix, e->d_name);
        size_t n = strlen(name);
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
            char *below = levin__format("%s/", name);
            find_files(path, below, list);
            levin__free(below);
        } else if (n > 5 && strcmp(name + n - 5, ".ckpt") == 0) {
            json_array_append_new(list, json_string(name));
        }
        levin__free(path);
        levin__free(name);
    }
    if (folder)
        closedir(folder);
}

static json_t *checkpoint_files(const run *r)
{
    json_t *found = json_array(), *sorted = json_array();
    find_files(r->root, "", found);
    size_t n = json_array_size(found);
    json_t **at = levin__calloc(n + 1, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[i] = json_array_get(found, i);
    qsort(at, n, sizeof *at, by_text);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, at[i]);
    levin__free(at);
    json_decref(found);
    return sorted;
}

/* Lightning's counters, from our moment. */
static json_t *contents(const char *path)
{
    levin_checkpoint *c = levin__checkpoint_open(path);
    const json_t *header = levin__checkpoint_header(c), *at = json_object_get(header, "loops");
    const char *moment = json_string_value(json_object_get(at, "moment"));
    json_int_t epoch = json_integer_value(json_object_get(at, "epoch"));
    json_int_t batch = json_integer_value(json_object_get(at, "batch"));
    bool in_batch = moment && strcmp(moment, "batch_end") == 0;
    json_t *o = json_pack(
        "{s:O, s:O, s:I, s:I, s:I, s:I, s:b}", "epoch", json_object_get(header, "epoch"),
        "global_step", json_object_get(header, "global_step"), "epochs_processed",
        epoch + !in_batch, "epochs_completed", epoch, "batches_ready", batch, "batches_completed",
        batch - in_batch, "weights_only", !json_object_get(header, "optimizer"));
    levin__checkpoint_free(c);
    return o;
}

static json_t *all_contents(const run *r, const json_t *files)
{
    json_t *o = json_object(), *file;
    size_t i;
    json_array_foreach((json_t *)files, i, file)
    {
        char *path = levin__format("%s/%s", r->root, json_string_value(file));
        json_object_set_new(o, json_string_value(file), contents(path));
        levin__free(path);
    }
    return o;
}

static json_t *metrics_csv(const run *r)
{
    char *path = levin__format("%s/lightning_logs/version_0/metrics.csv", r->root);
    char *text = slurp(path), *save = NULL;
    json_t *rows = text ? json_array() : json_null();
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        json_t *row = json_array();
        for (char *end = line; end; line = end + 1) {
            end = strchr(line, ',');
            json_array_append_new(row, end ? json_stringn(line, (size_t)(end - line))
                                           : json_string(line));
        }
        json_array_append_new(rows, row);
    }
    levin__free(text);
    levin__free(path);
    return rows;
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
    for (int i = 0; i < r->n_checkpoints; i++) {
        const levin_callback *c = r->checkpoints[i];
        double score = levin__model_checkpoint_best_score(c);
        json_array_append_new(best, json_string(file_name(levin__model_checkpoint_best(c))));
        json_array_append_new(last, json_string(file_name(levin__model_checkpoint_last(c))));
        if (score == score && !json_object_get(out, "best_model_score"))
            json_object_set_new(out, "best_model_score", json_real(score));
    }
    json_object_set_new(out, "best_model_path", best);
    json_object_set_new(out, "last_model_path", last);
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
    levin_dataloader *val[MAX_LOADERS + 1];
    eval_loaders(r, val);
    levin_trainer_fit_with(
        t, &m->base,
        &(levin_run_opts){ .train = train_loader(r), .loaders = val, .ckpt_path = ckpt_path });
    json_t *out = m->trace, *files;
    bool failed = levin_error() != 0;
    if (failed) {
        json_t *error = failed_at("fit");
        json_object_update(out, error);
        json_decref(error);
    }
    case_module_finish(m);
    files = checkpoint_files(r);
    json_object_set_new(out, "ckpt_contents", all_contents(r, files));
    json_object_set_new(out, "ckpt_files", files);
    json_object_set_new(out, "optimizer_steps", json_integer(levin_trainer_global_step(t)));
    json_object_set_new(out, "current_epoch", json_integer(levin_trainer_current_epoch(t)));
    json_object_set_new(out, "stopped_by", json_string(stopped_by(t, failed)));
    json_object_set_new(out, "callback_metrics", callback_metrics(t));
    json_object_set_new(out, "metrics_csv", metrics_csv(r));
    add_checkpoint_state(r, out);
    json_incref(out);
    case_module_free(m);
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
    levin_dataloader *loaders[MAX_LOADERS + 1];
    levin_module *module = m ? &m->base : NULL;
    eval_loaders(r, loaders);
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
