/* objects.c: see objects.h. Arguments are checked by their class when they are given; one that the
 * default class does not know waits for the class that does. */
#include "cli/objects.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/config.h"

#include <string.h>

static bool takes_several(const cli_row *row)
{
    return row->class_kind == LEVIN_CLASS_CALLBACK || row->class_kind == LEVIN_CLASS_LOGGER;
}

/* A flag of the trainer need not name any; an option without a class has its default one. */
static bool may_be_none(const cli_row *row) { return row->flag != NULL; }

static levin_class_kind kind_of(const cli_row *row) { return (levin_class_kind)row->class_kind; }

void cli_objects_reset(cli_args *a, const cli_row *row)
{
    cli_objects *all = &a->objects[row->class_kind];
    *all = (cli_objects){ 0 };
    if (!may_be_none(row)) {
        all->n = 1;
        all->at[0].type = levin__class_find(kind_of(row), row->missing);
    }
}

/* The class's message behind the option's name: "--optimizer.lr: ..." or "--optimizer: ...". */
static bool fail(const cli_row *row, const char *joint, const levin_place *place)
{
    levin_error_note note;
    levin__error_take(&note);
    levin__error_set(note.code, "%s%s%s", row->name, joint, note.message);
    return cli_blame(place);
}

static bool check_value(const cli_row *row, const levin_class *c, const cli_value *v)
{
    void *options = levin__class_options(c);
    bool good = options && levin__class_set(c, options, v->name, v->text) == LEVIN_OK;
    levin__free(options);
    return good || fail(row, ".", &v->place);
}

/* Another class keeps the arguments that it knows, and those that nobody knew yet. */
static bool set_class(cli_object *o, const cli_row *row, const levin_yaml *word)
{
    const levin_class *c =
        levin__class_find(kind_of(row), word->text ? levin__yaml_word(word) : "");
    if (!c)
        return fail(row, ": ", &word->place);
    int kept = 0;
    for (int i = 0; i < o->n; i++) {
        bool known = levin__class_accepts(c, o->values[i].name);
        if (known && !check_value(row, c, &o->values[i]))
            return false;
        if (known || !levin__class_accepts(o->type, o->values[i].name))
            o->values[kept++] = o->values[i];
    }
    o->n = kept;
    o->type = c;
    o->chosen = true;
    o->place = word->place;
    return true;
}

static cli_value *find_value(cli_object *o, const char *name)
{
    for (int i = 0; i < o->n; i++)
        if (strcmp(o->values[i].name, name) == 0)
            return &o->values[i];
    return NULL;
}

/* Where the argument of that name is, or is to be, kept. */
static cli_value *place_for(cli_object *o, const cli_row *row, const cli_value *v)
{
    cli_value *old = find_value(o, v->name);
    if (old && !v->place.where && !old->place.where && old->segment == v->segment)
        levin__error_set(LEVIN_EINVAL, "%s.%s is given twice", row->name, v->name);
    else if (!old && o->n == CLI_MAX_VALUES)
        levin__error_set(LEVIN_EINVAL, "%s.%s: more than %d arguments", row->name, v->name,
                         CLI_MAX_VALUES);
    if (!levin_error())
        return old ? old : &o->values[o->n++];
    cli_blame(&v->place);
    return NULL;
}

static bool set_argument(cli_args *a, cli_object *o, const cli_row *row, const char *name,
                         const levin_yaml *value)
{
    const levin_flag *argument = levin__class_argument(o->type, name);
    bool as_written = argument && argument->type == LEVIN_FLAG_TEXT && value->text &&
                      value->kind != LEVIN_YAML_NULL;
    cli_value v = {
        .name = argument ? argument->name : cli_keep(a, name),
        .text = as_written ? value->text : cli_text_of(a, value),
        .place = value->place,
        .segment = a->segment,
    };
    if (!v.name || !v.text)
        return false;
    if (!levin__class_accepts(o->type, name) && o->chosen) {
        levin__class_unknown_argument(o->type, name);
        return fail(row, ": ", value->key ? &value->key_place : &value->place);
    }
    if (levin__class_accepts(o->type, name) && !check_value(row, o->type, &v))
        return false;
    cli_value *slot = place_for(o, row, &v);
    if (slot)
        *slot = v;
    return slot != NULL;
}

static bool set_arguments(cli_args *a, cli_object *o, const cli_row *row, const levin_yaml *map)
{
    for (int i = 0; i < map->n; i++)
        if (strcmp(map->items[i]->key, "class_path") != 0 &&
            strcmp(map->items[i]->key, "init_args") != 0 &&
            !set_argument(a, o, row, map->items[i]->key, map->items[i]))
            return false;
    return true;
}

static bool set_map(cli_args *a, cli_object *o, const cli_row *row, const levin_yaml *map)
{
    const levin_yaml *path = levin__yaml_get(map, "class_path");
    const levin_yaml *args = levin__yaml_get(map, "init_args");
    if (path && !set_class(o, row, path))
        return false;
    if (args && args->kind != LEVIN_YAML_MAP && args->kind != LEVIN_YAML_NULL) {
        levin__error_set(LEVIN_EINVAL, "%s.init_args: %s is not a mapping of arguments", row->name,
                         levin__yaml_kind_name(args->kind));
        return cli_blame(&args->place);
    }
    return (!args || set_arguments(a, o, row, args)) && set_arguments(a, o, row, map);
}

/* The class that a scalar or a mapping describes goes to the end of the list. */
static bool append_object(cli_args *a, const cli_row *row, const levin_yaml *value)
{
    cli_objects *all = &a->objects[row->class_kind];
    bool is_map = value->kind == LEVIN_YAML_MAP;
    if (all->n == CLI_MAX_OBJECTS)
        levin__error_set(LEVIN_EINVAL, "%s: more than %d of them", row->name, CLI_MAX_OBJECTS);
    else if ((is_map && !levin__yaml_get(value, "class_path")) || value->kind == LEVIN_YAML_LIST)
        levin__error_set(LEVIN_EINVAL, "%s: %s without class_path", row->name,
                         levin__yaml_kind_name(value->kind));
    if (levin_error())
        return cli_blame(&value->place);
    cli_object *o = &all->at[all->n];
    *o = (cli_object){ 0 };
    all->n++;
    return is_map ? set_map(a, o, row, value) : set_class(o, row, value);
}

static bool set_list(cli_args *a, const cli_row *row, const levin_yaml *value, bool append)
{
    bool is_list = value->kind == LEVIN_YAML_LIST;
    if (!append)
        cli_objects_reset(a, row);
    for (int i = 0; is_list && i < value->n; i++)
        if (!append_object(a, row, value->items[i]))
            return false;
    return is_list || append_object(a, row, value);
}

bool cli_objects_set(cli_args *a, const cli_row *row, const levin_yaml *value, bool append)
{
    bool is_map = value->kind == LEVIN_YAML_MAP;
    cli_objects *all = &a->objects[row->class_kind];
    bool changes_last = is_map && all->n && !append && !levin__yaml_get(value, "class_path");
    if (takes_several(row) && !changes_last)
        return set_list(a, row, value, append);
    if (changes_last)
        return set_map(a, &all->at[all->n - 1], row, value);
    if (append || value->kind == LEVIN_YAML_LIST) {
        levin__error_set(LEVIN_EINVAL, "%s: %s is not one class", row->name,
                         append ? "what is appended" : levin__yaml_kind_name(value->kind));
        return cli_blame(&value->place);
    }
    if (value->text && strcmp(levin__yaml_word(value), "null") == 0) {
        cli_objects_reset(a, row);
        return true;
    }
    if (all->n == 0)
        return append_object(a, row, value);
    return is_map ? set_map(a, &all->at[0], row, value) : set_class(&all->at[0], row, value);
}

bool cli_objects_set_argument(cli_args *a, const cli_row *row, const char *name,
                              const levin_yaml *value)
{
    static const char between[] = "init_args.";
    cli_objects *all = &a->objects[row->class_kind];
    if (all->n == 0) {
        levin__error_set(LEVIN_EINVAL, "%s.%s: no class was named before; %s%s=CLASS %s one",
                         row->name, name, row->name, takes_several(row) ? "+" : "",
                         takes_several(row) ? "adds" : "names");
        return cli_blame(&value->place);
    }
    cli_object *o = &all->at[all->n - 1];
    if (strcmp(name, "class_path") == 0)
        return set_class(o, row, value);
    if (strncmp(name, between, sizeof between - 1) == 0)
        name += sizeof between - 1;
    if (strcmp(name, "init_args") == 0 && value->kind == LEVIN_YAML_MAP)
        return set_arguments(a, o, row, value);
    return set_argument(a, o, row, name, value);
}

/* Calls good for each object of each row of classes, until it says no. */
static bool each_object(const cli_args *a, const levin_command *c,
                        bool (*good)(const cli_row *row, const cli_object *o))
{
    cli_row row;
    for (int i = 0; cli_row_at(c, i, &row); i++)
        for (int k = 0; row.class_kind >= 0 && k < a->objects[row.class_kind].n; k++)
            if (!good(&row, &a->objects[row.class_kind].at[k]))
                return false;
    return true;
}

static bool knows_values(const cli_row *row, const cli_object *o)
{
    for (int i = 0; i < o->n; i++)
        if (!levin__class_accepts(o->type, o->values[i].name)) {
            levin__class_unknown_argument(o->type, o->values[i].name);
            return fail(row, ": ", &o->values[i].place);
        }
    return true;
}

static bool has_required(const cli_row *row, const cli_object *o)
{
    for (const char *const *name = o->type->required; name && *name; name++)
        if (!find_value((cli_object *)o, *name)) {
            levin__error_set(LEVIN_EINVAL, "%s.%s is missing, %s needs it", row->name, *name,
                             o->type->name);
            return cli_blame(&o->place);
        }
    return true;
}

bool cli_objects_check(const cli_args *a, const levin_command *c)
{
    return each_object(a, c, knows_values);
}

bool cli_objects_complete(const cli_args *a, const levin_command *c)
{
    return each_object(a, c, has_required);
}

bool cli_objects_print(levin_buffer *out, const cli_objects *all, const cli_row *row)
{
    bool several = takes_several(row);
    for (int i = 0; i < all->n; i++)
        levin__buffer_addf(out, "%s%s", several ? i ? ", " : "[" : "", all->at[i].type->name);
    return levin__buffer_add_text(out, several ? "]" : "");
}
