/* save_config.c: see save_config.h. */
#include "cli/save_config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/print_config.h"

#include <string.h>

typedef struct {
    levin_callback base;
    char *text, *root_dir;
    bool overwrite, written;
} save_config;

/* Before each fit, validation and test of the trainer; the first of them is fit. */
static void setup(levin_callback *base, levin_trainer *t, levin_module *m)
{
    save_config *c = (save_config *)base;
    const char *log_dir = levin_trainer_log_dir(t), *dir = log_dir ? log_dir : c->root_dir;
    (void)m;
    if (c->written)
        return;
    c->written = true;
    char *path = levin__path_join(dir, "config.yaml");
    if (path && !c->overwrite && levin__is_file(path))
        levin__error_set(LEVIN_EINVAL,
                         "%s is there, from another run; give another --trainer.default_root_dir, "
                         "or --save_config_kwargs.overwrite",
                         path);
    if (!levin_error() && levin__make_dirs(dir) == LEVIN_OK)
        levin__file_write(path, c->text, strlen(c->text));
    levin__free(path);
}

static void free_callback(levin_callback *base)
{
    save_config *c = (save_config *)base;
    levin__free(c->text);
    levin__free(c->root_dir);
}

static const levin_callback_class save_config_class = {
    .name = "SaveConfigCallback",
    .size = sizeof(save_config),
    .free = free_callback,
    .setup = setup,
};

levin_callback *cli_save_config(const levin_command *c, const cli_args *a)
{
    save_config *s = (save_config *)levin_callback_new(&save_config_class);
    if (!s)
        return NULL;
    s->text = cli_config_text(c, a, "");
    s->root_dir = levin__strdup(a->trainer.default_root_dir ? a->trainer.default_root_dir : ".");
    s->overwrite = a->overwrite_config;
    if (!levin_error())
        return &s->base;
    levin_callback_free(&s->base);
    return NULL;
}
