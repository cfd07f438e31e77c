/* test_file.c: whole files in, and files out of which nobody ever sees half. */
#include "support/scratch.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The text of a file of the scratch folder, which is there; levin__free it. */
static char *text_of(const char *name)
{
    char *text = levin__file_read(in_scratch(name), 1 << 24, NULL);
    if (!text)
        fail_msg("%s", levin_error_message());
    return text;
}

static void assert_text(const char *name, const char *expected)
{
    char *text = text_of(name);
    assert_string_equal(text, expected);
    levin__free(text);
}

static void a_file_is_read_whole_and_closed_by_a_nul(void **state)
{
    (void)state;
    const char *path = in_scratch("a");
    size_t n = 99;
    assert_int_equal(levin__file_write(path, "one\0two\n", 8), LEVIN_OK);
    char *text = levin__file_read(path, 8, &n);
    assert_int_equal(n, 8);
    assert_memory_equal(text, "one\0two\n", 9);
    levin__free(text);
    assert_int_equal(levin__file_write(path, NULL, 0), LEVIN_OK);
    text = levin__file_read(path, 0, &n);
    assert_int_equal(n, 0);
    assert_string_equal(text, "");
    levin__free(text);
    assert_int_equal(empty_scratch(), 1);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    levin__file_write(in_scratch("a"), "123456", 6);
    assert_null(levin__file_read(in_scratch("a"), 5, NULL));
    assert_error(LEVIN_EFORMAT, "/a: 6 bytes, more than the limit of 5");
    empty_scratch();
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    size_t n = 7;
    levin_mapping m = { .size = 7 };
    assert_null(levin__file_read(in_scratch("none"), 10, &n));
    assert_error(LEVIN_EIO, "/none: cannot open: No such file or directory");
    assert_int_equal(levin__file_map(&m, in_scratch("none")), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/none: cannot open: No such file or directory");
    assert_null(m.data);
    assert_int_equal(m.size, 0);
    assert_null(levin__file_read(scratch, 10, NULL));
    assert_error(LEVIN_EIO, "not a regular file");
    assert_int_equal(levin__file_map(&m, scratch), LEVIN_EIO);
    assert_error(LEVIN_EIO, "not a regular file");
    levin__file_write(in_scratch("a"), "x", 1);
    levin__alloc_fail_at(1);
    assert_null(levin__file_read(in_scratch("a"), 10, NULL));
    assert_error(LEVIN_ENOMEM, "2 bytes");
    assert_int_equal(n, 7);
    empty_scratch();
}

/* Where it waits for a writer, who never comes, the alarm ends the test. */
static void a_pipe_is_no_file_and_is_not_waited_for(void **state)
{
    (void)state;
    levin_mapping m;
    assert_int_equal(mkfifo(in_scratch("pipe"), 0600), 0);
    alarm(20);
    assert_null(levin__file_read(in_scratch("pipe"), 10, NULL));
    assert_error(LEVIN_EIO, "/pipe: not a regular file");
    assert_int_equal(levin__file_map(&m, in_scratch("pipe")), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/pipe: not a regular file");
    alarm(0);
    empty_scratch();
}

/* The path of the end of a pipe that holds this text and no writer any more; *fd is to be closed.
 */
static char *pipe_of(const char *text, int *fd)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    *fd = ends[0];
    return levin__format("/dev/fd/%d", *fd);
}

static void a_stream_is_read_to_its_end(void **state)
{
    (void)state;
    static const size_t limits[] = { 6, 7, 5 };
    size_t n = 9;
    int fd;
    for (int i = 0; i < 3; i++) {
        char *path = pipe_of("123456", &fd), *text = levin__stream_read(path, limits[i], &n);
        if (i == 2)
            assert_error(LEVIN_EFORMAT, "more than the limit of 5 bytes");
        else
            assert_string_equal(text, "123456");
        assert_int_equal(n, 6);
        levin__free(text);
        levin__free(path);
        close(fd);
    }
    char *path = pipe_of("", &fd), *text = levin__stream_read(path, 0, &n);
    assert_string_equal(text, "");
    assert_int_equal(n, 0);
    levin__free(text);
    levin__free(path);
    close(fd);
    assert_null(levin__stream_read(in_scratch("none"), 10, &n));
    assert_error(LEVIN_EIO, "/none: cannot open: No such file or directory");
    assert_null(levin__stream_read(scratch, 10, &n));
    assert_error(LEVIN_EIO, ": cannot read: Is a directory");
}

static void writes_to_a_mapping_stay_private(void **state)
{
    (void)state;
    levin_mapping m, other;
    levin__file_write(in_scratch("a"), "quiet", 5);
    assert_int_equal(levin__file_map(&m, in_scratch("a")), LEVIN_OK);
    assert_int_equal(m.size, 5);
    assert_memory_equal(m.data, "quiet", 5);
    memcpy(m.data, "LOUD!", 5);
    assert_int_equal(levin__file_map(&other, in_scratch("a")), LEVIN_OK);
    assert_memory_equal(other.data, "quiet", 5);
    assert_text("a", "quiet");
    levin__file_unmap(&m);
    levin__file_unmap(&m);
    levin__file_unmap(&other);
    empty_scratch();
}

static void an_empty_file_maps_to_nothing(void **state)
{
    (void)state;
    levin_mapping m;
    levin__file_write(in_scratch("a"), "", 0);
    assert_int_equal(levin__file_map(&m, in_scratch("a")), LEVIN_OK);
    assert_null(m.data);
    assert_int_equal(m.size, 0);
    levin__file_unmap(&m);
    empty_scratch();
}

static void a_mapping_outlives_the_file_that_is_replaced(void **state)
{
    (void)state;
    levin_mapping m;
    levin__file_write(in_scratch("a"), "before", 6);
    levin__file_map(&m, in_scratch("a"));
    assert_int_equal(levin__file_write(in_scratch("a"), "x", 1), LEVIN_OK);
    assert_memory_equal(m.data, "before", 6); // the rename made a new file, this one still stands
    levin__file_unmap(&m);
    empty_scratch();
}

static void the_old_file_stands_until_the_commit(void **state)
{
    (void)state;
    levin__file_write(in_scratch("a"), "old", 3);
    levin_writer *w = levin__writer_open(in_scratch("a"));
    assert_true(levin__writer_add(w, "new", 3));
    assert_text("a", "old");
    assert_int_equal(levin__writer_commit(w), LEVIN_OK);
    assert_text("a", "new");
    assert_int_equal(empty_scratch(), 1); // and no temporary file
}

static void what_is_aborted_was_never_there(void **state)
{
    (void)state;
    levin_writer *w = levin__writer_open(in_scratch("a"));
    levin__writer_add(w, "new", 3);
    levin__writer_abort(w);
    levin__writer_abort(NULL);
    assert_int_equal(empty_scratch(), 0);
    levin__file_write(in_scratch("a"), "old", 3);
    w = levin__writer_open(in_scratch("a"));
    levin__writer_add(w, "new", 3);
    levin__writer_abort(w);
    assert_text("a", "old");
    assert_int_equal(empty_scratch(), 1);
}

static int pieces_left;

static bool gives_up(void) { return pieces_left-- == 0; }

static void a_writer_that_is_told_to_give_up_leaves_nothing(void **state)
{
    enum { SIZE = 20 << 20 };
    (void)state;
    char *bytes = calloc(1, SIZE);
    levin__writers_ask(gives_up);
    for (int pieces = 0; pieces < 2; pieces++) {
        pieces_left = pieces;
        levin_writer *w = levin__writer_open(in_scratch("given_up"));
        assert_false(levin__writer_add(w, bytes, SIZE));
        assert_int_equal(levin__writer_commit(w), LEVIN_EIO);
        assert_non_null(strstr(levin_error_message(), strerror(EINTR)));
        levin_error_clear();
        assert_false(levin__is_file(in_scratch("given_up")));
    }
    levin__writers_ask(NULL);
    assert_int_equal(levin__file_write(in_scratch("given_up"), bytes, SIZE), LEVIN_OK);
    assert_int_equal(unlink(in_scratch("given_up")), 0);
    free(bytes);
}

static void pieces_of_every_size_come_out_in_order(void **state)
{
    (void)state;
    enum { LARGEST = (1 << 16) + 1 };
    static const size_t sizes[] = { 1, LARGEST - 2, 0, LARGEST - 1, LARGEST, 7, LARGEST - 1, 1 };
    char *bytes = malloc(LARGEST), *whole;
    for (size_t i = 0; i < LARGEST; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    levin_writer *w = levin__writer_open(in_scratch("a"));
    size_t total = 0, at = 0, n;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++, total += sizes[i - 1])
        assert_true(levin__writer_add(w, bytes, sizes[i]));
    assert_int_equal(levin__writer_commit(w), LEVIN_OK);
    whole = levin__file_read(in_scratch("a"), total, &n);
    assert_int_equal(n, total);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; at += sizes[i++])
        assert_memory_equal(whole + at, bytes, sizes[i]);
    levin__free(whole);
    free(bytes);
    empty_scratch();
}

/* From here on no file of this process may grow beyond so many bytes: a disk that is full. */
static rlim_t limit_files(rlim_t bytes)
{
    struct rlimit r;
    getrlimit(RLIMIT_FSIZE, &r);
    rlim_t before = r.rlim_cur;
    r.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
    return before;
}

static void write_on_a_full_disk(size_t bytes, size_t piece)
{
    char *data = calloc(1, bytes);
    levin_writer *w = levin__writer_open(in_scratch("a"));
    assert_non_null(w);
    rlim_t before = limit_files(1000);
    for (size_t at = 0; at < bytes; at += piece)
        levin__writer_add(w, data + at, bytes - at < piece ? bytes - at : piece);
    int result = levin__writer_commit(w);
    limit_files(before);
    free(data);
    assert_int_equal(result, LEVIN_EIO);
    assert_error(LEVIN_EIO, "/a: cannot write: File too large");
}

static void what_was_added_can_be_written_over(void **state)
{
    (void)state;
    levin_writer *w = levin__writer_open(in_scratch("a"));
    assert_true(levin__writer_add(w, "0 rows: ", 8));
    assert_true(levin__writer_add(w, "one, ", 5));
    assert_true(levin__writer_patch(w, "2", 1, 0));
    assert_true(levin__writer_add(w, "two", 3));
    assert_int_equal(levin__writer_commit(w), LEVIN_OK);
    assert_text("a", "2 rows: one, two");
    assert_false(levin__writer_patch(NULL, "2", 1, 0));
    empty_scratch();
}

static void a_full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    write_on_a_full_disk(2000, 100); // found out by the commit
    assert_int_equal(empty_scratch(), 0);
    levin__file_write(in_scratch("a"), "old", 3);
    write_on_a_full_disk(2000, 100);
    write_on_a_full_disk(1000000, 1000);    // found out on the way
    write_on_a_full_disk(1000000, 1000000); // found out at once
    assert_text("a", "old");
    assert_int_equal(empty_scratch(), 1);
    signal(SIGXFSZ, handler);
}

static void a_file_that_cannot_be_made_is_an_error_at_once(void **state)
{
    (void)state;
    assert_null(levin__writer_open(in_scratch("none/a")));
    assert_int_equal(levin__writer_commit(NULL), LEVIN_EIO);
    assert_false(levin__writer_add(NULL, "x", 1));
    assert_error(LEVIN_EIO, "No such file or directory");
    assert_int_equal(levin__file_write(in_scratch("none/a"), "x", 1), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/none/a");
    for (int64_t n = 1; n <= 3; n++) {
        levin__alloc_fail_at(n);
        assert_int_equal(levin__file_write(in_scratch("a"), "x", 1), LEVIN_ENOMEM);
        assert_error(LEVIN_ENOMEM, "out of memory");
    }
    assert_int_equal(empty_scratch(), 0);
}

static void a_folder_in_the_way_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("a"), 0777), 0);
    assert_int_equal(levin__file_write(in_scratch("a"), "x", 1), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/a: cannot write: Is a directory");
    assert_true(levin__is_dir(in_scratch("a")));
    assert_int_equal(empty_scratch(), 1);
}

static void an_error_from_elsewhere_does_not_spoil_a_file(void **state)
{
    (void)state;
    levin_writer *w = levin__writer_open(in_scratch("a"));
    assert_null(levin__file_read(in_scratch("none"), 1, NULL));
    assert_true(levin__writer_add(w, "x", 1));
    assert_int_equal(levin__writer_commit(w), LEVIN_OK);
    levin_error_clear();
    assert_text("a", "x");
    empty_scratch();
}

static void folders_are_made_with_those_above_them(void **state)
{
    (void)state;
    assert_int_equal(levin__make_dirs(in_scratch("a/b//c/")), LEVIN_OK);
    assert_true(levin__is_dir(in_scratch("a/b/c")));
    assert_int_equal(levin__make_dirs(in_scratch("a/b")), LEVIN_OK); // it stands already
    assert_int_equal(levin__make_dirs("/"), LEVIN_OK);
    assert_int_equal(levin__make_dirs("."), LEVIN_OK);
    remove(in_scratch("a/b/c"));
    remove(in_scratch("a/b"));
    empty_scratch();
}

static void folders_that_cannot_be_made_are_named(void **state)
{
    (void)state;
    levin__file_write(in_scratch("file"), "x", 1);
    assert_int_equal(levin__make_dirs(in_scratch("file")), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/file: not a folder");
    assert_int_equal(levin__make_dirs(in_scratch("file/b/c")), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/file/b: cannot make the folder: Not a directory");
    assert_int_equal(levin__make_dirs(""), LEVIN_EIO);
    assert_error(LEVIN_EIO, "not a folder");
    levin__alloc_fail_at(1);
    assert_int_equal(levin__make_dirs(in_scratch("a")), LEVIN_ENOMEM);
    levin_error_clear();
    assert_int_equal(empty_scratch(), 1);
}

static void files_and_folders_are_told_apart(void **state)
{
    (void)state;
    levin__file_write(in_scratch("a"), "x", 1);
    assert_true(levin__is_file(in_scratch("a")));
    assert_false(levin__is_dir(in_scratch("a")));
    assert_true(levin__is_dir(scratch));
    assert_false(levin__is_file(scratch));
    assert_false(levin__is_file(in_scratch("none")));
    assert_false(levin__is_dir(in_scratch("none")));
    empty_scratch();
}

static void paths_are_joined_with_one_slash(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "a", "b", "a/b" },
        { "a/", "b", "a/b" },
        { "", "b", "b" },
        { "/", "b", "/b" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = levin__path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        levin__free(path);
    }
    assert_string_equal(levin__path_name("a/b/c"), "c");
    assert_string_equal(levin__path_name("c"), "c");
    assert_string_equal(levin__path_name("a/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole_and_closed_by_a_nul),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(a_pipe_is_no_file_and_is_not_waited_for),
        cmocka_unit_test(a_stream_is_read_to_its_end),
        cmocka_unit_test(writes_to_a_mapping_stay_private),
        cmocka_unit_test(an_empty_file_maps_to_nothing),
        cmocka_unit_test(a_mapping_outlives_the_file_that_is_replaced),
        cmocka_unit_test(the_old_file_stands_until_the_commit),
        cmocka_unit_test(what_is_aborted_was_never_there),
        cmocka_unit_test(a_writer_that_is_told_to_give_up_leaves_nothing),
        cmocka_unit_test(pieces_of_every_size_come_out_in_order),
        cmocka_unit_test(what_was_added_can_be_written_over),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(a_file_that_cannot_be_made_is_an_error_at_once),
        cmocka_unit_test(a_folder_in_the_way_is_left_alone),
        cmocka_unit_test(an_error_from_elsewhere_does_not_spoil_a_file),
        cmocka_unit_test(folders_are_made_with_those_above_them),
        cmocka_unit_test(folders_that_cannot_be_made_are_named),
        cmocka_unit_test(files_and_folders_are_told_apart),
        cmocka_unit_test(paths_are_joined_with_one_slash),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
