/* learning_rate_monitor.c: Lightning's LearningRateMonitor: what the optimizers go by, as rows of
 * its own. Names are made when training starts, and again only if there are other groups by then.
 */
#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "trainer/classes.h"
#include "trainer/own_rows.h"

#include <string.h>

enum { QUANTITIES = 3 }; // of a group: its rate, its momentum, its decay
static const char *const endings[QUANTITIES] = { "", "-momentum", "-weight_decay" };

typedef struct {
    levin_callback base;
    levin_logging_interval interval;
    bool logs[QUANTITIES];
    char **names; // QUANTITIES for each group of each optimizer
    int n_groups;
    levin_logged *row; // one that is as long
} lr_monitor;

static int count_groups(const levin_trainer *t)
{
    const levin_optimizer *o;
    int n = 0;
    for (int i = 0; (o = levin_trainer_optimizer(t, i)); i++)
        n += levin_optimizer_num_groups(o);
    return n;
}

static void forget_names(lr_monitor *c)
{
    for (int i = 0; i < c->n_groups * QUANTITIES; i++)
        levin__free(c->names[i]);
    levin__free((void *)c->names);
    levin__free(c->row);
    c->names = NULL;
    c->row = NULL;
    c->n_groups = 0;
}

/* "lr-Adam", the second Adam "lr-Adam-1"; or the name that its schedule was given. The caller's. */
static char *name_optimizer(const levin_trainer *t, int number)
{
    const levin_optimizer *o = levin_trainer_optimizer(t, number);
    const char *name = levin_optimizer_name(o);
    int before = 0;
    if (o->schedule.opts.name)
        return levin__strdup(o->schedule.opts.name);
    for (int i = 0; i < number; i++)
        before += strcmp(levin_optimizer_name(levin_trainer_optimizer(t, i)), name) == 0;
    return before ? levin__format("lr-%s-%d", name, before) : levin__format("lr-%s", name);
}

static void name_groups(lr_monitor *c, const char *optimizer, int first, int groups)
{
    for (int g = 0; optimizer && g < groups; g++) {
        for (int q = 0; q < QUANTITIES; q++)
            c->names[(first + g) * QUANTITIES + q] =
                groups > 1 ? levin__format("%s/pg%d%s", optimizer, g + 1, endings[q])
                           : levin__format("%s%s", optimizer, endings[q]);
    }
}

static int make_names(lr_monitor *c, const levin_trainer *t)
{
    const levin_optimizer *o;
    int groups = count_groups(t), first = 0;
    if (groups == c->n_groups)
        return LEVIN_OK;
    forget_names(c);
    c->names = levin__calloc((size_t)groups * QUANTITIES, sizeof *c->names);
    c->row = levin__calloc((size_t)groups * QUANTITIES, sizeof *c->row);
    if (!c->names || !c->row)
        return levin_error();
    c->n_groups = groups;
    for (int i = 0; (o = levin_trainer_optimizer(t, i)); i++) {
        char *name = name_optimizer(t, i);
        name_groups(c, name, first, levin_optimizer_num_groups(o));
        first += levin_optimizer_num_groups(o);
        levin__free(name);
    }
    return levin_error();
}

static double quantity(levin_optimizer *o, int group, int q)
{
    const double *momentum = levin__optimizer_momentum(o);
    return q == 0   ? o->groups[group].lr
           : q == 1 ? momentum ? *momentum : 0
                    : o->groups[group].weight_decay;
}

static bool takes_part(const lr_monitor *c, const levin_optimizer *o, levin_logging_interval now)
{
    if (c->interval != LEVIN_INTERVAL_OF_SCHEDULE)
        return c->interval == now;
    return !levin__lr_scheduler_name(o) ||
           levin__lr_scheduler_per_epoch(o) == (now == LEVIN_INTERVAL_EPOCH);
}

static void log_row(lr_monitor *c, levin_trainer *t, levin_logging_interval now)
{
    levin_optimizer *o;
    int n = 0, first = 0;
    if (make_names(c, t) < 0)
        return;
    for (int i = 0; (o = levin_trainer_optimizer(t, i)); first += o->n_groups, i++) {
        for (int k = 0; takes_part(c, o, now) && k < o->n_groups * QUANTITIES; k++)
            if (c->logs[k % QUANTITIES])
                c->row[n++] =
                    (levin_logged){ .name = c->names[first * QUANTITIES + k],
                                    .value = quantity(o, k / QUANTITIES, k % QUANTITIES) };
    }
    for (int i = 0; i < n; i++)
        levin__own_metric(t, c->row[i].name, c->row[i].value);
    levin__log_write_row(t, c->row, n, t->position.stepped_batches);
}

static void check(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)base;
    (void)m;
    if (t->running == LEVIN_RUNNING_FIT)
        levin__own_rows_need_logger(t, "LearningRateMonitor");
}

static void on_train_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    lr_monitor *c = (lr_monitor *)base;
    levin_optimizer *o;
    (void)m;
    forget_names(c);
    for (int i = 0; c->logs[1] && (o = levin_trainer_optimizer(t, i)); i++)
        if (!levin__optimizer_momentum(o))
            levin__output_note(&t->out, "log_momentum: %s has none, 0 is logged for it",
                               levin_optimizer_name(o));
}

static void on_train_epoch_start(levin_callback *base, levin_trainer *t, levin_module *m)
{
    (void)m;
    log_row((lr_monitor *)base, t, LEVIN_INTERVAL_EPOCH);
}

static void on_train_batch_start(levin_callback *base, levin_trainer *t, levin_module *m,
                                 const levin_batch *b)
{
    (void)m;
    if (levin__own_row_is_due(t, b))
        log_row((lr_monitor *)base, t, LEVIN_INTERVAL_STEP);
}

static void free_names(levin_callback *base) { forget_names((lr_monitor *)base); }

static const levin_callback_class lr_monitor_class = {
    .name = "LearningRateMonitor",
    .size = sizeof(lr_monitor),
    .free = free_names,
    .check = check,
    .on_train_start = on_train_start,
    .on_train_epoch_start = on_train_epoch_start,
    .on_train_batch_start = on_train_batch_start,
};

levin_callback *levin_learning_rate_monitor(const levin_learning_rate_monitor_opts *opts)
{
    static const levin_learning_rate_monitor_opts plain;
    const levin_learning_rate_monitor_opts *o = opts ? opts : &plain;
    if (o->logging_interval < LEVIN_INTERVAL_OF_SCHEDULE ||
        o->logging_interval > LEVIN_INTERVAL_EPOCH)
        levin__error_set(LEVIN_EINVAL,
                         "LearningRateMonitor: logging_interval %d is neither step "
                         "nor epoch",
                         (int)o->logging_interval);
    lr_monitor *c = levin_error() ? NULL : (lr_monitor *)levin_callback_new(&lr_monitor_class);
    if (!c)
        return NULL;
    c->interval = o->logging_interval;
    c->logs[0] = true;
    c->logs[1] = o->log_momentum.value > 0;
    c->logs[2] = o->log_weight_decay.value > 0;
    return &c->base;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_learning_rate_monitor_opts, field, missing, help)

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT_WORDS(levin_learning_rate_monitor_opts, logging_interval, "null",
                         "step or epoch; null: that of the schedule", "null step epoch"),
    ARGUMENT(log_momentum, "false", "also momentum, or Adam's first beta"),
    ARGUMENT(log_weight_decay, "false", "also the decay of weights"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_learning_rate_monitor(options); }

const levin_class levin__class_learning_rate_monitor = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "LearningRateMonitor",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.LearningRateMonitor", NULL },
    .help = "logs the learning rate of every group",
    .arguments = arguments,
    .size = sizeof(levin_learning_rate_monitor_opts),
    .make.callback = make,
};
