/* checkpoint_files.c: see checkpoint_files.h. A file is deleted only when the one that takes its
 * place stands; what could not be written leaves everything as it was. */
#include "trainer/callbacks/checkpoint_files.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"
#include "trainer/callbacks/checkpoint_name.h"
#include "trainer/checkpoint.h"
#include "trainer/monitors.h"
#include "trainer/state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_PATH = 4096 };
static const char last_name[] = "last";

typedef struct {
    levin_trainer *t;
    int64_t epoch;
} name_values;

static bool look_up(void *payload, const char *name, double *value, bool *whole)
{
    const name_values *v = payload;
    *whole = false;
    if (levin__log_metric(v->t, name, LEVIN_FOR_CALLBACKS, value))
        return true;
    *whole = true;
    *value = strcmp(name, "epoch") == 0 ? (double)v->epoch : (double)v->t->position.global_step;
    return strcmp(name, "epoch") == 0 || strcmp(name, "step") == 0;
}

/* During on_train_end the epoch counter stands behind the epoch that was trained. */
static int64_t epoch_of(const levin_trainer *t)
{
    return t->current_epoch - (t->hook == LEVIN_HOOK_on_train_end && t->current_epoch > 0);
}

/* <dir>/<name>[-v<version>].ckpt; NULL after an error. */
static char *make_path(const levin_checkpoint_files *f, levin_trainer *t, const char *template,
                       int version)
{
    name_values values = { t, epoch_of(t) };
    levin_buffer path = LEVIN_BUFFER(LONGEST_PATH);
    levin__buffer_addf(&path, "%s/", f->dir);
    levin__checkpoint_name(&path, template, f->insert_names, look_up, &values);
    if (version)
        levin__buffer_addf(&path, "-v%d", version);
    levin__buffer_add_text(&path, ".ckpt");
    char *text = levin__buffer_take(&path);
    levin__buffer_free(&path);
    return text;
}

/* A path that no other file has; the one that is about to go (may be NULL) does not count. */
static char *free_path(const levin_checkpoint_files *f, levin_trainer *t, const char *template,
                       const char *replaced)
{
    char *path = make_path(f, t, template, 0);
    for (int v = 1; f->versions && path && levin__checkpoint_exists(t, path); v++) {
        if (replaced && strcmp(path, replaced) == 0)
            break;
        levin__free(path);
        path = make_path(f, t, template, v);
    }
    return path;
}

/* A metric's name may hold slashes and so make folders. */
static bool save(levin_checkpoint_files *f, levin_trainer *t, const char *path)
{
    if (levin__checkpoint_write_in_folder(t, path, f->weights_only) < 0)
        return false;
    if (f->verbose)
        levin__output_note(&t->out, "ModelCheckpoint: epoch %lld, step %lld saved as %s",
                           (long long)epoch_of(t), (long long)t->position.global_step, path);
    return true;
}

static int count_slashes(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '/';
    return n;
}

/* What follows dir and its slash in path; NULL if the path does not begin with them. */
static const char *name_in(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* Whether this callback may have written the file. Paths come out of checkpoints, and a checkpoint
 * may be a stranger's: one that climbs out of the folder, or down into one that the template does
 * not make, is left alone, and so is what is no checkpoint. */
static bool is_ours(const levin_checkpoint_files *f, const char *path)
{
    const char *name = name_in(path, f->dir);
    return name && levin__ends_with(name, ".ckpt") &&
           count_slashes(name) <= count_slashes(f->template) && strncmp(name, "../", 3) != 0 &&
           !strstr(name, "/../");
}

/* Not what is not ours, and not what this run was resumed from. */
static void discard(const levin_checkpoint_files *f, const levin_trainer *t, const char *old,
                    const char *current)
{
    if (old && strcmp(old, current) != 0 && is_ours(f, old) &&
        !(t->ckpt_path && levin__same_file(old, t->ckpt_path)))
        levin__checkpoint_remove(t, old);
}

/* The same, once last.ckpt no longer points there. */
static void discard_later(levin_checkpoint_files *f, char *old)
{
    levin__free(f->doomed);
    f->doomed = old;
}

static void note_newest(levin_checkpoint_files *f, const char *path)
{
    levin__free(f->newest);
    f->newest = levin__strdup(path);
}

/* Writes path in the place of *current, which names the new file already while it is written, for
 * the file holds this state; likewise the step. Takes path. Gives the path before, the caller's. */
static char *swap_in(levin_checkpoint_files *f, levin_trainer *t, char *path, char **current,
                     int64_t *step)
{
    char *before = *current;
    int64_t step_before = *step;
    *current = path;
    *step = t->position.global_step;
    if (save(f, t, path))
        return before;
    *current = before;
    *step = step_before;
    levin__free(path);
    return NULL;
}

static void save_newest(levin_checkpoint_files *f, levin_trainer *t)
{
    char *path = free_path(f, t, f->template, f->best);
    char *before = path ? swap_in(f, t, path, &f->best, &f->saved_step) : NULL;
    if (levin_error() || f->top.k != 1) {
        levin__free(before);
        before = NULL;
    }
    if (levin_error())
        return;
    note_newest(f, path);
    discard_later(f, before);
}

static void find_best(levin_checkpoint_files *f)
{
    const levin_scored *best = levin__top_k_best(&f->top);
    levin__free(f->best);
    f->best = best ? levin__strdup(best->path) : NULL;
    f->best_score = best ? best->score : (double)NAN;
}

static void save_scored(levin_checkpoint_files *f, levin_trainer *t, double score)
{
    levin_scored out = { 0 };
    levin__top_k_make_room(&f->top, &out);
    char *path = free_path(f, t, f->template, out.path);
    int64_t step = f->saved_step;
    if (path && levin__top_k_add(&f->top, path, score) == LEVIN_OK) {
        find_best(f);
        f->saved_step = t->position.global_step;
        if (save(f, t, path)) {
            note_newest(f, path);
            discard_later(f, out.path);
            out.path = NULL;
        } else {
            levin__top_k_drop(&f->top, path);
            if (out.path)
                levin__top_k_add(&f->top, out.path, out.score);
            find_best(f);
            f->saved_step = step;
        }
    }
    levin__free(path);
    levin__free(out.path);
}

/* Before the first validation its metrics cannot be there; after it, the name is wrong. */
static void monitor_is_missing(levin_checkpoint_files *f, levin_trainer *t)
{
    if (t->position.val_runs > 0)
        levin__monitor_is_missing(t, "ModelCheckpoint", f->monitor);
    else if (!f->warned)
        levin__output_note(
            &t->out, "ModelCheckpoint: monitor '%s' has not been logged yet, nothing is saved",
            f->monitor);
    f->warned = true;
}

static void save_top_k(levin_checkpoint_files *f, levin_trainer *t)
{
    double score;
    if (f->top.k == 0)
        return;
    if (!f->monitor)
        save_newest(f, t);
    else if (!levin__log_metric(t, f->monitor, LEVIN_FOR_CALLBACKS, &score))
        monitor_is_missing(f, t);
    else if (levin__top_k_wants(&f->top, score))
        save_scored(f, t, score);
}

/* What was pushed out goes, unless the new file has its name. */
static void clear_doomed(levin_checkpoint_files *f, levin_trainer *t)
{
    if (f->doomed && f->newest && !levin_error())
        discard(f, t, f->doomed, f->newest);
    levin__free(f->doomed);
    f->doomed = NULL;
}

void levin__checkpoint_files_save_top_k(levin_checkpoint_files *f, levin_trainer *t)
{
    save_top_k(f, t);
    clear_doomed(f, t);
}

void levin__checkpoint_files_save_extra(levin_checkpoint_files *f, levin_trainer *t)
{
    char *path = free_path(f, t, f->template, NULL);
    if (path)
        save(f, t, path);
    levin__free(path);
}

/* A relative link under a temporary name, renamed over what stands there: last.ckpt is never
 * missing. It is on the disk before the file that the old one pointed to goes. */
static bool link_to(const char *target, const char *path)
{
    char *temporary = levin__temporary_name(path);
    if (!temporary)
        return false;
    unlink(temporary); // of another process that had this number
    if (symlink(levin__path_name(target), temporary) != 0 || rename(temporary, path) != 0) {
        levin__error_system(errno, "%s: cannot make a link", path);
        unlink(temporary);
    } else {
        levin__sync_folder_of(temporary);
    }
    levin__free(temporary);
    return !levin_error();
}

/* A link holds where the newest file is of this very step; the best of an earlier one is not last.
 */
static bool can_link(const levin_checkpoint_files *f, const levin_trainer *t)
{
    return f->links_last && f->newest && f->saved_step == t->position.global_step &&
           name_in(f->newest, f->dir) && !strchr(name_in(f->newest, f->dir), '/');
}

void levin__checkpoint_files_save_last(levin_checkpoint_files *f, levin_trainer *t)
{
    if (!f->keeps_last || levin_error() || f->last_step == t->position.global_step)
        return;
    char *path = free_path(f, t, last_name, f->last);
    char *before = NULL;
    if (path && can_link(f, t)) {
        if (!link_to(f->newest, path)) {
            levin__free(path);
            return;
        }
        before = f->last;
        f->last = path;
        f->last_step = t->position.global_step;
    } else if (path) { // renamed over a link, it leaves alone what that points to
        before = swap_in(f, t, path, &f->last, &f->last_step);
    }
    if (!levin_error())
        discard(f, t, before, path);
    levin__free(before);
}

void levin__checkpoint_files_save(levin_checkpoint_files *f, levin_trainer *t)
{
    save_top_k(f, t);
    levin__checkpoint_files_save_last(f, t);
    clear_doomed(f, t);
}

void levin__checkpoint_files_state(const levin_checkpoint_files *f, levin_state *s)
{
    char name[48];
    levin_state_set_text(s, "dirpath", f->dir);
    levin_state_set_text(s, "best_model_path", f->best);
    levin_state_set_text(s, "last_model_path", f->last);
    levin_state_set_number(s, "best_model_score", f->best_score);
    levin_state_set_number(s, "saved_step", (double)f->saved_step);
    levin_state_set_number(s, "last_step", (double)f->last_step);
    for (int i = 0; i < f->top.n; i++) {
        snprintf(name, sizeof name, "best_k_models.%d.path", i);
        levin_state_set_text(s, name, f->top.at[i].path);
        snprintf(name, sizeof name, "best_k_models.%d.score", i);
        levin_state_set_number(s, name, f->top.at[i].score);
    }
}

void levin__checkpoint_files_load(levin_checkpoint_files *f, const levin_state *s)
{
    char path[48], score[48];
    levin__free(f->best);
    f->best = levin__strdup(levin_state_text(s, "best_model_path"));
    levin__free(f->last);
    f->last = levin__strdup(levin_state_text(s, "last_model_path"));
    f->best_score = levin_state_number(s, "best_model_score", (double)NAN);
    f->saved_step = levin__state_count(s, "saved_step", 0);
    f->last_step = levin__state_count(s, "last_step", 0);
    levin__top_k_free(&f->top);
    for (int i = 0;; i++) {
        snprintf(path, sizeof path, "best_k_models.%d.path", i);
        snprintf(score, sizeof score, "best_k_models.%d.score", i);
        const char *file = levin_state_text(s, path);
        if (!file || levin__top_k_add(&f->top, file, levin_state_number(s, score, 0)) < 0)
            return;
    }
}

void levin__checkpoint_files_free(levin_checkpoint_files *f)
{
    levin__free(f->template);
    levin__free(f->monitor);
    levin__free(f->dir);
    levin__free(f->best);
    levin__free(f->last);
    levin__free(f->newest);
    levin__free(f->doomed);
    levin__top_k_free(&f->top);
}
