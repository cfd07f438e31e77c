/* test_sync.c: what is renamed is on the disk before anything relies on it: the calls are watched,
 * since no test can cut the power. */
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 200, LONGEST = 512 };
static char events[MOST][LONGEST]; // "rename x", "sync x", "unlink x"
static int n_events;

static void note(const char *what, const char *path)
{
    if (n_events < MOST)
        snprintf(events[n_events++], LONGEST, "%s %s", what, path);
}

int fsync(int fd)
{
    char link[64], path[LONGEST - 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    note("sync", path);
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    note("rename", to);
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    note("unlink", path);
    return unlinkat(AT_FDCWD, path, 0);
}

/* The first such event from the one with that number on; n_events if there is none. */
static int find(int from, const char *what, const char *path)
{
    char event[LONGEST];
    snprintf(event, sizeof event, "%s %s", what, path);
    while (from < n_events && strcmp(events[from], event) != 0)
        from++;
    return from;
}

static int fill(void *context, const char *folder)
{
    char *path = levin__path_join(folder, "weights");
    if (levin__make_dirs(folder) == LEVIN_OK)
        levin__file_write(path, context, 1);
    levin__free(path);
    return levin_error();
}

static void a_folder_is_synced_under_its_name(void **state)
{
    (void)state;
    char *path = levin__path_join(root, "model");
    n_events = 0;
    assert_int_equal(levin__folder_write(path, fill, "x"), 0);
    int renamed = find(0, "rename", path);
    assert_true(renamed < find(renamed, "sync", root) && find(renamed, "sync", root) < n_events);
    levin__free(path);
}

static void a_link_is_synced_before_what_the_old_one_named_goes(void **state)
{
    (void)state;
    char *dir = levin__path_join(root, "checkpoints"), *last = levin__path_join(dir, "last.ckpt");
    levin_callback *callbacks[] = { levin_model_checkpoint(&(levin_model_checkpoint_opts){
                                        .dirpath = dir, .save_last = LEVIN_LINK }),
                                    NULL };
    boring *m = boring_new(1);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root, .max_epochs = 2, .callbacks = callbacks });
    levin_trainer_set_output(t, NULL);
    n_events = 0;
    levin_trainer_fit(t, &m->base, boring_loader(4, 1, NULL), NULL);
    assert_string_equal(levin_error_message(), "");
    char *first = levin__path_join(dir, "epoch=0-step=4.ckpt");
    int made = find(0, "rename", last), deleted = find(0, "unlink", first);
    int renamed = find(made + 1, "rename", last), synced = find(renamed, "sync", dir);
    assert_true(made < renamed && renamed < synced && synced < deleted && deleted < n_events);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin__free(first);
    levin__free(last);
    levin__free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_synced_under_its_name, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_link_is_synced_before_what_the_old_one_named_goes,
                                        make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
