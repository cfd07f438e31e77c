/* config.c: see config.h. A value is checked where it is read, also when a later layer takes its
 * place. */
#include "cli/config.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/objects.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 256 };

bool cli_has_config(const levin_command *c)
{
    for (const cli_group *const *g = c->groups; g && *g; g++)
        if (*g == &cli_config_group)
            return true;
    return false;
}

bool cli_blame(const levin_place *place)
{
    levin_error_note note;
    if (!place->where)
        return false;
    levin__error_take(&note);
    char *dashes = strstr(note.message, "--");
    bool leads = dashes && (dashes == note.message || strncmp(note.message, "unknown ", 8) == 0);
    if (leads)
        memmove(dashes, dashes + 2, strlen(dashes + 2) + 1);
    if (place->line)
        levin__error_set(note.code, "%s:%d:%d: %s", place->where, place->line, place->column,
                         note.message);
    else
        levin__error_set(note.code, "%s: %s", place->where, note.message);
    return false;
}

/* The groups that are classes themselves, so that class_path and init_args may be written. */
static const struct {
    const char *group, *names[3];
} group_classes[] = {
    { "model", { "BertForSequenceClassification", "transformers.BertForSequenceClassification" } },
    { "data",
      { "TextClassificationDataModule",
        "lightning_transformers.task.nlp.text_classification.TextClassificationDataModule" } },
};

static bool check_group_class(const char *group, const char *const *names, const levin_yaml *value)
{
    const char *word = levin__yaml_word(value);
    if (word && levin__find_word(word, names) >= 0)
        return true;
    levin__error_set(LEVIN_EINVAL, "--%s.class_path: '%s' is not %s, the one class of it", group,
                     word ? word : levin__yaml_kind_name(value->kind), names[0]);
    return cli_blame(&value->place);
}

/* Takes "init_args." out of a name of such a group. */
static void without_init_args(char name[MAX_NAME], size_t group)
{
    static const char between[] = ".init_args";
    size_t n = sizeof between - 1;
    if (strncmp(name + group, between, n) == 0 && (!name[group + n] || name[group + n] == '.'))
        memmove(name + group, name + group + n, strlen(name + group + n) + 1);
}

/* Whether another command with configurations takes an option of that name. */
static bool is_for_another(const cli_target *t, const char *name)
{
    cli_row row;
    for (const levin_command *const *c = cli_commands; *c; c++)
        if (*c != t->command && cli_has_config(*c) &&
            (cli_row_find(*c, name, &row) >= 0
                 ? !(row.option && row.option->unsaved)
                 : cli_row_is_group(*c, name) || cli_row_of_argument(*c, name, &row)))
            return true;
    return false;
}

static bool unknown(const cli_target *t, const char *name, const levin_yaml *value)
{
    const levin_place *at = value->key ? &value->key_place : &value->place;
    if (t->is_file && is_for_another(t, name))
        return true;
    cli_row_unknown(t->command, name + (at->where ? 2 : 0));
    return cli_blame(at);
}

/* "[0.9, 0.999]", "{0: 1, 4: 2}": what a row or an argument reads that is more than a scalar. */
static void add_flow(levin_buffer *out, const levin_yaml *y)
{
    if (y->text) {
        levin__buffer_add_text(out, y->text);
        return;
    }
    bool is_map = y->kind == LEVIN_YAML_MAP;
    levin__buffer_add_char(out, is_map ? '{' : '[');
    for (int i = 0; i < y->n; i++) {
        levin__buffer_addf(out, "%s%s%s", i ? ", " : "", is_map ? y->items[i]->key : "",
                           is_map ? ": " : "");
        add_flow(out, y->items[i]);
    }
    levin__buffer_add_char(out, is_map ? '}' : ']');
}

const char *cli_keep(cli_args *a, const char *text)
{
    levin_yaml *copy = text ? levin__yaml_text(text) : NULL;
    return levin__yaml_add(a->documents, NULL, copy) ? copy->text : NULL;
}

const char *cli_text_of(cli_args *a, const levin_yaml *value)
{
    if (value->text)
        return levin__yaml_word(value);
    levin_buffer flow = LEVIN_BUFFER(LEVIN_YAML_BYTES);
    add_flow(&flow, value);
    const char *text = cli_keep(a, flow.failed ? NULL : flow.data);
    levin__buffer_free(&flow);
    return text;
}

static bool takes_text(const cli_row *row)
{
    return row->option ? row->option->type == CLI_TEXT || row->option->type == CLI_WORD
                       : row->flag->type == LEVIN_FLAG_TEXT;
}

/* What a row reads: a text option takes yes and 1.0 as they were written; null is none, which a
 * flag has a word for. */
static const char *text_for(const cli_target *t, const cli_row *row, const levin_yaml *value)
{
    if (value->kind == LEVIN_YAML_NULL)
        return row->option ? NULL : "null";
    return takes_text(row) && value->text ? value->text : cli_text_of(t->args, value);
}

/* A file that was saved names every flag. What it says of one that was left alone must not count as
 * said, since some flags forbid others. */
static bool is_flag_default(const cli_row *row, const levin_yaml *value, const char *text)
{
    return row->flag && value->place.where && text && strcmp(text, row->flag->missing) == 0;
}

static bool set_row(const cli_target *t, const cli_row *row, int number, const levin_yaml *value)
{
    const char *text = text_for(t, row, value);
    if (row->option && !value->text)
        levin__error_set(LEVIN_EINVAL, "%s: %s is not one value", row->name,
                         levin__yaml_kind_name(value->kind));
    if (levin_error())
        return cli_blame(&value->place);
    if (is_flag_default(row, value, text)) {
        memset((char *)&t->args->trainer + row->flag->offset, 0, row->flag->size);
        return true;
    }
    return cli_row_set(t->args, row, number, text) || cli_blame(&value->place);
}

/* A word that is no class but means something to the flag: true, false, null. */
static bool is_flag_word(const cli_row *row, const levin_yaml *value)
{
    levin_trainer_flags scratch = { 0 };
    if (!row->flag || !value->text || levin_error())
        return false;
    const char *word = levin__yaml_word(value);
    bool is_class = levin__class_find((levin_class_kind)row->class_kind, word);
    levin_error_clear();
    bool is_word = levin__flag_set(&scratch, row->flag, word) == LEVIN_OK;
    levin_error_clear();
    return is_word && !is_class;
}

static bool set_classes(const cli_target *t, const cli_row *row, int number,
                        const levin_yaml *value, bool append)
{
    if (append || !is_flag_word(row, value))
        return cli_objects_set(t->args, row, value, append);
    cli_objects_reset(t->args, row);
    return set_row(t, row, number, value);
}

static bool apply_members(const cli_target *t, const char *group, const levin_yaml *map)
{
    char name[MAX_NAME];
    for (int i = 0; i < map->n; i++) {
        const levin_yaml *item = map->items[i];
        int n = snprintf(name, sizeof name, "%s.%s", group, item->key);
        if (n >= MAX_NAME) {
            levin__error_set(LEVIN_EINVAL, "a key of %d letters", n);
            return cli_blame(&item->key_place);
        }
        if (!cli_apply(t, name, item))
            return false;
    }
    return true;
}

static bool apply_group(const cli_target *t, const char *name, const levin_yaml *value)
{
    if (value->kind == LEVIN_YAML_MAP)
        return apply_members(t, name, value);
    if (value->kind == LEVIN_YAML_NULL)
        return true;
    levin__error_set(LEVIN_EINVAL, "--%s: %s is not a mapping of options", name,
                     levin__yaml_kind_name(value->kind));
    return cli_blame(&value->place);
}

/* name has its dashes. */
static bool apply_named(const cli_target *t, const char *name, const levin_yaml *value, bool append)
{
    cli_row row;
    const char *argument;
    bool is_map = value->kind == LEVIN_YAML_MAP;
    int number = cli_row_find(t->command, name, &row);
    if (number >= 0 && row.class_kind >= 0)
        return set_classes(t, &row, number, value, append);
    if (append)
        return unknown(t, name, value);
    if (number >= 0 && row.option && row.option->unsaved && value->place.where) {
        levin__error_set(LEVIN_EINVAL, "%s is for the command line alone", row.name);
        return cli_blame(value->key ? &value->key_place : &value->place);
    }
    if (number >= 0 && !(is_map && cli_row_is_group(t->command, name)))
        return set_row(t, &row, number, value);
    if ((argument = cli_row_of_argument(t->command, name, &row)))
        return cli_objects_set_argument(t->args, &row, argument, value);
    return cli_row_is_group(t->command, name) ? apply_group(t, name + 2, value)
                                              : unknown(t, name, value);
}

/* class_path and init_args of a group that is a class. *done is whether nothing is left to set. */
static bool take_group_class(const cli_target *t, char name[MAX_NAME], const levin_yaml *value,
                             bool *done)
{
    char option[MAX_NAME];
    *done = false;
    for (size_t i = 0; i < sizeof group_classes / sizeof *group_classes; i++) {
        int n = snprintf(option, sizeof option, "--%s", group_classes[i].group);
        if (strncmp(name, option, (size_t)n) != 0 || name[n] != '.' ||
            !cli_row_is_group(t->command, option))
            continue;
        *done = strcmp(name + n, ".class_path") == 0;
        if (*done)
            return check_group_class(group_classes[i].group, group_classes[i].names, value);
        without_init_args(name, (size_t)n);
    }
    return true;
}

bool cli_apply(const cli_target *t, const char *given, const levin_yaml *value)
{
    char name[MAX_NAME];
    int n = snprintf(name, sizeof name, "--%s", given);
    bool append = n > 2 && n < MAX_NAME && name[n - 1] == '+', done;
    if (!value || n >= MAX_NAME)
        return value && unknown(t, name, value);
    if (append)
        name[n - 1] = '\0';
    if (!take_group_class(t, name, value, &done))
        return false;
    return done || apply_named(t, name, value, append);
}

const levin_yaml *cli_value_of(const cli_target *t, const char *name, const char *where,
                               const char *text)
{
    cli_row row;
    size_t n = strlen(name);
    char *own = levin__strndup(name, n - (n && name[n - 1] == '+'));
    bool is_tree = own && ((cli_row_find(t->command, own, &row) >= 0 && row.class_kind >= 0) ||
                           cli_row_is_group(t->command, own));
    levin__free(own);
    return is_tree ? cli_value_of_tree(t->args, name, where, text)
                   : cli_value_of_text(t->args, where, text);
}
