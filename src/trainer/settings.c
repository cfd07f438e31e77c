/* settings.c: what the flags mean together: defaults, fast_dev_run and overfit_batches, and all the
 * checks that need no data. Lightning finds some of these contradictions after an epoch, and some
 * never; here all of them are found before anything is loaded, and reported in one line. */
#include "trainer/settings.h"

#include "autograd/precision.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/suggest.h"
#include "trainer/complaints.h"
#include "trainer/devices.h"
#include "trainer/duration.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* One resolve. */
typedef struct {
    const levin_trainer_flags *f;
    levin_settings *s;
    levin_complaints wrong;
} check;

/* Up to here a double holds each whole number; far more than any run has batches. */
static const double MOST = 0x1p53;

#define COMPLAIN(c, ...) levin__complain(&(c)->wrong, __VA_ARGS__)

static void check_word(check *c, const char *flag, const char *value, const char *const *words)
{
    if (value && levin__find_word(value, words) < 0) {
        levin__unknown_word(flag, value, words);
        levin__complain_error(&c->wrong);
    }
}

static void precision(check *c)
{
    if (levin__precision_parse(c->f->precision, &c->s->autocast) < 0)
        levin__complain_error(&c->wrong);
}

static bool is_count(double x, double least) { return x >= least && x <= MOST && x == floor(x); }

/* A limit of batches: a count or a share of them. */
static levin_amount limit(check *c, const char *flag, levin_amount a, levin_amount missing)
{
    if (a.kind == 0)
        return missing;
    if (a.kind == 2 && a.value > 1 && a.value == floor(a.value))
        a.kind = 1; // 3.0 is 3
    bool right = a.kind == 1 ? is_count(a.value, 0) : a.kind == 2 && a.value >= 0 && a.value <= 1;
    if (!right)
        COMPLAIN(c, "%s: %g is neither a number of batches nor a share between 0 and 1", flag,
                 a.value);
    return a;
}

static void limits(check *c)
{
    const levin_trainer_flags *f = c->f;
    const levin_amount all = LEVIN_FRACTION(1);
    levin_amount *l = c->s->limit;
    l[LEVIN_STAGE_TRAIN] = limit(c, "limit_train_batches", f->limit_train_batches, all);
    l[LEVIN_STAGE_VALIDATE] = limit(c, "limit_val_batches", f->limit_val_batches, all);
    l[LEVIN_STAGE_TEST] = limit(c, "limit_test_batches", f->limit_test_batches, all);
    l[LEVIN_STAGE_PREDICT] = limit(c, "limit_predict_batches", f->limit_predict_batches, all);
    c->s->overfit = limit(c, "overfit_batches", f->overfit_batches, LEVIN_FRACTION(0));
}

static int64_t at_least(check *c, const char *flag, int64_t value, int64_t least)
{
    if (value < least)
        COMPLAIN(c, "%s: %lld is below %lld", flag, (long long)value, (long long)least);
    return value;
}

static void lengths(check *c)
{
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    s->max_time = -1;
    if (f->max_time && levin__duration_parse("max_time", f->max_time, &s->max_time) < 0)
        levin__complain_error(&c->wrong);
    s->max_steps = at_least(c, "max_steps", levin__number_or(f->max_steps, -1), -1);
    bool ends_otherwise = s->max_steps != -1 || f->max_time;
    s->max_epochs =
        at_least(c, "max_epochs", levin__number_or(f->max_epochs, ends_otherwise ? -1 : 1000), -1);
    s->min_steps = at_least(c, "min_steps", levin__number_or(f->min_steps, 0), 0);
    s->min_epochs = at_least(c, "min_epochs", levin__number_or(f->min_epochs, s->min_steps > 0), 0);
}

/* With fast_dev_run the lengths are its own, whatever was asked for. */
static void lengths_together(check *c)
{
    const levin_settings *s = c->s;
    if (s->fast_dev_run)
        return;
    if (c->f->min_epochs && s->max_epochs >= 0 && s->min_epochs > s->max_epochs)
        COMPLAIN(c, "min_epochs %lld is above max_epochs %lld", (long long)s->min_epochs,
                 (long long)s->max_epochs);
    if (s->max_steps >= 0 && s->min_steps > s->max_steps)
        COMPLAIN(c, "min_steps %lld is above max_steps %lld", (long long)s->min_steps,
                 (long long)s->max_steps);
}

static void validation(check *c)
{
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    levin_amount every = f->val_check_interval;
    if (every.kind == 0)
        every = LEVIN_FRACTION(1);
    s->val_check_interval = every;
    if (every.kind == 1 && !is_count(every.value, 1))
        COMPLAIN(c, "val_check_interval: every %g batches is not possible", every.value);
    if (every.kind == 2 && !(every.value >= 0 && every.value <= 1))
        COMPLAIN(c, "val_check_interval: the share %g is not between 0 and 1", every.value);
    if (every.kind == 3 && !(every.value >= 0))
        COMPLAIN(c, "val_check_interval: %g seconds are not possible", every.value);
    if (every.kind == 4 && !is_count(every.value, 1))
        COMPLAIN(c, "val_check_interval: every %g steps is not possible", every.value);
    int64_t n = levin__number_or(f->check_val_every_n_epoch, 1);
    s->check_val_every_n_epoch = n < 0 ? -1 : n;
    if (n == 0)
        COMPLAIN(c, "check_val_every_n_epoch: 0 is not possible; limit_val_batches 0 turns "
                    "validation off");
    if (n < 0 && f->val_check_interval.kind == 2)
        COMPLAIN(c, "val_check_interval: a share of an epoch cannot go with "
                    "check_val_every_n_epoch null, which counts batches over epochs; give a number "
                    "of batches");
    levin_amount sanity = f->num_sanity_val_steps;
    bool is_known = sanity.kind <= 1 && is_count(sanity.value, -1);
    if (!is_known)
        COMPLAIN(c, "num_sanity_val_steps: %g is not a number of batches, or -1 for all",
                 sanity.value);
    s->num_sanity_val_steps = sanity.kind == 0     ? 2
                              : sanity.value == -1 ? INT64_MAX
                              : is_known           ? (int64_t)sanity.value
                                                   : 0;
}

static void accumulation(check *c)
{
    const levin_trainer_flags *f = c->f;
    const char *schedule = f->accumulate_grad_schedule;
    int64_t n =
        at_least(c, "accumulate_grad_batches", levin__number_or(f->accumulate_grad_batches, 1), 1);
    c->s->accumulate = levin__by_epoch_always(n);
    if (schedule && f->accumulate_grad_batches)
        COMPLAIN(c, "accumulate_grad_batches %lld and accumulate_grad_schedule %s: give one",
                 (long long)n, schedule);
    if (schedule &&
        levin__by_epoch_parse("accumulate_grad_batches", schedule, &c->s->accumulate) < 0)
        levin__complain_error(&c->wrong);
}

static void optimization(check *c)
{
    static const char *const algorithms[] = { "norm", "value", NULL };
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    accumulation(c);
    if (!isfinite(f->gradient_clip_val))
        COMPLAIN(c, "gradient_clip_val: %g is not a number to clip to", f->gradient_clip_val);
    s->gradient_clip_val = f->gradient_clip_val > 0 ? f->gradient_clip_val : 0;
    check_word(c, "gradient_clip_algorithm", f->gradient_clip_algorithm, algorithms);
    s->clip_by_value =
        f->gradient_clip_algorithm && strcasecmp(f->gradient_clip_algorithm, "value") == 0;
    s->stochastic_weight_avg = levin__is_on(f->stochastic_weight_avg, false);
}

/* "true" is Lightning's for power. */
static void tuning(check *c)
{
    static const char *const modes[] = { "power", "binsearch", "true", "false", NULL };
    const char *mode = c->f->auto_scale_batch_size;
    c->s->auto_lr_find = levin__is_on(c->f->auto_lr_find, false);
    check_word(c, "auto_scale_batch_size", mode, modes);
    c->s->scale_batch_size = mode && strcasecmp(mode, "false") != 0;
    c->s->scale_mode =
        mode && strcasecmp(mode, "binsearch") == 0 ? LEVIN_BATCH_BINSEARCH : LEVIN_BATCH_POWER;
}

static void watching(check *c)
{
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    double order = f->track_grad_norm;
    if (order != -1 && !(order >= 0))
        COMPLAIN(c, "track_grad_norm: %g is no order of a norm; give a number above 0, or inf",
                 order);
    s->track_grad_norm = order > 0 ? order : 0;
    s->loss_must_be_finite = f->terminate_on_nan.value >= 0;
    s->weights_must_be_finite = f->terminate_on_nan.value > 0;
    s->detect_anomaly = levin__is_on(f->detect_anomaly, false);
    int64_t log_every = levin__number_or(f->log_every_n_steps, 50);
    s->log_every_n_steps = log_every < 0 ? -log_every : log_every; // Lightning takes -1 for 1
    s->checkpointing = levin__is_on(f->enable_checkpointing, true);
    s->progress_bar = levin__is_on(f->enable_progress_bar, true);
    s->model_summary = levin__is_on(f->enable_model_summary, true);
    s->autolog_hparams = levin__is_on(f->enable_autolog_hparams, true);
}

static void plugins(check *c)
{
    const levin_checkpoint_io *io = c->s->io;
    if (io && !(io->save_checkpoint && io->load_checkpoint && io->remove_checkpoint && io->exists))
        COMPLAIN(c, "plugins: a checkpoint_io needs save_checkpoint, load_checkpoint, "
                    "remove_checkpoint and exists");
}

static void ban(check *c, bool asked_for, const char *flag)
{
    if (asked_for)
        COMPLAIN(c, "barebones does without %s: give one of them", flag);
}

/* Everything off that costs time beside training; what was asked for by name contradicts it. */
static void barebones(check *c)
{
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    s->barebones = levin__is_on(f->barebones, false);
    if (!s->barebones)
        return;
    ban(c, f->logger && f->logger != levin_no_logger, "logger");
    ban(c, f->enable_checkpointing.value > 0, "enable_checkpointing");
    ban(c, f->enable_progress_bar.value > 0, "enable_progress_bar");
    ban(c, f->enable_model_summary.value > 0, "enable_model_summary");
    ban(c, f->num_sanity_val_steps.kind && f->num_sanity_val_steps.value != 0,
        "num_sanity_val_steps");
    ban(c, levin__number_or(f->log_every_n_steps, 0) != 0, "log_every_n_steps");
    ban(c, s->fast_dev_run > 0, "fast_dev_run");
    ban(c, s->detect_anomaly, "detect_anomaly");
    ban(c, s->track_grad_norm > 0, "track_grad_norm");
    ban(c, f->profiler, "profiler");
    s->checkpointing = s->progress_bar = s->model_summary = false;
    s->num_sanity_val_steps = s->log_every_n_steps = 0;
}

static void overfit(levin_settings *s)
{
    if (s->overfit.value > 0)
        s->limit[LEVIN_STAGE_TRAIN] = s->limit[LEVIN_STAGE_VALIDATE] = s->overfit;
}

/* n batches of everything, once, and nothing left behind. */
static void fast_dev_run(levin_settings *s)
{
    for (int stage = 0; stage < LEVIN_STAGES; stage++)
        s->limit[stage] = LEVIN_BATCHES(s->fast_dev_run);
    s->max_steps = s->fast_dev_run;
    s->max_epochs = 1;
    s->min_epochs = s->min_steps = 0;
    s->num_sanity_val_steps = 0;
    s->val_check_interval = LEVIN_FRACTION(1);
    s->check_val_every_n_epoch = 1;
    s->auto_lr_find = s->scale_batch_size = false;
}

/* Each flag by itself. */
static void each_flag(check *c)
{
    const levin_trainer_flags *f = c->f;
    levin__devices_check(f, &c->wrong);
    precision(c);
    limits(c);
    lengths(c);
    validation(c);
    optimization(c);
    tuning(c);
    watching(c);
    c->s->fast_dev_run = at_least(c, "fast_dev_run", levin__number_or(f->fast_dev_run, 0), 0);
    c->s->reload_every = at_least(c, "reload_dataloaders_every_n_epochs",
                                  levin__number_or(f->reload_dataloaders_every_n_epochs, 0), 0);
}

int levin__settings_check_flag(const levin_trainer_flags *flags, const levin_flag *flag)
{
    levin_trainer_flags alone = { 0 };
    levin_settings settings = { 0 };
    check c = { .f = &alone, .s = &settings, .wrong = LEVIN_COMPLAINTS };
    memcpy((char *)&alone + flag->offset, (const char *)flags + flag->offset, flag->size);
    each_flag(&c);
    return levin__complaints_end(&c.wrong);
}

int levin__settings_resolve(levin_settings *out, const levin_trainer_flags *flags)
{
    check c = { .f = flags, .s = out, .wrong = LEVIN_COMPLAINTS };
    *out = (levin_settings){ 0 };
    out->root_dir = levin__strdup(flags->default_root_dir ? flags->default_root_dir : ".");
    out->io = flags->plugins ? flags->plugins->checkpoint_io : NULL;
    each_flag(&c);
    lengths_together(&c);
    plugins(&c);
    barebones(&c);
    overfit(out);
    if (out->fast_dev_run > 0)
        fast_dev_run(out);
    return levin__complaints_end(&c.wrong);
}

void levin__settings_free(levin_settings *s)
{
    levin__free(s->root_dir);
    *s = (levin_settings){ 0 };
}
