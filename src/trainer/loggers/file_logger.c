/* file_logger.c: see file_logger.h. */
#include "trainer/loggers/file_logger.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "formats/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_HPARAMS = 1 << 24, MAX_TRIES = 1000 };

levin_file_logger *levin__file_logger_new(const levin_logger_class *type,
                                          const levin_log_place *as_given, const char *prefix)
{
    levin_file_logger *l = (levin_file_logger *)levin_logger_new(type);
    if (!l)
        return NULL;
    l->place = (levin_log_place){
        .save_dir = levin__strdup(as_given->save_dir),
        .name = levin__strdup(as_given->name),
        .version = levin__strdup(as_given->version),
        .sub_dir = levin__strdup(as_given->sub_dir),
    };
    if (!levin_error() && levin__names_init(&l->names, prefix) == LEVIN_OK)
        return l;
    levin_logger_free(&l->base);
    return NULL;
}

levin_file_logger *levin__file_logger(const levin_logger *l)
{
    return l && l->type->log_dir == levin__file_logger_dir ? (levin_file_logger *)l : NULL;
}

const char *levin__file_logger_dir(const levin_logger *l)
{
    return ((const levin_file_logger *)l)->place.dir;
}

void levin__file_logger_free(levin_logger *base)
{
    levin_file_logger *l = (levin_file_logger *)base;
    levin__free(l->place.save_dir);
    levin__free(l->place.name);
    levin__free(l->place.version);
    levin__free(l->place.sub_dir);
    levin__free(l->place.run);
    levin__free(l->place.dir);
    levin__names_free(&l->names);
}

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
static char *make_next_version(const char *above)
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

static bool is_number(const char *text) { return *text && !text[strspn(text, "0123456789")]; }

static char *above_of(const levin_log_place *p, const char *root_dir)
{
    const char *save_dir = p->save_dir ? p->save_dir : root_dir;
    const char *name = p->name ? p->name : "lightning_logs";
    return *name ? levin__path_join(save_dir, name) : levin__strdup(save_dir);
}

static char *given_run(const levin_log_place *p, const char *above)
{
    return levin__format("%s/%s%s", above, is_number(p->version) ? "version_" : "", p->version);
}

char *levin__file_logger_above(const levin_file_logger *l, const char *root_dir, char **run)
{
    const levin_log_place *p = &l->place;
    char *above = above_of(p, root_dir);
    *run = !above ? NULL : p->run ? levin__strdup(p->run) : p->version ? given_run(p, above) : NULL;
    return above;
}

/* The folder of the run, made; NULL after an error. */
static char *make_run(const levin_log_place *p, const char *above)
{
    if (p->shared && p->shared->run)
        return levin__strdup(p->shared->run);
    if (!p->version)
        return levin__make_dirs(above) == LEVIN_OK ? make_next_version(above) : NULL;
    return given_run(p, above);
}

int levin__file_logger_start(levin_logger *base, const char *root_dir)
{
    levin_log_place *p = &((levin_file_logger *)base)->place;
    if (p->dir)
        return LEVIN_OK;
    char *above = above_of(p, root_dir);
    if (above && !p->run)
        p->run = make_run(p, above);
    levin__free(above);
    char *dir = !p->run      ? NULL
                : p->sub_dir ? levin__path_join(p->run, p->sub_dir)
                             : levin__strdup(p->run);
    if (dir && levin__make_dirs(dir) == LEVIN_OK)
        p->dir = dir;
    else
        levin__free(dir);
    return p->dir ? LEVIN_OK : levin_error();
}

static bool same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static bool same_place(const levin_log_place *a, const levin_log_place *b)
{
    return same_text(a->save_dir, b->save_dir) && same_text(a->name, b->name) &&
           same_text(a->version, b->version);
}

void levin__file_loggers_share(levin_logger *const *list, int n)
{
    for (int i = 1; i < n; i++) {
        levin_file_logger *later = levin__file_logger(list[i]);
        for (int k = 0; later && k < i && !later->place.shared; k++) {
            const levin_file_logger *earlier = levin__file_logger(list[k]);
            if (earlier && same_place(&earlier->place, &later->place))
                later->place.shared = &earlier->place;
        }
    }
}

/* The value that a text of YAML says; the text itself where it says none, or only a part of it is
 * read: what a program has to say need not be YAML. */
static levin_yaml *value_of(const char *text)
{
    levin_error_note said;
    bool is_quoted = *text == '\'' || *text == '"', is_flow = *text == '[' || *text == '{';
    levin_yaml *y = levin__yaml_parse(text, strlen(text), "hparams.yaml");
    levin__error_take(&said);
    if (said.code == LEVIN_ENOMEM)
        levin__error_give(&said);
    if (y && (y->text ? is_quoted || strcmp(y->text, text) == 0 : is_flow))
        return y;
    levin__yaml_free(y);
    return levin__yaml_text(text);
}

int levin__file_logger_hyperparameters(levin_logger *base, const char *const (*pairs)[2], int n)
{
    const levin_file_logger *l = (levin_file_logger *)base;
    levin_buffer out = LEVIN_BUFFER(MAX_HPARAMS);
    char *path = levin__path_join(l->place.dir, "hparams.yaml");
    levin_yaml *map = levin__yaml_new(LEVIN_YAML_MAP);
    for (int i = 0; i < n && !levin_error(); i++)
        levin__yaml_add(map, pairs[i][0], value_of(pairs[i][1] ? pairs[i][1] : "null"));
    if (path && levin__yaml_print(&out, map))
        levin__file_write(path, out.data, out.size);
    levin__yaml_free(map);
    levin__free(path);
    levin__buffer_free(&out);
    return levin_error();
}
