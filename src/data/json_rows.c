/* json_rows.c: an object a row, either one after the other (JSON lines) or as one list. The members
 * of the first object are the columns. Objects are parsed one at a time by jansson; numbers, true
 * and false become text, null and absent members are missing cells, and so are lists and objects.
 */
#include "base/error.h"
#include "data/rows_format.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SPELLED = 32 }; // bytes of a number as text

static void skip_space(levin_rows *r)
{
    const char *data = r->data;
    while (r->at < r->size && strchr(" \t\r\n", data[r->at]) && data[r->at]) {
        r->next_line += data[r->at] == '\n';
        r->at++;
    }
}

/* The byte at hand, 0 at the end. */
static char peek(const levin_rows *r) { return r->at < r->size ? r->data[r->at] : '\0'; }

static int begin(levin_rows *r)
{
    skip_space(r);
    r->in_list = peek(r) == '[';
    r->at += r->in_list;
    return LEVIN_OK;
}

static int malformed(levin_rows *r, const json_error_t *error)
{
    const char *data = r->data;
    size_t begins = r->at;
    while (begins > 0 && data[begins - 1] != '\n')
        begins--;
    int64_t column = error->column + (error->line == 1 ? (int64_t)(r->at - begins) : 0);
    return levin__error_set(LEVIN_EFORMAT, "%s:%lld:%lld: %s", r->path,
                            (long long)(r->next_line + error->line - 1), (long long)column,
                            error->text);
}

/* Parses the object at hand and moves behind it. */
static int parse(levin_rows *r)
{
    const char *data = r->data;
    json_error_t error;
    r->line = r->next_line;
    json_decref(r->value);
    r->value =
        json_loadb(data + r->at, r->size - r->at, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
    if (!r->value)
        return malformed(r, &error);
    if (!json_is_object((json_t *)r->value))
        return levin__rows_malformed(r, r->line, "a row must be an object: {\"text\": \"...\"}");
    for (size_t end = r->at + (size_t)error.position; r->at < end; r->at++)
        r->next_line += data[r->at] == '\n';
    return 1;
}

/* Passes over what stands between two rows: 1 if a row follows, 0 at the end, or an error code. */
static int between(levin_rows *r)
{
    skip_space(r);
    if (!r->in_list)
        return peek(r) != '\0' || r->at < r->size;
    if (r->value && peek(r) == ',') {
        r->at++;
        skip_space(r);
        return 1;
    }
    if (peek(r) != ']')
        return r->value ? levin__rows_malformed(r, r->next_line, "expected , or ] after a row") : 1;
    r->at++;
    skip_space(r);
    if (r->at < r->size)
        return levin__rows_malformed(r, r->next_line, "text after the list's end");
    r->in_list = false;
    return 0;
}

/* The shortest text that reads back as the same number. */
static void spell_real(levin_rows *r, double value)
{
    char text[MAX_SPELLED];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    levin__buffer_add_text(&r->spell, text);
}

static bool add_value(levin_rows *r, const json_t *value)
{
    size_t start = r->spell.size;
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        if (strlen(json_string_value(value)) != json_string_length(value)) {
            levin__rows_malformed(r, r->line, "a NUL character within a text");
            return false;
        }
        return levin__rows_add_cell(r, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        levin__buffer_addf(&r->spell, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        spell_real(r, json_real_value(value));
        break;
    case JSON_TRUE:
        return levin__rows_add_cell(r, "true", 4);
    case JSON_FALSE:
        return levin__rows_add_cell(r, "false", 5);
    default:
        return levin__rows_add_cell(r, NULL, 0);
    }
    return levin__rows_add_cell(r, r->spell.data + start, r->spell.size - start);
}

/* Makes the next object the one at hand: 1, 0 at the end, or an error code. */
static int advance(levin_rows *r)
{
    int status = between(r);
    return status <= 0 ? status : parse(r);
}

static int record(levin_rows *r)
{
    int status = r->peeked ? 1 : advance(r);
    r->peeked = false;
    if (status <= 0)
        return status;
    r->n_cells = 0;
    levin__buffer_clear(&r->spell); // reserved whole, so that cells may point into it
    if (!levin__buffer_reserve(&r->spell, (size_t)r->n_columns * MAX_SPELLED))
        return levin_error();
    for (int i = 0; i < r->n_columns; i++)
        if (!add_value(r, json_object_get(r->value, r->columns[i])))
            return levin_error();
    return 1;
}

static int header(levin_rows *r)
{
    int status = advance(r);
    if (status <= 0)
        return status;
    const char *name;
    json_t *value;
    r->n_cells = 0;
    json_object_foreach((json_t *)r->value, name, value)
    {
        if (!levin__rows_add_cell(r, name, strlen(name)))
            return levin_error();
    }
    r->peeked = true; // the object is also the first row
    return 1;
}

static void end(levin_rows *r) { json_decref(r->value); }

const levin_rows_format levin__json_format = {
    .endings = (const char *const[]){ ".jsonl", ".ndjson", ".json", NULL },
    .begin = begin,
    .header = header,
    .record = record,
    .end = end,
};
