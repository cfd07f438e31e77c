/* csv.c: comma-separated rows by RFC 4180: a field in quotation marks may hold commas, line ends
 * and doubled quotation marks. Fields are unquoted where they lie (the mapping is private). A file
 * whose header has tabs or semicolons and no comma is separated by those, as spreadsheets write. */
#include "data/rows_format.h"

#include <string.h>

static int begin(levin_rows *r)
{
    const char *head = r->data + r->at;
    const char *end = memchr(head, '\n', r->size - r->at);
    size_t n = end ? (size_t)(end - head) : r->size - r->at;
    r->separator = ',';
    for (const char *candidate = ",\t;"; *candidate; candidate++) {
        if (memchr(head, *candidate, n)) {
            r->separator = *candidate;
            break;
        }
    }
    return LEVIN_OK;
}

/* A field in quotation marks; at stands behind the first one, and afterwards behind the last. */
static bool quoted(levin_rows *r)
{
    char *data = r->data, *text = data + r->at, *to = text;
    while (r->at < r->size) {
        char c = data[r->at++];
        if (c == '"' && (r->at == r->size || data[r->at] != '"'))
            return levin__rows_add_cell(r, text, (size_t)(to - text));
        if (c == '"')
            r->at++;
        r->next_line += c == '\n';
        if (*to != c)
            *to = c; // only behind a doubled mark do bytes move, and pages get copied
        to++;
    }
    levin__rows_malformed(r, r->line, "a quotation mark in this row is never closed");
    return false;
}

static bool plain(levin_rows *r)
{
    const char *data = r->data, *text = data + r->at;
    while (r->at < r->size && data[r->at] != r->separator && data[r->at] != '\n')
        r->at++;
    size_t n = (size_t)(data + r->at - text);
    bool line_end = r->at == r->size || data[r->at] == '\n';
    return levin__rows_add_cell(r, text, line_end && n && text[n - 1] == '\r' ? n - 1 : n);
}

/* Moves behind what ends a field: 1 a separator, 0 the end of the row, -1 something else. */
static int field_end(levin_rows *r)
{
    const char *data = r->data;
    if (r->at < r->size && data[r->at] == '\r' && (r->at + 1 == r->size || data[r->at + 1] == '\n'))
        r->at++;
    if (r->at == r->size)
        return 0;
    char c = data[r->at++];
    r->next_line += c == '\n';
    return c == r->separator ? 1 : c == '\n' ? 0 : -1;
}

static void skip_empty_lines(levin_rows *r)
{
    const char *data = r->data;
    while (r->at < r->size) {
        size_t cr = data[r->at] == '\r';
        if (r->at + cr < r->size && data[r->at + cr] != '\n')
            break;
        r->next_line++;
        r->at += r->at + cr < r->size ? cr + 1 : cr;
    }
    r->line = r->next_line;
}

static bool holds_nul(const levin_rows *r)
{
    for (int i = 0; i < r->n_cells; i++)
        if (r->cells[i].n && memchr(r->cells[i].text, '\0', r->cells[i].n))
            return true;
    return false;
}

static int record(levin_rows *r)
{
    skip_empty_lines(r);
    if (r->at == r->size)
        return 0;
    r->n_cells = 0;
    for (int more = 1; more;) {
        const char *data = r->data;
        bool in_quotes = r->at < r->size && data[r->at] == '"';
        r->at += in_quotes;
        if (!(in_quotes ? quoted(r) : plain(r)))
            return levin_error();
        more = field_end(r);
        if (more < 0)
            return levin__rows_malformed(r, r->line,
                                         "text behind a closing quotation mark; double the marks "
                                         "within a quoted field");
    }
    if (holds_nul(r))
        return levin__rows_malformed(r, r->line, "a NUL byte; the file must be UTF-8 text");
    return 1;
}

const levin_rows_format levin__csv_format = {
    .endings = (const char *const[]){ ".csv", NULL },
    .begin = begin,
    .record = record,
};
