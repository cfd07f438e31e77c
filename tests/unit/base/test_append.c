/* test_append.c: a file that grows by whole records, on disks that are full too. */
#include "support/scratch.h"

#include "base/append.h"
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { MEMORY = 1 << 16, HOUR = 3600 }; // bytes kept back, and seconds

static void assert_text(const char *path, const char *expected)
{
    char *text = levin__file_read(path, 1 << 24, NULL);
    assert_string_equal(text ? text : levin_error_message(), expected);
    levin__free(text);
}

static int64_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void records_wait_until_somebody_asks(void **state)
{
    (void)state;
    const char *path = in_scratch("log");
    levin_append *a = levin__append_open(path, O_CREAT, HOUR);
    assert_int_equal(levin__append(a, "one\n", 4), LEVIN_OK);
    assert_int_equal(levin__append(a, "two\n", 4), LEVIN_OK);
    assert_text(path, "");
    assert_int_equal(levin__append_flush(a), LEVIN_OK);
    assert_text(path, "one\ntwo\n");
    levin__append(a, "three\n", 6);
    assert_int_equal(levin__append_close(a), LEVIN_OK);
    assert_text(path, "one\ntwo\nthree\n");
    empty_scratch();
}

static void records_that_come_late_do_not_wait(void **state)
{
    (void)state;
    const char *path = in_scratch("log");
    levin_append *a = levin__append_open(path, O_CREAT, 0);
    levin__append(a, "one\n", 4);
    assert_text(path, "one\n");
    levin__append(a, "two\n", 4);
    assert_text(path, "one\ntwo\n");
    levin__append_close(a);
    empty_scratch();
}

static void what_stands_is_added_to(void **state)
{
    (void)state;
    const char *path = write_scratch("log", "old\n");
    assert_null(levin__append_open(path, O_CREAT | O_EXCL, HOUR));
    assert_error(LEVIN_EIO, "/log: cannot open: File exists");
    levin_append *a = levin__append_open(path, 0, HOUR);
    levin__append(a, "new\n", 4);
    levin__append_close(a);
    assert_text(path, "old\nnew\n");
    assert_null(levin__append_open(in_scratch("none"), 0, HOUR));
    assert_error(LEVIN_EIO, "/none: cannot open: No such file");
    empty_scratch();
}

static void large_records_pass_in_order(void **state)
{
    (void)state;
    const char *path = in_scratch("log");
    static char large[MEMORY + 5];
    memset(large, 'x', sizeof large);
    levin_append *a = levin__append_open(path, O_CREAT, HOUR);
    int64_t before = levin__alloc_count();
    levin__append(a, "first", 5);
    levin__append(a, large, sizeof large);
    for (int i = 0; i < 3; i++)
        levin__append(a, large, MEMORY - 1);
    assert_int_equal(levin__alloc_count(), before);
    levin__append_close(a);
    char *text = levin__file_read(path, 1 << 24, NULL);
    assert_int_equal(strlen(text), 5 + sizeof large + 3 * (MEMORY - 1));
    assert_memory_equal(text, "firstx", 6);
    levin__free(text);
    empty_scratch();
}

static void a_full_disk_is_told_once_for_each_try(void **state)
{
    (void)state;
    levin_append *a = levin__append_open("/dev/full", 0, HOUR);
    assert_non_null(a);
    assert_int_equal(levin__append(a, "row\n", 4), LEVIN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(levin__append_flush(a), LEVIN_EIO);
        assert_error(LEVIN_EIO, "/dev/full: cannot write: No space left");
    }
    assert_int_equal(levin__append_close(a), LEVIN_EIO);
    assert_error(LEVIN_EIO, "No space left");
}

/* A file may grow to so many bytes; then writing fails in the middle of a record. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void half_a_record_is_taken_back_and_tried_again(void **state)
{
    (void)state;
    const char *path = in_scratch("log");
    levin_append *a = levin__append_open(path, O_CREAT, HOUR);
    levin__append(a, "first\n", 6);
    levin__append_flush(a);
    levin__append(a, "second\n", 7);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_files(10);
    int result = levin__append_flush(a);
    int64_t size = size_of(path);
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_int_equal(result, LEVIN_EIO);
    assert_int_equal(size, 6);
    assert_error(LEVIN_EIO, "/log: cannot write: File too large");
    assert_int_equal(levin__append_close(a), LEVIN_OK);
    assert_text(path, "first\nsecond\n");
    empty_scratch();
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(levin__append(NULL, "x", 1), LEVIN_OK);
    assert_int_equal(levin__append_flush(NULL), LEVIN_OK);
    assert_int_equal(levin__append_close(NULL), LEVIN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_wait_until_somebody_asks),
        cmocka_unit_test(records_that_come_late_do_not_wait),
        cmocka_unit_test(what_stands_is_added_to),
        cmocka_unit_test(large_records_pass_in_order),
        cmocka_unit_test(a_full_disk_is_told_once_for_each_try),
        cmocka_unit_test(half_a_record_is_taken_back_and_tried_again),
        cmocka_unit_test(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
