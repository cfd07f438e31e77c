/* test_safetensors_write.c: files equal to the safetensors package's byte for byte (the headers
 * below were written by version 0.8.0), refusals, and full disks. */
#include "unit/formats/scratch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

typedef const char *const pairs[][2];

static unsigned char data[64];

static levin_st_entry entry(const char *name, levin_st_dtype dtype, int64_t ndim,
                            const uint64_t *shape)
{
    return (
        levin_st_entry){ .name = name, .dtype = dtype, .ndim = ndim, .shape = shape, .data = data };
}

/* The file in the folder is header, padded, and then so many bytes of data. */
static void assert_file(const char *path, const char *header, size_t data_bytes)
{
    size_t n;
    unsigned char *file = (unsigned char *)levin__file_read(path, 1 << 20, &n);
    assert_non_null(file);
    uint64_t length;
    memcpy(&length, file, 8);
    size_t text = strlen(header), padding = (size_t)length - text;
    assert_int_equal(length % 8, 0);
    assert_in_range(padding, 0, 7);
    assert_memory_equal(file + 8, header, text);
    assert_memory_equal(file + 8 + text, "       ", padding);
    assert_int_equal(n, 8 + length + data_bytes);
    levin__free(file);
}

static const uint64_t one[] = { 1 }, two_two[] = { 2, 2 }, three[] = { 3 }, none[] = { 0, 3 };

static void no_tensors_make_an_empty_object(void **state)
{
    (void)state;
    const char *path = in_scratch("empty.safetensors");
    assert_int_equal(levin_safetensors_save(path, NULL, 0, NULL, 0), LEVIN_OK);
    assert_file(path, "{}", 0);
}

static void tensors_lie_as_the_package_lays_them(void **state)
{
    (void)state;
    const levin_st_entry entries[] = {
        entry("b", LEVIN_ST_F16, 1, one),    entry("a", LEVIN_ST_F16, 0, NULL),
        entry("c", LEVIN_ST_BOOL, 1, three), entry("d", LEVIN_ST_I64, 1, one),
        entry("e", LEVIN_ST_BF16, 2, none),  entry("f", LEVIN_ST_F32, 1, one),
    };
    const char *path = in_scratch("mixed.safetensors");
    pairs metadata = { { "format", "pt" } };
    assert_int_equal(levin_safetensors_save(path, entries, 6, metadata, 1), LEVIN_OK);
    assert_file(path,
                "{\"__metadata__\":{\"format\":\"pt\"},"
                "\"d\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                "\"e\":{\"dtype\":\"BF16\",\"shape\":[0,3],\"data_offsets\":[12,12]},"
                "\"a\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[12,14]},"
                "\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[14,16]},"
                "\"c\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[16,19]}}",
                19);
}

static void names_are_escaped_as_the_package_escapes_them(void **state)
{
    (void)state;
    const levin_st_entry entries[] = {
        entry("\t\x01\"\\/\x7f\xc3\xa9\xf0\x9f\x98\x80", LEVIN_ST_U8, 1, one),
        entry("", LEVIN_ST_U8, 1, one),
    };
    const char *path = in_scratch("names.safetensors");
    pairs metadata = { { "k\n", "{\"a\":1}" } };
    assert_int_equal(levin_safetensors_save(path, entries, 2, metadata, 1), LEVIN_OK);
    assert_file(path,
                "{\"__metadata__\":{\"k\\n\":\"{\\\"a\\\":1}\"},"
                "\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                "\"\\t\\u0001\\\"\\\\/\x7f\xc3\xa9\xf0\x9f\x98\x80\":{\"dtype\":\"U8\","
                "\"shape\":[1],\"data_offsets\":[1,2]}}",
                2);
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    const char *path = in_scratch("again.safetensors");
    const levin_st_entry entries[] = { entry("w", LEVIN_ST_F32, 2, two_two),
                                       entry("n", LEVIN_ST_U8, 1, three) };
    pairs metadata = { { "a", "1" }, { "b", "\xe2\x82\xac \\ \"" } };
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    assert_int_equal(levin_safetensors_save(path, entries, 2, metadata, 2), LEVIN_OK);
    levin_safetensors *f = levin_safetensors_open(path);
    assert_int_equal(levin_safetensors_count(f), 2);
    assert_memory_equal(levin_safetensors_find(f, "w")->data, data, 16);
    assert_memory_equal(levin_safetensors_find(f, "n")->data, data, 3);
    assert_int_equal((uintptr_t)levin_safetensors_find(f, "w")->data % 8, 0);
    assert_string_equal(levin_safetensors_metadata(f, "b"), "\xe2\x82\xac \\ \"");
    levin_safetensors_free(f);
}

static void a_mapped_file_may_be_saved_over_itself(void **state)
{
    (void)state;
    const char *path = in_scratch("self.safetensors");
    const levin_st_entry e = entry("w", LEVIN_ST_F32, 2, two_two);
    assert_int_equal(levin_safetensors_save(path, &e, 1, NULL, 0), LEVIN_OK);
    levin_safetensors *f = levin_safetensors_open(path);
    const levin_st_tensor *w = levin_safetensors_find(f, "w");
    memset(w->data, 1, w->bytes);
    const levin_st_entry changed = { "w", w->dtype, w->ndim, w->shape, w->data };
    assert_int_equal(levin_safetensors_save(path, &changed, 1, NULL, 0), LEVIN_OK);
    levin_safetensors_free(f);
    f = levin_safetensors_open(path);
    assert_memory_equal(levin_safetensors_find(f, "w")->data, "\1\1\1\1", 4);
    levin_safetensors_free(f);
}

static void refused(const levin_st_entry *entries, int64_t n, const char *why)
{
    const char *path = in_scratch("refused.safetensors");
    assert_int_equal(levin_safetensors_save(path, entries, n, NULL, 0), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, why);
    assert_false(levin__is_file(path));
}

static void what_the_reader_would_refuse_is_not_written(void **state)
{
    (void)state;
    static const uint64_t huge[] = { UINT64_MAX, 2 };
    const levin_st_entry twice[] = { entry("a", LEVIN_ST_U8, 1, one),
                                     entry("a", LEVIN_ST_F32, 1, one) };
    refused(twice, 2, "tensor \"a\": another one has the same name");
    refused(&(levin_st_entry){ .name = NULL }, 1, "its name must be UTF-8");
    levin_st_entry e = entry("a\xff", LEVIN_ST_U8, 1, one);
    refused(&e, 1, "its name must be UTF-8");
    e = entry("__metadata__", LEVIN_ST_U8, 1, one);
    refused(&e, 1, "the name is reserved");
    e = entry("a", LEVIN_ST_DTYPES, 1, one);
    refused(&e, 1, "its dtype is not one of");
    e = entry("a", LEVIN_ST_U8, 1, NULL);
    refused(&e, 1, "it has no shape");
    e = entry("a", LEVIN_ST_U8, 2, huge);
    refused(&e, 1, "whole number of bytes");
    e = entry("a", LEVIN_ST_F4, 1, one);
    refused(&e, 1, "whole number of bytes");
    e = entry("a", LEVIN_ST_U8, 1, one);
    e.data = NULL;
    refused(&e, 1, "it has no data");
    static const uint64_t largest[] = { (UINT64_C(1) << 61) - 1 };
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
    levin_st_entry vast[9];
    for (int i = 0; i < 9; i++)
        vast[i] = entry(names[i], LEVIN_ST_U8, 1, largest);
    refused(vast, 9, "more than 2^64 bytes in one file");
    refused(NULL, 1, "no path or no tensors");
}

static void metadata_must_be_utf8_and_unique(void **state)
{
    (void)state;
    const char *path = in_scratch("metadata.safetensors");
    pairs twice = { { "a", "1" }, { "b", "1" }, { "a", "2" } }, bad = { { "a", "\xc0" } };
    assert_int_equal(levin_safetensors_save(path, NULL, 0, twice, 3), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "a key stands twice");
    assert_int_equal(levin_safetensors_save(path, NULL, 0, bad, 1), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "must be UTF-8");
    assert_int_equal(levin_safetensors_save(NULL, NULL, 0, NULL, 0), LEVIN_EINVAL);
    levin_error_clear();
}

static void a_folder_that_is_not_there_is_one_clear_line(void **state)
{
    (void)state;
    const char *path = in_scratch("absent/model.safetensors");
    assert_int_equal(levin_safetensors_save(path, NULL, 0, NULL, 0), LEVIN_EIO);
    assert_error(LEVIN_EIO, "absent/model.safetensors: cannot create: No such file or directory");
}

/* In a child whose files may not grow past 4 KB, as on a disk that is full. */
static int save_on_a_full_disk(const char *path, const levin_st_entry *e)
{
    const struct rlimit limit = { 4096, 4096 };
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 2;
    bool right = levin_safetensors_save(path, e, 1, NULL, 0) == LEVIN_EIO &&
                 strstr(levin_error_message(), "model.safetensors: cannot write: ") &&
                 !strchr(levin_error_message(), '\n');
    return right ? 0 : 1;
}

static void a_full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    empty_scratch();
    const char *path = in_scratch("model.safetensors");
    const levin_st_entry old = entry("old", LEVIN_ST_U8, 1, three);
    assert_int_equal(levin_safetensors_save(path, &old, 1, NULL, 0), LEVIN_OK);

    static const uint64_t sizes[] = { 100, 5000, 70000, 1000000 }; // below and above every buffer
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        levin_st_entry big = entry("big", LEVIN_ST_U8, 1, &sizes[i]);
        void *bytes = calloc(1, (size_t)sizes[i]);
        big.data = bytes;
        pid_t child = fork();
        if (child == 0)
            _exit(save_on_a_full_disk(path, &big));
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        free(bytes);
    }
    levin_safetensors *f = levin_safetensors_open(path);
    assert_non_null(levin_safetensors_find(f, "old"));
    levin_safetensors_free(f);
    assert_int_equal(empty_scratch(), 1);
}

static void no_failing_allocation_leaks_or_leaves_a_file(void **state)
{
    (void)state;
    empty_scratch();
    const char *path = in_scratch("torture.safetensors");
    const levin_st_entry entries[] = { entry("w", LEVIN_ST_F32, 2, two_two),
                                       entry("n", LEVIN_ST_U8, 1, three) };
    pairs metadata = { { "format", "pt" } };
    int result = LEVIN_ENOMEM, fail_at = 0;
    while (result != LEVIN_OK) {
        levin__alloc_fail_at(++fail_at);
        result = levin_safetensors_save(path, entries, 2, metadata, 1);
        levin__alloc_fail_at(0);
        assert_true(result == LEVIN_OK || result == LEVIN_ENOMEM);
        assert_int_equal(levin_error(), result);
        assert_int_equal(empty_scratch(), result == LEVIN_OK);
        levin_error_clear();
    }
    assert_in_range(fail_at, 5, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tensors_make_an_empty_object),
        cmocka_unit_test(tensors_lie_as_the_package_lays_them),
        cmocka_unit_test(names_are_escaped_as_the_package_escapes_them),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(a_mapped_file_may_be_saved_over_itself),
        cmocka_unit_test(what_the_reader_would_refuse_is_not_written),
        cmocka_unit_test(metadata_must_be_utf8_and_unique),
        cmocka_unit_test(a_folder_that_is_not_there_is_one_clear_line),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(no_failing_allocation_leaks_or_leaves_a_file),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
