/* file_profiler.c: see file_profiler.h. */
#include "trainer/profilers/file_profiler.h"

#include "base/append.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <string.h>

levin_file_profiler *levin__file_profiler_new(const levin_profiler_class *type, const char *dirpath,
                                              const char *filename)
{
    levin_file_profiler *p = (levin_file_profiler *)levin_profiler_new(type);
    if (!p)
        return NULL;
    p->dirpath = levin__strdup(dirpath);
    p->filename = levin__strdup(filename);
    if (!levin_error())
        return p;
    levin_profiler_free(&p->base);
    return NULL;
}

int levin__file_profiler_setup(levin_file_profiler *p, const levin_profiled_call *call)
{
    levin__free(p->stage);
    levin__free(p->dir);
    p->stage = levin__strdup(call->stage);
    p->dir = levin__strdup(p->dirpath ? p->dirpath : call->dir);
    return p->stage && p->dir ? LEVIN_OK : levin_error();
}

char *levin__file_profiler_path(const levin_file_profiler *p, const char *name, const char *ending)
{
    char *file = levin__format("%s-%s%s", p->stage, name, ending);
    for (char *at = file; at && (at = strpbrk(at, "\\/:*?\"<>|\n\r\t"));)
        *at = '_';
    char *path =
        file && levin__make_dirs(p->dir) == LEVIN_OK ? levin__path_join(p->dir, file) : NULL;
    levin__free(file);
    return path;
}

void levin__file_profiler_title(const levin_file_profiler *p, levin_buffer *out)
{
    for (const char *c = p->stage; *c; c++)
        levin__buffer_add_char(out, (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
    levin__buffer_add_text(out, " Profiler Report\n");
}

static int add_to_file(const levin_file_profiler *p, const levin_buffer *text)
{
    char *path = levin__file_profiler_path(p, p->filename, ".txt");
    levin_append *out = path ? levin__append_open(path, O_CREAT, 0) : NULL;
    levin__append(out, text->data, text->size);
    levin__append_close(out);
    levin__free(path);
    return levin_error();
}

char *levin__file_profiler_report(levin_file_profiler *p, levin_buffer *text)
{
    levin_error_note note = { 0 };
    if (!text->failed && p->filename && *p->filename && add_to_file(p, text) == LEVIN_OK) {
        levin__buffer_free(text);
        return NULL;
    }
    levin__error_take(&note);
    if (note.code)
        levin__buffer_addf(text, "%s\n", note.message);
    return levin__buffer_take(text);
}

void levin__file_profiler_free(levin_profiler *base)
{
    levin_file_profiler *p = (levin_file_profiler *)base;
    levin__free(p->dirpath);
    levin__free(p->filename);
    levin__free(p->stage);
    levin__free(p->dir);
}
