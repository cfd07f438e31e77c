/* progress_bar.c: one line on a terminal, drawn over at most ten times a second and never longer
 * than the terminal is wide; in a log file a plain line for every tenth (of a stream, whose end is
 * not known, every thousandth batch) and one at the end. Drawing allocates nothing. */
#include "trainer/callbacks/builtin.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "trainer/classes.h"
#include "trainer/loaders.h"
#include "trainer/trainer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 1024, SHORTEST_BAR = 5, LONGEST_BAR = 40 };
static const double redraw_after = 0.1; // seconds

/* One pass over batches that is shown: an epoch of training, a validation, a test. */
typedef struct {
    int64_t done, total;
    int64_t seen, sequences; // in this process: a resumed epoch did not do the rest
    double began, paused;    // validation inside an epoch does not slow its rate
    int tenths;              // shown in the log so far
} pass;

typedef struct {
    levin_callback base;
    pass train, other;
    double drawn, validation_began;
    int64_t refresh_rate; // batches between two looks
    bool leave;           // lines of epochs stay
    int below;
} progress_bar;

static bool is_endless(const pass *p) { return p->total == INT64_MAX; }

/* What is done in tenths; of an endless pass in thousands of batches. */
static int tenths_of(const pass *p)
{
    if (is_endless(p))
        return (int)(p->done / 1000);
    return p->total > 0 ? (int)(10 * p->done / p->total) : 10;
}

static void start_pass(pass *p, int64_t done, int64_t total)
{
    *p = (pass){ .done = done, .total = total, .began = levin__seconds() };
    p->tenths = total > 0 ? tenths_of(p) : 0;
}

/* Text in the making, cut where the line ends. */
typedef struct {
    char text[LINE];
    size_t n;
} line;

static void add(line *l, const char *fmt, ...) LEVIN_FORMAT(2, 3);
static void add(line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(l->text + l->n, LINE - l->n, fmt, args);
    va_end(args);
    l->n = n < 0 ? l->n : l->n + (size_t)n < LINE ? l->n + (size_t)n : LINE - 1;
}

static void add_time(line *l, double seconds)
{
    long s = seconds > 0 && isfinite(seconds) ? (long)seconds : 0;
    if (s >= 3600)
        add(l, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        add(l, "%02ld:%02ld", s / 60, s % 60);
}

static void add_rate(line *l, double rate, const char *unit)
{
    if (rate >= 1000)
        add(l, ", %.1fk %s", rate / 1000, unit);
    else
        add(l, rate < 10 ? ", %.2f %s" : ", %.1f %s", rate, unit);
}

static void add_value(line *l, const char *name, double x)
{
    bool plain = x == 0 || (fabs(x) >= 0.001 && fabs(x) < 1000);
    x = isnan(x) ? (double)NAN : x; // some print the sign that it may have
    add(l, plain ? ", %s=%.3f" : ", %s=%.3g", name, x);
}

static void add_metrics(line *l, levin_trainer *t)
{
    const char *dir = levin__trainer_run_dir(t), *run = dir ? levin__path_name(dir) : NULL;
    levin__log_refresh(t);
    if (run && t->running == LEVIN_RUNNING_FIT)
        add(l, ", v_num=%s", strncmp(run, "version_", 8) == 0 ? run + 8 : run);
    for (int i = 0; i < t->log.n_metrics; i++) {
        const levin_published *m = &t->log.metrics[i];
        if (m->known[LEVIN_FOR_BAR])
            add_value(l, m->name, m->value[LEVIN_FOR_BAR]);
    }
}

/* " 281/625 [00:12<00:15, 61.2 it/s, 1.9k seq/s, loss=0.734]" */
static void add_figures(line *l, levin_trainer *t, const pass *p)
{
    double elapsed = levin__seconds() - p->began - p->paused;
    double rate = elapsed > 0 ? (double)p->seen / elapsed : 0;
    if (is_endless(p))
        add(l, " %lld/? [", (long long)p->done);
    else
        add(l, " %lld/%lld [", (long long)p->done, (long long)p->total);
    add_time(l, elapsed);
    add(l, "<");
    if (is_endless(p))
        add(l, "?");
    else
        add_time(l, rate > 0 ? (double)(p->total - p->done) / rate : 0);
    add_rate(l, rate, "it/s");
    add_rate(l, elapsed > 0 ? (double)p->sequences / elapsed : 0, "seq/s");
    add_metrics(l, t);
    add(l, "]");
}

static void add_title(line *l, const levin_trainer *t, const pass *p, bool validating)
{
    static const char *const names[] = {
        [LEVIN_RUNNING_VALIDATE] = "Validation",
        [LEVIN_RUNNING_TEST] = "Test",
        [LEVIN_RUNNING_PREDICT] = "Prediction",
    };
    if (t->sanity)
        add(l, "Sanity check");
    else if (t->running != LEVIN_RUNNING_FIT)
        add(l, "%s", names[t->running]);
    else if (t->set.max_epochs > 0)
        add(l, "Epoch %lld/%lld", (long long)t->current_epoch + 1, (long long)t->set.max_epochs);
    else
        add(l, "Epoch %lld", (long long)t->current_epoch + 1);
    if (validating)
        add(l, " val");
    if (!is_endless(p))
        add(l, " %3.0f%%", p->total > 0 ? 100 * (double)p->done / (double)p->total : 100);
}

/* Cuts text of UTF-8 to width columns, counting a character as one. */
static void cut(char *text, size_t width)
{
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80 && width-- == 0) {
            *text = '\0';
            return;
        }
}

static void draw(progress_bar *bar, levin_trainer *t, const pass *p, bool validating)
{
    line left = { .n = 0 }, right = { .n = 0 };
    add_title(&left, t, p, validating);
    add_figures(&right, t, p);
    bar->drawn = levin__seconds();
    int width = levin__output_width(&t->out) - 1; // the last column would wrap on some terminals
    int room = width - (int)(left.n + right.n) - 3;
    if (room > LONGEST_BAR)
        room = LONGEST_BAR;
    if (room >= SHORTEST_BAR) {
        int full = is_endless(p) ? 0 : p->total > 0 ? (int)(room * p->done / p->total) : room;
        add(&left, " |");
        for (int i = 0; i < room; i++)
            add(&left, "%c", i < full ? '#' : ' ');
        add(&left, "|");
    }
    add(&left, "%s", right.text);
    cut(left.text, (size_t)(width > 0 ? width : 0));
    levin__output_line(&t->out, left.text);
}

static void print(levin_trainer *t, const pass *p, bool validating)
{
    line l = { .n = 0 };
    add_title(&l, t, p, validating);
    add_figures(&l, t, p);
    levin__output_note(&t->out, "%s", l.text);
}

static void advance(progress_bar *bar, levin_trainer *t, pass *p, const levin_batch *b,
                    bool validating)
{
    p->done++;
    p->seen++;
    p->sequences += b->size;
    if (!t->out.stream || p->done % bar->refresh_rate != 0)
        return;
    if (t->out.is_terminal) {
        if (levin__seconds() - bar->drawn >= redraw_after)
            draw(bar, t, p, validating);
        return;
    }
    int tenths = tenths_of(p);
    bool quiet = t->running == LEVIN_RUNNING_FIT && p == &bar->other;
    if (tenths > p->tenths && (tenths < 10 || is_endless(p)) && !quiet)
        print(t, p, validating);
    p->tenths = tenths;
}

static void finish_pass(progress_bar *bar, levin_trainer *t, const pass *p)
{
    if (t->out.stream && t->out.is_terminal)
        draw(bar, t, p, false);
    else if (t->out.stream)
        print(t, p, false);
}

static void setup(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    t->out.below = ((progress_bar *)c)->below;
}

static void on_train_epoch_start(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)m;
    start_pass(&((progress_bar *)c)->train, 0, levin__limits_total(t, LEVIN_STAGE_TRAIN));
}

/* A resumed epoch begins here, without its start. */
static void on_train_batch_start(levin_callback *c, levin_trainer *t, levin_module *m,
                                 const levin_batch *b)
{
    pass *p = &((progress_bar *)c)->train;
    (void)m;
    if (p->done != b->batch_idx || p->total == 0)
        start_pass(p, b->batch_idx, levin__limits_total(t, LEVIN_STAGE_TRAIN));
}

static void on_train_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                               const levin_batch *b)
{
    progress_bar *bar = (progress_bar *)c;
    (void)m;
    advance(bar, t, &bar->train, b, false);
}

static void on_train_epoch_end(levin_callback *c, levin_trainer *t, levin_module *m)
{
    progress_bar *bar = (progress_bar *)c;
    (void)m;
    finish_pass(bar, t, &bar->train);
    if (bar->leave)
        levin__output_close_line(&t->out);
}

/* The last state of the line stays on the screen. */
static void leave_line(levin_callback *c, levin_trainer *t, levin_module *m)
{
    (void)c;
    (void)m;
    levin__output_close_line(&t->out);
}

static void start_evaluation(levin_callback *c, levin_trainer *t, levin_module *m)
{
    progress_bar *bar = (progress_bar *)c;
    int64_t total = 0;
    (void)m;
    for (int i = 0; i < t->loaders[t->stage].n; i++) {
        int64_t n = levin__limits_of(t, i);
        total = n > INT64_MAX - total ? INT64_MAX : total + n;
    }
    start_pass(&bar->other, 0, total);
    bar->validation_began = levin__seconds();
}

static void on_evaluation_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                                    const levin_batch *b)
{
    progress_bar *bar = (progress_bar *)c;
    (void)m;
    advance(bar, t, &bar->other, b, t->running == LEVIN_RUNNING_FIT && !t->sanity);
}

static void end_evaluation(levin_callback *c, levin_trainer *t, levin_module *m)
{
    progress_bar *bar = (progress_bar *)c;
    (void)m;
    if (t->running == LEVIN_RUNNING_FIT) {
        bar->train.paused += levin__seconds() - bar->validation_began;
        return;
    }
    finish_pass(bar, t, &bar->other);
    levin__output_close_line(&t->out);
}

static const levin_callback_class progress_bar_class = {
    .name = "ProgressBar",
    .size = sizeof(progress_bar),
    .setup = setup,
    .on_train_epoch_start = on_train_epoch_start,
    .on_train_batch_start = on_train_batch_start,
    .on_train_batch_end = on_train_batch_end,
    .on_train_epoch_end = on_train_epoch_end,
    .on_train_end = leave_line,
    .on_validation_start = start_evaluation,
    .on_validation_batch_end = on_evaluation_batch_end,
    .on_validation_end = end_evaluation,
    .on_test_start = start_evaluation,
    .on_test_batch_end = on_evaluation_batch_end,
    .on_test_end = end_evaluation,
    .on_predict_start = start_evaluation,
    .on_predict_batch_end = on_evaluation_batch_end,
    .on_predict_end = end_evaluation,
};

levin_callback *levin_progress_bar(const levin_progress_bar_opts *opts)
{
    static const levin_callback_class no_bar = { .name = "ProgressBar",
                                                 .size = sizeof(progress_bar) };
    static const levin_progress_bar_opts plain;
    const levin_progress_bar_opts *o = opts ? opts : &plain;
    int64_t rate = levin__number_or(o->refresh_rate, 1);
    int64_t below = levin__number_or(o->process_position, 0);
    if (rate < 0 || below < 0 || below > 1000)
        levin__error_set(LEVIN_EINVAL,
                         "ProgressBar: refresh_rate %lld and process_position %lld must not be "
                         "negative, nor the latter above 1000",
                         (long long)rate, (long long)below);
    progress_bar *bar =
        levin_error() ? NULL
                      : (progress_bar *)levin_callback_new(rate ? &progress_bar_class : &no_bar);
    if (!bar)
        return NULL;
    bar->refresh_rate = rate;
    bar->leave = levin__is_on(o->leave, false);
    bar->below = (int)below;
    return &bar->base;
}

bool levin__is_progress_bar(const levin_callback *c)
{
    return c && strcmp(c->type->name, progress_bar_class.name) == 0;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_progress_bar_opts, refresh_rate, "1",
                   "batches between two looks at the clock; 0 no bar"),
    LEVIN_ARGUMENT(levin_progress_bar_opts, leave, "false", "the line of each epoch stays"),
    LEVIN_ARGUMENT(levin_progress_bar_opts, process_position, "0", "lines of others below it"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_progress_bar(options); }

const levin_class levin__class_progress_bar = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "ProgressBar",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.TQDMProgressBar",
                                    "lightning.pytorch.callbacks.RichProgressBar", NULL },
    .help = "one line that shows how far a run is, as the flag enable_progress_bar",
    .size = sizeof(levin_progress_bar_opts),
    .arguments = arguments,
    .make.callback = make,
};
