/* rows.c: the rows of a command, from whichever tables they come, and how one is found. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static bool has_flag(const cli_group *g, const levin_flag *flag)
{
    if (flag->type == LEVIN_FLAG_CALLBACKS) // made by programs, not by words
        return false;
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

/* Dashes and underscores within a name are the same letter. */
static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

int cli_row_find(const levin_command *c, const char *name, cli_row *out)
{
    for (int i = 0; cli_row_at(c, i, out); i++)
        if (same_name(out->name, name) ||
            (out->option && out->option->also && same_name(out->option->also, name)))
            return i;
    return -1;
}
