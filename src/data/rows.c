/* rows.c: what all formats share: the mapped file, the header, and the count of fields. */
#include "data/rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/rows_format.h"

#include <string.h>
#include <strings.h>

static const levin_rows_format *const formats[] = { &levin__tsv_format, &levin__csv_format,
                                                    &levin__json_format };

int levin__rows_malformed(const levin_rows *r, int64_t line, const char *message)
{
    return levin__error_set(LEVIN_EFORMAT, "%s:%lld: %s", r->path, (long long)line, message);
}

bool levin__rows_add_cell(levin_rows *r, const char *text, size_t n)
{
    if (r->n_cells == r->cell_capacity) {
        int capacity = r->cell_capacity ? 2 * r->cell_capacity : 16;
        if (r->n_cells >= LEVIN_MAX_COLUMNS) {
            levin__rows_malformed(r, r->line, "more than 1000 fields in a row");
            return false;
        }
        levin_cell *grown = levin__realloc(r->cells, (size_t)r->n_cells * sizeof *grown,
                                           (size_t)capacity * sizeof *grown);
        if (!grown)
            return false;
        r->cells = grown;
        r->cell_capacity = capacity;
    }
    r->cells[r->n_cells++] = (levin_cell){ text, n };
    return true;
}

static const levin_rows_format *format_of(const char *path)
{
    const char *dot = strrchr(levin__path_name(path), '.');
    for (size_t i = 0; dot && i < sizeof formats / sizeof *formats; i++)
        for (const char *const *ending = formats[i]->endings; *ending; ending++)
            if (strcasecmp(dot, *ending) == 0)
                return formats[i];
    levin__error_set(LEVIN_EINVAL,
                     "%s: not a kind of file that can be read: .tsv, .txt, .csv, .jsonl or .json",
                     path);
    return NULL;
}

/* Passes over a byte order mark; a file in UTF-16 is sent back with advice. */
static int begin_text(levin_rows *r)
{
    const unsigned char *p = (const unsigned char *)r->data;
    size_t n = r->size;
    if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
        return levin__rows_malformed(r, 1, "UTF-16; save it as UTF-8");
    r->at = n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
    r->line = r->next_line = 1;
    if (r->at == n)
        return levin__error_set(LEVIN_EFORMAT, "%s: an empty file", r->path);
    return r->format->begin ? r->format->begin(r) : LEVIN_OK;
}

static int set_columns(levin_rows *r, const levin_cell *names, int n)
{
    r->columns = levin__calloc((size_t)n + 1, sizeof *r->columns);
    for (r->n_columns = 0; r->columns && r->n_columns < n; r->n_columns++) {
        const levin_cell *name = &names[r->n_columns];
        r->columns[r->n_columns] = levin__strndup(name->text, name->n);
        if (!r->columns[r->n_columns])
            return levin_error();
    }
    return r->columns ? LEVIN_OK : levin_error();
}

static int given_columns(levin_rows *r, const char *const *names)
{
    for (r->n_cells = 0; *names; names++)
        if (!levin__rows_add_cell(r, *names, strlen(*names)))
            return levin_error();
    return set_columns(r, r->cells, r->n_cells);
}

static int read_header(levin_rows *r)
{
    int status = r->format->header ? r->format->header(r) : r->format->record(r);
    if (status == 0)
        return levin__error_set(LEVIN_EFORMAT, "%s: an empty file", r->path);
    return status < 0 ? status : set_columns(r, r->cells, r->n_cells);
}

static levin_rows *new_rows(const char *path, const levin_rows_opts *opts)
{
    const levin_rows_format *format = format_of(path);
    levin_rows *r = format ? levin__calloc(1, sizeof *r) : NULL;
    if (!r)
        return NULL;
    r->format = format;
    r->spell = LEVIN_BUFFER((size_t)1 << 20);
    r->skip_malformed = opts && opts->skip_malformed;
    r->path = levin__strdup(path);
    if (r->path)
        return r;
    levin__rows_close(r);
    return NULL;
}

/* r, ready for its first row; gone after an error. */
static levin_rows *begin_rows(levin_rows *r, const levin_rows_opts *opts)
{
    int code = begin_text(r);
    if (code == LEVIN_OK)
        code = opts && opts->columns ? given_columns(r, opts->columns) : read_header(r);
    if (code == LEVIN_OK)
        return r;
    levin__rows_close(r);
    return NULL;
}

levin_rows *levin__rows_open(const char *path, const levin_rows_opts *opts)
{
    levin_rows *r = new_rows(path, opts);
    if (!r)
        return NULL;
    if (levin__file_map(&r->mapping, path) != LEVIN_OK) {
        levin__rows_close(r);
        return NULL;
    }
    r->data = r->mapping.data;
    r->size = r->mapping.size;
    return begin_rows(r, opts);
}

levin_rows *levin__rows_parse(char *bytes, size_t n, const char *name, const levin_rows_opts *opts)
{
    levin_rows *r = new_rows(name, opts);
    if (!r)
        return NULL;
    r->data = bytes;
    r->size = n;
    return begin_rows(r, opts);
}

void levin__rows_close(levin_rows *r)
{
    if (!r)
        return;
    if (r->format->end)
        r->format->end(r);
    for (int i = 0; i < r->n_columns; i++)
        levin__free(r->columns[i]);
    levin__free(r->columns);
    levin__free(r->cells);
    levin__buffer_free(&r->spell);
    levin__file_unmap(&r->mapping);
    levin__free(r->path);
    levin__free(r);
}

int levin__rows_next(levin_rows *r)
{
    for (;;) {
        int status = r->format->record(r);
        if (status <= 0 || r->n_cells == r->n_columns)
            return status;
        if (!r->skip_malformed)
            return levin__error_set(LEVIN_EFORMAT, "%s:%lld: %d fields, expected %d", r->path,
                                    (long long)r->line, r->n_cells, r->n_columns);
        r->skipped++;
    }
}

levin_cell levin__rows_cell(const levin_rows *r, int column)
{
    return column >= 0 && column < r->n_cells ? r->cells[column] : (levin_cell){ NULL, 0 };
}

int64_t levin__rows_line(const levin_rows *r) { return r->line; }
const char *levin__rows_path(const levin_rows *r) { return r->path; }
const char *const *levin__rows_columns(const levin_rows *r)
{
    return (const char *const *)r->columns;
}
int64_t levin__rows_skipped(const levin_rows *r) { return r->skipped; }
