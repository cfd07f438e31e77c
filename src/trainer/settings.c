/* settings.c: what the flags mean together: defaults, fast_dev_run and overfit_batches, and all the
 * checks that need no data. Lightning finds some of these contradictions after an epoch, and some
 * never; here all of them are found before anything is loaded, and reported in one line. */
#include "trainer/settings.h"

#include "autograd/precision.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "trainer/duration.h"

#include <math.h>
#include <strings.h>

/* Messages of one resolve; they become one. */
typedef struct {
    const levin_trainer_flags *f;
    levin_settings *s;
    levin_buffer wrong;
} check;

#define COMPLAIN(c, ...)                                                                           \
    (levin__buffer_add_text(&(c)->wrong, (c)->wrong.size ? "; " : ""),                             \
     levin__buffer_addf(&(c)->wrong, __VA_ARGS__))

/* Takes a message that a parser left as this thread's error into the list. */
static void collect_error(check *c)
{
    levin_error_note note;
    levin__error_take(&note);
    if (note.code)
        COMPLAIN(c, "%s", note.message);
}

static int64_t number(int64_t flag, int64_t missing)
{
    return flag == 0 ? missing : flag == LEVIN_ZERO ? 0 : flag;
}

static bool is_on(levin_switch s, bool missing) { return s.value ? s.value > 0 : missing; }

static void check_word(check *c, const char *flag, const char *value, const char *const *words)
{
    if (value && levin__find_word(value, words) < 0) {
        levin__unknown_word(flag, value, words);
        collect_error(c);
    }
}

static void device(check *c)
{
    static const char *const accelerators[] = { "auto", "cpu", NULL };
    check_word(c, "accelerator", c->f->accelerator, accelerators);
    static const char *const devices[] = { "auto", "1", "-1", "[0]", NULL };
    const char *n = c->f->devices;
    if (n && levin__find_word(n, devices) < 0)
        COMPLAIN(c, "devices: '%s' is not possible, this build trains on one: use 1", n);
}

static void precision(check *c)
{
    if (levin__precision_parse(c->f->precision, &c->s->autocast) < 0)
        collect_error(c);
}

/* A limit of batches: a count or a share of them. */
static levin_amount limit(check *c, const char *flag, levin_amount a, levin_amount missing)
{
    if (a.kind == 0)
        return missing;
    if (a.kind == 2 && a.value > 1 && a.value == floor(a.value))
        a.kind = 1; // 3.0 is 3
    bool right = a.kind == 1 ? a.value >= 0 && a.value == floor(a.value)
                             : a.kind == 2 && a.value >= 0 && a.value <= 1;
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
        collect_error(c);
    s->max_steps = at_least(c, "max_steps", number(f->max_steps, -1), -1);
    bool ends_otherwise = s->max_steps != -1 || f->max_time;
    s->max_epochs =
        at_least(c, "max_epochs", number(f->max_epochs, ends_otherwise ? -1 : 1000), -1);
    s->min_steps = at_least(c, "min_steps", number(f->min_steps, 0), 0);
    s->min_epochs = at_least(c, "min_epochs", number(f->min_epochs, s->min_steps > 0), 0);
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
    if (every.kind == 1 && (every.value < 1 || every.value != floor(every.value)))
        COMPLAIN(c, "val_check_interval: every %g batches is not possible", every.value);
    if (every.kind == 2 && !(every.value >= 0 && every.value <= 1))
        COMPLAIN(c, "val_check_interval: the share %g is not between 0 and 1", every.value);
    if (every.kind == 3 && !(every.value >= 0))
        COMPLAIN(c, "val_check_interval: %g seconds are not possible", every.value);
    int64_t n = number(f->check_val_every_n_epoch, 1);
    s->check_val_every_n_epoch = n < 0 ? -1 : n;
    if (n == 0)
        COMPLAIN(c, "check_val_every_n_epoch: 0 is not possible; limit_val_batches 0 turns "
                    "validation off");
    if (n < 0 && f->val_check_interval.kind == 2)
        COMPLAIN(c, "val_check_interval: a share of an epoch cannot go with "
                    "check_val_every_n_epoch -1, give a number of batches");
    levin_amount sanity = f->num_sanity_val_steps;
    if (sanity.kind > 1 || sanity.value != floor(sanity.value) || sanity.value < -1)
        COMPLAIN(c, "num_sanity_val_steps: %g is not a number of batches, or -1 for all",
                 sanity.value);
    s->num_sanity_val_steps = sanity.kind == 0     ? 2
                              : sanity.value == -1 ? INT64_MAX
                                                   : (int64_t)sanity.value;
}

static void optimization(check *c)
{
    static const char *const algorithms[] = { "norm", "value", NULL };
    const levin_trainer_flags *f = c->f;
    levin_settings *s = c->s;
    s->accumulate_grad_batches =
        at_least(c, "accumulate_grad_batches", number(f->accumulate_grad_batches, 1), 1);
    if (!isfinite(f->gradient_clip_val))
        COMPLAIN(c, "gradient_clip_val: %g is not a number to clip to", f->gradient_clip_val);
    s->gradient_clip_val = f->gradient_clip_val > 0 ? f->gradient_clip_val : 0;
    check_word(c, "gradient_clip_algorithm", f->gradient_clip_algorithm, algorithms);
    s->clip_by_value =
        f->gradient_clip_algorithm && strcasecmp(f->gradient_clip_algorithm, "value") == 0;
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
}

int levin__settings_resolve(levin_settings *out, const levin_trainer_flags *flags)
{
    check c = { .f = flags, .s = out, .wrong = LEVIN_BUFFER(2048) };
    *out = (levin_settings){ 0 };
    out->root_dir = levin__strdup(flags->default_root_dir ? flags->default_root_dir : ".");
    device(&c);
    precision(&c);
    limits(&c);
    lengths(&c);
    validation(&c);
    optimization(&c);
    out->fast_dev_run = at_least(&c, "fast_dev_run", number(flags->fast_dev_run, 0), 0);
    int64_t log_every = number(flags->log_every_n_steps, 50);
    out->log_every_n_steps = log_every < 0 ? -log_every : log_every; // Lightning takes -1 for 1
    out->checkpointing = is_on(flags->enable_checkpointing, true);
    out->progress_bar = is_on(flags->enable_progress_bar, true);
    out->model_summary = is_on(flags->enable_model_summary, true);
    lengths_together(&c);
    overfit(out);
    if (out->fast_dev_run > 0)
        fast_dev_run(out);
    if (c.wrong.size)
        levin__error_set(LEVIN_EINVAL, "%s", c.wrong.data);
    levin__buffer_free(&c.wrong);
    return levin_error();
}

void levin__settings_free(levin_settings *s)
{
    levin__free(s->root_dir);
    *s = (levin_settings){ 0 };
}
