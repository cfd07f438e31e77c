/* csv.c: Lightning's CSVLogger: metrics.csv. Columns are sorted by name; each call makes one row;
 * a new column rewrites the file. A file that stands already, in a version that was asked for by
 * name, goes on below its rows. */
#include "base/append.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "trainer/classes.h"
#include "trainer/loggers/file_logger.h"
#include "trainer/number.h"

#include <stdio.h>
#include <string.h>

enum { MAX_ROW = 1 << 26, STEP = 0 };

/* One for each name. */
typedef struct {
    bool in_file;
    int64_t row;  // the last row that had a value
    double value; // of that
    bool integer;
    const char *old; // in a rewrite: the cell of the row at hand, and its length
    size_t old_length;
} column;

typedef struct {
    levin_file_logger file;
    int64_t flush_every; // steps
    char *path;          // of metrics.csv
    levin_append *out;   // NULL before the first row
    column *columns;     // by the number of their name
    int n, capacity;
    int *order;    // the same, sorted by name
    int *in_file;  // the columns of the file, from left to right
    int n_in_file; // how many it has
    int64_t rows;  // made so far
    levin_buffer text;
} csv_logger;

static const char *name_of(const csv_logger *l, int i) { return l->file.names.at[i].full; }

/* Three arrays of one capacity. */
static bool reserve_columns(csv_logger *l, int n)
{
    int columns = l->capacity, order = columns, in_file = columns;
    if (!levin__grow(&l->columns, n, &columns, sizeof *l->columns) ||
        !levin__grow(&l->order, n, &order, sizeof *l->order) ||
        !levin__grow(&l->in_file, n, &in_file, sizeof *l->in_file))
        return false;
    l->capacity = columns;
    return true;
}

/* Columns for the names that have none yet. */
static bool make_columns(csv_logger *l)
{
    if (!reserve_columns(l, l->file.names.n))
        return false;
    for (; l->n < l->file.names.n; l->n++) {
        int at = l->n;
        for (; at > 0 && strcmp(name_of(l, l->order[at - 1]), name_of(l, l->n)) > 0; at--)
            l->order[at] = l->order[at - 1];
        l->order[at] = l->n;
        l->columns[l->n] = (column){ 0 };
    }
    return true;
}

/* RFC 4180: quotes where a name holds what would end a cell. */
static void add_name(levin_buffer *out, const char *name)
{
    if (!strpbrk(name, ",\"")) {
        levin__buffer_add_text(out, name);
        return;
    }
    levin__buffer_add_char(out, '"');
    for (; *name; name++)
        levin__buffer_add(out, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    levin__buffer_add_char(out, '"');
}

static void add_header(csv_logger *l)
{
    levin__buffer_clear(&l->text);
    for (int i = 0; i < l->n; i++) {
        if (i)
            levin__buffer_add_char(&l->text, ',');
        add_name(&l->text, name_of(l, l->order[i]));
    }
    levin__buffer_add_char(&l->text, '\n');
}

static size_t put_value(char *to, const column *c)
{
    if (!c->integer)
        return levin__number_put(to, c->value);
    return (size_t)snprintf(to, LEVIN_NUMBER_SIZE, "%.0f", c->value);
}

/* The row in the making, as text. False after LEVIN_ENOMEM. */
static bool add_row(csv_logger *l)
{
    levin__buffer_clear(&l->text);
    if (!levin__buffer_reserve(&l->text, (size_t)l->n * (LEVIN_NUMBER_SIZE + 1)))
        return false;
    char *to = l->text.data;
    for (int i = 0; i < l->n; i++) {
        const column *c = &l->columns[l->order[i]];
        if (c->row == l->rows)
            to += put_value(to, c);
        *to++ = i + 1 < l->n ? ',' : '\n';
    }
    l->text.size = (size_t)(to - l->text.data);
    return true;
}

/* Hands the cells of an old line to its columns. */
static int split(csv_logger *l, const char *line, const char *end)
{
    int n = 0;
    for (const char *at = line, *comma; at <= end; at = comma + 1) {
        comma = memchr(at, ',', (size_t)(end - at));
        comma = comma ? comma : end;
        if (n < l->n_in_file) {
            column *c = &l->columns[l->in_file[n]];
            c->old = at;
            c->old_length = (size_t)(comma - at);
        }
        n++;
    }
    if (n == l->n_in_file)
        return LEVIN_OK;
    return levin__error_set(LEVIN_EFORMAT, "%s: a row of %d cells below %d names: '%.*s'", l->path,
                            n, l->n_in_file, (int)(end - line < 60 ? end - line : 60), line);
}

/* One old row under the new columns. */
static void widen(csv_logger *l, levin_writer *w)
{
    for (int i = 0; i < l->n; i++) {
        const column *c = &l->columns[l->order[i]];
        if (c->in_file)
            levin__writer_add(w, c->old, c->old_length);
        levin__writer_add(w, i + 1 < l->n ? "," : "\n", 1);
    }
}

/* Old rows; what was left behind unfinished by a process that was killed is none. */
static void widen_rows(csv_logger *l, const levin_mapping *old, levin_writer *w)
{
    const char *at = old->data, *end = at + old->size, *stop;
    bool header = true;
    for (; at < end && (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1) {
        const char *last = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
        if (!header && split(l, at, last) < 0)
            return;
        if (!header)
            widen(l, w);
        header = false;
    }
}

/* The file at path is a new one, with all columns. */
static void reopen(csv_logger *l)
{
    levin__append_close(l->out); // of the old file: nothing waits there
    l->out = levin__append_open(l->path, 0, LEVIN_LONGEST_WAIT);
    memcpy(l->in_file, l->order, (size_t)l->n * sizeof *l->order);
    l->n_in_file = l->n;
    for (int i = 0; i < l->n; i++)
        l->columns[i].in_file = true;
}

/* The whole file with the columns as they are now. */
static int rewrite(csv_logger *l)
{
    levin_mapping old = { 0 };
    if (levin__append_flush(l->out) < 0 || (l->n_in_file && levin__file_map(&old, l->path) < 0))
        return levin_error();
    levin_writer *w = levin__writer_open(l->path);
    add_header(l);
    if (w && !l->text.failed) {
        levin__writer_add(w, l->text.data, l->text.size);
        if (old.data)
            widen_rows(l, &old, w);
    }
    if (levin_error())
        levin__writer_abort(w);
    else if (levin__writer_commit(w) == LEVIN_OK)
        reopen(l);
    levin__file_unmap(&old);
    return levin_error();
}

/* The next name of a header, unquoted, in out; where it ended. NULL if a quote is never closed. */
static const char *read_name(levin_buffer *out, const char *at, const char *end)
{
    bool quoted = at < end && *at == '"';
    levin__buffer_clear(out);
    levin__buffer_add(out, "", 0);
    for (at += quoted; at < end; at++) {
        if (quoted && *at == '"' && at + 1 < end && at[1] == '"')
            at++;
        else if (quoted && *at == '"')
            return at + 1;
        else if (!quoted && *at == ',')
            return at;
        levin__buffer_add(out, at, 1);
    }
    return quoted ? NULL : at;
}

static int refuse(const csv_logger *l)
{
    return levin__error_set(LEVIN_EFORMAT,
                            "%s: its first line is not the names of a metrics.csv, one of them "
                            "step; give another version",
                            l->path);
}

/* Takes the columns of a file over from its first line. */
static int adopt_names(csv_logger *l, const char *at, const char *end)
{
    bool has_step = false;
    for (;; at++) {
        at = read_name(&l->text, at, end);
        if (!at || l->text.failed || strlen(l->text.data) != l->text.size)
            return refuse(l);
        bool is_step = strcmp(l->text.data, "step") == 0;
        int i = is_step ? STEP : levin__names_add_full(&l->file.names, l->text.data);
        if (i < 0 || !make_columns(l))
            return levin_error();
        if (l->columns[i].in_file)
            return refuse(l);
        l->columns[i].in_file = true;
        l->in_file[l->n_in_file++] = i;
        has_step |= is_step;
        if (at >= end || *at != ',')
            break;
    }
    return at == end && has_step ? LEVIN_OK : refuse(l);
}

static int adopt(csv_logger *l)
{
    levin_mapping old;
    if (levin__file_map(&old, l->path) < 0)
        return levin_error();
    const char *text = old.data, *end = text ? memchr(text, '\n', old.size) : NULL;
    if (end)
        adopt_names(l, text, end > text && end[-1] == '\r' ? end - 1 : end);
    levin__file_unmap(&old);
    if (end && !levin_error())
        rewrite(l);
    return levin_error();
}

static int start(levin_logger *base, const char *root_dir)
{
    csv_logger *l = (csv_logger *)base;
    if (l->path || levin__file_logger_start(base, root_dir) < 0)
        return levin_error();
    l->path = levin__path_join(l->file.place.dir, "metrics.csv");
    return l->path && levin__is_file(l->path) ? adopt(l) : levin_error();
}

static bool fill(csv_logger *l, const char *name, double value, bool integer)
{
    int i = levin__names_find(&l->file.names, name);
    if (i < 0 || (i >= l->n && !make_columns(l)))
        return false;
    column *c = &l->columns[i];
    c->row = l->rows;
    c->integer = integer;
    c->value = value;
    return true;
}

static int log_metrics(levin_logger *base, const levin_logged *row, int n, int64_t step)
{
    csv_logger *l = (csv_logger *)base;
    l->rows++;
    for (int i = 0; i < n; i++)
        if (!fill(l, row[i].name, row[i].value, row[i].integer))
            return levin_error();
    column *c = &l->columns[STEP];
    c->row = l->rows;
    c->integer = true;
    c->value = (double)step;
    if ((l->n != l->n_in_file || !l->out) && rewrite(l) < 0)
        return levin_error();
    if (!add_row(l) || levin__append(l->out, l->text.data, l->text.size) < 0)
        return levin_error();
    return (step + 1) % l->flush_every == 0 ? levin__append_flush(l->out) : LEVIN_OK;
}

static int flush(levin_logger *base) { return levin__append_flush(((csv_logger *)base)->out); }

static int finalize(levin_logger *base, const char *status)
{
    (void)status;
    return flush(base);
}

static void free_logger(levin_logger *base)
{
    csv_logger *l = (csv_logger *)base;
    levin__append_close(l->out);
    levin__free(l->columns);
    levin__free(l->order);
    levin__free(l->in_file);
    levin__buffer_free(&l->text);
    levin__free(l->path);
    levin__file_logger_free(base);
}

static const levin_logger_class csv_class = {
    .name = "CSVLogger",
    .size = sizeof(csv_logger),
    .start = start,
    .log_metrics = log_metrics,
    .log_hyperparameters = levin__file_logger_hyperparameters,
    .flush = flush,
    .finalize = finalize,
    .log_dir = levin__file_logger_dir,
    .free = free_logger,
};

levin_logger *levin_csv_logger(const levin_csv_logger_opts *opts)
{
    static const levin_csv_logger_opts plain;
    const levin_csv_logger_opts *o = opts ? opts : &plain;
    int64_t every = levin__number_or(o->flush_logs_every_n_steps, 100);
    if (every < 1)
        levin__error_set(LEVIN_EINVAL, "CSVLogger: flush_logs_every_n_steps %lld is below 1",
                         (long long)every);
    const levin_log_place place = { .save_dir = (char *)o->save_dir,
                                    .name = (char *)o->name,
                                    .version = (char *)o->version };
    csv_logger *l = (csv_logger *)levin__file_logger_new(&csv_class, &place, o->prefix);
    if (!l)
        return NULL;
    l->flush_every = every;
    l->text = LEVIN_BUFFER(MAX_ROW);
    if (levin__names_add_full(&l->file.names, "step") == STEP && make_columns(l))
        return &l->file.base;
    levin_logger_free(&l->file.base);
    return NULL;
}

#define ARGUMENT(field, missing, help) LEVIN_ARGUMENT(levin_csv_logger_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(save_dir, "null", "folder above; null is the trainer's default_root_dir"),
    ARGUMENT(name, "lightning_logs", "folder of all runs"),
    ARGUMENT(version, "null", "3 is version_3, other texts are the folder; null the next number"),
    ARGUMENT(prefix, "null", "put before names, with a dash"),
    ARGUMENT(flush_logs_every_n_steps, "100", "rows that may wait; a second is the longest wait"),
    { 0 },
};

static levin_logger *make(const void *options) { return levin_csv_logger(options); }

const levin_class levin__class_csv_logger = {
    .kind = LEVIN_CLASS_LOGGER,
    .name = "CSVLogger",
    .paths = (const char *const[]){ "lightning.pytorch.loggers.CSVLogger", NULL },
    .help = "metrics.csv and hparams.yaml in save_dir/name/version_N",
    .arguments = arguments,
    .size = sizeof(levin_csv_logger_opts),
    .make.logger = make,
};
