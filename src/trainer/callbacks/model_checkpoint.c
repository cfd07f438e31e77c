/* model_checkpoint.c: Lightning's ModelCheckpoint: when to save. What is then saved under which
 * name is checkpoint_files.c's.
 *
 * Two differences, told in docs/from-lightning.md: last.ckpt is always the newest state, and a run
 * that was given no rule of its own never ends without any checkpoint. */
#include "trainer/callbacks/model_checkpoint.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/temporary.h"
#include "trainer/callbacks/checkpoint_files.h"
#include "trainer/callbacks/checkpoint_name.h"
#include "trainer/checkpoint.h"
#include "trainer/classes.h"
#include "trainer/loaders.h"
#include "trainer/state.h"

#include <math.h>

typedef struct {
    levin_callback base;
    levin_checkpoint_files files;
    char *dirpath; // as given
    char *key;
    bool has_rule;       // the user said when
    int64_t every_steps; // 0: not by steps
    int64_t every_epochs;
    double every_seconds; // negative: not by time
    double last_time;
    levin_switch at_epoch_end, on_exception, at_train_end;
    int64_t deferred_step; // a step's save that waits for the metric of a validation; -1: none
} model_checkpoint;

static int64_t number(int64_t option) { return levin__number_or(option, 0); }

static bool must_not_save(const model_checkpoint *c, const levin_trainer *t)
{
    return levin_error() || t->set.fast_dev_run || t->running != LEVIN_RUNNING_FIT || t->sanity ||
           c->files.saved_step == t->position.global_step;
}

/* By default at the end of a training epoch, unless validation keeps another time. */
static bool saves_at_epoch_end(const model_checkpoint *c, const levin_trainer *t)
{
    levin_amount interval = t->set.val_check_interval;
    if (c->at_epoch_end.value)
        return c->at_epoch_end.value > 0;
    if (interval.kind == 3 || t->set.check_val_every_n_epoch != 1)
        return false;
    return (interval.kind == 2 && interval.value == 1) ||
           levin__limits_total(t, LEVIN_STAGE_VALIDATE) == 0;
}

static bool epoch_is_due(const model_checkpoint *c, const levin_trainer *t)
{
    return c->every_epochs > 0 && (t->current_epoch + 1) % c->every_epochs == 0;
}

static bool step_is_due(model_checkpoint *c, const levin_trainer *t)
{
    if (c->every_steps > 0)
        return t->position.global_step % c->every_steps == 0;
    double now = c->every_seconds >= 0 ? levin__seconds() : 0;
    if (c->every_seconds < 0 || now - c->last_time < c->every_seconds)
        return false;
    c->last_time = now;
    return true;
}

static void on_train_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)t;
    (void)m;
    ((model_checkpoint *)base)->last_time = levin__seconds();
}

static void on_train_batch_end(levin_callback *base, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    model_checkpoint *c = (model_checkpoint *)base;
    double score;
    (void)m;
    (void)b;
    if ((c->every_steps <= 0 && c->every_seconds < 0) || must_not_save(c, t) || !step_is_due(c, t))
        return;
    const char *monitor = c->files.monitor;
    if (monitor && !levin__log_metric(t, monitor, LEVIN_FOR_CALLBACKS, &score))
        c->deferred_step = t->position.global_step;
    else
        levin__checkpoint_files_save(&c->files, t);
}

static void on_train_epoch_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    model_checkpoint *c = (model_checkpoint *)base;
    (void)m;
    if (!must_not_save(c, t) && saves_at_epoch_end(c, t) && epoch_is_due(c, t))
        levin__checkpoint_files_save(&c->files, t);
}

static void on_validation_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    model_checkpoint *c = (model_checkpoint *)base;
    (void)m;
    if (must_not_save(c, t))
        return;
    bool deferred = c->deferred_step == t->position.global_step;
    c->deferred_step = -1;
    if (deferred || (!saves_at_epoch_end(c, t) && epoch_is_due(c, t)))
        levin__checkpoint_files_save(&c->files, t);
}

/* Whether the weights of the last step, which no rule saved, are to be saved. */
static bool saves_end(const model_checkpoint *c)
{
    if (c->at_train_end.value)
        return c->at_train_end.value > 0;
    return !c->has_rule && !c->files.monitor && !c->files.best;
}

static void on_train_end(levin_callback *base, levin_trainer *t, levin_module *m)
{
    model_checkpoint *c = (model_checkpoint *)base;
    (void)m;
    if (t->position.global_step == 0 || t->set.fast_dev_run)
        return;
    if (saves_end(c) && !must_not_save(c, t))
        levin__checkpoint_files_save_top_k(&c->files, t);
    levin__checkpoint_files_save_last(&c->files, t);
    if (c->files.monitor || c->files.keeps_last || must_not_save(c, t) || c->files.top.k == 0)
        return;
    levin__output_note(&t->out,
                       "ModelCheckpoint: the newest checkpoint is of step %lld, none is of step "
                       "%lld, where training ended; save_last or save_on_train_end keeps that",
                       (long long)c->files.saved_step, (long long)t->position.global_step);
}

/* A rule that the limits of the run never let come true. */
static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const model_checkpoint *c = (model_checkpoint *)base;
    const levin_settings *s = &t->set;
    (void)m;
    bool ends = c->at_train_end.value > 0 || c->files.keeps_last || s->fast_dev_run;
    if (!ends && c->every_epochs > 1 && s->max_epochs >= 0 && c->every_epochs > s->max_epochs)
        levin__error_set(LEVIN_EINVAL,
                         "ModelCheckpoint every_n_epochs %lld is above max_epochs %lld: nothing "
                         "would be saved",
                         (long long)c->every_epochs, (long long)s->max_epochs);
    if (!ends && c->every_steps > 0 && s->max_steps >= 0 && c->every_steps > s->max_steps)
        levin__error_set(
            LEVIN_EINVAL,
            "ModelCheckpoint every_n_train_steps %lld is above max_steps %lld: nothing "
            "would be saved",
            (long long)c->every_steps, (long long)s->max_steps);
    if (c->files.links_last && s->io)
        levin__error_set(LEVIN_EINVAL, "ModelCheckpoint save_last link and plugins: a CheckpointIO "
                                       "has no links; use save_last true");
}

/* Where the end of the run will lie between two saves, it is better known before. */
static void on_fit_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const model_checkpoint *c = (model_checkpoint *)base;
    const levin_settings *s = &t->set;
    (void)m;
    if (c->files.monitor || c->files.keeps_last || s->fast_dev_run || c->files.top.k == 0 ||
        c->at_train_end.value > 0)
        return;
    if (c->every_epochs > 1 && s->max_steps < 0 && s->max_epochs > 0 &&
        s->max_epochs % c->every_epochs != 0)
        levin__output_note(
            &t->out,
            "ModelCheckpoint every_n_epochs %lld and max_epochs %lld: the end of the "
            "run will be in no checkpoint; save_last or save_on_train_end keeps it",
            (long long)c->every_epochs, (long long)s->max_epochs);
    if (c->every_steps > 1 && s->max_steps > 0 && s->max_steps % c->every_steps != 0)
        levin__output_note(
            &t->out,
            "ModelCheckpoint every_n_train_steps %lld and max_steps %lld: the end of "
            "the run will be in no checkpoint; save_last or save_on_train_end keeps it",
            (long long)c->every_steps, (long long)s->max_steps);
}

static const char *monitor(const levin_callback *c)
{
    return ((const model_checkpoint *)c)->files.monitor;
}

static void on_exception(levin_callback *base, levin_trainer *t, levin_module *m)
{
    model_checkpoint *c = (model_checkpoint *)base;
    (void)m;
    if (levin__is_on(c->on_exception, false) && t->begun && !must_not_save(c, t))
        levin__checkpoint_files_save_extra(&c->files, t);
}

/* What a run that was killed left of files that it was writing, as large as the model each. */
static void sweep_run(void *payload, const char *run)
{
    char *dir = levin__path_join(run, "checkpoints");
    (void)payload;
    levin__temporary_sweep(run, ".yaml");
    levin__temporary_sweep(run, ".csv");
    if (dir)
        levin__temporary_sweep(dir, ".ckpt");
    levin__free(dir);
}

/* The run of this folder, which need not be a version_N, and those beside it. */
static void sweep_runs(const char *run_dir)
{
    char *above = levin__path_folder(run_dir);
    sweep_run(NULL, run_dir);
    levin__visit_runs(above, sweep_run, NULL);
    levin__free(above);
}

static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    model_checkpoint *c = (model_checkpoint *)base;
    const char *run_dir = levin__trainer_run_dir(t);
    (void)m;
    if (t->running != LEVIN_RUNNING_FIT)
        return;
    levin__free(c->files.dir);
    c->files.dir = c->dirpath
                       ? levin__strdup(c->dirpath)
                       : levin__path_join(run_dir ? run_dir : t->set.root_dir, "checkpoints");
    if (c->dirpath && !t->set.io && !t->set.fast_dev_run)
        levin__make_dirs(c->dirpath); // before an epoch is spent on what cannot be saved
    if (c->files.dir)
        levin__temporary_sweep(c->files.dir, ".ckpt");
    if (run_dir)
        sweep_runs(run_dir);
}

static const char *state_key(const levin_callback *c) { return ((const model_checkpoint *)c)->key; }

static void state_dict(levin_callback *base, levin_state *s)
{
    const model_checkpoint *c = (model_checkpoint *)base;
    levin__checkpoint_files_state(&c->files, s);
    levin_state_set_number(s, "deferred_step", (double)c->deferred_step);
}

static void load_state_dict(levin_callback *base, const levin_state *s)
{
    model_checkpoint *c = (model_checkpoint *)base;
    levin__checkpoint_files_load(&c->files, s);
    c->deferred_step = levin__state_count(s, "deferred_step", -1);
}

static void free_callback(levin_callback *base)
{
    model_checkpoint *c = (model_checkpoint *)base;
    levin__checkpoint_files_free(&c->files);
    levin__free(c->dirpath);
    levin__free(c->key);
}

static const levin_callback_class model_checkpoint_class = {
    .name = "ModelCheckpoint",
    .size = sizeof(model_checkpoint),
    .free = free_callback,
    .monitors = true,
    .monitor = monitor,
    .check = check,
    .state_key = state_key,
    .state_dict = state_dict,
    .load_state_dict = load_state_dict,
    .setup = setup,
    .on_fit_start = on_fit_start,
    .on_train_start = on_train_start,
    .on_train_batch_end = on_train_batch_end,
    .on_train_epoch_end = on_train_epoch_end,
    .on_validation_end = on_validation_end,
    .on_train_end = on_train_end,
    .on_exception = on_exception,
};

static int check_options(const levin_model_checkpoint_opts *o)
{
    int64_t k = o->save_top_k == 0 ? 1 : number(o->save_top_k);
    int rules = (number(o->every_n_train_steps) > 0) + (number(o->every_n_epochs) > 0) +
                (o->train_time_interval.kind != 0);
    if (rules > 1)
        return levin__error_set(LEVIN_EINVAL, "ModelCheckpoint: give one of every_n_train_steps, "
                                              "every_n_epochs and train_time_interval");
    if (number(o->every_n_train_steps) < 0 || number(o->every_n_epochs) < 0)
        return levin__error_set(LEVIN_EINVAL,
                                "ModelCheckpoint: every_n_train_steps %lld and "
                                "every_n_epochs %lld must not be negative",
                                (long long)number(o->every_n_train_steps),
                                (long long)number(o->every_n_epochs));
    levin_amount time = o->train_time_interval;
    if (time.kind && (time.kind != 3 || !(time.value >= 0)))
        return levin__error_set(LEVIN_EINVAL,
                                "ModelCheckpoint: train_time_interval must be LEVIN_SECONDS(s)");
    if (k < -1 || (k > 1 && !o->monitor))
        return levin__error_set(LEVIN_EINVAL, "ModelCheckpoint: save_top_k %lld %s", (long long)k,
                                k < -1 ? "must be at least -1"
                                       : "needs a monitor that says which are the best");
    if (o->mode != LEVIN_MODE_MIN && o->mode != LEVIN_MODE_MAX)
        return levin__error_set(LEVIN_EINVAL, "ModelCheckpoint: mode is neither min nor max");
    return o->filename ? levin__checkpoint_name_check(o->filename) : LEVIN_OK;
}

static void set_files(levin_checkpoint_files *f, const levin_model_checkpoint_opts *o)
{
    *f = (levin_checkpoint_files){
        .template = levin__strdup(o->filename ? o->filename : "{epoch}-{step}"),
        .monitor = levin__strdup(o->monitor),
        .insert_names = levin__is_on(o->auto_insert_metric_name, true),
        .versions = levin__is_on(o->enable_version_counter, true),
        .weights_only = levin__is_on(o->save_weights_only, false),
        .keeps_last = levin__is_on(o->save_last, false),
        .links_last = o->save_last.value == LEVIN_LINK.value,
        .verbose = levin__is_on(o->verbose, false),
        .top = { .mode = o->mode, .k = o->save_top_k == 0 ? 1 : number(o->save_top_k) },
        .best_score = (double)NAN,
    };
}

levin_callback *levin_model_checkpoint(const levin_model_checkpoint_opts *opts)
{
    static const levin_model_checkpoint_opts plain;
    const levin_model_checkpoint_opts *o = opts ? opts : &plain;
    bool has_rule = o->every_n_train_steps || o->every_n_epochs || o->train_time_interval.kind;
    if (levin_error() || check_options(o) < 0)
        return NULL;
    model_checkpoint *c = (model_checkpoint *)levin_callback_new(&model_checkpoint_class);
    if (!c)
        return NULL;
    set_files(&c->files, o);
    c->dirpath = levin__strdup(o->dirpath);
    c->has_rule = has_rule;
    c->every_steps = number(o->every_n_train_steps);
    c->every_epochs = has_rule ? number(o->every_n_epochs) : 1;
    c->every_seconds = o->train_time_interval.kind ? o->train_time_interval.value : -1;
    c->at_epoch_end = o->save_on_train_epoch_end;
    c->on_exception = o->save_on_exception;
    c->at_train_end = o->save_on_train_end;
    c->deferred_step = -1;
    c->key = levin__format("ModelCheckpoint{monitor=%s, mode=%s, every_n_train_steps=%lld, "
                           "every_n_epochs=%lld, train_time_interval=%g}",
                           o->monitor ? o->monitor : "", o->mode == LEVIN_MODE_MIN ? "min" : "max",
                           (long long)c->every_steps, (long long)c->every_epochs, c->every_seconds);
    if (!levin_error())
        return &c->base;
    levin_callback_free(&c->base);
    return NULL;
}

bool levin__is_model_checkpoint(const levin_callback *c)
{
    return c && c->type == &model_checkpoint_class;
}

const char *levin_model_checkpoint_best_model_path(const levin_callback *c)
{
    const char *path =
        levin__is_model_checkpoint(c) ? ((const model_checkpoint *)c)->files.best : NULL;
    return path ? path : "";
}

const char *levin_model_checkpoint_last_model_path(const levin_callback *c)
{
    const char *path =
        levin__is_model_checkpoint(c) ? ((const model_checkpoint *)c)->files.last : NULL;
    return path ? path : "";
}

double levin_model_checkpoint_best_model_score(const levin_callback *c)
{
    const levin_checkpoint_files *f =
        levin__is_model_checkpoint(c) ? &((const model_checkpoint *)c)->files : NULL;
    return f && f->best ? f->best_score : (double)NAN;
}

const char *levin__model_checkpoint_dir(const levin_callback *c)
{
    const model_checkpoint *own = (const model_checkpoint *)c;
    return own->files.dir ? own->files.dir : own->dirpath;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_model_checkpoint_opts, field, missing, help)
#define ARGUMENT_WORDS(field, missing, help, words)                                                \
    LEVIN_ARGUMENT_WORDS(levin_model_checkpoint_opts, field, missing, help, words)

static const levin_flag arguments[] = {
    ARGUMENT(dirpath, "null", "folder of the files; null is checkpoints in the logger's"),
    ARGUMENT(filename, "null", "name of the files: null is {epoch}-{step}"),
    ARGUMENT(monitor, "null", "metric by which the best are kept"),
    ARGUMENT(verbose, "false", "say what is saved"),
    ARGUMENT_WORDS(mode, "min", "which values are better", "min max"),
    ARGUMENT(save_top_k, "1", "files kept; -1 all, 0 none"),
    ARGUMENT_WORDS(save_last, "null", "also keep last.ckpt, always the newest; link: as a link",
                   "link"),
    ARGUMENT(save_weights_only, "false", "without what training would go on with"),
    ARGUMENT(
        save_on_train_epoch_end, "null",
        "save when a training epoch ends, not a validation; null follows the validation flags"),
    ARGUMENT(save_on_exception, "false", "also save when a run fails"),
    ARGUMENT(save_on_train_end, "null", "save the end of training, whatever the rule"),
    ARGUMENT(auto_insert_metric_name, "true", "epoch=3, not 3, in names"),
    ARGUMENT(enable_version_counter, "true", "-v1 instead of overwriting"),
    ARGUMENT(every_n_train_steps, "null", "save every n optimizer steps"),
    ARGUMENT(every_n_epochs, "null", "save every n epochs; the rule if none is given: 1"),
    ARGUMENT(train_time_interval, "null", "save after this time, DD:HH:MM:SS"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_model_checkpoint(options); }

const levin_class levin__class_model_checkpoint = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "ModelCheckpoint",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.ModelCheckpoint", NULL },
    .help = "saves checkpoints, and keeps the best",
    .size = sizeof(levin_model_checkpoint_opts),
    .arguments = arguments,
    .make.callback = make,
};
