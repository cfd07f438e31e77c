/* print_config.c: see print_config.h. */
#include "cli/print_config.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/objects.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 1 << 20 };

typedef struct {
    const levin_command *command;
    const cli_args *args;
    cli_args *defaults;
    bool skip_default, skip_null;
} printer;

static bool read_what(printer *p, const char *what)
{
    while (*what) {
        size_t n = strcspn(what, ",");
        bool is_default = n == 12 && strncmp(what, "skip_default", n) == 0;
        bool is_null = (n == 9 && strncmp(what, "skip_null", n) == 0) ||
                       (n == 10 && strncmp(what, "skip_unset", n) == 0);
        p->skip_default |= is_default;
        p->skip_null |= is_null;
        if (!is_default && !is_null)
            levin__error_set(LEVIN_EINVAL,
                             "--print_config: '%.*s' is not skip_default, skip_null or skip_unset",
                             (int)n, what);
        what += n + (what[n] == ',');
    }
    return !levin_error();
}

/* A value that was written as YAML, as a node; of a text, the text itself, which may look like
 * something else. NULL after an error. */
static levin_yaml *node_of(const levin_buffer *printed, const char *text)
{
    if (text)
        return levin__yaml_text(text);
    return levin_error() ? NULL : levin__yaml_parse(printed->data, printed->size, "a value");
}

/* The text of a flag or an argument; NULL if it is of another type, or not set. */
static const char *text_of(const void *fields, const levin_flag *flag)
{
    const void *field = (const char *)fields + flag->offset;
    return flag->type == LEVIN_FLAG_TEXT ? *(const char *const *)field : NULL;
}

/* Null that is no default means something, and is never left out. */
static bool is_skipped(const printer *p, const char *text, const char *missing)
{
    bool is_default = strcmp(text, missing) == 0;
    return is_default && (p->skip_default || (p->skip_null && strcmp(text, "null") == 0));
}

static void add_argument(const printer *p, levin_yaml *map, const levin_class *c,
                         const void *options, const void *defaults, const levin_flag *argument)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST), missing = LEVIN_BUFFER(LONGEST);
    levin__class_print(&text, c, options, argument);
    levin__class_print(&missing, c, defaults, argument);
    if (!levin_error() && !is_skipped(p, text.data, missing.data))
        levin__yaml_add(map, argument->name, node_of(&text, text_of(options, argument)));
    levin__buffer_free(&text);
    levin__buffer_free(&missing);
}

static levin_yaml *object_node(const printer *p, const cli_object *o)
{
    levin_yaml *y = levin__yaml_new(LEVIN_YAML_MAP), *args = levin__yaml_new(LEVIN_YAML_MAP);
    void *options = cli_object_options(o), *defaults = levin__class_options(o->type);
    levin__yaml_add(y, "class_path", levin__yaml_text(o->type->paths[0]));
    for (const levin_flag *f = o->type->arguments; f && f->name && options && defaults; f++)
        add_argument(p, args, o->type, options, defaults, f);
    if (args && args->n)
        levin__yaml_add(y, "init_args", args);
    else
        levin__yaml_free(args);
    levin__free(options);
    levin__free(defaults);
    return y;
}

static bool is_list(const cli_row *row)
{
    return row->flag &&
           (row->flag->type == LEVIN_FLAG_CALLBACKS || row->flag->type == LEVIN_FLAG_LOGGERS);
}

static levin_yaml *objects_node(const printer *p, const cli_row *row)
{
    const cli_objects *all = &p->args->objects[row->class_kind];
    if (!is_list(row))
        return object_node(p, &all->at[0]);
    levin_yaml *list = levin__yaml_new(LEVIN_YAML_LIST);
    for (int i = 0; i < all->n; i++)
        levin__yaml_add(list, NULL, object_node(p, &all->at[i]));
    return list;
}

/* The default class, without an argument that says something else. */
static bool is_default_object(const printer *p, const cli_row *row, const levin_yaml *node)
{
    return p->skip_default && !is_list(row) &&
           p->args->objects[row->class_kind].at[0].type ==
               p->defaults->objects[row->class_kind].at[0].type &&
           node && !levin__yaml_get(node, "init_args");
}

static levin_yaml *row_node(const printer *p, const cli_row *row, int number)
{
    levin_buffer text = LEVIN_BUFFER(LONGEST), missing = LEVIN_BUFFER(LONGEST);
    levin_yaml *y = NULL;
    if (row->class_kind >= 0 && p->args->objects[row->class_kind].n) {
        y = objects_node(p, row);
        if (is_default_object(p, row, y)) {
            levin__yaml_free(y);
            y = NULL;
        }
        return y;
    }
    cli_row_print(&text, p->args, row, number);
    cli_row_print(&missing, p->defaults, row, number);
    if (!levin_error() && !is_skipped(p, text.data, missing.data))
        y = node_of(&text, row->flag                       ? text_of(&p->args->trainer, row->flag)
                           : row->option->type == CLI_TEXT ? p->args->texts[number]
                                                           : NULL);
    levin__buffer_free(&text);
    levin__buffer_free(&missing);
    return y;
}

/* The map of that key in parent, which gets one if it has none. */
static levin_yaml *map_of(levin_yaml *parent, const char *key)
{
    levin_yaml *found = (levin_yaml *)levin__yaml_get(parent, key);
    if (found)
        return found;
    return levin__yaml_add(parent, key, levin__yaml_new(LEVIN_YAML_MAP))
               ? parent->items[parent->n - 1]
               : NULL;
}

/* Under "trainer.max_epochs" in the tree. */
static void add_row(const printer *p, levin_yaml *root, const cli_row *row, int number)
{
    char group[sizeof row->name];
    const char *name = row->name + 2, *point = strchr(name, '.');
    levin_yaml *y = row_node(p, row, number);
    snprintf(group, sizeof group, "%.*s", (int)(point ? point - name : 0), name);
    if (y)
        levin__yaml_add(point ? map_of(root, group) : root, point ? point + 1 : name, y);
}

/* Where Lightning has what it has; the rest comes behind. */
static const char *const order[] = {
    "seed_everything", "trainer",      "model",     "data",
    "optimizer",       "lr_scheduler", "ckpt_path", "weights_only"
};
enum { ORDERED = sizeof order / sizeof *order };

static int place_of(const char *name)
{
    size_t n = strcspn(name, ".");
    for (int i = 0; i < ORDERED; i++)
        if (strlen(order[i]) == n && strncmp(order[i], name, n) == 0)
            return i;
    return ORDERED;
}

static levin_yaml *tree(const printer *p)
{
    levin_yaml *root = levin__yaml_new(LEVIN_YAML_MAP);
    cli_row row;
    for (int at = 0; at <= ORDERED && root; at++)
        for (int i = 0; cli_row_at(p->command, i, &row); i++)
            if (place_of(row.name + 2) == at && !(row.option && row.option->unsaved))
                add_row(p, root, &row, i);
    return root;
}

char *cli_config_text(const levin_command *c, const cli_args *a, const char *what)
{
    cli_args *defaults = levin__calloc(1, sizeof *defaults);
    printer p = { .command = c, .args = a, .defaults = defaults };
    levin_buffer text = LEVIN_BUFFER(LONGEST);
    if (defaults && read_what(&p, what) && cli_set_defaults(c, defaults)) {
        levin_yaml *root = tree(&p);
        levin__buffer_addf(&text, "# levin==%s\n", levin_version());
        levin__yaml_print(&text, root);
        levin__yaml_free(root);
    }
    if (defaults)
        cli_args_free(defaults);
    levin__free(defaults);
    if (!levin_error())
        return levin__buffer_take(&text);
    levin__buffer_free(&text);
    return NULL;
}
