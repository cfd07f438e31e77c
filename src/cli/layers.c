/* layers.c: where values come from: words, files, and the environment. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_VARIABLES = 256, MAX_NAME = 256 };

static const levin_yaml *keep(cli_args *a, levin_yaml *document)
{
    return levin__yaml_add(a->documents, NULL, document) ? document : NULL;
}

const levin_yaml *cli_value_of_text(cli_args *a, const char *where, const char *text)
{
    bool is_switch = levin__yaml_kind_of(text) == LEVIN_YAML_BOOL; // yes and True are words for it
    levin_yaml *y = is_switch ? levin__yaml_plain(text) : levin__yaml_text(text);
    if (y)
        y->place.where = where;
    return keep(a, y);
}

static bool names_file(const char *text)
{
    return levin__ends_with(text, ".yaml") || levin__ends_with(text, ".yml") ||
           levin__ends_with(text, ".json");
}

/* What stands on the command line has no place, so that it goes before what files say. */
static void forget_places(levin_yaml *y)
{
    y->place = y->key_place = (levin_place){ 0 };
    for (int i = 0; i < y->n; i++)
        forget_places(y->items[i]);
}

/* Text that cannot be read is named by its option at least. */
static levin_yaml *parse(const char *name, const char *where, const char *text)
{
    levin_yaml *y = levin__yaml_parse(text, strlen(text), where ? where : name);
    if (y && !where)
        forget_places(y);
    return y;
}

const levin_yaml *cli_value_of_tree(cli_args *a, const char *name, const char *where,
                                    const char *text)
{
    if (*text == '{' || *text == '[')
        return keep(a, parse(name, where, text));
    return names_file(text) ? keep(a, levin__yaml_load(text)) : cli_value_of_text(a, where, text);
}

static const levin_command *command_of(const char *name)
{
    for (const levin_command *const *c = cli_commands; *c; c++)
        if (strcmp((*c)->name, name) == 0 && cli_has_config(*c))
            return *c;
    return NULL;
}

/* Whether a file holds options of several commands, each under its name. */
static bool has_sections(const levin_yaml *root)
{
    for (int i = 0; i < root->n; i++)
        if (command_of(root->items[i]->key))
            return true;
    return false;
}

static bool apply_options(const cli_target *t, const levin_yaml *map)
{
    if (map->kind != LEVIN_YAML_MAP && map->kind != LEVIN_YAML_NULL) {
        levin__error_set(LEVIN_EINVAL, "%s is not a mapping of options",
                         levin__yaml_kind_name(map->kind));
        return cli_blame(&map->place);
    }
    for (int i = 0; i < map->n; i++)
        if (!cli_apply(t, map->items[i]->key, map->items[i]))
            return false;
    return true;
}

static bool apply_sections(const cli_target *t, const levin_yaml *root)
{
    for (int i = 0; i < root->n; i++) {
        const levin_yaml *section = root->items[i];
        const levin_command *c = command_of(section->key);
        if (!c) {
            levin__error_set(LEVIN_EINVAL,
                             "'%s' stands beside names of commands; put it under one of them",
                             section->key);
            return cli_blame(&section->key_place);
        }
        if (c == t->command && !apply_options(t, section))
            return false;
    }
    return true;
}

bool cli_apply_file(const cli_target *t, const char *path)
{
    const cli_target as_file = { t->command, t->args, true };
    const levin_yaml *root = *path == '{' ? cli_value_of_tree(t->args, "--config", "--config", path)
                                          : keep(t->args, levin__yaml_load(path));
    if (!root)
        return false;
    return root->kind == LEVIN_YAML_MAP && has_sections(root) ? apply_sections(&as_file, root)
                                                              : apply_options(&as_file, root);
}

/* PL_FIT__ */
static void prefix_of(char out[MAX_NAME], const levin_command *c)
{
    snprintf(out, MAX_NAME, "PL_%s__", c->name);
    for (char *at = out; *at; at++)
        *at = (char)toupper((unsigned char)*at);
}

static bool apply_file_of(const cli_target *t, const char *variable)
{
    const char *path = getenv(variable);
    return !path || !*path || cli_apply_file(t, path);
}

/* Behind the prefix TRAINER__MAX_EPOCHS is trainer.max_epochs; group stands before it. */
static bool apply_variable(const cli_target *t, const char *variable, size_t prefix,
                           const char *group)
{
    char name[MAX_NAME];
    size_t n = (size_t)snprintf(name, sizeof name, "--%s", group);
    const char *at = variable + prefix;
    for (; *at && n + 1 < sizeof name; at++, n++) {
        bool point = at[0] == '_' && at[1] == '_';
        name[n] = point ? '.' : (char)tolower((unsigned char)*at);
        at += point;
    }
    name[n] = '\0';
    return cli_apply(t, name + 2, cli_value_of(t, name, variable, getenv(variable)));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The variables that begin so, sorted, so that a class comes before its arguments; -1 after an
 * error. */
static int list_variables(cli_args *a, const char *prefix, const char *out[MAX_VARIABLES])
{
    int n = 0;
    for (char **at = environ; at && *at; at++) {
        const char *sign = strchr(*at, '=');
        if (!sign || !sign[1] || strncmp(*at, prefix, strlen(prefix)) != 0)
            continue;
        if (n == MAX_VARIABLES) {
            levin__error_set(LEVIN_EINVAL, "more than %d variables that begin with %s",
                             MAX_VARIABLES, prefix);
            return -1;
        }
        char *name = levin__strndup(*at, (size_t)(sign - *at));
        out[n] = cli_keep(a, name);
        n += out[n] != NULL;
        levin__free(name);
    }
    qsort(out, (size_t)n, sizeof *out, by_name);
    return n;
}

/* PL_TRAINER_MAX_EPOCHS, the default of a flag of the Trainer, for every command that has it. */
static bool apply_trainer_variables(const cli_target *t)
{
    static const char prefix[] = "PL_TRAINER_";
    const cli_target for_all = { t->command, t->args, true };
    const char *names[MAX_VARIABLES];
    int n = list_variables(t->args, prefix, names);
    for (int i = 0; i < n; i++)
        if (!apply_variable(&for_all, names[i], sizeof prefix - 1, "trainer."))
            return false;
    return !levin_error();
}

bool cli_apply_environment(const cli_target *t)
{
    char prefix[MAX_NAME], config[MAX_NAME + 8];
    const char *names[MAX_VARIABLES], *seed = getenv("PL_GLOBAL_SEED");
    cli_row row;
    prefix_of(prefix, t->command);
    snprintf(config, sizeof config, "%sCONFIG", prefix);
    if (!apply_trainer_variables(t))
        return false;
    if (seed && *seed && cli_row_find(t->command, "--seed_everything", &row) >= 0 &&
        !cli_apply(t, "seed_everything", cli_value_of_text(t->args, "PL_GLOBAL_SEED", seed)))
        return false;
    if (!apply_file_of(t, "PL_CONFIG") || !apply_file_of(t, config))
        return false;
    int n = list_variables(t->args, prefix, names);
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], config) != 0 && !apply_variable(t, names[i], strlen(prefix), ""))
            return false;
    return !levin_error();
}
