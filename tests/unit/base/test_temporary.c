/* test_temporary.c: leftovers go, and nothing else does. */
#include "support/scratch.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/temporary.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The number of a process that has ended. */
static long dead(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

static const char *of_process(const char *name, long process)
{
    char full[128];
    snprintf(full, sizeof full, "%s.tmp.%ld", name, process);
    return in_scratch(full);
}

static bool survives(const char *path)
{
    struct stat info;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    levin__temporary_sweep(scratch, ".ckpt");
    return lstat(path, &info) == 0;
}

static void what_dead_processes_left_is_deleted(void **state)
{
    (void)state;
    struct stat info;
    assert_false(survives(of_process("epoch=1.ckpt", dead())));
    const char *link = of_process("last.ckpt", dead());
    assert_int_equal(symlink("nowhere", link), 0);
    levin__temporary_sweep(scratch, ".ckpt");
    assert_int_equal(lstat(link, &info), -1);
    assert_int_equal(empty_scratch(), 0);
}

static void everything_else_is_left_alone(void **state)
{
    (void)state;
    assert_true(survives(of_process("epoch=1.ckpt", getpid())));
    assert_true(survives(of_process("epoch=1.ckpt", 1)));
    assert_true(survives(of_process("notes.txt", dead())));
    assert_true(survives(in_scratch("epoch=1.ckpt")));
    assert_true(survives(in_scratch("epoch=1.ckpt.tmp.")));
    assert_true(survives(in_scratch("epoch=1.ckpt.tmp.0")));
    assert_true(survives(in_scratch("epoch=1.ckpt.tmp.-1")));
    assert_true(survives(in_scratch("epoch=1.ckpt.tmp.99999999999")));
    assert_true(survives(in_scratch("epoch=1.ckpt.tmp.12x")));
    assert_true(survives(in_scratch(".tmp.999999")));
    assert_int_equal(levin_error(), 0);
    levin__temporary_sweep(in_scratch("no-folder"), ".ckpt");
    assert_int_equal(levin_error(), 0);
    empty_scratch();
}

/* As a writer on another machine has it, whose number says nothing here. */
static void what_is_being_written_is_left_alone(void **state)
{
    (void)state;
    levin_writer *w = levin__writer_open(in_scratch("epoch=1.ckpt"));
    const char *elsewhere = of_process("epoch=1.ckpt", dead());
    assert_int_equal(rename(of_process("epoch=1.ckpt", getpid()), elsewhere), 0);
    assert_true(survives(elsewhere));
    levin__writer_abort(w);
    assert_false(survives(elsewhere));
    empty_scratch();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_dead_processes_left_is_deleted),
        cmocka_unit_test(everything_else_is_left_alone),
        cmocka_unit_test(what_is_being_written_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
