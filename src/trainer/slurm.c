/* slurm.c: SLURM sends SIGUSR1 some time before it takes a job's node away. The run then saves
 * itself as hpc_ckpt_N.ckpt in default_root_dir and asks for another turn; the next start of the
 * job goes on from the highest N. Names and rules are those of Lightning's SLURMEnvironment, except
 * that only the newest file stays. */
#include "trainer/interruption.h"

#include "base/error.h"
#include "base/memory.h"
#include "trainer/checkpoint.h"

#include <dirent.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char prefix[] = "hpc_ckpt_", suffix[] = ".ckpt";

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool levin__slurm_is_job(void)
{
    const char *name = variable("SLURM_JOB_NAME");
    return variable("SLURM_NTASKS") &&
           !(name && (strcmp(name, "bash") == 0 || strcmp(name, "interactive") == 0));
}

/* The N of a file's name; -1 if it is none of ours. */
static int64_t number_of(const char *name)
{
    enum { MOST_DIGITS = 18 };
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    const char *digits = name + sizeof prefix - 1;
    size_t n = strspn(digits, "0123456789");
    if (n == 0 || n > MOST_DIGITS || strcmp(digits + n, suffix) != 0)
        return -1;
    return strtoll(digits, NULL, 10);
}

bool levin__slurm_owns(const char *name) { return number_of(name) >= 0; }

static char *path_of(const levin_trainer *t, int64_t n)
{
    return levin__format("%s/%s%lld%s", t->set.root_dir, prefix, (long long)n, suffix);
}

char *levin__slurm_newest(const levin_trainer *t, int64_t *n)
{
    DIR *folder = opendir(t->set.root_dir);
    *n = -1;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        int64_t number = number_of(e->d_name);
        *n = number > *n ? number : *n;
    }
    if (folder)
        closedir(folder);
    return *n < 0 ? NULL : path_of(t, *n);
}

bool levin__slurm_goes_on(const levin_trainer *t, const char *ckpt_path)
{
    const char *restarts = variable("SLURM_RESTART_COUNT");
    bool again = restarts && strtol(restarts, NULL, 10) > 0;
    if (!levin__slurm_is_job() || (ckpt_path && !again))
        return false;
    int64_t n;
    char *path = levin__slurm_newest(t, &n);
    levin__free(path);
    return path != NULL;
}

/* The job's id as scontrol takes it, of an array with the task's; NULL outside of a job. Yours. */
static char *job_id(void)
{
    const char *array = variable("SLURM_ARRAY_JOB_ID"), *task = variable("SLURM_ARRAY_TASK_ID");
    const char *job = variable("SLURM_JOB_ID");
    if (array && task)
        return levin__format("%s_%s", array, task);
    return job ? levin__strdup(job) : NULL;
}

/* Whether `scontrol requeue ID` went well. */
static bool ask_for_requeue(char *id)
{
    extern char **environ;
    char *words[] = { "scontrol", "requeue", id, NULL };
    pid_t child;
    int status;
    return posix_spawnp(&child, words[0], NULL, NULL, words, environ) == 0 &&
           waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Where the old file stays behind, the new one of a higher number counts all the same. */
static void remove_old(const levin_trainer *t, const char *path)
{
    levin_error_note ignored;
    levin__checkpoint_remove(t, path);
    levin__error_take(&ignored);
}

bool levin__slurm_requeue(levin_trainer *t)
{
    int64_t n;
    char *old = levin__slurm_newest(t, &n), *path = path_of(t, n < 0 ? 1 : n + 1);
    char *id = job_id();
    if (path && levin__checkpoint_write_in_folder(t, path, false) == LEVIN_OK && old)
        remove_old(t, old);
    bool asked = !levin_error() && id && ask_for_requeue(id);
    if (asked)
        levin__error_set(LEVIN_EINTERRUPTED,
                         "saved as %s; job %s is requeued and goes on from there", path, id);
    else if (!levin_error())
        levin__output_note(&t->out, "saved as %s; scontrol requeue %s failed, the run goes on",
                           path, id ? id : "(SLURM_JOB_ID is not set)");
    levin__free(old);
    levin__free(path);
    levin__free(id);
    return asked;
}
