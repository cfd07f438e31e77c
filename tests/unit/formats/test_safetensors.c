/* test_safetensors.c: reading safetensors files beyond the cases of the package: limits, hostile
 * headers, messages, memory. */
#include "unit/formats/scratch.h"

#include <levin/levin.h>

#define ENTRY(name, dtype, shape, begin, end)                                                      \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end   \
    "]}"

static const char two[] = "{\"__metadata__\":{\"format\":\"pt\",\"a\":\"b\"}," ENTRY(
    "w", "F32", "[2,2]", "2", "18") "," ENTRY("b", "U8", "[2]", "0", "2") "}";

/* Parses a copy of exactly its size; the copy outlives it in *bytes. */
static levin_safetensors *parse(const char *header, size_t data_bytes, unsigned char **bytes)
{
    size_t n;
    *bytes = make_file(header, data_bytes, &n);
    return levin_safetensors_parse(*bytes, n, "x");
}

static void refused(const char *header, size_t data_bytes, const char *part)
{
    unsigned char *bytes;
    assert_null(parse(header, data_bytes, &bytes));
    assert_error(LEVIN_EFORMAT, part);
    free(bytes);
}

static void tensors_come_in_the_order_of_names(void **state)
{
    (void)state;
    unsigned char *bytes;
    levin_safetensors *f = parse(two, 18, &bytes);
    assert_int_equal(levin_safetensors_count(f), 2);
    const levin_st_tensor *b = levin_safetensors_at(f, 0), *w = levin_safetensors_at(f, 1);
    assert_string_equal(b->name, "b");
    assert_int_equal(b->name_size, 1);
    assert_int_equal(b->bytes, 2);
    assert_int_equal(w->dtype, LEVIN_ST_F32);
    assert_int_equal(w->ndim, 2);
    assert_int_equal(w->shape[1], 2);
    assert_int_equal(w->numel, 4);
    assert_int_equal(*(unsigned char *)w->data, 2);
    assert_ptr_equal(levin_safetensors_find(f, "w"), w);
    assert_null(levin_safetensors_find(f, "v"));
    assert_null(levin_safetensors_at(f, 2));
    assert_null(levin_safetensors_at(f, -1));
    levin_safetensors_free(f);
    free(bytes);
}

static void metadata_is_found_by_key_and_by_number(void **state)
{
    (void)state;
    unsigned char *bytes;
    levin_safetensors *f = parse(two, 18, &bytes);
    assert_int_equal(levin_safetensors_metadata_count(f), 2);
    assert_string_equal(levin_safetensors_metadata_key(f, 0), "a");
    assert_string_equal(levin_safetensors_metadata(f, "format"), "pt");
    assert_null(levin_safetensors_metadata(f, "x"));
    assert_null(levin_safetensors_metadata_key(f, 2));
    levin_safetensors_free(f);
    free(bytes);
}

static void null_in_is_null_out(void **state)
{
    (void)state;
    assert_int_equal(levin_safetensors_count(NULL), 0);
    assert_null(levin_safetensors_at(NULL, 0));
    assert_null(levin_safetensors_find(NULL, "w"));
    assert_int_equal(levin_safetensors_metadata_count(NULL), 0);
    assert_null(levin_safetensors_metadata(NULL, "k"));
    assert_null(levin_safetensors_metadata_key(NULL, 0));
    levin_safetensors_free(NULL);
    assert_int_equal(levin_error(), LEVIN_OK);
    assert_null(levin_safetensors_open(NULL));
    assert_error(LEVIN_EINVAL, "no path");
    assert_null(levin_safetensors_parse(NULL, 1, "x"));
    assert_error(LEVIN_EINVAL, "no bytes to read");
}

static void a_name_may_hold_a_nul_and_is_not_found_by_its_first_half(void **state)
{
    (void)state;
    unsigned char *bytes;
    levin_safetensors *f = parse("{" ENTRY("a\\u0000b", "U8", "[1]", "0", "1") "}", 1, &bytes);
    assert_int_equal(levin_safetensors_at(f, 0)->name_size, 3);
    assert_memory_equal(levin_safetensors_at(f, 0)->name, "a\0b", 4);
    assert_null(levin_safetensors_find(f, "a"));
    levin_safetensors_free(f);
    free(bytes);
}

static void of_equal_names_the_last_one_wins(void **state)
{
    (void)state;
    unsigned char *bytes;
    levin_safetensors *f =
        parse("{" ENTRY("a", "F32", "[9]", "7", "5") "," ENTRY("a", "U8", "[1]", "0", "1") "}", 1,
              &bytes);
    assert_int_equal(levin_safetensors_count(f), 1);
    assert_int_equal(levin_safetensors_find(f, "a")->dtype, LEVIN_ST_U8);
    levin_safetensors_free(f);
    free(bytes);
}

static void messages_name_the_byte_and_what_would_be_right(void **state)
{
    (void)state;
    refused("[]", 0, "x: byte 8: the header's object {...} must stand here");
    refused("{\"a\":1}", 0, "x: byte 13: an entry {...} must stand here");
    refused("{\"a\":{\"dtype\":\"f32\"}}", 0, "x: byte 22: unknown dtype \"f32\"");
    refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1]}}", 0, "x: byte 36: a whole number");
    refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}", 0, "x: byte 9: the entry lacks \"data_off");
    refused("{\"a\\x\":1}", 0, "x: byte 11: unknown escape");
    refused("{\"a\":{\"dtype\":{},\"shape\":[]}}", 0, "x: byte 22: a dtype must be a name");
    refused("{\"a\":[\"U8\",[]]}", 0, "x: byte 9: an entry must be {\"dtype\", \"shape\"");
    refused("{\"a\":[\"U8\",[],[0]]}", 0, "x: byte 22: data_offsets must be two numbers");
    refused("{\"a\":[\"U8\",[],[0,0,0]]}", 0, "x: byte 22: data_offsets must be two numbers");
    refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "\"__metadata__\" stands twice");
    refused("{} x", 0, "x: byte 11: nothing but white space");
    refused("{" ENTRY("a", "U8", "[2]", "0", "2") "}", 1, "byte 61: 2 bytes of tensor data must");
    refused("{" ENTRY("a", "U8", "[2]", "0", "2") "}", 3, "bytes that belong to no tensor");
    refused("{" ENTRY("a", "U8", "[2]", "1", "3") "}", 3, "byte 9: tensor \"a\" begins at 1");
    refused("{" ENTRY("a", "U8", "[3]", "0", "2") "}", 2, "make 3 bytes, but its data_offsets");
    refused("{" ENTRY("a", "F4", "[3]", "0", "2") "}", 2, "whole number of bytes");
}

static void names_in_messages_are_one_line_and_short(void **state)
{
    (void)state;
    char header[600], name[400];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    snprintf(header, sizeof header, "{\"\\n%s\":{\"dtype\":\"U8\",\"shape\":[1],%s}}", name,
             "\"data_offsets\":[1,0]");
    refused(header, 0, "tensor \"?nnn");
    refused("{\"a\":{\"dtype\":\"\\u0007\"}}", 0, "unknown dtype \"?\"");
}

static void other_kinds_of_files_are_recognised(void **state)
{
    (void)state;
    char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
    assert_null(levin_safetensors_parse(lfs, sizeof lfs - 1, "x"));
    assert_error(LEVIN_EFORMAT, "x: byte 0: a header of ");
    assert_null(levin_safetensors_parse(lfs, sizeof lfs - 1, "x"));
    assert_error(LEVIN_EFORMAT, "git lfs pull");
    char zip[] = "PK\3\4\0\0\10\10data";
    assert_null(levin_safetensors_parse(zip, sizeof zip - 1, "x"));
    assert_error(LEVIN_EFORMAT, "a zip archive");
}

static void every_truncation_is_refused_in_one_line(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = make_file(two, 18, &n);
    for (size_t cut = 0; cut < n; cut++) {
        unsigned char *copy = malloc(cut ? cut : 1);
        memcpy(copy, bytes, cut);
        assert_null(levin_safetensors_parse(copy, cut, "x"));
        assert_error(LEVIN_EFORMAT, "x: byte ");
        free(copy);
    }
    free(bytes);
}

static void every_changed_byte_is_taken_or_refused_without_harm(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = make_file(two, 18, &n);
    for (size_t at = 0; at < n - 18; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            levin_safetensors *f = levin_safetensors_parse(bytes, n, "x");
            assert_true(f || levin_error() == LEVIN_EFORMAT);
            levin_safetensors_free(f);
            levin_error_clear();
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    free(bytes);
}

/* A header of count times the same text. */
static void repeat(const char *text, size_t count, size_t *found, const char *before,
                   const char *after)
{
    size_t n = strlen(text), at = strlen(before);
    char *header = malloc(at + n * count + strlen(after) + 1);
    strcpy(header, before);
    for (size_t i = 0; i < count; i++, at += n)
        memcpy(header + at, text, n);
    memcpy(header + at, after, strlen(after) + 1);
    unsigned char *bytes;
    levin_safetensors *f = parse(header, 0, &bytes);
    free(header);
    *found = (size_t)levin_safetensors_count(f);
    levin_safetensors_free(f);
    free(bytes);
}

static void a_hundred_thousand_equal_names_do_not_take_quadratic_time(void **state)
{
    (void)state;
    size_t found;
    repeat(ENTRY("layer.weight", "U8", "[0]", "0", "0") ",", 100000, &found, "{",
           "\"z\":[\"U8\",[0],[0,0]]}");
    assert_int_equal(found, 2);
    repeat("0,", 1000000, &found, "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0],\"shape\":[",
           "0]}}");
    assert_int_equal(found, 1);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    size_t found;
    const char *before = "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":";
    char closing[256] = "";
    memset(closing, ']', 125);
    strcpy(closing + 125, "}}");
    repeat("[", 125, &found, before, closing);
    assert_int_equal(found, 1);
    memset(closing, ']', 126);
    strcpy(closing + 126, "}}");
    repeat("[", 126, &found, before, closing);
    assert_error(LEVIN_EFORMAT, "more than 127 brackets");
    repeat("[", 1000000, &found, before, "");
    assert_error(LEVIN_EFORMAT, "more than 127 brackets");
}

static void writing_to_a_tensor_does_not_reach_the_file(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = make_file(two, 18, &n);
    const char *path = in_scratch("private.safetensors");
    assert_int_equal(levin__file_write(path, bytes, n), LEVIN_OK);
    levin_safetensors *f = levin_safetensors_open(path);
    const levin_st_tensor *w = levin_safetensors_find(f, "w");
    memset(w->data, 0xff, w->bytes);
    levin_safetensors_free(f);
    size_t size;
    char *again = levin__file_read(path, 1 << 20, &size);
    assert_int_equal(size, n);
    assert_memory_equal(again, bytes, n);
    levin__free(again);
    free(bytes);
}

static void a_missing_or_empty_file_or_a_folder_is_one_clear_line(void **state)
{
    (void)state;
    assert_null(levin_safetensors_open(in_scratch("absent")));
    assert_error(LEVIN_EIO, "absent: cannot open: No such file");
    assert_null(levin_safetensors_open(scratch));
    assert_error(LEVIN_EIO, "not a regular file");
    assert_int_equal(levin__file_write(in_scratch("empty"), "", 0), LEVIN_OK);
    assert_null(levin_safetensors_open(in_scratch("empty")));
    assert_error(LEVIN_EFORMAT, "empty: byte 0: 0 bytes are too few");
}

static void no_failing_allocation_leaks(void **state)
{
    (void)state;
    size_t n;
    unsigned char *bytes = make_file(two, 18, &n);
    const char *path = in_scratch("torture.safetensors");
    assert_int_equal(levin__file_write(path, bytes, n), LEVIN_OK);
    free(bytes);
    levin_safetensors *f = NULL;
    int fail_at = 0;
    while (!f) {
        levin__alloc_fail_at(++fail_at);
        f = levin_safetensors_open(path);
        levin__alloc_fail_at(0);
        if (!f)
            assert_error(LEVIN_ENOMEM, "out of memory");
    }
    assert_in_range(fail_at, 4, 100);
    levin_safetensors_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_come_in_the_order_of_names),
        cmocka_unit_test(metadata_is_found_by_key_and_by_number),
        cmocka_unit_test(null_in_is_null_out),
        cmocka_unit_test(a_name_may_hold_a_nul_and_is_not_found_by_its_first_half),
        cmocka_unit_test(of_equal_names_the_last_one_wins),
        cmocka_unit_test(messages_name_the_byte_and_what_would_be_right),
        cmocka_unit_test(names_in_messages_are_one_line_and_short),
        cmocka_unit_test(other_kinds_of_files_are_recognised),
        cmocka_unit_test(every_truncation_is_refused_in_one_line),
        cmocka_unit_test(every_changed_byte_is_taken_or_refused_without_harm),
        cmocka_unit_test(a_hundred_thousand_equal_names_do_not_take_quadratic_time),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(writing_to_a_tensor_does_not_reach_the_file),
        cmocka_unit_test(a_missing_or_empty_file_or_a_folder_is_one_clear_line),
        cmocka_unit_test(no_failing_allocation_leaks),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
