/* rows.h: files of rows with named columns, read from front to back: TSV, CSV and JSON. One row is
 * in memory at a time, whatever the size of the file; who wants to keep a cell copies it. */
#ifndef LEVIN_DATA_ROWS_H
#define LEVIN_DATA_ROWS_H

#include <levin/base.h>

/* Bytes of one field; not closed by a NUL, and there is none among them. */
typedef struct levin_cell {
    const char *text; // NULL: the row has no value here (JSON's null, or no such member)
    size_t n;
} levin_cell;

typedef struct levin_rows levin_rows;

typedef struct levin_rows_opts {
    const char *const *columns; // names, for a file whose first line is a row; NULL: a header line
    bool skip_malformed;        // rows with a wrong number of fields are counted, not an error
} levin_rows_opts;

/** Opens a file by its ending: .tsv and .txt (tabs, no quoting), .csv (RFC 4180), .jsonl, .ndjson
 *  and .json (an object a line, or one list of objects). NULL after an error. */
levin_rows *levin__rows_open(const char *path, const levin_rows_opts *opts);
/** The same of n bytes in memory, lent until the close, which unquoting may change; name stands for
 *  the path. */
levin_rows *levin__rows_parse(char *bytes, size_t n, const char *name, const levin_rows_opts *opts);
void levin__rows_close(levin_rows *r);

/** Reads the next row: 1, 0 at the end, or an error code. */
int levin__rows_next(levin_rows *r);
/** A field of the row read last, lent until the next one. */
levin_cell levin__rows_cell(const levin_rows *r, int column);
/** The line on which that row begins, counted from 1. */
int64_t levin__rows_line(const levin_rows *r);

const char *levin__rows_path(const levin_rows *r);
/** Names of the columns, closed by NULL. */
const char *const *levin__rows_columns(const levin_rows *r);
/** Malformed rows passed over so far. */
int64_t levin__rows_skipped(const levin_rows *r);

#endif
