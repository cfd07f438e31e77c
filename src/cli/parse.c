/* parse.c: see parse.h. "--name value" and "--name=value"; a name once only between two files. A
 * switch is on by its name alone. */
#include "cli/parse.h"

#include "base/error.h"
#include "cli/checkpoint_options.h"
#include "cli/config.h"
#include "cli/model.h"
#include "cli/objects.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 256 };

/* What parsing a line remembers. */
typedef struct {
    cli_target target;
    cli_wish wish;
    bool given[CLI_MAX_ROWS];
    char **words; // those not yet read
    int left;
} line;

static bool has_own_value(const cli_row *row)
{
    return row->option && (row->option->type == CLI_SWITCH || row->option->type == CLI_PRINT);
}

/* That name stands last, or before another option; what is not known is said first. */
static void miss_value(const line *l, const char *name, const cli_row *row)
{
    cli_row of_argument;
    const levin_command *c = l->target.command;
    if (!row && !strchr(name, '+') && !cli_row_is_group(c, name) &&
        !cli_row_of_argument(c, name, &of_argument))
        cli_row_unknown(c, name);
    levin__error_set(LEVIN_EINVAL, "%s needs a value%s", name,
                     l->left ? "; write --name=value for one that begins with --" : "");
}

/* The word behind a switch, if it is its value: true or false where no word is taken for itself. */
static const char *word_of_switch(line *l)
{
    bool says = l->left && (strcmp(*l->words, "true") == 0 || strcmp(*l->words, "false") == 0);
    int n = l->target.command->n_words;
    if (!says || (n && !l->target.args->words[n - 1]))
        return "true";
    l->left--;
    return *l->words++;
}

/* The value of an option: what followed "=", or the next word. NULL after an error. */
static const char *value_of(line *l, const char *name, const cli_row *row, const char *after_sign)
{
    if (after_sign)
        return after_sign;
    if (row && has_own_value(row))
        return row->option->type == CLI_SWITCH ? word_of_switch(l) : "";
    if (l->left == 0 || strncmp(*l->words, "--", 2) == 0) {
        miss_value(l, name, row);
        return NULL;
    }
    l->left--;
    return *l->words++;
}

static bool is_new(line *l, const cli_row *row, int number)
{
    if (l->given[number])
        levin__error_set(LEVIN_EINVAL, "%s is given twice", row->name);
    l->given[number] = true;
    return !levin_error();
}

/* A file is laid over what came before it, and what comes after it over the file. */
static bool take_file(line *l, const char *path)
{
    if (!*path) {
        levin__error_set(LEVIN_EINVAL, "--config needs a file, not ''");
        return false;
    }
    memset(l->given, 0, sizeof l->given);
    l->target.args->segment++;
    return cli_apply_file(&l->target, path);
}

/* What stands before ".help"; false if name does not end so. */
static bool before_help(const char *name, char option[MAX_NAME])
{
    size_t n = strlen(name), end = strlen(".help");
    if (n <= end || strcmp(name + n - end, ".help") != 0)
        return false;
    snprintf(option, MAX_NAME, "%.*s", (int)(n - end), name);
    return true;
}

/* "--optimizer.help AdamW", or without a class all of them. */
static bool take_class_help(line *l, const cli_row *row, const char *after_sign)
{
    cli_args *a = l->target.args;
    bool has_word = !after_sign && l->left && (*l->words)[0] != '-';
    const char *word = has_word ? *l->words : after_sign;
    l->wish = CLI_WANTS_CLASS_HELP;
    a->help_kind = (levin_class_kind)row->class_kind;
    a->help_class = word ? levin__class_find(a->help_kind, word) : NULL;
    return !levin_error();
}

/* "--model.help": the options of the group. */
static bool take_group_help(line *l, const char *group)
{
    l->wish = CLI_WANTS_GROUP_HELP;
    l->target.args->help_group = cli_keep(l->target.args, group);
    return !levin_error();
}

static bool take_option(line *l, const char *word)
{
    char name[MAX_NAME], about[MAX_NAME];
    const char *sign = strchr(word, '=');
    int n = sign ? (int)(sign - word) : (int)strlen(word);
    snprintf(name, sizeof name, "%.*s", n, word);
    sign += sign != NULL;
    cli_row row;
    bool asks_help = before_help(name, about);
    if (asks_help && cli_row_find(l->target.command, about, &row) >= 0 && row.class_kind >= 0)
        return take_class_help(l, &row, sign);
    if (asks_help && cli_row_is_group(l->target.command, about))
        return take_group_help(l, about);
    int number = n < MAX_NAME ? cli_row_find(l->target.command, name, &row) : -1;
    cli_type type = number >= 0 && row.option ? row.option->type : CLI_TEXT;
    if (number >= 0 && type != CLI_CONFIG && !is_new(l, &row, number))
        return false;
    const char *value = value_of(l, number < 0 ? name : row.name, number < 0 ? NULL : &row, sign);
    if (!value)
        return false;
    if (type == CLI_CONFIG)
        return take_file(l, value);
    return cli_apply(&l->target, name + 2, cli_value_of(&l->target, name, NULL, value));
}

static bool take_word(line *l, const char *word)
{
    for (int i = 0; i < l->target.command->n_words; i++)
        if (!l->target.args->words[i]) {
            l->target.args->words[i] = word;
            return true;
        }
    levin__error_set(LEVIN_EINVAL, "unexpected word '%s'; options begin with --", word);
    return false;
}

static bool has_required(const levin_command *c, const cli_args *a)
{
    cli_row row;
    for (int i = 0; cli_row_at(c, i, &row); i++)
        if (row.option && row.option->required && !a->texts[i]) {
            levin__error_set(LEVIN_EINVAL, "%s is missing: %s", row.name, row.option->help);
            return false;
        }
    return cli_objects_complete(a, c);
}

static bool is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0 || strcmp(word, "-c") == 0;
}

static bool take_words(line *l)
{
    while (l->left && l->wish == CLI_WANTS_RUN) {
        const char *word = *l->words++;
        l->left--;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            l->wish = CLI_WANTS_HELP;
        else if (!(is_option(word) ? take_option(l, word) : take_word(l, word)))
            return false;
    }
    return true;
}

static bool wants_help(const line *l)
{
    return l->wish == CLI_WANTS_HELP || l->wish == CLI_WANTS_CLASS_HELP ||
           l->wish == CLI_WANTS_GROUP_HELP;
}

/* The environment comes before the words, but help needs none. */
static bool take_layers(line *l)
{
    levin_error_note note = { 0 };
    if (cli_has_config(l->target.command) && !cli_apply_environment(&l->target))
        levin__error_take(&note);
    if (!take_words(l) && !note.code)
        return false;
    if (note.code && !wants_help(l)) {
        levin_error_clear();
        levin__error_give(&note);
    }
    return !levin_error();
}

bool cli_parse(const levin_command *c, int n, char **words, cli_args *out, cli_wish *wish)
{
    line l = { .target = { c, out, false }, .words = words, .left = n };
    if (!cli_set_defaults(c, out) || !take_layers(&l))
        return false;
    if (l.wish == CLI_WANTS_RUN && out->print_config)
        l.wish = CLI_WANTS_CONFIG;
    *wish = l.wish;
    if (l.wish == CLI_WANTS_RUN)
        return cli_objects_check(out, c) && cli_take_checkpoint_options(c, out) &&
               has_required(c, out) && cli_check_max_length(out);
    return wants_help(&l) || cli_objects_check(out, c);
}
