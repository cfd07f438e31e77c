/* test_checkpoint.c: the container of .ckpt files: what is saved is read again, and nothing that
 * was damaged or is not a checkpoint is. */
#include "unit/formats/scratch.h"

#include "base/json.h"
#include "formats/checkpoint.h"
#include "formats/xxh64.h"

#include <math.h>

static const uint64_t two_three[] = { 2, 3 }, one[] = { 1 }, none[] = { 0 };
static const float weights[6] = { 1, -2, 3e-30f, 0, 5, -0.0f };
static const uint64_t moments[1] = { 77 };

static const levin_st_entry entries[] = {
    { "model.w", LEVIN_ST_F32, 2, two_three, weights },
    { "optimizer.step", LEVIN_ST_U64, 1, one, moments },
    { "empty", LEVIN_ST_F32, 1, none, NULL },
};

static json_t *some_header(void)
{
    return json_pack("{s:i, s:f, s:{s:[i,i]}, s:s%}", "global_step", 300, "lr", 0.1, "loops",
                     "epoch", 2, 3, "text", "a\0\xc3\xa9\n", (size_t)5);
}

static void save(const char *path)
{
    json_t *header = some_header();
    assert_int_equal(levin__checkpoint_save(path, header, entries, 3), LEVIN_OK);
    json_decref(header);
}

static void what_was_saved_is_read_again(void **state)
{
    (void)state;
    const char *path = in_scratch("epoch=2-step=300.ckpt");
    save(path);
    levin_checkpoint *c = levin__checkpoint_open(path);
    assert_non_null(c);
    json_t *expected = some_header();
    assert_true(json_equal(levin__checkpoint_header(c), expected));
    json_decref(expected);
    const levin_safetensors *f = levin__checkpoint_tensors(c);
    assert_int_equal(levin_safetensors_count(f), 3);
    assert_memory_equal(levin_safetensors_find(f, "model.w")->data, weights, sizeof weights);
    assert_memory_equal(levin_safetensors_find(f, "optimizer.step")->data, moments, 8);
    levin__checkpoint_free(c);
}

static void numbers_of_the_header_keep_every_bit(void **state)
{
    (void)state;
    const double numbers[] = { 0.1, 1e-310, -1.7976931348623157e308, 2.0 / 3, -0.0, 1e22 };
    json_t *header = json_object(), *list = json_array();
    for (size_t i = 0; i < 6; i++)
        json_array_append_new(list, json_real(numbers[i]));
    json_array_append_new(list, json_integer(INT64_MIN));
    json_object_set_new(header, "numbers", list);
    const char *path = in_scratch("numbers.ckpt");
    assert_int_equal(levin__checkpoint_save(path, header, NULL, 0), LEVIN_OK);
    json_decref(header);
    levin_checkpoint *c = levin__checkpoint_open(path);
    list = json_object_get(levin__checkpoint_header(c), "numbers");
    for (size_t i = 0; i < 6; i++) {
        double got = json_real_value(json_array_get(list, i));
        assert_memory_equal(&got, &numbers[i], sizeof got);
    }
    assert_true(json_integer_value(json_array_get(list, 6)) == INT64_MIN);
    levin__checkpoint_free(c);
}

static void no_flipped_bit_goes_unnoticed(void **state)
{
    (void)state;
    const char *path = in_scratch("flip.ckpt");
    save(path);
    size_t n;
    char *bytes = levin__file_read(path, 1 << 20, &n);
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        FILE *file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, n, file), n);
        fclose(file);
        levin_checkpoint *c = levin__checkpoint_open(path);
        // The case of a hex digit in an escape is the one thing that may change.
        if (c)
            assert_true((bytes[i / 8] & 0xdf) >= 'A' && (bytes[i / 8] & 0xdf) <= 'F' && i % 8 == 5);
        else
            assert_true(levin_error() == LEVIN_EFORMAT || levin_error() == LEVIN_EVERSION);
        levin__checkpoint_free(c);
        levin_error_clear();
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
    levin__free(bytes);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    const char *path = in_scratch("cut.ckpt");
    save(path);
    size_t n;
    levin__free(levin__file_read(path, 1 << 20, &n));
    while (n--) {
        assert_int_equal(truncate(path, (off_t)n), 0);
        assert_null(levin__checkpoint_open(path));
        assert_error(LEVIN_EFORMAT, "cut.ckpt: byte ");
    }
}

static void tensors_that_changed_places_are_noticed(void **state)
{
    (void)state;
    const float a[] = { 1 }, b[] = { 2 };
    const levin_st_entry both[] = { { "a", LEVIN_ST_F32, 1, one, a },
                                    { "b", LEVIN_ST_F32, 1, one, b } };
    const char *path = in_scratch("swap.ckpt");
    json_t *header = some_header();
    assert_int_equal(levin__checkpoint_save(path, header, both, 2), LEVIN_OK);
    json_decref(header);
    size_t n;
    char *bytes = levin__file_read(path, 1 << 20, &n);
    memcpy(bytes + n - 8, b, 4);
    memcpy(bytes + n - 4, a, 4);
    assert_int_equal(levin__file_write(path, bytes, n), LEVIN_OK);
    levin__free(bytes);
    assert_null(levin__checkpoint_open(path));
    assert_error(LEVIN_EFORMAT, "the checksum does not match");
}

static void metadata_refused(const char *const (*metadata)[2], int64_t n, int code, const char *why)
{
    const char *path = in_scratch("other.ckpt");
    assert_int_equal(levin_safetensors_save(path, entries, 3, metadata, n), LEVIN_OK);
    assert_null(levin__checkpoint_open(path));
    assert_error(code, why);
}

static void other_files_are_refused_in_one_line(void **state)
{
    (void)state;
    metadata_refused(NULL, 0, LEVIN_EFORMAT, "without a levin checkpoint header: was it saved");
    const char *const unversioned[][2] = { { "levin_checkpoint", "{}" } };
    metadata_refused(unversioned, 1, LEVIN_EFORMAT, "without a version");
    const char *const newer[][2] = { { "levin_checkpoint", "{}" },
                                     { "levin_checkpoint_version", "2" } };
    metadata_refused(newer, 2, LEVIN_EVERSION, "version 2, but this library reads up to 1");
    const char *const unsummed[][2] = { { "levin_checkpoint", "{}" },
                                        { "levin_checkpoint_version", "1" } };
    metadata_refused(unsummed, 2, LEVIN_EFORMAT, "the checksum does not match");
    assert_null(levin__checkpoint_open(in_scratch("absent.ckpt")));
    assert_error(LEVIN_EIO, "absent.ckpt: cannot open");
}

static void header_refused(const char *text, const char *why)
{
    char sum[17];
    snprintf(sum, sizeof sum, "%016llx",
             (unsigned long long)levin__xxh64(text, strlen(text), 0)); // there are no tensors
    const char *const metadata[][2] = { { "levin_checkpoint", text },
                                        { "levin_checkpoint_version", "1" },
                                        { "levin_checksum", sum } };
    const char *path = in_scratch("list.ckpt");
    assert_int_equal(levin_safetensors_save(path, NULL, 0, metadata, 3), LEVIN_OK);
    assert_null(levin__checkpoint_open(path));
    assert_error(LEVIN_EFORMAT, why);
}

static void a_header_that_is_not_an_object_is_refused(void **state)
{
    (void)state;
    header_refused("{\"step\":", "list.ckpt:1:");
    header_refused("[1]", "the checkpoint header must be a JSON object");
    json_t *array = json_array();
    assert_int_equal(levin__checkpoint_save(in_scratch("a.ckpt"), array, NULL, 0), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "no header object");
    json_decref(array);
}

static void what_cannot_be_saved_leaves_the_old_checkpoint(void **state)
{
    (void)state;
    const char *path = in_scratch("kept.ckpt");
    save(path);
    levin_st_entry bad[] = { entries[0], { "no data", LEVIN_ST_F32, 1, one, NULL } };
    json_t *header = some_header();
    assert_int_equal(levin__checkpoint_save(path, header, bad, 2), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "tensor \"no data\": it has no data");
    bad[1] = (levin_st_entry){ NULL, LEVIN_ST_F32, 1, one, weights };
    assert_int_equal(levin__checkpoint_save(path, header, bad, 2), LEVIN_EINVAL);
    levin_error_clear();
    json_decref(header);
    levin_checkpoint *c = levin__checkpoint_open(path);
    assert_non_null(c);
    levin__checkpoint_free(c);
}

static void null_in_is_null_out(void **state)
{
    (void)state;
    assert_null(levin__checkpoint_header(NULL));
    assert_null(levin__checkpoint_tensors(NULL));
    levin__checkpoint_free(NULL);
    assert_null(levin__checkpoint_open(NULL));
    assert_error(LEVIN_EINVAL, "checkpoint: no path");
}

static void no_failing_allocation_leaks_or_leaves_a_file(void **state)
{
    (void)state;
    empty_scratch();
    const char *path = in_scratch("torture.ckpt");
    json_t *header = some_header();
    int result = LEVIN_ENOMEM;
    for (int fail_at = 1; result != LEVIN_OK; fail_at++) {
        levin__alloc_fail_at(fail_at);
        result = levin__checkpoint_save(path, header, entries, 3);
        levin__alloc_fail_at(0);
        assert_true(result == LEVIN_OK || result == LEVIN_ENOMEM);
        assert_int_equal(levin_error(), result);
        assert_int_equal(levin__is_file(path), result == LEVIN_OK);
        levin_error_clear();
    }
    json_decref(header);
    levin_checkpoint *c = NULL;
    for (int fail_at = 1; !c; fail_at++) {
        levin__alloc_fail_at(fail_at);
        c = levin__checkpoint_open(path);
        levin__alloc_fail_at(0);
        if (!c)
            assert_error(LEVIN_ENOMEM, "out of memory");
    }
    levin__checkpoint_free(c);
    assert_int_equal(empty_scratch(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_read_again),
        cmocka_unit_test(numbers_of_the_header_keep_every_bit),
        cmocka_unit_test(no_flipped_bit_goes_unnoticed),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(tensors_that_changed_places_are_noticed),
        cmocka_unit_test(other_files_are_refused_in_one_line),
        cmocka_unit_test(a_header_that_is_not_an_object_is_refused),
        cmocka_unit_test(what_cannot_be_saved_leaves_the_old_checkpoint),
        cmocka_unit_test(null_in_is_null_out),
        cmocka_unit_test(no_failing_allocation_leaks_or_leaves_a_file),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
