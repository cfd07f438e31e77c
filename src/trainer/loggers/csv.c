/* csv.c: Lightning's CSVLogger: <save_dir>/<name>/version_N/metrics.csv and hparams.yaml. Columns
 * are sorted by name; each call makes one row, written through at once; a new column rewrites the
 * file. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "trainer/classes.h"
#include "trainer/number.h"

#include <levin/sys/logger.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_ROW = 1 << 20, MAX_FILE = 1 << 30, MAX_TRIES = 1000 };

typedef struct {
    char *name;
    bool in_file;
    bool filled, integer; // of the row in the making
    double value;
} column;

typedef struct {
    levin_logger base;
    char *save_dir, *name; // as given
    char *dir;             // <save_dir>/<name>/version_N, once a run has begun
    char *path;            // of metrics.csv
    int fd;                // of metrics.csv, -1 before the first row
    off_t size;            // of what was written whole
    column *columns;       // sorted by name
    int n, capacity;
    levin_buffer text;
} csv_logger;

/* The highest N of the folders version_N in dir; -1 if there is none. */
static int64_t highest_version(const char *dir)
{
    DIR *folder = opendir(dir);
    int64_t highest = -1;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        char *end;
        if (strncmp(e->d_name, "version_", 8) != 0)
            continue;
        int64_t n = strtoll(e->d_name + 8, &end, 10);
        if (end != e->d_name + 8 && !*end && n > highest && n < INT64_MAX)
            highest = n;
    }
    if (folder)
        closedir(folder);
    return highest;
}

/* Two runs that begin at once must not share a folder: mkdir decides. NULL after an error. */
static char *make_version(const char *above)
{
    int64_t version = highest_version(above) + 1;
    for (int tries = 0; tries < MAX_TRIES; tries++, version++) {
        char *dir = levin__format("%s/version_%lld", above, (long long)version);
        if (!dir || mkdir(dir, 0777) == 0)
            return dir;
        int why = errno;
        if (why != EEXIST || tries + 1 == MAX_TRIES)
            levin__error_system(why, "%s: cannot make this folder", dir);
        levin__free(dir);
        if (levin_error())
            return NULL;
    }
    return NULL;
}

static int start(levin_logger *base, const char *root_dir)
{
    csv_logger *l = (csv_logger *)base;
    if (l->dir)
        return LEVIN_OK;
    char *above = levin__path_join(l->save_dir ? l->save_dir : root_dir,
                                   l->name ? l->name : "lightning_logs");
    if (above && levin__make_dirs(above) == LEVIN_OK)
        l->dir = make_version(above);
    l->path = l->dir ? levin__path_join(l->dir, "metrics.csv") : NULL;
    levin__free(above);
    return levin_error();
}

/* The column of a name, or -1 - the place where it belongs. */
static int find_column(const csv_logger *l, const char *name)
{
    int low = 0, high = l->n;
    while (low < high) {
        int middle = (low + high) / 2;
        int order = strcmp(l->columns[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1 - low;
}

static int make_column(csv_logger *l, const char *name)
{
    int at = -1 - find_column(l, name);
    if (strpbrk(name, "\r\n"))
        levin__error_set(LEVIN_EINVAL, "%s: a metric's name has a line break", l->path);
    if (l->n == l->capacity && !levin_error()) {
        int more = l->capacity ? 2 * l->capacity : 16;
        size_t size = sizeof *l->columns;
        column *grown = levin__realloc(l->columns, (size_t)l->capacity * size, (size_t)more * size);
        if (grown) {
            l->columns = grown;
            l->capacity = more;
        }
    }
    char *copy = levin_error() ? NULL : levin__strdup(name);
    if (!copy)
        return -1;
    memmove(&l->columns[at + 1], &l->columns[at], (size_t)(l->n - at) * sizeof *l->columns);
    l->columns[at] = (column){ .name = copy };
    l->n++;
    return at;
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

static void add_header(const csv_logger *l, levin_buffer *out)
{
    for (int i = 0; i < l->n; i++) {
        if (i)
            levin__buffer_add_char(out, ',');
        add_name(out, l->columns[i].name);
    }
    levin__buffer_add_char(out, '\n');
}

static void add_cell(levin_buffer *out, const column *c)
{
    char number[LEVIN_NUMBER_SIZE];
    if (!c->filled)
        return;
    if (c->integer)
        snprintf(number, sizeof number, "%.0f", c->value);
    else
        levin__number_print(number, c->value);
    levin__buffer_add_text(out, number);
}

static void add_row(const csv_logger *l, levin_buffer *out)
{
    for (int i = 0; i < l->n; i++) {
        if (i)
            levin__buffer_add_char(out, ',');
        add_cell(out, &l->columns[i]);
    }
    levin__buffer_add_char(out, '\n');
}

/* One old row under the new columns; it holds numbers alone, so that no cell has a comma. */
static void widen_row(const csv_logger *l, levin_buffer *out, const char *line)
{
    for (int i = 0; i < l->n; i++) {
        if (i)
            levin__buffer_add_char(out, ',');
        if (!l->columns[i].in_file)
            continue;
        size_t n = strcspn(line, ",\n");
        levin__buffer_add(out, line, n);
        line += n + (line[n] == ',');
    }
    levin__buffer_add_char(out, '\n');
}

/* The whole file with the columns as they are now. */
static int rewrite(csv_logger *l)
{
    levin_buffer out = LEVIN_BUFFER(MAX_FILE);
    char *old = l->fd >= 0 ? levin__file_read(l->path, MAX_FILE, NULL) : NULL;
    add_header(l, &out);
    const char *line = old ? strchr(old, '\n') : NULL;
    for (; line && line[1]; line = strchr(line + 1, '\n'))
        widen_row(l, &out, line + 1);
    levin__free(old);
    if (!levin_error() && levin__file_write(l->path, out.data, out.size) == LEVIN_OK) {
        if (l->fd >= 0)
            close(l->fd);
        l->fd = open(l->path, O_WRONLY | O_APPEND | O_CLOEXEC);
        l->size = (off_t)out.size;
        if (l->fd < 0)
            levin__error_system(errno, "%s: cannot open", l->path);
    }
    levin__buffer_free(&out);
    for (int i = 0; i < l->n; i++)
        l->columns[i].in_file = true;
    return levin_error();
}

/* A row that does not fit on the disk leaves no half of itself. */
static int append(csv_logger *l, const char *bytes, size_t n)
{
    ssize_t written = write(l->fd, bytes, n);
    if (written == (ssize_t)n) {
        l->size += written;
        return LEVIN_OK;
    }
    int why = written < 0 ? errno : ENOSPC;
    if (ftruncate(l->fd, l->size) != 0)
        why = errno;
    return levin__error_system(why, "%s: cannot write", l->path);
}

static bool fill(csv_logger *l, const char *name, double value, bool integer)
{
    int at = find_column(l, name);
    if (at < 0)
        at = make_column(l, name);
    if (at < 0)
        return false;
    column *c = &l->columns[at];
    c->filled = true;
    c->integer = integer;
    c->value = value;
    return true;
}

static int log_metrics(levin_logger *base, const levin_logged *row, int n, int64_t step)
{
    csv_logger *l = (csv_logger *)base;
    int columns = l->n;
    for (int i = 0; i < l->n; i++)
        l->columns[i].filled = false;
    if (!fill(l, "step", (double)step, true))
        return levin_error();
    for (int i = 0; i < n; i++)
        if (!fill(l, row[i].name, row[i].value, row[i].integer))
            return levin_error();
    if ((l->n != columns || l->fd < 0) && rewrite(l) < 0)
        return levin_error();
    levin__buffer_clear(&l->text);
    add_row(l, &l->text);
    return l->text.failed ? levin_error() : append(l, l->text.data, l->text.size);
}

/* YAML needs no more than this: keys are words, values the scalar text that was given. */
static int log_hyperparameters(levin_logger *base, const char *const (*pairs)[2], int n)
{
    csv_logger *l = (csv_logger *)base;
    levin_buffer out = LEVIN_BUFFER(MAX_ROW);
    char *path = levin__path_join(l->dir, "hparams.yaml");
    for (int i = 0; i < n; i++)
        levin__buffer_addf(&out, "%s: %s\n", pairs[i][0], pairs[i][1] ? pairs[i][1] : "null");
    if (n == 0)
        levin__buffer_add_text(&out, "{}\n");
    if (path && !out.failed)
        levin__file_write(path, out.data, out.size);
    levin__free(path);
    levin__buffer_free(&out);
    return levin_error();
}

static const char *log_dir(const levin_logger *base) { return ((const csv_logger *)base)->dir; }

static void free_logger(levin_logger *base)
{
    csv_logger *l = (csv_logger *)base;
    if (l->fd >= 0)
        close(l->fd);
    for (int i = 0; i < l->n; i++)
        levin__free(l->columns[i].name);
    levin__free(l->columns);
    levin__buffer_free(&l->text);
    levin__free(l->save_dir);
    levin__free(l->name);
    levin__free(l->dir);
    levin__free(l->path);
}

static const levin_logger_class csv_class = {
    .name = "CSVLogger",
    .start = start,
    .log_metrics = log_metrics,
    .log_hyperparameters = log_hyperparameters,
    .log_dir = log_dir,
    .free = free_logger,
};

levin_logger *levin_csv_logger(const char *save_dir, const char *name)
{
    csv_logger *l = levin__calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->base.type = &csv_class;
    l->fd = -1;
    l->text = LEVIN_BUFFER(MAX_ROW);
    l->save_dir = levin__strdup(save_dir);
    l->name = levin__strdup(name);
    if (levin_error()) {
        levin_logger_free(&l->base);
        return NULL;
    }
    return &l->base;
}

typedef struct {
    const char *save_dir, *name;
} csv_options;

static levin_logger *make(const void *options)
{
    const csv_options *o = options;
    return levin_csv_logger(o->save_dir, o->name);
}

const levin_class levin__class_csv_logger = {
    .kind = LEVIN_CLASS_LOGGER,
    .name = "CSVLogger",
    .paths = (const char *const[]){ "lightning.pytorch.loggers.CSVLogger", NULL },
    .help = "metrics.csv and hparams.yaml in save_dir/name/version_N",
    .arguments =
        (const levin_flag[]){
            LEVIN_ARGUMENT(csv_options, save_dir, "null",
                           "folder above; null is the trainer's default_root_dir"),
            LEVIN_ARGUMENT(csv_options, name, "lightning_logs", "folder of all runs"),
            { 0 } },
    .size = sizeof(csv_options),
    .fixed = (const char *const[][2]){ { "version", "null" }, { "prefix", "" }, { NULL } },
    .make.logger = make,
};
