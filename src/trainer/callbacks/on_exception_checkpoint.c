/* on_exception_checkpoint.c: Lightning's OnExceptionCheckpoint: a file when a run fails, from which
 * the next fit goes on; gone when a run succeeds. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/checkpoint.h"
#include "trainer/classes.h"

typedef struct {
    levin_callback base;
    char *dirpath, *path;
} on_exception_checkpoint;

static void on_exception(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const on_exception_checkpoint *c = (on_exception_checkpoint *)base;
    (void)m;
    if (!t->begun || !t->optimizer)
        return;
    if (levin__checkpoint_write_in_folder(t, c->path, false) == LEVIN_OK)
        levin__output_note(&t->out, "the run failed; saved as %s", c->path);
}

/* A folder that cannot be made is better known before there is something to save. */
static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const on_exception_checkpoint *c = (on_exception_checkpoint *)base;
    (void)m;
    if (t->running == LEVIN_RUNNING_FIT && !t->set.io && !t->set.fast_dev_run)
        levin__make_dirs(c->dirpath);
}

static void teardown(levin_callback *base, levin_trainer *t, levin_module *m)
{
    const on_exception_checkpoint *c = (on_exception_checkpoint *)base;
    (void)m;
    if (t->running == LEVIN_RUNNING_FIT && !t->exit_early) // lr_find trains nothing
        levin__checkpoint_remove(t, c->path);
}

static void free_callback(levin_callback *base)
{
    on_exception_checkpoint *c = (on_exception_checkpoint *)base;
    levin__free(c->dirpath);
    levin__free(c->path);
}

static const levin_callback_class on_exception_class = {
    .name = "OnExceptionCheckpoint",
    .size = sizeof(on_exception_checkpoint),
    .free = free_callback,
    .monitors = true,
    .setup = setup,
    .on_exception = on_exception,
    .teardown = teardown,
};

levin_callback *levin_on_exception_checkpoint(const levin_on_exception_opts *o)
{
    if (levin_error())
        return NULL;
    if (!o || !o->dirpath || !*o->dirpath || (o->filename && !*o->filename)) {
        levin__error_set(LEVIN_EINVAL, "OnExceptionCheckpoint: it needs a dirpath, and filename "
                                       "must not be empty");
        return NULL;
    }
    on_exception_checkpoint *c = (on_exception_checkpoint *)levin_callback_new(&on_exception_class);
    if (!c)
        return NULL;
    c->dirpath = levin__strdup(o->dirpath);
    c->path = levin__format("%s/%s.ckpt", o->dirpath, o->filename ? o->filename : "on_exception");
    if (!levin_error())
        return &c->base;
    levin_callback_free(&c->base);
    return NULL;
}

const char *levin__on_exception_path(const levin_callback *c)
{
    return c && c->type == &on_exception_class ? ((const on_exception_checkpoint *)c)->path : NULL;
}

static const levin_flag arguments[] = {
    LEVIN_ARGUMENT(levin_on_exception_opts, dirpath, "null", "folder of the file; needed"),
    LEVIN_ARGUMENT(levin_on_exception_opts, filename, "on_exception", "its name, without .ckpt"),
    { 0 },
};

static levin_callback *make(const void *options) { return levin_on_exception_checkpoint(options); }

const levin_class levin__class_on_exception_checkpoint = {
    .kind = LEVIN_CLASS_CALLBACK,
    .name = "OnExceptionCheckpoint",
    .paths = (const char *const[]){ "lightning.pytorch.callbacks.OnExceptionCheckpoint", NULL },
    .help = "saves when a run fails, for the next one to go on",
    .size = sizeof(levin_on_exception_opts),
    .arguments = arguments,
    .required = (const char *const[]){ "dirpath", NULL },
    .make.callback = make,
};
