/* learning_rate_finder.c: Lightning's learning-rate range test (Smith, 2017): the rate grows from
 * step to step, and where the smoothed loss falls steepest is a good one to begin with.
 *
 * Three differences, told in docs/from-lightning.md: the number of steps does not end with an
 * epoch, the first losses are smoothed without a bias, and steepest means over the logarithm of the
 * rate.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "optim/optimizer.h"
#include "trainer/callbacks/finders.h"
#include "trainer/classes.h"
#include "trainer/number.h"
#include "trainer/trial.h"

#include <math.h>

enum { SKIP_FIRST = 10, SKIP_LAST = 1 }; // points that a suggestion does not look at
static const double smoothing = 0.98;

typedef struct {
    levin_callback base;
    levin_lr_finder_opts opts; // defaults filled in; save_plot is ours
    levin_lr_found *found;
    bool alone; // nothing is trained after it
} finder;

static double rate_at(const levin_lr_finder_opts *o, int64_t i)
{
    double way = o->num_training > 1 ? (double)i / (double)(o->num_training - 1) : 0;
    return o->mode == LEVIN_LR_LINEAR ? o->min_lr + (o->max_lr - o->min_lr) * way
                                      : o->min_lr * pow(o->max_lr / o->min_lr, way);
}

static levin_lr_found *new_found(int64_t n)
{
    levin_lr_found *f = levin__calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->suggestion = (double)NAN;
    f->lr = levin__calloc((size_t)n, sizeof *f->lr);
    f->loss = levin__calloc((size_t)n, sizeof *f->loss);
    if (f->lr && f->loss)
        return f;
    levin_lr_found_free(f);
    return NULL;
}

/* Slope of the loss over the logarithm of the rate at point i, from its neighbours. */
static double slope(const levin_lr_found *f, int64_t i)
{
    return (f->loss[i + 1] - f->loss[i - 1]) / log(f->lr[i + 1] / f->lr[i - 1]);
}

static void suggest(levin_lr_found *f)
{
    double steepest = 0;
    for (int64_t i = SKIP_FIRST; i < f->n - SKIP_LAST; i++) {
        double s = slope(f, i);
        if (s < steepest) {
            steepest = s;
            f->suggestion = f->lr[i];
        }
    }
}

/* Until the last step, or until the loss is hopeless. */
static void run_steps(const finder *c, levin_trial *x, levin_trainer *t, levin_lr_found *f)
{
    const levin_lr_finder_opts *o = &c->opts;
    double mean = 0, best = (double)INFINITY, loss;
    for (int64_t i = 0; i < o->num_training; i++) {
        for (int k = 0; k < levin_optimizer_num_groups(t->optimizer); k++)
            levin__optimizer_set_group_lr(t->optimizer, k, rate_at(o, i));
        if (levin__trial_step(x, t, &loss) < 0 || !isfinite(loss))
            return;
        mean = smoothing * mean + (1 - smoothing) * loss;
        f->lr[i] = rate_at(o, i);
        f->loss[i] = mean / (1 - pow(smoothing, (double)(i + 1)));
        f->n = i + 1;
        if (i > 0 && o->early_stop_threshold > 0 && f->loss[i] > o->early_stop_threshold * best)
            return;
        best = f->loss[i] < best ? f->loss[i] : best;
    }
}

static int save_curve(const finder *c, const levin_trainer *t)
{
    const char *dir = levin_trainer_log_dir(t);
    if (c->opts.save_plot)
        return levin_lr_found_save(c->found, c->opts.save_plot);
    if (!dir || levin__make_dirs(dir) < 0)
        return levin_error();
    static const char *const names[] = { "lr_find.svg", "lr_find.csv" };
    for (int i = 0; i < 2; i++) {
        char *path = levin__path_join(dir, names[i]);
        if (path)
            levin_lr_found_save(c->found, path);
        levin__free(path);
    }
    return levin_error();
}

/* By this fit and those that follow of the module. */
static void take(levin_trainer *t, double rate)
{
    static const char *const names[] = { "lr", "learning_rate", "optimizer.lr", NULL };
    char text[LEVIN_NUMBER_SIZE];
    t->found_lr = rate;
    levin__optimizer_set_initial_lr(t->optimizer, rate);
    levin__trial_save(t->module, names, levin__number_print(text, rate));
}

static void use(const finder *c, levin_trainer *t)
{
    double rate = c->found->suggestion, before = t->optimizer->groups[0].initial_lr;
    if (isnan(rate)) {
        levin__output_note(&t->out,
                           "LearningRateFinder: the loss never fell in %lld steps, the "
                           "rate stays %g",
                           (long long)c->found->n, before);
        return;
    }
    bool takes = levin__is_on(c->opts.update_attr, true);
    if (takes)
        take(t, rate);
    levin__output_note(&t->out, "LearningRateFinder: suggests %.3g after %lld steps%s", rate,
                       (long long)c->found->n, takes ? ", taken" : "");
}

static void on_fit_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    finder *c = (finder *)base;
    levin_trial x;
    (void)m;
    if (t->set.fast_dev_run || t->ckpt_path || !t->optimizer) {
        levin__output_note(&t->out, "LearningRateFinder: nothing to look for in a run %s",
                           t->set.fast_dev_run ? "with fast_dev_run"
                           : t->ckpt_path      ? "that goes on from a checkpoint"
                                               : "without an optimizer");
        t->exit_early |= c->alone;
        return;
    }
    levin_lr_found_free(c->found);
    c->found = new_found(c->opts.num_training);
    if (c->found && levin__trial_begin(&x, t) == LEVIN_OK)
        run_steps(c, &x, t, c->found);
    if (!c->found || levin__trial_end(&x, t) < 0)
        return;
    suggest(c->found);
    use(c, t);
    save_curve(c, t);
    t->exit_early |= c->alone;
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)base;
    (void)t;
    if (m && m->type->manual_optimization)
        levin__error_set(LEVIN_EINVAL, "LearningRateFinder and manual_optimization: it needs an "
                                       "optimizer that the trainer steps");
}

static void free_callback(levin_callback *base)
{
    finder *c = (finder *)base;
    levin_lr_found_free(c->found);
    levin__free((void *)c->opts.save_plot);
}

static const levin_callback_class finder_class = {
    .name = "LearningRateFinder",
    .size = sizeof(finder),
    .free = free_callback,
    .check = check,
    .on_fit_start = on_fit_start,
};

static int check_options(const levin_lr_finder_opts *o)
{
    if (!(o->min_lr > 0 && o->min_lr < o->max_lr && isfinite(o->max_lr)))
        return levin__error_set(LEVIN_EINVAL,
                                "LearningRateFinder: min_lr %g must be above 0 and below max_lr %g",
                                o->min_lr, o->max_lr);
    if (o->num_training < 1 || o->num_training > 1000000)
        return levin__error_set(LEVIN_EINVAL,
                                "LearningRateFinder: num_training %lld must lie between 1 and "
                                "1000000",
                                (long long)o->num_training);
    return levin__lr_found_check_path(o->save_plot);
}

levin_callback *levin_learning_rate_finder(const levin_lr_finder_opts *opts)
{
    levin_lr_finder_opts o = opts ? *opts : (levin_lr_finder_opts){ 0 };
    o.min_lr = levin__real_or(o.min_lr, 1e-8);
    o.max_lr = levin__real_or(o.max_lr, 1);
    o.num_training = levin__number_or(o.num_training, 100);
    o.early_stop_threshold = levin__real_or(o.early_stop_threshold, 4);
    if (levin_error() || check_options(&o) < 0)
        return NULL;
    finder *c = (finder *)levin_callback_new(&finder_class);
    if (!c)
        return NULL;
    c->opts = o;
    c->opts.save_plot = levin__strdup(o.save_plot);
    return &c->base;
}

bool levin__is_learning_rate_finder(const levin_callback *c)
{
    return c && c->type == &finder_class;
}

const levin_lr_found *levin_learning_rate_finder_result(const levin_callback *c)
{
    return levin__is_learning_rate_finder(c) ? ((const finder *)c)->found : NULL;
}

int levin_trainer_lr_find(levin_trainer *t, levin_module *m, const levin_run_opts *data,
                          const levin_lr_finder_opts *opts, levin_lr_found **out)
{
    levin_callback *base = levin_learning_rate_finder(opts);
    finder *c = (finder *)base;
    *out = NULL;
    if (c)
        c->alone = true;
    bool added = t && c && levin__trainer_add_callback(t, base) == LEVIN_OK;
    levin_trainer_fit_with(t, m, data);
    if (!added) {
        levin_callback_free(t ? NULL : base); // one that could not be added is gone
        return levin_error();
    }
    levin__trainer_remove_callback(t, base);
    if (!levin_error()) {
        *out = c->found;
        c->found = NULL;
    }
    levin_callback_free(base);
    return levin_error();
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_lr_finder_opts, min_lr, "1e-08", "rate of the first step"),
    LEVIN_ARGUMENT(levin_lr_finder_opts, max_lr, "1.0", "rate of the last step"),
    LEVIN_ARGUMENT(levin_lr_finder_opts, num_training, "100", "optimizer steps"),
    LEVIN_ARGUMENT_WORDS(levin_lr_finder_opts, mode, "exponential", "how the rates lie between",
                         "exponential linear"),
    LEVIN_ARGUMENT(levin_lr_finder_opts, early_stop_threshold, "4.0",
                   "ends when the loss is so many times the best; below 0 never"),
    LEVIN_ARGUMENT(levin_lr_finder_opts, update_attr, "true", "train with what it suggests"),
    LEVIN_ARGUMENT(levin_lr_finder_opts, save_plot, "null",
                   "file for the curve, .svg or .csv; null is lr_find.* in the logger's folder"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_learning_rate_finder(options); }

const levin_class levin__class_learning_rate_finder = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "LearningRateFinder",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.LearningRateFinder", NULL },
    .help = "looks for a learning rate before training",
    .size = sizeof(levin_lr_finder_opts),
    .arguments = arguments,
    .make.callback = make,
};
