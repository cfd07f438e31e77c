/* rows_format.h: what a reader of one format fills in. Private to rows.c and the readers. */
#ifndef LEVIN_DATA_ROWS_FORMAT_H
#define LEVIN_DATA_ROWS_FORMAT_H

#include "base/buffer.h"
#include "base/file.h"
#include "data/rows.h"

enum { LEVIN_MAX_COLUMNS = 1000 };

typedef struct levin_rows_format {
    const char *const *endings; // ".csv", closed by NULL
    /* Looks at the head of the file, which is not empty: 0 or an error code. May be NULL. */
    int (*begin)(levin_rows *r);
    /* Makes cells of the columns' names: as record does, which is also what NULL means. */
    int (*header)(levin_rows *r);
    /* Fills cells with one record, sets line to where it begins, and moves at and next_line behind
     * it: 1, 0 at the end, or an error code. */
    int (*record)(levin_rows *r);
    void (*end)(levin_rows *r); // may be NULL
} levin_rows_format;

extern const levin_rows_format levin__tsv_format, levin__csv_format, levin__json_format;

struct levin_rows {
    const levin_rows_format *format;
    char *path;
    levin_mapping mapping; // of the file; private pages: a reader may unquote in place
    char *data;            // what is read
    size_t size;
    size_t at; // where the next record begins
    int64_t line, next_line;
    bool skip_malformed;
    int64_t skipped;
    int n_columns;
    char **columns; // closed by NULL
    int n_cells, cell_capacity;
    levin_cell *cells;
    char separator;     // of CSV
    void *value;        // of JSON: the object that the cells point into
    bool in_list;       // of JSON: within [ ]
    bool peeked;        // of JSON: value is the first row, which nobody has read yet
    levin_buffer spell; // of JSON: numbers as text
};

/** Appends a cell to the record; false without memory or above LEVIN_MAX_COLUMNS. */
bool levin__rows_add_cell(levin_rows *r, const char *text, size_t n);
/** Records LEVIN_EFORMAT: "path:line: message". Returns the code. */
int levin__rows_malformed(const levin_rows *r, int64_t line, const char *message);

#endif
