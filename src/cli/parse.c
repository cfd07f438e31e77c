/* parse.c: see parse.h. "--name value" and "--name=value"; a name once only; words of lists in any
 * case. */
#include "cli/parse.h"

#include "base/error.h"
#include "base/suggest.h"
#include "trainer/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 64, MAX_NAME = 128 };

static bool bad(const cli_row *row, const char *value, const char *wanted)
{
    levin__error_set(LEVIN_EINVAL, "%s: '%s' is not %s", row->name, value, wanted);
    return false;
}

static bool set_word(const cli_row *row, const char *value, const char **out)
{
    const char *words[MAX_WORDS + 1] = { NULL };
    for (int i = 0; i < MAX_WORDS && (words[i] = row->option->words(i)); i++)
        continue;
    int found = levin__find_word(value, words);
    if (found < 0)
        levin__unknown_word(row->name, value, words);
    else
        *out = words[found];
    return found >= 0;
}

static bool set_count(const cli_row *row, const char *value, int64_t *out)
{
    const cli_option *o = row->option;
    char *end, wanted[96];
    errno = 0;
    long long n = strtoll(value, &end, 10);
    *out = n;
    bool is_number = end != value && !*end && !errno && strchr("+-0123456789", *value);
    if (is_number && (double)n >= o->least && (o->most <= 0 || (double)n <= o->most))
        return true;
    if (o->most > 0)
        snprintf(wanted, sizeof wanted, "a whole number from %.0f to %.0f", o->least, o->most);
    else
        snprintf(wanted, sizeof wanted, "a whole number from %.0f", o->least);
    return bad(row, value, wanted);
}

static bool set_number(const cli_row *row, const char *value, double *out)
{
    const cli_option *o = row->option;
    char wanted[96];
    if (levin__number_parse(value, out) && isfinite(*out) &&
        (o->above ? *out > o->least : *out >= o->least))
        return true;
    snprintf(wanted, sizeof wanted, "a number %s %g", o->above ? "above" : "from", o->least);
    return bad(row, value, wanted);
}

static bool set_option(const cli_row *row, const char *value, cli_args *a)
{
    void *field = (char *)a + row->option->offset;
    switch (row->option->type) {
    case CLI_TEXT:
        *(const char **)field = value;
        return true;
    case CLI_WORD:
        return set_word(row, value, field);
    case CLI_COUNT:
        return set_count(row, value, field);
    case CLI_NUMBER:
        return set_number(row, value, field);
    case CLI_SWITCH:
        *(bool *)field = true;
        return true;
    }
    return false;
}

/* The trainer's messages begin with the name of the flag; here it has a longer one. */
static bool set_flag(const cli_row *row, const char *value, cli_args *a)
{
    if (levin__flag_set(&a->trainer, row->flag, value) == LEVIN_OK)
        return true;
    levin_error_note note;
    levin__error_take(&note);
    levin__error_set(note.code, "--trainer.%s", note.message);
    return false;
}

static bool set(const cli_row *row, int number, const char *value, cli_args *a)
{
    a->texts[number] = value;
    return row->option ? set_option(row, value, a) : set_flag(row, value, a);
}

static bool set_defaults(const levin_command *c, cli_args *a)
{
    cli_row row;
    *a = (cli_args){ 0 };
    for (int i = 0; cli_row_at(c, i, &row); i++) {
        LEVIN_ASSERT(i < CLI_MAX_ROWS, false);
        bool is_number = row.option && row.option->type == CLI_NUMBER;
        if (is_number)
            *(double *)(void *)((char *)a + row.option->offset) = (double)NAN;
        /* A flag's own default is zero already. */
        bool preset = row.missing && (row.option || row.missing != row.flag->missing);
        if (preset && !set(&row, i, row.missing, a))
            return false;
    }
    return true;
}

static bool unknown(const levin_command *c, const char *name)
{
    static char names[CLI_MAX_ROWS][sizeof((cli_row *)NULL)->name];
    const char *list[CLI_MAX_ROWS + 1] = { NULL };
    cli_row row;
    for (int i = 0; i < CLI_MAX_ROWS && cli_row_at(c, i, &row); i++) {
        snprintf(names[i], sizeof names[i], "%s", row.name);
        list[i] = names[i];
    }
    static const char trainer[] = "--trainer.";
    bool of_trainer = strncmp(name, trainer, sizeof trainer - 1) == 0;
    const char *now = of_trainer ? levin__old_flag(name + sizeof trainer - 1) : NULL;
    const char *near = levin__suggest(name, list);
    if (now)
        levin__error_set(LEVIN_EINVAL, "option '%s' is gone: now %s", name, now);
    else if (near)
        levin__error_set(LEVIN_EINVAL, "unknown option '%s', did you mean %s?", name, near);
    else
        levin__error_set(LEVIN_EINVAL, "unknown option '%s'; levin help %s lists them", name,
                         c->name);
    return false;
}

/* What parsing a line remembers. */
typedef struct {
    const levin_command *command;
    cli_args *args;
    bool given[CLI_MAX_ROWS];
    char **words; // those not yet read
    int left;
} line;

/* The value of a row: what followed "=", or the next word. NULL after an error. */
static const char *value_of(line *l, const cli_row *row, const char *after_sign)
{
    bool is_switch = row->option && row->option->type == CLI_SWITCH;
    if (is_switch && after_sign)
        levin__error_set(LEVIN_EINVAL, "%s takes no value", row->name);
    if (is_switch || after_sign)
        return levin_error() ? NULL : is_switch ? "true" : after_sign;
    if (l->left == 0 || strncmp(*l->words, "--", 2) == 0) {
        levin__error_set(LEVIN_EINVAL, "%s needs a value%s", row->name,
                         l->left ? "; write --name=value for one that begins with --" : "");
        return NULL;
    }
    l->left--;
    return *l->words++;
}

static bool take_option(line *l, const char *word)
{
    char name[MAX_NAME];
    const char *sign = strchr(word, '=');
    int n = sign ? (int)(sign - word) : (int)strlen(word);
    snprintf(name, sizeof name, "%.*s", n, word);
    cli_row row;
    int number = n < MAX_NAME ? cli_row_find(l->command, name, &row) : -1;
    if (number < 0)
        return unknown(l->command, name);
    if (l->given[number]) {
        levin__error_set(LEVIN_EINVAL, "%s is given twice", row.name);
        return false;
    }
    l->given[number] = true;
    const char *value = value_of(l, &row, sign ? sign + 1 : NULL);
    return value && set(&row, number, value, l->args);
}

static bool take_word(line *l, const char *word)
{
    if (l->command->takes_word && !l->args->word) {
        l->args->word = word;
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
    return true;
}

bool cli_parse(const levin_command *c, int n, char **words, cli_args *out, bool *wants_help)
{
    line l = { .command = c, .args = out, .words = words, .left = n };
    *wants_help = false;
    if (!set_defaults(c, out))
        return false;
    while (l.left) {
        const char *word = *l.words++;
        l.left--;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            *wants_help = true;
            return true;
        }
        if (!(strncmp(word, "--", 2) == 0 ? take_option(&l, word) : take_word(&l, word)))
            return false;
    }
    return has_required(c, out);
}
