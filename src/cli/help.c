/* help.c: help texts from the tables, for a screen of 100 columns. */
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 100, HELP_AT = 44, MAX_HELP = 1024, MAX_VALUE = 32 };

/* Bold titles are all the colour there is. */
static bool has_bold(FILE *to)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(to)) && !(no && *no);
}

static void title(FILE *to, const char *text)
{
    fprintf(to, has_bold(to) ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
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

static const char *value_of_type(levin_flag_type type)
{
    switch (type) {
    case LEVIN_FLAG_INT:
        return "N";
    case LEVIN_FLAG_NUMBER:
        return "X";
    case LEVIN_FLAG_NUMBERS:
        return "[X, ...]";
    case LEVIN_FLAG_COUNTS:
        return "[N, ...]";
    case LEVIN_FLAG_SWITCH:
        return "BOOL";
    case LEVIN_FLAG_AMOUNT:
        return "N|X";
    case LEVIN_FLAG_CHOICE:
        return "NAME";
    case LEVIN_FLAG_CALLBACKS:
    case LEVIN_FLAG_PROFILER:
        return "CLASS";
    case LEVIN_FLAG_LOGGERS:
        return "CLASS|WORD";
    default:
        return "TEXT";
    }
}

/* A switch may have a third word, a number true and false. */
static const char *value_of_flag(const levin_flag *flag, char text[MAX_VALUE])
{
    const char *value = value_of_type(flag->type);
    const char *more = !flag->words                      ? NULL
                       : flag->type == LEVIN_FLAG_SWITCH ? flag->words
                       : flag->type == LEVIN_FLAG_INT    ? "BOOL"
                                                         : NULL;
    snprintf(text, MAX_VALUE, "%s%s%s", value, more ? "|" : "", more ? more : "");
    return text;
}

static size_t add(char *text, size_t at, const char *more)
{
    size_t n = strlen(more), room = MAX_HELP - 1 - at;
    n = n < room ? n : room;
    memcpy(text + at, more, n);
    text[at + n] = '\0';
    return at + n;
}

/* ": AdamW, Adam, SGD" */
static size_t add_classes(char *text, size_t at, const cli_row *row)
{
    const levin_class *c;
    const char *between = ": ";
    for (int i = 0; row->class_kind >= 0 && (c = levin__class_at(i)); i++) {
        if (c->kind != (levin_class_kind)row->class_kind)
            continue;
        at = add(text, at, between);
        at = add(text, at, c->name);
        between = ", ";
    }
    return at;
}

/* "what updates the weights: AdamW, Adam, SGD (AdamW)" */
static void describe(const cli_row *row, char text[MAX_HELP])
{
    const cli_option *o = row->option;
    size_t at = add(text, 0, o ? o->help : row->flag->help);
    for (int i = 0; o && o->words && o->words(i); i++) {
        at = add(text, at, i ? ", " : ": ");
        at = add(text, at, o->words(i));
    }
    at = add_classes(text, at, row);
    if (o && o->required)
        at = add(text, at, " (required)");
    if (row->missing) {
        at = add(text, at, " (");
        at = add(text, at, row->missing);
        add(text, at, ")");
    }
}

/* A name with what stands for its value, and text beside it. */
static void print_entry(FILE *to, const char *name, const char *value, const char *text)
{
    bool joined = value && strncmp(value, "[=", 2) == 0; // [=skip_default]
    int n = fprintf(to, "  %s%s%s", name, value && !joined ? " " : "", value ? value : "");
    if (n > HELP_AT - 2) {
        fputc('\n', to);
        n = 0;
    }
    fprintf(to, "%*s", HELP_AT - n, "");
    wrap(to, text, HELP_AT);
}

static void print_row(FILE *to, const cli_row *row)
{
    char text[MAX_HELP], value[MAX_VALUE];
    describe(row, text);
    print_entry(to, row->name, row->option ? row->option->value : value_of_flag(row->flag, value),
                text);
}

static bool is_required(const levin_class *c, const levin_flag *argument)
{
    for (const char *const *name = c->required; name && *name; name++)
        if (strcmp(*name, argument->name) == 0)
            return true;
    return false;
}

/* "--optimizer.lr X   learning rate (2e-5)". before stands in front of the text. */
static void print_argument(FILE *to, const cli_row *row, const levin_class *c,
                           const levin_flag *argument, const char *before)
{
    char name[2 * sizeof row->name], text[MAX_HELP], value[MAX_VALUE];
    snprintf(name, sizeof name, "%s.%s", row->name, argument->name);
    size_t at = add(text, 0, before);
    at = add(text, at, argument->help);
    const char *words = argument->type == LEVIN_FLAG_SWITCH ? NULL : argument->words;
    at = add(text, at, words ? ": " : "");
    for (const char *w = words ? words : ""; *w; w++)
        at = add(text, at, *w == ' ' ? ", " : (char[]){ *w, '\0' });
    if (is_required(c, argument)) {
        add(text, at, " (required)");
    } else if (strcmp(argument->missing, "null") != 0) {
        at = add(text, at, " (");
        at = add(text, at, argument->missing);
        add(text, at, ")");
    }
    print_entry(to, name, value_of_flag(argument, value), text);
}

static bool same_argument(const levin_flag *a, const levin_flag *b)
{
    return b && strcmp(a->missing, b->missing) == 0 && strcmp(a->help, b->help) == 0;
}

/* The classes of a kind that have the very argument, with a colon; "" if most have and the others
 * none of that name. False if a class before number first has it. */
static bool list_owners(levin_class_kind kind, int first, const levin_flag *argument,
                        char out[MAX_HELP])
{
    const levin_class *c;
    int with = 0, without = 0, other = 0;
    size_t at = 0;
    for (int i = 0; (c = levin__class_at(i)); i++) {
        const levin_flag *own = levin__class_argument(c, argument->name);
        bool has = c->kind == kind && same_argument(argument, own);
        if (has && i < first)
            return false;
        other += c->kind == kind && own && !has;
        without += c->kind == kind && !own;
        if (has) {
            at = add(out, at, with++ ? ", " : "");
            at = add(out, at, c->name);
        }
    }
    bool most = with > without && !other;
    add(out, most ? 0 : at, most ? "" : ": ");
    return true;
}

/* Each argument of the classes that an option takes one of. */
static void print_arguments(FILE *to, const cli_row *row)
{
    levin_class_kind kind = (levin_class_kind)row->class_kind;
    const levin_class *c;
    char owners[MAX_HELP];
    for (int i = 0; (c = levin__class_at(i)); i++)
        for (const levin_flag *a = c->arguments; c->kind == kind && a && a->name; a++)
            if (list_owners(kind, i, a, owners))
                print_argument(to, row, c, a, owners);
}

void cli_help_class(FILE *to, const levin_command *command, levin_class_kind kind,
                    const levin_class *type)
{
    cli_row row;
    const levin_class *c;
    for (int i = 0; cli_row_at(command, i, &row); i++)
        if (row.class_kind == (int)kind)
            break;
    if (type) {
        fprintf(to, "%s: ", type->name);
        wrap(to, type->help, (int)strlen(type->name) + 2);
        for (const char *const *path = type->paths; *path; path++)
            fprintf(to, "class_path: %s\n", *path);
        for (const levin_flag *a = type->arguments; a && a->name; a++) {
            fputs(a == type->arguments ? "\n" : "", to);
            print_argument(to, &row, type, a, "");
        }
        return;
    }
    fprintf(to, "Classes of %s; %s.help CLASS lists the arguments of one.\n\n", row.name, row.name);
    for (int i = 0; (c = levin__class_at(i)); i++)
        if (c->kind == kind)
            print_entry(to, c->name, NULL, c->help);
}

void cli_help_group(FILE *to, const levin_command *c, const char *group)
{
    cli_row row;
    fprintf(to, "Options of %s; levin help %s lists all.\n\n", group, c->name);
    for (int i = 0; cli_row_at(c, i, &row); i++)
        if (cli_row_is_in(&row, group))
            print_row(to, &row);
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
        if (row.option && row.option->type == CLI_CLASS)
            print_arguments(to, &row);
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
