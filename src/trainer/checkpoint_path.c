/* checkpoint_path.c: which file "best", "last" and "hpc" mean.
 *
 * "last" is the file last*.ckpt that was written last. Lightning looks for it in the folder of the
 * run that begins, which is new and empty unless dirpath is given; we look through the runs beside
 * it too, and where no last*.ckpt stands we take the newest checkpoint of any name. */
#include "trainer/checkpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "trainer/callbacks/builtin.h"
#include "trainer/callbacks/model_checkpoint.h"
#include "trainer/interruption.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *path;
    bool is_last; // its name says so
    struct timespec written;
} candidate;

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static void consider(candidate *best, const char *dir, const char *name)
{
    struct stat info;
    size_t n = strlen(name);
    bool is_last = strncmp(name, "last", 4) == 0;
    if (n < 5 || strcmp(name + n - 5, ".ckpt") != 0 || (best->is_last && !is_last))
        return;
    char *path = levin__path_join(dir, name);
    if (!path || stat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        (best->path && best->is_last == is_last && !is_newer(&info.st_mtim, &best->written))) {
        levin__free(path);
        return;
    }
    levin__free(best->path);
    *best = (candidate){ path, is_last, info.st_mtim };
}

static void search(candidate *best, const char *dir)
{
    DIR *folder = opendir(dir);
    for (struct dirent *e; folder && (e = readdir(folder));)
        consider(best, dir, e->d_name);
    if (folder)
        closedir(folder);
}

/* The checkpoints of the runs beside the one of run_dir. */
static void search_runs(candidate *best, const char *run_dir)
{
    char *above = levin__strdup(run_dir);
    char *slash = above ? strrchr(above, '/') : NULL;
    if (slash)
        *slash = '\0';
    DIR *folder = slash ? opendir(above) : NULL;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        if (strncmp(e->d_name, "version_", 8) != 0)
            continue;
        char *dir = levin__format("%s/%s/checkpoints", above, e->d_name);
        if (dir)
            search(best, dir);
        levin__free(dir);
    }
    if (folder)
        closedir(folder);
    levin__free(above);
}

static char *find_last(levin_trainer *t)
{
    candidate best = { 0 };
    for (int i = 0; i < t->n_callbacks; i++) {
        const char *dir = levin__is_model_checkpoint(t->callbacks[i])
                              ? levin__model_checkpoint_dir(t->callbacks[i])
                              : NULL;
        if (dir)
            search(&best, dir);
    }
    if (levin__trainer_run_dir(t))
        search_runs(&best, levin__trainer_run_dir(t));
    if (!best.path)
        levin__output_note(&t->out, "no last checkpoint was found: %s",
                           t->running == LEVIN_RUNNING_FIT ? "training begins afresh"
                                                           : "the weights stay as they are");
    return best.path;
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
