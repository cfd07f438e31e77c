/* checkpoint_path.c: which file "best", "last" and "hpc" mean.
 *
 * "last" is the file that was written last. Lightning looks for last*.ckpt in the folder of the run
 * that begins, which is new and empty unless dirpath is given; we look through the runs beside it
 * too, at checkpoints of any name, so that an old last.ckpt never takes a run back. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/interruption.h"
#include "trainer/loggers/file_logger.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    const char *but;    // not this one; NULL: any
    bool must_be_whole; // training is to go on from it: weights alone do not do
    char *path;
    bool is_last; // its name says so; decides between two of one moment
    struct timespec written;
} candidate;

static int compare(const struct timespec *a, const struct timespec *b)
{
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec > b->tv_sec ? 1 : -1;
    return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

/* What cannot be read is for whoever loads it to complain about. */
static bool holds_weights_alone(const char *path)
{
    json_t *header = levin__checkpoint_peek(path);
    bool alone = header && !json_object_get(header, "random");
    json_decref(header);
    levin_error_clear();
    return alone;
}

static void consider(candidate *best, const char *dir, const char *name)
{
    struct stat info;
    bool is_last = strncmp(name, "last", 4) == 0;
    char *path = levin__ends_with(name, ".ckpt") ? levin__path_join(dir, name) : NULL;
    if (!path)
        return;
    if (best->but && levin__same_file(path, best->but)) {
        levin__free(path);
        return;
    }
    bool good = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    int newer = good && best->path ? compare(&info.st_mtim, &best->written) : 1;
    if (!good || newer < 0 || (newer == 0 && (best->is_last || !is_last)) ||
        (best->must_be_whole && holds_weights_alone(path))) {
        levin__free(path);
        return;
    }
    levin__free(best->path);
    best->path = path;
    best->is_last = is_last;
    best->written = info.st_mtim;
}

static void search(candidate *best, const char *dir)
{
    DIR *folder = dir ? opendir(dir) : NULL;
    for (struct dirent *e; folder && (e = readdir(folder));)
        consider(best, dir, e->d_name);
    if (folder)
        closedir(folder);
}

void levin__visit_runs(const char *above, void (*visit)(void *payload, const char *dir),
                       void *payload)
{
    DIR *folder = above ? opendir(above) : NULL;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        if (strncmp(e->d_name, "version_", 8) != 0)
            continue;
        char *dir = levin__path_join(above, e->d_name);
        if (dir)
            visit(payload, dir);
        levin__free(dir);
    }
    if (folder)
        closedir(folder);
}

static void search_run(void *best, const char *run)
{
    char *dir = run ? levin__path_join(run, "checkpoints") : NULL;
    search(best, dir);
    levin__free(dir);
}

/* The newest of the folders of this trainer, before a call as well as in it; NULL if there is none,
 * also after an error. The caller's. */
static char *newest(const levin_trainer *t, bool must_be_whole)
{
    candidate best = { .must_be_whole = must_be_whole };
    const levin_file_logger *l = t->n_loggers ? levin__file_logger(t->loggers[0]) : NULL;
    char *run = NULL, *above = l ? levin__file_logger_above(l, t->set.root_dir, &run) : NULL;
    for (int i = 0; i < t->n_callbacks; i++)
        if (levin__is_model_checkpoint(t->callbacks[i]))
            search(&best, levin__model_checkpoint_dir(t->callbacks[i]));
    search_run(&best, l ? run : t->set.root_dir);
    levin__visit_runs(above, search_run, &best);
    levin__free(run);
    levin__free(above);
    return best.path;
}

static char *find_last(levin_trainer *t)
{
    char *path = newest(t, t->running == LEVIN_RUNNING_FIT);
    if (!path && !levin_error())
        levin__output_note(&t->out, "no last checkpoint was found: %s",
                           t->running == LEVIN_RUNNING_FIT ? "training begins afresh"
                                                           : "the weights stay as they are");
    return path;
}

/* The best of the run that the newest checkpoint belongs to, as its ModelCheckpoint knew it. */
static char *best_of_newest(const levin_trainer *t)
{
    char *path = newest(t, false), *best = NULL;
    json_t *header = path ? levin__checkpoint_peek(path) : NULL, *state;
    const char *key;
    json_object_foreach(json_object_get(header, "callbacks"), key, state)
    {
        const char *of_state = json_string_value(json_object_get(state, "best_model_path"));
        if (!best && of_state && strncmp(key, "ModelCheckpoint", 15) == 0)
            best = levin__strdup(of_state);
    }
    json_decref(header);
    levin__free(path);
    return best;
}

bool levin__checkpoint_is_word(const char *what)
{
    return strcmp(what, "last") == 0 || strcmp(what, "best") == 0 || strcmp(what, "hpc") == 0;
}

char *levin__checkpoint_of_runs(const levin_trainer *t, const char *what, bool must_be_whole)
{
    int64_t n;
    if (strcmp(what, "best") == 0)
        return best_of_newest(t);
    return strcmp(what, "hpc") == 0 ? levin__slurm_newest(t, &n) : newest(t, must_be_whole);
}

void levin__checkpoint_name_other(const levin_trainer *t)
{
    candidate best = { .but = t->ckpt_path };
    levin_error_note note;
    levin__error_take(&note);
    char *dir = note.code == LEVIN_EFORMAT ? levin__path_folder(t->ckpt_path) : NULL;
    search(&best, dir);
    levin__free(dir);
    if (best.path)
        levin__error_set(note.code, "%s; beside it stands %s", note.message, best.path);
    else
        levin__error_give(&note);
    levin__free(best.path);
}

static char *find_best(levin_trainer *t)
{
    const char *best = levin_trainer_best_model_path(t);
    if (*best)
        return levin__strdup(best);
    levin__error_set(LEVIN_EINVAL, "ckpt_path: best was asked for, but no ModelCheckpoint of this "
                                   "trainer has saved one");
    return NULL;
}

static char *find_hpc(const levin_trainer *t)
{
    int64_t n;
    char *path = levin__slurm_newest(t, &n);
    if (!path)
        levin__error_set(LEVIN_ENOTFOUND,
                         "ckpt_path: hpc was asked for, but there is no hpc_ckpt_N.ckpt in %s",
                         t->set.root_dir);
    return path;
}

static const char *left_by_failure(const levin_trainer *t)
{
    for (int i = 0; i < t->n_callbacks; i++) {
        const char *path = levin__on_exception_path(t->callbacks[i]);
        if (path && levin__checkpoint_exists(t, path))
            return path;
    }
    return NULL;
}

const char *levin__fit_checkpoint(const levin_trainer *t, const char *ckpt_path)
{
    if (levin__slurm_goes_on(t, ckpt_path))
        return "hpc";
    return ckpt_path ? ckpt_path : left_by_failure(t);
}

char *levin__checkpoint_find(levin_trainer *t, const char *what)
{
    if (strcmp(what, "best") == 0)
        return find_best(t);
    if (strcmp(what, "last") == 0)
        return find_last(t);
    if (strcmp(what, "hpc") == 0)
        return find_hpc(t);
    if (levin__checkpoint_exists(t, what))
        return levin__strdup(what);
    if (!*what)
        levin__error_set(LEVIN_EINVAL, "ckpt_path: an empty name; a file, last or best is needed");
    else if (!t->set.io && levin__is_dir(what))
        levin__error_set(LEVIN_EINVAL,
                         "%s: a folder; a checkpoint is a file, such as %s.ckpt in it", what,
                         "last");
    else
        levin__error_set(LEVIN_ENOTFOUND, "%s: there is no such checkpoint", what);
    return NULL;
}
