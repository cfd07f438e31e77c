/* rows.c: the rows of a command, from whichever tables they come, and how one is found. */
#include "base/error.h"
#include "base/suggest.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static bool has_flag(const cli_group *g, const levin_flag *flag)
{
    for (int i = 0; g->trainer_only && g->trainer_only[i]; i++)
        if (strcmp(g->trainer_only[i], flag->name) == 0)
            return true;
    return !g->trainer_only;
}

/* Flag number i of the group, or NULL. */
static const levin_flag *flag_at(const cli_group *g, int i)
{
    for (size_t k = 0; g->is_trainer && k < levin__num_flags; k++)
        if (has_flag(g, &levin__flags[k]) && i-- == 0)
            return &levin__flags[k];
    return NULL;
}

static int rows_of(const cli_group *g)
{
    int n = 0;
    while (g->is_trainer ? flag_at(g, n) != NULL : g->options[n].name != NULL)
        n++;
    return n;
}

/* The kind of class that a row takes, or -1. */
static int class_kind(const cli_row *row)
{
    if (row->option)
        return row->option->type == CLI_CLASS ? (int)row->option->class_kind : -1;
    switch (row->flag->type) {
    case LEVIN_FLAG_CALLBACKS:
        return LEVIN_CLASS_CALLBACK;
    case LEVIN_FLAG_LOGGERS:
        return LEVIN_CLASS_LOGGER;
    case LEVIN_FLAG_PROFILER:
        return LEVIN_CLASS_PROFILER;
    default:
        return -1;
    }
}

static void fill(cli_row *row, const levin_command *c, const cli_group *g, int i)
{
    *row = (cli_row){ .group = g };
    if (g->is_trainer) {
        row->flag = flag_at(g, i);
        snprintf(row->name, sizeof row->name, "--trainer.%s", row->flag->name);
        row->missing = strcmp(row->flag->missing, "null") == 0 ? NULL : row->flag->missing;
    } else {
        row->option = &g->options[i];
        snprintf(row->name, sizeof row->name, "%s", row->option->name);
        row->missing = row->option->missing;
    }
    row->class_kind = class_kind(row);
    for (const cli_preset *p = c->presets; p && p->name; p++)
        if (strcmp(p->name, row->name) == 0)
            row->missing = p->value;
}

bool cli_row_at(const levin_command *c, int i, cli_row *out)
{
    for (const cli_group *const *g = c->groups; g && *g; g++) {
        int n = rows_of(*g);
        if (i < n) {
            fill(out, c, *g, i);
            return true;
        }
        i -= n;
    }
    return false;
}

/* Dashes and underscores within a name are the same letter. How long the part is that a shares with
 * b, if it is the whole of b; else 0. */
static size_t begins_with(const char *a, const char *b)
{
    size_t i = 0;
    for (; b[i]; i++)
        if (a[i] != b[i] && !((a[i] == '-' || a[i] == '_') && (b[i] == '-' || b[i] == '_')))
            return 0;
    return i;
}

static bool same_name(const char *a, const char *b)
{
    size_t n = begins_with(a, b);
    return n && !a[n];
}

int cli_row_find(const levin_command *c, const char *name, cli_row *out)
{
    for (int i = 0; cli_row_at(c, i, out); i++)
        if (same_name(out->name, name) ||
            (out->option && out->option->also && same_name(out->option->also, name)))
            return i;
    return -1;
}

const char *cli_row_of_argument(const levin_command *c, const char *name, cli_row *out)
{
    for (int i = 0; cli_row_at(c, i, out); i++) {
        size_t n = out->class_kind < 0 ? 0 : begins_with(name, out->name);
        if (n && name[n] == '.')
            return name + n + 1;
    }
    return NULL;
}

bool cli_row_is_in(const cli_row *row, const char *group)
{
    size_t n = begins_with(row->name, group);
    return n && row->name[n] == '.';
}

bool cli_row_is_group(const levin_command *c, const char *name)
{
    cli_row row;
    for (int i = 0; cli_row_at(c, i, &row); i++)
        if (cli_row_is_in(&row, name))
            return true;
    return false;
}

/* What an unknown name may have meant: options and their groups, without dashes. */
typedef struct {
    char names[2 * CLI_MAX_ROWS][sizeof((cli_row *)NULL)->name];
    const char *list[2 * CLI_MAX_ROWS + 1]; // closed by NULL
    const char *ends[2 * CLI_MAX_ROWS + 1]; // the same without the groups: max_epochs
    int n;
} vocabulary;

static void add_word(vocabulary *v, const char *word, size_t length)
{
    if (v->n && strlen(v->names[v->n - 1]) == length &&
        strncmp(v->names[v->n - 1], word, length) == 0)
        return;
    snprintf(v->names[v->n], sizeof v->names[0], "%.*s", (int)length, word);
    const char *point = strchr(v->names[v->n], '.');
    v->list[v->n] = v->names[v->n];
    v->ends[v->n] = point ? point + 1 : v->names[v->n];
    v->n++;
}

static void list_words(vocabulary *v, const levin_command *c)
{
    cli_row row;
    char group[sizeof row.name] = "";
    for (int i = 0; i < CLI_MAX_ROWS && cli_row_at(c, i, &row); i++) {
        const char *name = row.name + 2;
        size_t n = strcspn(name, ".");
        if (name[n] && (strlen(group) != n || strncmp(group, name, n) != 0)) {
            snprintf(group, sizeof group, "%.*s", (int)n, name);
            add_word(v, name, n);
        }
        add_word(v, name, strlen(name));
    }
}

/* The option whose end is the whole of name comes first: its group was forgotten. */
static const char *nearest(const vocabulary *v, const char *name)
{
    for (int i = 0; i < v->n; i++)
        if (same_name(v->ends[i], name))
            return v->list[i];
    const char *near = levin__suggest(name, v->list);
    const char *end = near ? NULL : levin__suggest(name, v->ends);
    for (int i = 0; end && i < v->n; i++)
        if (v->ends[i] == end)
            return v->list[i];
    return near;
}

void cli_row_unknown(const levin_command *c, const char *name)
{
    static const char trainer[] = "trainer.";
    static vocabulary v; // large
    char quoted[2 * sizeof((cli_row *)NULL)->name];
    const char *dashes = strncmp(name, "--", 2) == 0 ? "--" : "";
    const char *what = *dashes ? "option" : "key", *plain = name + strlen(dashes);
    bool of_trainer = strncmp(plain, trainer, sizeof trainer - 1) == 0;
    snprintf(quoted, sizeof quoted, "'%s'", name);
    v.n = 0;
    list_words(&v, c);
    v.list[v.n] = v.ends[v.n] = NULL;
    const char *near = nearest(&v, plain);
    if (cli_row_is_group(c, "--trainer") &&
        levin__flag_refuse(what, quoted, plain + (of_trainer ? sizeof trainer - 1 : 0)))
        return;
    if (near)
        levin__error_set(LEVIN_EINVAL, "unknown %s '%s', did you mean %s%s?", what, name, dashes,
                         near);
    else
        levin__error_set(LEVIN_EINVAL, "unknown %s '%s'; levin help %s lists them", what, name,
                         c->name);
}
