/* tsv.c: tab-separated rows as GLUE has them: a line is a row, a tab ends a field, and a quotation
 * mark is a letter like any other. A carriage return before the end of a line belongs to the line
 * end. Empty lines are no rows. */
#include "data/rows_format.h"

#include <string.h>

static int split(levin_rows *r, const char *line, size_t n)
{
    const char *end = line + n;
    r->n_cells = 0;
    for (;;) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        if (!levin__rows_add_cell(r, line, (size_t)((tab ? tab : end) - line)))
            return levin_error();
        if (!tab)
            return 1;
        line = tab + 1;
    }
}

static int record(levin_rows *r)
{
    const char *data = r->data;
    while (r->at < r->size) {
        const char *line = data + r->at, *end = memchr(line, '\n', r->size - r->at);
        size_t n = end ? (size_t)(end - line) : r->size - r->at;
        r->at += n + (end != NULL);
        r->line = r->next_line++;
        if (n && line[n - 1] == '\r')
            n--;
        if (n && memchr(line, '\0', n))
            return levin__rows_malformed(r, r->line, "a NUL byte; the file must be UTF-8 text");
        if (n)
            return split(r, line, n);
    }
    return 0;
}

const levin_rows_format levin__tsv_format = {
    .endings = (const char *const[]){ ".tsv", ".txt", NULL },
    .record = record,
};
