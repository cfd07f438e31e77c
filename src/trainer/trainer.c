/* trainer.c: making a trainer from flags: its settings, loggers and callbacks, and what can be
 * asked of it. What it does stands in calls.c. */
#include "trainer/trainer.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/callbacks/finders.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/checkpoint.h"
#include "trainer/checks.h"
#include "trainer/loaders.h"
#include "trainer/loggers/file_logger.h"
#include "trainer/loggers/words.h"
#include "trainer/loops.h"
#include "trainer/module_state.h"
#include "trainer/optimize.h"
#include "trainer/predictions.h"

#include <levin/profilers.h>
#include <math.h>
#include <string.h>

/* Whether a logger stands in the list before i too: it is freed once. */
static bool is_again(levin_logger *const *list, int i)
{
    int first = 0;
    while (list[first] != list[i])
        first++;
    return first < i;
}

static int take_loggers(levin_trainer *t, levin_logger *const *list)
{
    levin_logger *made[LEVIN_WORD_LOGGERS + 1];
    int n = 0;
    list = t->set.barebones && !list ? levin_no_logger : list;
    list = levin__loggers_make(list, made);
    while (list[n])
        n++;
    t->loggers = levin__calloc((size_t)n + 1, sizeof *t->loggers);
    for (int i = 0; i < n; i++) {
        if (is_again(list, i))
            levin__error_set(LEVIN_EINVAL, "logger: the same logger is given twice");
        else if (t->loggers && !t->set.fast_dev_run)
            t->loggers[t->n_loggers++] = list[i];
        else
            levin_logger_free(list[i]); // fast_dev_run leaves no files behind
    }
    levin__file_loggers_share(t->loggers, t->n_loggers);
    return levin_error();
}

/* Of "EarlyStopping{monitor=val_loss, mode=min}" the names: "monitor, mode". */
static void add_key_names(levin_buffer *out, const char *key)
{
    const char *at = strchr(key, '{');
    for (at = at ? at + 1 : NULL; at; at = strstr(at, ", ") ? strstr(at, ", ") + 2 : NULL)
        levin__buffer_addf(out, "%s%.*s", out->size ? ", " : "", (int)strcspn(at, "=,}"), at);
}

static int refuse_twins(const levin_callback *c)
{
    levin_buffer names = LEVIN_BUFFER(1 << 16);
    add_key_names(&names, levin__callback_key(c));
    levin__error_set(LEVIN_EINVAL,
                     "callbacks: two %s%s%s: nothing would tell their states in a checkpoint apart",
                     c->type->name, names.size ? " with the same " : "",
                     names.size ? names.data : "");
    levin__buffer_free(&names);
    return levin_error();
}

static bool has(const levin_trainer *t, const levin_callback *c)
{
    for (int i = 0; i < t->n_callbacks; i++)
        if (t->callbacks[i] == c)
            return true;
    return false;
}

static int check_state_key(const levin_trainer *t, const levin_callback *c)
{
    for (int i = 0; i < t->n_callbacks; i++)
        if (c->type->state_dict && t->callbacks[i]->type->state_dict &&
            strcmp(levin__callback_key(c), levin__callback_key(t->callbacks[i])) == 0)
            return refuse_twins(c);
    return LEVIN_OK;
}

int levin__trainer_add_callback(levin_trainer *t, levin_callback *c)
{
    size_t n = (size_t)t->n_callbacks, size = sizeof *t->callbacks;
    levin_callback **grown = NULL;
    if (c && has(t, c))
        return levin__error_set(LEVIN_EINVAL, "callbacks: the same %s is given twice",
                                c->type->name);
    if (c && check_state_key(t, c) == LEVIN_OK)
        grown = levin__realloc(t->callbacks, n * size, (n + 1) * size);
    if (!grown) {
        levin_callback_free(c);
        return levin_error();
    }
    t->callbacks = grown;
    int at = c->type->monitors ? t->n_callbacks : t->n_plain_callbacks++;
    memmove(&grown[at + 1], &grown[at], (size_t)(t->n_callbacks - at) * size);
    grown[at] = c;
    t->n_callbacks++;
    return LEVIN_OK;
}

void levin__trainer_remove_callback(levin_trainer *t, levin_callback *c)
{
    int i = 0;
    while (i < t->n_callbacks && t->callbacks[i] != c)
        i++;
    if (i == t->n_callbacks)
        return;
    size_t behind = (size_t)(t->n_callbacks - i - 1);
    memmove(&t->callbacks[i], &t->callbacks[i + 1], behind * sizeof *t->callbacks);
    t->n_callbacks--;
    t->n_plain_callbacks -= i < t->n_plain_callbacks;
}

typedef bool is_one(const levin_callback *c);

static int count(const levin_trainer *t, is_one *is)
{
    int n = 0;
    for (int i = 0; i < t->n_callbacks; i++)
        n += is(t->callbacks[i]);
    return n;
}

levin_callback *levin__trainer_find(const levin_trainer *t, is_one *is)
{
    for (int i = 0; i < t->n_callbacks; i++)
        if (is(t->callbacks[i]))
            return t->callbacks[i];
    return NULL;
}

/* One that a flag brings, unless the user brought a better one; a flag that is off forbids it. */
static void add_builtin(levin_trainer *t, bool on, const char *flag, const char *name, is_one *is,
                        levin_callback *(*make)(void))
{
    bool there = levin__trainer_find(t, is);
    if (there && !on)
        levin__error_set(LEVIN_EINVAL, "%s: off, but callbacks holds a %s", flag, name);
    else if (!there && on)
        levin__trainer_add_callback(t, make());
}

static levin_callback *new_bar(void) { return levin_progress_bar(NULL); }
static levin_callback *new_summary(void) { return levin_model_summary(NULL); }
static levin_callback *new_checkpoint(void) { return levin_model_checkpoint(NULL); }

static void add_timer(levin_trainer *t, const char *max_time)
{
    if (max_time && levin__trainer_find(t, levin__is_timer))
        levin__error_set(LEVIN_EINVAL, "max_time and a Timer in callbacks: give one");
    else if (max_time)
        levin__trainer_add_callback(t, levin_timer(&(levin_timer_opts){ .duration = max_time }));
}

static void take_callbacks(levin_trainer *t, const levin_trainer_flags *f)
{
    const levin_settings *s = &t->set;
    for (levin_callback *const *c = f->callbacks; c && *c; c++)
        levin__trainer_add_callback(t, *c);
    add_timer(t, f->max_time);
    if (s->scale_batch_size && levin__trainer_find(t, levin__is_batch_size_finder))
        levin__error_set(LEVIN_EINVAL, "auto_scale_batch_size and a BatchSizeFinder in callbacks: "
                                       "give one");
    else if (s->scale_batch_size)
        levin__trainer_add_callback(
            t, levin_batch_size_finder(&(levin_batch_size_finder_opts){ .mode = s->scale_mode }));
    if (s->auto_lr_find && levin__trainer_find(t, levin__is_learning_rate_finder))
        levin__error_set(LEVIN_EINVAL,
                         "auto_lr_find and a LearningRateFinder in callbacks: give one");
    else if (s->auto_lr_find)
        levin__trainer_add_callback(t, levin_learning_rate_finder(NULL));
    if (s->stochastic_weight_avg)
        levin__trainer_add_callback(t, levin_stochastic_weight_averaging(NULL));
    if (count(t, levin__is_progress_bar) > 1)
        levin__error_set(LEVIN_EINVAL, "callbacks holds %d progress bars: give one",
                         count(t, levin__is_progress_bar));
    add_builtin(t, s->progress_bar, "enable_progress_bar", "progress bar", levin__is_progress_bar,
                new_bar);
    add_builtin(t, s->model_summary, "enable_model_summary", "ModelSummary",
                levin__is_model_summary, new_summary);
    add_builtin(t, s->checkpointing, "enable_checkpointing", "ModelCheckpoint",
                levin__is_model_checkpoint, new_checkpoint);
}

/* An older program's flags are shorter than ours: what it does not know is the default. A newer
 * program's may be longer, as long as it asks for nothing that we do not know. */
static bool copy_flags(levin_trainer_flags *out, const levin_trainer_flags *flags, size_t size)
{
    *out = (levin_trainer_flags){ 0 };
    if (!flags)
        return true;
    memcpy(out, flags, size < sizeof *out ? size : sizeof *out);
    for (size_t i = sizeof *out; i < size; i++) {
        if (((const char *)flags)[i]) {
            levin__error_set(LEVIN_EVERSION, "trainer: flags of a newer version of levin are set");
            return false;
        }
    }
    return true;
}

/* What the flags hand over is ours even when nothing comes of it. */
static void drop(const levin_trainer_flags *f)
{
    for (int i = 0; f->logger && f->logger[i]; i++)
        if (!is_again(f->logger, i))
            levin_logger_free(f->logger[i]);
    for (int i = 0, first; f->callbacks && f->callbacks[i]; i++) {
        for (first = 0; f->callbacks[first] != f->callbacks[i];)
            first++;
        if (first == i)
            levin_callback_free(f->callbacks[i]);
    }
    levin_profiler_free(f->profiler);
}

levin_trainer *levin_trainer_new_sized(const levin_trainer_flags *flags, size_t size)
{
    levin_trainer_flags f;
    bool stands = copy_flags(&f, flags, size);
    levin_trainer *t = levin__calloc(1, sizeof *t);
    if (!t) {
        drop(&f);
        return NULL;
    }
    levin__output_set(&t->out, stderr);
    if (stands)
        levin__settings_resolve(&t->set, &f);
    levin__log_init(&t->log);
    take_loggers(t, f.logger);
    t->profiler = f.profiler;
    take_callbacks(t, &f);
    t->accumulate = 1;
    t->loss = (double)NAN;
    if (levin_error() || levin__check_ahead(t, LEVIN_RUNNING_NOTHING) < 0) {
        levin_trainer_free(t);
        return NULL;
    }
    return t;
}

void levin__trainer_forget_module(levin_trainer *t)
{
    levin__optimizers_free(t);
    t->found_lr = 0;
    t->module = NULL;
}

void levin_trainer_free(levin_trainer *t)
{
    if (!t)
        return;
    if (t->module)
        levin__module_set_trainer(t->module, NULL);
    levin__trainer_forget_module(t);
    levin__loaders_free(t);
    for (int i = 0; i < t->n_callbacks; i++)
        levin_callback_free(t->callbacks[i]);
    levin__free(t->callbacks);
    for (int i = 0; i < t->n_loggers; i++)
        levin_logger_free(t->loggers[i]);
    levin__free(t->loggers);
    levin_profiler_free(t->profiler);
    for (int i = 0; i < t->n_pending; i++)
        levin__free(t->pending[i]);
    levin__free(t->pending);
    levin__free(t->ckpt_path);
    levin__free(t->newest_checkpoint);
    levin__free(t->exception);
    levin__predictions_free(t);
    levin__log_free(&t->log);
    levin__settings_free(&t->set);
    levin__free(t);
}

levin_callback *levin_callback_new(const levin_callback_class *type)
{
    if (!type || type->size < sizeof(levin_callback)) {
        levin__error_set(LEVIN_EINVAL, "callback class: LEVIN_CALLBACK(type) sets its size");
        return NULL;
    }
    levin_callback *c = levin__calloc(1, type->size);
    if (c)
        c->type = type;
    return c;
}

void levin_callback_free(levin_callback *c)
{
    if (c && c->type->free)
        c->type->free(c);
    levin__free(c);
}

int64_t levin_trainer_global_step(const levin_trainer *t)
{
    return t ? t->position.global_step : 0;
}
int64_t levin_trainer_current_epoch(const levin_trainer *t) { return t ? t->current_epoch : 0; }

int64_t levin_trainer_num_training_batches(const levin_trainer *t)
{
    return t ? levin__limits_total(t, LEVIN_STAGE_TRAIN) : 0;
}

double levin_trainer_metric(const levin_trainer *t, const char *key)
{
    double value = (double)NAN;
    if (t && key)
        levin__log_metric((levin_trainer *)t, key, LEVIN_FOR_CALLBACKS, &value);
    return value;
}

bool levin_trainer_has_metric(const levin_trainer *t, const char *key)
{
    double value;
    return t && key && levin__log_metric((levin_trainer *)t, key, LEVIN_FOR_CALLBACKS, &value);
}

const char *levin_trainer_log_dir(const levin_trainer *t)
{
    return levin_logger_log_dir(levin_trainer_logger(t, 0));
}

const char *levin__trainer_run_dir(const levin_trainer *t)
{
    const levin_file_logger *l = t && t->n_loggers ? levin__file_logger(t->loggers[0]) : NULL;
    return l ? l->place.run : levin_trainer_log_dir(t);
}

levin_logger *levin_trainer_logger(const levin_trainer *t, int i)
{
    return t && i >= 0 && i < t->n_loggers ? t->loggers[i] : NULL;
}

const char *levin_trainer_best_model_path(const levin_trainer *t)
{
    return levin_model_checkpoint_best_model_path(
        t ? levin__trainer_find(t, levin__is_model_checkpoint) : NULL);
}

void levin_trainer_stop(levin_trainer *t)
{
    if (t)
        t->should_stop = true;
}

const char *levin_trainer_exception(const levin_trainer *t)
{
    return t && t->exception ? t->exception : "";
}

levin_optimizer *levin_trainer_optimizer(const levin_trainer *t, int i)
{
    return t && i >= 0 && i < t->n_optimizers ? t->optimizers[i] : NULL;
}

levin_datamodule *levin_trainer_datamodule(const levin_trainer *t)
{
    return t ? t->datamodule : NULL;
}

bool levin_trainer_is_last_batch(const levin_trainer *t) { return t && t->position.last; }

double levin_trainer_loss(const levin_trainer *t) { return t ? t->loss : (double)NAN; }

const levin_tensor *levin_trainer_current_prediction(const levin_trainer *t)
{
    return t ? t->prediction : NULL;
}

bool levin_trainer_sanity_checking(const levin_trainer *t) { return t && t->sanity; }

int64_t levin_trainer_estimated_stepping_batches(levin_trainer *t)
{
    if (!t || t->running == LEVIN_RUNNING_NOTHING ||
        levin__loaders_prepare(t, LEVIN_STAGE_TRAIN) < 0)
        return 0;
    return levin__fit_steps(t);
}

void levin_trainer_set_output(levin_trainer *t, FILE *stream)
{
    if (t)
        levin__output_set(&t->out, stream);
}
