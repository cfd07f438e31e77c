/* batch_size_finder.c: the largest batch size whose steps fit into memory. Lightning tries until
 * memory runs out, which on a CPU ends the program or the machine's patience; here the memory of a
 * step is measured, and a size that would go over the budget is never tried. */
#include "base/error.h"
#include "base/machine.h"
#include "base/options.h"
#include "base/scope.h"
#include "trainer/callbacks/finders.h"
#include "trainer/classes.h"
#include "trainer/number.h"
#include "trainer/trial.h"

typedef struct {
    levin_callback base;
    levin_batch_size_finder_opts opts; // defaults filled in
    int64_t found;                     // 0: it has not run
    bool alone;                        // nothing is trained after it
} finder;

/* One search. */
typedef struct {
    const finder *c;
    levin_trainer *t;
    levin_trial trial;
    int64_t budget, largest; // bytes; rows
    int64_t size, bytes;     // the largest size that fitted, and what it took
    int64_t trials;
} search;

static int64_t measured(void) { return (int64_t)levin__scope_peak_bytes(); }

/* What a size would take; the fixed part is counted as if it grew too, so it is never too little.
 */
static bool fits(const search *s, int64_t size)
{
    double bytes = s->size ? (double)s->bytes * ((double)size / (double)s->size) : 0;
    return bytes <= (double)s->budget;
}

/* Steps of that size; true if they fitted. Another error than memory stays. */
static bool try_size(search *s, int64_t size)
{
    double loss;
    s->trials++;
    levin__scope_forget_peak();
    levin__trial_set_batch_size(&s->trial, s->t, size);
    for (int64_t i = 0; i < s->c->opts.steps_per_trial && !levin_error(); i++)
        levin__trial_step(&s->trial, s->t, &loss);
    int64_t bytes = measured();
    if (levin_error() == LEVIN_ENOMEM) {
        levin_error_clear();
        return false;
    }
    if (levin_error() || bytes > s->budget)
        return false;
    s->size = size;
    s->bytes = bytes;
    return true;
}

/* Doubles while it may; gives the size that would have been too large, 0 if none was met. */
static int64_t double_size(search *s)
{
    int64_t size = s->c->opts.init_val < s->largest ? s->c->opts.init_val : s->largest;
    while (s->trials < s->c->opts.max_trials && !levin_error()) {
        if (!fits(s, size) || !try_size(s, size))
            return size;
        if (size >= s->largest)
            return 0;
        size = size > s->largest / 2 ? s->largest : 2 * size;
    }
    return 0;
}

/* Between what fitted and what did not; then a margin below the limit that was met. */
static void bisect(search *s, int64_t too_large)
{
    while (too_large - s->size > 1 && s->trials < s->c->opts.max_trials && !levin_error()) {
        int64_t middle = s->size + (too_large - s->size) / 2;
        if (!fits(s, middle) || !try_size(s, middle))
            too_large = middle;
    }
    int64_t careful = (int64_t)((double)s->size * (1 - s->c->opts.margin));
    s->size = careful > 1 ? careful : 1;
}

/* Rows of the training data, as far as that is known, and max_val. */
static int64_t largest(const finder *c, const levin_trainer *t)
{
    const levin_dataloader *l = t->loaders[LEVIN_STAGE_TRAIN].at[0];
    int64_t rows = levin_dataset_len(levin_dataloader_dataset(l));
    return rows > 0 && rows < c->opts.max_val ? rows : c->opts.max_val;
}

static void find(search *s)
{
    const finder *c = s->c;
    s->largest = largest(c, s->t);
    s->budget = c->opts.memory_budget ? c->opts.memory_budget
                                      : (int64_t)((double)levin__memory_left() * 0.9);
    int64_t too_large = double_size(s);
    if (too_large && s->size && c->opts.mode == LEVIN_BATCH_BINSEARCH && !levin_error())
        bisect(s, too_large);
    if (s->size == 0 && !levin_error())
        levin__error_set(LEVIN_ENOMEM,
                         "BatchSizeFinder: a batch of %lld does not fit into %lld bytes",
                         (long long)too_large, (long long)s->budget);
    if (!levin_error())
        levin__trial_set_batch_size(&s->trial, s->t, s->size);
}

static void on_fit_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    finder *c = (finder *)base;
    search s = { .c = c, .t = t };
    static const char *const names[] = { "batch_size", "data.batch_size", NULL };
    char text[LEVIN_NUMBER_SIZE];
    if (t->set.fast_dev_run || t->ckpt_path) {
        levin__output_note(&t->out, "BatchSizeFinder: nothing to look for in a run %s",
                           t->set.fast_dev_run ? "with fast_dev_run"
                                               : "that goes on from a checkpoint");
        t->exit_early |= c->alone;
        return;
    }
    if (levin__trial_begin(&s.trial, t) == LEVIN_OK)
        find(&s);
    if (levin__trial_end(&s.trial, t) < 0)
        return;
    c->found = s.size;
    levin__trial_save(m, names, levin__number_print(text, (double)s.size));
    levin__output_note(&t->out, "BatchSizeFinder: %lld rows a batch after %lld trials",
                       (long long)s.size, (long long)s.trials);
    t->exit_early |= c->alone;
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)base;
    (void)m;
    if (t->set.reload_every > 0)
        levin__error_set(LEVIN_EINVAL,
                         "BatchSizeFinder and reload_dataloaders_every_n_epochs %lld: the new "
                         "loaders would have the old batch size",
                         (long long)t->set.reload_every);
}

static const levin_callback_class finder_class = {
    .name = "BatchSizeFinder",
    .size = sizeof(finder),
    .check = check,
    .on_fit_start = on_fit_start,
};

static int check_options(const levin_batch_size_finder_opts *o)
{
    if (o->steps_per_trial < 1 || o->init_val < 1 || o->max_trials < 1 || o->max_val < 1)
        return levin__error_set(LEVIN_EINVAL,
                                "BatchSizeFinder: steps_per_trial %lld, init_val %lld, max_trials "
                                "%lld and max_val %lld must be 1 or more",
                                (long long)o->steps_per_trial, (long long)o->init_val,
                                (long long)o->max_trials, (long long)o->max_val);
    if (!(o->margin >= 0 && o->margin < 1))
        return levin__error_set(LEVIN_EINVAL, "BatchSizeFinder: margin %g is no share below 1",
                                o->margin);
    if (o->memory_budget < 0)
        return levin__error_set(LEVIN_EINVAL, "BatchSizeFinder: memory_budget %lld is below 0",
                                (long long)o->memory_budget);
    return LEVIN_OK;
}

levin_callback *levin_batch_size_finder(const levin_batch_size_finder_opts *opts)
{
    levin_batch_size_finder_opts o = opts ? *opts : (levin_batch_size_finder_opts){ 0 };
    o.steps_per_trial = levin__number_or(o.steps_per_trial, 3);
    o.init_val = levin__number_or(o.init_val, 2);
    o.max_trials = levin__number_or(o.max_trials, 25);
    o.max_val = levin__number_or(o.max_val, 8192);
    o.margin = levin__real_or(o.margin, 0.05);
    if (levin_error() || check_options(&o) < 0)
        return NULL;
    finder *c = (finder *)levin_callback_new(&finder_class);
    if (c)
        c->opts = o;
    return (levin_callback *)c;
}

bool levin__is_batch_size_finder(const levin_callback *c) { return c && c->type == &finder_class; }

int64_t levin_batch_size_finder_result(const levin_callback *c)
{
    return levin__is_batch_size_finder(c) ? ((const finder *)c)->found : 0;
}

int levin_trainer_scale_batch_size(levin_trainer *t, levin_module *m, const levin_run_opts *data,
                                   const levin_batch_size_finder_opts *opts, int64_t *out)
{
    levin_callback *base = levin_batch_size_finder(opts);
    *out = 0;
    if (base)
        ((finder *)base)->alone = true;
    bool added = t && base && levin__trainer_add_callback(t, base) == LEVIN_OK;
    levin_trainer_fit_with(t, m, data);
    if (!added) {
        levin_callback_free(t ? NULL : base); // one that could not be added is gone
        return levin_error();
    }
    levin__trainer_remove_callback(t, base);
    *out = levin_error() ? 0 : ((finder *)base)->found;
    levin_callback_free(base);
    return levin_error();
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT_WORDS(levin_batch_size_finder_opts, mode, "power",
                         "double, or then search between", "power binsearch"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, steps_per_trial, "3", "steps of each size"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, init_val, "2", "the first size"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, max_trials, "25", "sizes that it tries"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, max_val, "8192", "the largest size"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, margin, "0.05",
                   "share that binsearch stays below the limit it met"),
    LEVIN_ARGUMENT(levin_batch_size_finder_opts, memory_budget, "null",
                   "bytes that a step may take; null is nine tenths of what is free"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_batch_size_finder(options); }

const levin_class levin__class_batch_size_finder = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "BatchSizeFinder",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.BatchSizeFinder", NULL },
    .help = "looks for the batch size that memory allows",
    .size = sizeof(levin_batch_size_finder_opts),
    .arguments = arguments,
    .make.callback = make,
};
