/* help.c: help texts from the tables, for a screen of 100 columns. */
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 100, HELP_AT = 44, MAX_HELP = 1024 };

static bool has_colour(FILE *to)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(to)) && !(no && *no);
}

static void title(FILE *to, const char *text)
{
    fprintf(to, has_colour(to) ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static int min(int a, int b) { return a < b ? a : b; }

/* Text from column at on, broken at spaces. The first line begins where the cursor stands. */
static void wrap(FILE *to, const char *text, int at)
{
    int room = COLUMNS - at;
    for (bool first = true; *text; first = false) {
        int n = min((int)strlen(text), room);
        while (text[n] && n > 0 && text[n] != ' ')
            n--;
        n = n ? n : min((int)strlen(text), room); // a word longer than the line
        fprintf(to, "%*s%.*s\n", first ? 0 : at, "", n, text);
        text += n;
        text += strspn(text, " ");
    }
}

static const char *value_name(const cli_row *row)
{
    if (row->option)
        return row->option->value;
    switch (row->flag->type) {
    case LEVIN_FLAG_INT:
        return "N";
    case LEVIN_FLAG_NUMBER:
        return "X";
    case LEVIN_FLAG_SWITCH:
        return "BOOL";
    case LEVIN_FLAG_AMOUNT:
        return "N|X";
    default:
        return "TEXT";
    }
}

static size_t add(char *text, size_t at, const char *more)
{
    size_t n = strlen(more), room = MAX_HELP - 1 - at;
    n = n < room ? n : room;
    memcpy(text + at, more, n);
    text[at + n] = '\0';
    return at + n;
}

/* "what updates the weights: adamw, adam, sgd (adamw)" */
static void describe(const cli_row *row, char text[MAX_HELP])
{
    const cli_option *o = row->option;
    size_t at = add(text, 0, o ? o->help : row->flag->help);
    for (int i = 0; o && o->words && o->words(i); i++) {
        at = add(text, at, i ? ", " : ": ");
        at = add(text, at, o->words(i));
    }
    if (o && o->required)
        at = add(text, at, " (required)");
    if (row->missing) {
        at = add(text, at, " (");
        at = add(text, at, row->missing);
        add(text, at, ")");
    }
}

static void print_row(FILE *to, const cli_row *row)
{
    char text[MAX_HELP];
    const char *value = value_name(row);
    int n = fprintf(to, "  %s%s%s", row->name, value ? " " : "", value ? value : "");
    if (n > HELP_AT - 2) {
        fputc('\n', to);
        n = 0;
    }
    fprintf(to, "%*s", HELP_AT - n, "");
    describe(row, text);
    wrap(to, text, HELP_AT);
}

void cli_help_command(FILE *to, const levin_command *c)
{
    cli_row row;
    const char *group = "";
    fprintf(to, "usage: levin %s %s\n\n", c->name, c->usage);
    wrap(to, c->about, 0);
    for (int i = 0; cli_row_at(c, i, &row); i++) {
        if (strcmp(row.group->title, group) != 0)
            title(to, group = row.group->title);
        print_row(to, &row);
    }
    if (c->groups)
        fprintf(to, "\nThe default stands in brackets. --name=value does as well as --name value; "
                    "- and _ are alike.\n");
}

void cli_help_program(FILE *to)
{
    fprintf(to, "levin %s: fine-tunes pretrained BERT encoders.\n", levin_version());
    fprintf(to, "\nusage: levin COMMAND [--option value ...]\n");
    title(to, "Commands");
    for (const levin_command *const *c = cli_commands; *c; c++)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->help);
    fprintf(to, "\nlevin help COMMAND, or levin COMMAND --help, lists its options.\n"
                "Results go to standard output, everything else to standard error.\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage.\n");
}
