/* values.c: see values.h. Words of lists in any case. */
#include "cli/values.h"

#include "base/error.h"
#include "base/suggest.h"
#include "cli/config.h"
#include "cli/objects.h"
#include "trainer/number.h"
#include "trainer/settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { MAX_WORDS = 64 };

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
    if (errno == ERANGE && *end == '\0' && o->most <= 0) {
        levin__error_set(LEVIN_EINVAL, "%s: %s is too large", row->name, value);
        return false;
    }
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

static bool set_switch(const cli_row *row, const char *value, bool *out)
{
    *out = strcmp(value, "true") == 0;
    return *out || strcmp(value, "false") == 0 || bad(row, value, "true or false");
}

/* Lightning's true is the seed of the environment, or 0, and false is none. A run without a seed
 * could not be repeated, so that a new one is drawn here and written down. */
static bool set_seed(const cli_row *row, const char *value, int64_t *out)
{
    const char *variable = getenv("PL_GLOBAL_SEED");
    if (strcmp(value, "false") == 0) {
        uint32_t drawn = 0;
        ssize_t n = getrandom(&drawn, sizeof drawn, 0);
        *out = drawn;
        return n == sizeof drawn || levin__error_system(errno, "no random seed to be had") == 0;
    }
    if (strcmp(value, "true") == 0)
        value = variable && *variable ? variable : "0";
    return set_count(row, value, out);
}

static bool set_option(const cli_row *row, const char *value, cli_args *a)
{
    void *field = (char *)a + row->option->offset;
    switch (row->option->type) {
    case CLI_TEXT:
    case CLI_PRINT:
        *(const char **)field = value;
        return true;
    case CLI_WORD:
        return set_word(row, value, field);
    case CLI_COUNT:
        return set_count(row, value, field);
    case CLI_NUMBER:
        return set_number(row, value, field);
    case CLI_SWITCH:
        return set_switch(row, value, field);
    case CLI_SEED:
        return set_seed(row, value, field);
    case CLI_CLASS:
    case CLI_CONFIG:
        break; // no fields
    }
    return true;
}

/* What a field holds where there is no default. */
static void clear_option(const cli_row *row, cli_args *a)
{
    void *field = (char *)a + row->option->offset;
    switch (row->option->type) {
    case CLI_TEXT:
    case CLI_PRINT:
    case CLI_WORD:
        *(const char **)field = NULL;
        break;
    case CLI_COUNT:
    case CLI_SEED:
        *(int64_t *)field = 0;
        break;
    case CLI_NUMBER:
        *(double *)field = (double)NAN;
        break;
    case CLI_SWITCH:
        *(bool *)field = false;
        break;
    case CLI_CLASS:
    case CLI_CONFIG:
        break;
    }
}

/* The trainer's messages begin with the name of the flag, or "unknown" and it; here it has a longer
 * one. */
static bool set_flag(const cli_row *row, const char *value, cli_args *a)
{
    static const char unknown[] = "unknown ";
    levin_error_note note;
    if (levin__flag_set(&a->trainer, row->flag, value) == LEVIN_OK &&
        levin__settings_check_flag(&a->trainer, row->flag) == LEVIN_OK)
        return true;
    levin__error_take(&note);
    size_t n = strncmp(note.message, unknown, sizeof unknown - 1) == 0 ? sizeof unknown - 1 : 0;
    levin__error_set(note.code, "%.*s--trainer.%s", (int)n, note.message, note.message + n);
    return false;
}

static bool is_null(const cli_row *row, const char *text)
{
    bool takes_any_word = row->option->type == CLI_TEXT || row->option->type == CLI_WORD;
    return !text || (!takes_any_word && strcmp(text, "null") == 0);
}

bool cli_row_set(cli_args *a, const cli_row *row, int number, const char *text)
{
    if (row->flag) // whose null may mean something
        return set_flag(row, a->texts[number] = text ? text : row->missing, a);
    text = is_null(row, text) ? row->missing : text;
    a->texts[number] = text;
    clear_option(row, a);
    return !text || set_option(row, text, a);
}

bool cli_set_defaults(const levin_command *c, cli_args *a)
{
    cli_row row;
    *a = (cli_args){ .documents = levin__yaml_new(LEVIN_YAML_LIST), .segment = -1 };
    for (int i = 0; a->documents && cli_row_at(c, i, &row); i++) {
        LEVIN_ASSERT(i < CLI_MAX_ROWS, false);
        /* A flag's own default is zero already. */
        bool preset = row.flag && row.missing && row.missing != row.flag->missing;
        if (row.class_kind >= 0)
            cli_objects_reset(a, &row);
        else if (row.option || preset)
            cli_row_set(a, &row, i, NULL);
    }
    for (const cli_preset *p = c->presets; p && p->name; p++)
        if (cli_row_of_argument(c, p->name, &row))
            cli_apply(&(cli_target){ c, a, false }, p->name + 2,
                      cli_value_of_text(a, NULL, p->value));
    a->segment = 0;
    return !levin_error();
}

bool cli_row_print(levin_buffer *out, const cli_args *a, const cli_row *row, int number)
{
    const char *text = a->texts[number];
    double value;
    if (row->class_kind >= 0 && a->objects[row->class_kind].n)
        return cli_objects_print(out, &a->objects[row->class_kind], row);
    if (row->flag)
        return levin__flag_print(out, &a->trainer, row->flag);
    if (row->option->type == CLI_SEED)
        return levin__buffer_addf(out, "%lld", (long long)a->seed);
    if (!text)
        return levin__buffer_add_text(out, row->option->type == CLI_SWITCH ? "false" : "null");
    if (row->option->type == CLI_NUMBER && levin__number_parse(text, &value))
        return levin__flag_print_number(out, value);
    if (row->option->type == CLI_TEXT)
        return levin__flag_print_text(out, text);
    return levin__buffer_add_text(out, text);
}

void cli_args_free(cli_args *a)
{
    levin__yaml_free(a->documents);
    a->documents = NULL;
}
