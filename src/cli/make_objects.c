/* make_objects.c: from what is known of classes to what they make. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/config.h"
#include "cli/objects.h"

void *cli_object_options(const cli_object *o)
{
    void *options = levin__class_options(o->type);
    for (int i = 0; options && i < o->n; i++)
        levin__class_set(o->type, options, o->values[i].name, o->values[i].text);
    if (!levin_error())
        return options;
    levin__free(options);
    return NULL;
}

/* An error of the class itself is told where the class was named. */
static void blame(const cli_object *o, const char *option)
{
    levin_error_note note;
    levin__error_take(&note);
    if (!note.code)
        return;
    levin__error_set(note.code, "%s: %s", option, note.message);
    cli_blame(&o->place);
}

/* Those of a list, closed by NULL, for a trainer to take; the list itself is the caller's. */
static levin_callback **make_callbacks(const cli_args *a, levin_callback *const *extra)
{
    const cli_objects *all = &a->objects[LEVIN_CLASS_CALLBACK];
    int n = 0, more = 0;
    while (extra[more])
        more++;
    levin_callback **list = levin__calloc((size_t)(all->n + more) + 1, sizeof *list);
    for (int i = 0; list && i < all->n && !levin_error(); i++) {
        void *options = cli_object_options(&all->at[i]);
        list[n] = options ? all->at[i].type->make.callback(options) : NULL;
        n += list[n] != NULL;
        levin__free(options);
        blame(&all->at[i], "--trainer.callbacks");
    }
    for (int i = 0; i < more; i++)
        if (list)
            list[n++] = extra[i];
        else
            levin_callback_free(extra[i]);
    return list;
}

static levin_logger **make_loggers(const cli_args *a)
{
    const cli_objects *all = &a->objects[LEVIN_CLASS_LOGGER];
    int n = 0;
    levin_logger **list = levin__calloc((size_t)all->n + 1, sizeof *list);
    for (int i = 0; list && i < all->n && !levin_error(); i++) {
        void *options = cli_object_options(&all->at[i]);
        list[n] = options ? all->at[i].type->make.logger(options) : NULL;
        n += list[n] != NULL;
        levin__free(options);
        blame(&all->at[i], "--trainer.logger");
    }
    return list;
}

static levin_profiler *make_profiler(const cli_args *a)
{
    const cli_objects *all = &a->objects[LEVIN_CLASS_PROFILER];
    void *options = all->n ? cli_object_options(&all->at[0]) : NULL;
    levin_profiler *p = options ? all->at[0].type->make.profiler(options) : NULL;
    levin__free(options);
    if (all->n)
        blame(&all->at[0], "--trainer.profiler");
    return p;
}

levin_trainer *cli_make_trainer(const cli_args *a, levin_callback *const *extra)
{
    levin_trainer_flags flags = a->trainer;
    levin_callback **callbacks = make_callbacks(a, extra);
    levin_logger **loggers = a->objects[LEVIN_CLASS_LOGGER].n ? make_loggers(a) : NULL;
    flags.callbacks = callbacks;
    flags.profiler = make_profiler(a);
    if (loggers)
        flags.logger = loggers;
    levin_trainer *t = levin_trainer_new(&flags); // which takes them also where an error stands
    levin__free(callbacks);
    levin__free(loggers);
    return t;
}

levin_optimizer *cli_make_optimizer(void *args, levin_params *params)
{
    const cli_args *a = args;
    const cli_object *optimizer = &a->objects[LEVIN_CLASS_OPTIMIZER].at[0];
    const cli_object *schedule = &a->objects[LEVIN_CLASS_LR_SCHEDULER].at[0];
    void *options = cli_object_options(optimizer), *more = cli_object_options(schedule);
    levin_optimizer *o = NULL;
    if (options && more)
        o = optimizer->type->make.optimizer(params, options);
    else
        levin_params_free(params);
    blame(optimizer, "--optimizer");
    if (o && levin_optimizer_set_lr_scheduler(o, schedule->type->name, more) < 0)
        blame(schedule, "--lr_scheduler");
    levin__free(options);
    levin__free(more);
    return o;
}
