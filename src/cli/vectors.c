/* vectors.c: see vectors.h. Numbers are printed with nine digits, which give back the same f32. */
#include "cli/vectors.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/threads.h"
#include "cli/output.h"
#include "formats/npy.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_AT_ONCE = 64, NUMBER = 18, FRAME = 32 }; // bytes of "-1.23456789e-05, ", of the rest

struct cli_vectors {
    int64_t size;
    levin_npy *npy;       // one of the two, or standard output
    levin_writer *writer; // JSON lines
    char *text;           // (ROWS_AT_ONCE) lines
    size_t room;          // of a line
    size_t length[ROWS_AT_ONCE];
    const float *rows; // being printed
};

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

bool cli_vectors_check(const char *path)
{
    if (!path || ends_with(path, ".npy") || ends_with(path, ".jsonl"))
        return true;
    levin__error_set(LEVIN_EINVAL, "--output: '%s' should end in .npy or .jsonl", path);
    return false;
}

static void release(cli_vectors *v)
{
    levin__free(v->text);
    levin__free(v);
}

cli_vectors *cli_vectors_open(const char *path, int64_t size)
{
    cli_vectors *v = levin__calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->size = size;
    v->room = (size_t)size * NUMBER + FRAME;
    if (path && ends_with(path, ".npy"))
        v->npy = levin__npy_open(path, size);
    else if (path)
        v->writer = levin__writer_open(path);
    if (!v->npy && !levin_error())
        v->text = levin__alloc(ROWS_AT_ONCE * v->room);
    if (!levin_error())
        return v;
    levin__writer_abort(v->writer);
    release(v);
    return NULL;
}

/* One row, on some thread. */
static void print_row(void *context, int64_t i)
{
    cli_vectors *v = context;
    char *line = v->text + (size_t)i * v->room;
    const float *row = v->rows + i * v->size;
    size_t n = (size_t)snprintf(line, FRAME, "{\"embedding\": [");
    for (int64_t k = 0; k < v->size; k++)
        n += (size_t)snprintf(line + n, v->room - n, k ? ", %.9g" : "%.9g", (double)row[k]);
    memcpy(line + n, "]}\n", 3);
    v->length[i] = n + 3;
}

static bool send_lines(cli_vectors *v, const float *rows, int64_t n)
{
    v->rows = rows;
    levin__parallel_for(n, print_row, v);
    for (int64_t i = 0; i < n; i++) {
        const char *line = v->text + (size_t)i * v->room;
        if (v->writer)
            levin__writer_add(v->writer, line, v->length[i]);
        else
            fwrite(line, 1, v->length[i], stdout);
    }
    return v->writer || cli_flush();
}

bool cli_vectors_add(cli_vectors *v, const float *rows, int64_t n)
{
    if (v->npy)
        return levin__npy_add(v->npy, rows, n);
    for (int64_t i = 0; i < n; i += ROWS_AT_ONCE)
        if (!send_lines(v, rows + i * v->size, n - i < ROWS_AT_ONCE ? n - i : ROWS_AT_ONCE))
            return false;
    return true;
}

int cli_vectors_close(cli_vectors *v)
{
    if (!v)
        return levin_error();
    if (levin_error()) {
        levin__npy_abort(v->npy);
        levin__writer_abort(v->writer);
    } else if (v->npy) {
        levin__npy_commit(v->npy);
    } else if (v->writer) {
        levin__writer_commit(v->writer);
    }
    release(v);
    return levin_error();
}
