/* npy.c: see npy.h. The header says how many rows there are, which is known at the end only: it is
 * written with room for any number, and once more in its place. Numbers are little-endian, as on
 * every machine that levin runs on. NEP 1 describes the format. */
#include "formats/npy.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { HEADER = 128 }; // a multiple of 64, as the format wants it

struct levin_npy {
    levin_writer *writer;
    int64_t width, rows;
};

static void make_header(const levin_npy *f, char out[HEADER])
{
    static const unsigned char magic[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER - 10, 0 };
    char text[HEADER];
    int n = snprintf(text, sizeof text,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %lld), }",
                     (long long)f->rows, (long long)f->width);
    memset(out, ' ', HEADER);
    memcpy(out, magic, sizeof magic);
    memcpy(out + sizeof magic, text, (size_t)n);
    out[HEADER - 1] = '\n';
}

levin_npy *levin__npy_open(const char *path, int64_t width)
{
    levin_npy *f = levin__calloc(1, sizeof *f);
    if (!f)
        return NULL;
    char header[HEADER];
    f->width = width;
    f->writer = levin__writer_open(path);
    make_header(f, header);
    levin__writer_add(f->writer, header, sizeof header);
    if (f->writer)
        return f;
    levin__free(f);
    return NULL;
}

bool levin__npy_add(levin_npy *f, const float *rows, int64_t n)
{
    if (!f)
        return false;
    f->rows += n;
    return levin__writer_add(f->writer, rows, (size_t)(n * f->width) * sizeof *rows);
}

int levin__npy_commit(levin_npy *f)
{
    if (!f)
        return levin_error();
    char header[HEADER];
    make_header(f, header);
    levin__writer_patch(f->writer, header, sizeof header, 0);
    int result = levin__writer_commit(f->writer);
    levin__free(f);
    return result;
}

void levin__npy_abort(levin_npy *f)
{
    if (!f)
        return;
    levin__writer_abort(f->writer);
    levin__free(f);
}
