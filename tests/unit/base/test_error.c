/* test_error.c: the sticky error of each thread, and its way from one thread to another. */
#include "support/unit.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void the_first_error_sticks_until_cleared(void **state)
{
    (void)state;
    assert_int_equal(levin_error(), LEVIN_OK);
    assert_string_equal(levin_error_message(), "");
    assert_int_equal(levin__error_set(LEVIN_ESHAPE, "first: %d", 1), LEVIN_ESHAPE);
    assert_int_equal(levin__error_set(LEVIN_EIO, "second"), LEVIN_ESHAPE);
    assert_int_equal(levin__error_system(EPERM, "third"), LEVIN_ESHAPE);
    assert_string_equal(levin_error_message(), "first: 1");
    levin_error_clear();
    assert_int_equal(levin_error(), LEVIN_OK);
    assert_string_equal(levin_error_message(), "");
    levin__error_set(LEVIN_EIO, "second");
    assert_error(LEVIN_EIO, "second");
}

static void anybody_can_record_one(void **state)
{
    (void)state;
    assert_int_equal(levin_error_set(LEVIN_EFORMAT, "row %d: two\nlines", 7), LEVIN_EFORMAT);
    assert_int_equal(levin_error_set(LEVIN_EIO, "second"), LEVIN_EFORMAT);
    assert_error(LEVIN_EFORMAT, "row 7: two?lines");
    assert_int_equal(levin_error_set(ENOSPC, "no code of levin's"), LEVIN_EIO);
    assert_error(LEVIN_EIO, "no code of levin's");
}

static void what_a_function_gave_back_counts_unless_it_was_recorded(void **state)
{
    (void)state;
    assert_int_equal(levin__error_returned(0, "fine"), LEVIN_OK);
    assert_int_equal(levin_error(), LEVIN_OK);
    assert_int_equal(levin__error_returned(LEVIN_EFORMAT, "its %s failed", "get"), LEVIN_EFORMAT);
    assert_int_equal(levin__error_returned(1, "later"), LEVIN_EFORMAT);
    assert_error(LEVIN_EFORMAT, "its get failed");
}

static void a_system_error_ends_with_its_cause(void **state)
{
    (void)state;
    assert_int_equal(levin__error_system(ENOENT, "%s: cannot open", "a/b"), LEVIN_EIO);
    assert_string_equal(levin_error_message(), "a/b: cannot open: No such file or directory");
    levin_error_clear();
}

static void a_message_too_long_is_cut_and_closed(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    levin_error_note note;
    levin__error_set(LEVIN_EINVAL, "%s", text);
    assert_int_equal(strlen(levin_error_message()), sizeof note.message - 1);
    levin_error_clear();
    levin__error_system(ENOENT, "%s", text); // no room is left for the cause
    assert_int_equal(strlen(levin_error_message()), sizeof note.message - 1);
    levin_error_clear();
}

static void a_note_carries_an_error_as_it_is(void **state)
{
    (void)state;
    levin_error_note note;
    levin__error_set(LEVIN_EFORMAT, "100%% of \"%%s\"");
    levin__error_take(&note);
    assert_int_equal(levin_error(), LEVIN_OK);
    levin__error_give(&note);
    assert_string_equal(levin_error_message(), "100% of \"%s\"");
    assert_error(LEVIN_EFORMAT, "100%");
}

static void an_empty_note_gives_nothing(void **state)
{
    (void)state;
    levin_error_note note;
    levin__error_take(&note);
    assert_int_equal(note.code, LEVIN_OK);
    levin__error_give(&note);
    assert_int_equal(levin_error(), LEVIN_OK);
}

static void a_note_does_not_replace_a_standing_error(void **state)
{
    (void)state;
    levin_error_note note = { LEVIN_EIO, "late" };
    levin__error_set(LEVIN_EINVAL, "early");
    levin__error_give(&note);
    assert_error(LEVIN_EINVAL, "early");
}

static void *fail_elsewhere(void *note)
{
    bool clean = levin_error() == LEVIN_OK; // whatever stands on the other thread
    levin__error_set(LEVIN_ENOTFOUND, "from a worker");
    levin__error_take(note);
    return clean ? note : NULL;
}

static void each_thread_has_an_error_of_its_own(void **state)
{
    (void)state;
    pthread_t thread;
    levin_error_note note;
    void *returned;
    levin__error_set(LEVIN_EINVAL, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &note), 0);
    assert_int_equal(pthread_join(thread, &returned), 0);
    assert_ptr_equal(returned, &note);
    assert_error(LEVIN_EINVAL, "here");
    levin__error_give(&note);
    assert_error(LEVIN_ENOTFOUND, "from a worker");
}

/* What levin_perror(prefix) writes to stderr. */
static int perror_text(const char *prefix, char *text, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    int status = levin_perror(prefix);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    return status;
}

static void perror_prints_one_line_and_gives_an_exit_status(void **state)
{
    (void)state;
    char text[100];
    assert_int_equal(perror_text("mnli", text, sizeof text), 0);
    assert_string_equal(text, "");
    levin__error_set(LEVIN_EINVAL, "no such flag");
    assert_int_equal(perror_text("mnli", text, sizeof text), 1);
    assert_string_equal(text, "mnli: no such flag\n");
    assert_int_equal(perror_text(NULL, text, sizeof text), 1);
    assert_string_equal(text, "no such flag\n");
    assert_int_equal(perror_text("", text, sizeof text), 1);
    assert_string_equal(text, "no such flag\n");
    levin_error_clear();
}

static void every_code_is_negative_and_its_own(void **state)
{
    (void)state;
    static const int codes[] = {
#define CODE(name, value, text) LEVIN_##name,
        LEVIN_ERROR_MAP(CODE)
#undef CODE
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_true(codes[i] < 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(codes[i], codes[j]);
    }
}

static void the_library_tells_the_version_of_its_header(void **state)
{
    (void)state;
    assert_string_equal(levin_version(), LEVIN_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_sticks_until_cleared),
        cmocka_unit_test(anybody_can_record_one),
        cmocka_unit_test(what_a_function_gave_back_counts_unless_it_was_recorded),
        cmocka_unit_test(a_system_error_ends_with_its_cause),
        cmocka_unit_test(a_message_too_long_is_cut_and_closed),
        cmocka_unit_test(a_note_carries_an_error_as_it_is),
        cmocka_unit_test(an_empty_note_gives_nothing),
        cmocka_unit_test(a_note_does_not_replace_a_standing_error),
        cmocka_unit_test(each_thread_has_an_error_of_its_own),
        cmocka_unit_test(perror_prints_one_line_and_gives_an_exit_status),
        cmocka_unit_test(every_code_is_negative_and_its_own),
        cmocka_unit_test(the_library_tells_the_version_of_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
