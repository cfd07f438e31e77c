/* test_weights.c: the tensors of a model folder: one file, shards with an index, and indexes that
 * lie. */
#include "unit/formats/scratch.h"

#include "formats/weights.h"

static const uint64_t two[] = { 2 };
static const unsigned char data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void save(const char *file, const char *a, const char *b)
{
    const levin_st_entry entries[] = { { a, LEVIN_ST_U8, 1, two, data },
                                       { b, LEVIN_ST_U8, 1, two, data + 2 } };
    assert_int_equal(levin_safetensors_save(in_scratch(file), entries, 2, NULL, 0), LEVIN_OK);
}

static void save_index(const char *text)
{
    const char *path = in_scratch("model.safetensors.index.json");
    assert_int_equal(levin__file_write(path, text, strlen(text)), LEVIN_OK);
}

static int start(void **state)
{
    (void)state;
    empty_scratch();
    levin_error_clear();
    return 0;
}

static void one_file_is_taken_as_it_is(void **state)
{
    (void)state;
    save("model.safetensors", "b", "a");
    save_index("not read");
    levin_weights *w = levin__weights_open(scratch);
    assert_int_equal(levin__weights_count(w), 2);
    assert_string_equal(levin__weights_at(w, 0)->name, "a");
    assert_int_equal(*(unsigned char *)levin__weights_find(w, "b")->data, 1);
    assert_null(levin__weights_find(w, "c"));
    assert_null(levin__weights_at(w, 2));
    assert_string_equal(levin__path_name(levin__weights_path(w)), "model.safetensors");
    levin__weights_free(w);
}

static void shards_are_found_through_the_index(void **state)
{
    (void)state;
    save("model-00001-of-00002.safetensors", "d", "a");
    save("model-00002-of-00002.safetensors", "c", "unlisted");
    save_index("{\"metadata\":{\"total_size\":8},\"weight_map\":{"
               "\"d\":\"model-00001-of-00002.safetensors\","
               "\"c\":\"model-00002-of-00002.safetensors\","
               "\"a\":\"model-00001-of-00002.safetensors\"}}");
    levin_weights *w = levin__weights_open(scratch);
    assert_int_equal(levin__weights_count(w), 3);
    assert_string_equal(levin__weights_at(w, 0)->name, "a");
    assert_string_equal(levin__weights_at(w, 1)->name, "c");
    assert_string_equal(levin__weights_at(w, 2)->name, "d");
    assert_int_equal(*(unsigned char *)levin__weights_find(w, "a")->data, 3);
    assert_null(levin__weights_find(w, "unlisted"));
    levin__weights_free(w);
}

static void index_refused(const char *text, const char *why)
{
    save_index(text);
    assert_null(levin__weights_open(scratch));
    assert_error(LEVIN_EFORMAT, why);
}

static void file_names_that_leave_the_folder_are_refused(void **state)
{
    (void)state;
    const char *plain = "must be named by its plain name";
    index_refused("{\"weight_map\":{\"a\":\"../model.safetensors\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\"/etc/passwd\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\"sub/x.safetensors\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\"..\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\".\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\"\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":\"x\\u0000y\"}}", plain);
    index_refused("{\"weight_map\":{\"a\":7}}", plain);
}

static void an_index_that_does_not_fit_its_files_is_refused(void **state)
{
    (void)state;
    save("x.safetensors", "b", "a");
    index_refused("{\"weight_map\":{\"a\":\"y.safetensors\"}}",
                  "\"a\": \"y.safetensors\": the folder has no such file");
    index_refused("{\"weight_map\":{\"a\":\"x.safetensors\",\"c\":\"x.safetensors\"}}",
                  "\"c\": \"x.safetensors\": the file does not hold this tensor");
    index_refused("{\"weight_map\":[]}", "\"weight_map\" must be an object");
    index_refused("{}", "\"weight_map\" must be an object");
    index_refused("[]", "\"weight_map\" must be an object");
    index_refused("{", "model.safetensors.index.json:1:");
    assert_int_equal(levin__file_write(in_scratch("z.safetensors"), "short", 5), LEVIN_OK);
    index_refused("{\"weight_map\":{\"a\":\"z.safetensors\"}}", "z.safetensors: byte 0: 5 bytes");
}

static void a_folder_without_weights_says_what_was_looked_for(void **state)
{
    (void)state;
    assert_null(levin__weights_open(scratch));
    assert_error(LEVIN_ENOTFOUND, "neither model.safetensors nor pytorch_model.bin is there");
    assert_null(levin__weights_open(in_scratch("absent")));
    assert_error(LEVIN_ENOTFOUND, "absent: not a folder");
    assert_null(levin__weights_open(NULL));
    assert_error(LEVIN_EINVAL, "no folder");
}

static void copy_torch(const char *from, const char *to)
{
    char path[64];
    size_t n;
    snprintf(path, sizeof path, "tests/unit/formats/torch/%s", from);
    char *bytes = levin__file_read(path, 1 << 20, &n);
    assert_int_equal(levin__file_write(in_scratch(to), bytes, n), LEVIN_OK);
    levin__free(bytes);
}

static void weights_of_torch_save_are_taken_where_there_are_no_others(void **state)
{
    (void)state;
    copy_torch("legacy.bin", "pytorch_model.bin");
    levin_weights *w = levin__weights_open(scratch);
    assert_string_equal(levin__path_name(levin__weights_path(w)), "pytorch_model.bin");
    assert_int_equal(levin__weights_count(w), 21);
    float is[6];
    const levin_st_tensor *t = levin__weights_find(w, "transposed");
    assert_int_equal(levin_st_to_f32(t, 0, 6, is), LEVIN_OK);
    assert_memory_equal(is, ((float[]){ 0, 3, 1, 4, 2, 5 }), sizeof is);
    assert_null(levin__weights_find(w, "count"));
    levin__weights_free(w);
    save("model.safetensors", "b", "a");
    w = levin__weights_open(scratch);
    assert_int_equal(levin__weights_count(w), 2);
    levin__weights_free(w);
}

static void shards_of_torch_save_have_an_index_too(void **state)
{
    (void)state;
    copy_torch("weights.bin", "pytorch_model-00001-of-00002.bin");
    copy_torch("legacy.bin", "pytorch_model-00002-of-00002.bin");
    const char *path = in_scratch("pytorch_model.bin.index.json"),
               *text = "{\"weight_map\":{\"whole\":\"pytorch_model-00001-of-00002.bin\","
                       "\"part\":\"pytorch_model-00002-of-00002.bin\"}}";
    assert_int_equal(levin__file_write(path, text, strlen(text)), LEVIN_OK);
    levin_weights *w = levin__weights_open(scratch);
    assert_int_equal(levin__weights_count(w), 2);
    assert_string_equal(levin__weights_at(w, 1)->name, "whole");
    assert_int_equal(levin__weights_find(w, "part")->numel, 3);
    levin__weights_free(w);
}

static void other_values_of_torch_save_are_no_weights(void **state)
{
    (void)state;
    copy_torch("checkpoint.ckpt", "pytorch_model.bin");
    assert_null(levin__weights_open(scratch));
    assert_error(LEVIN_EFORMAT, "pytorch_model.bin: a checkpoint, whose weights are under "
                                "state_dict: levin convert");
    assert_int_equal(levin__file_write(in_scratch("pytorch_model.bin"), "PK\3\4", 4), LEVIN_OK);
    assert_null(levin__weights_open(scratch));
    assert_error(LEVIN_EFORMAT, "pytorch_model.bin: not a whole zip archive");
}

static void null_in_is_null_out(void **state)
{
    (void)state;
    assert_int_equal(levin__weights_count(NULL), 0);
    assert_null(levin__weights_at(NULL, 0));
    assert_null(levin__weights_find(NULL, "a"));
    assert_null(levin__weights_path(NULL));
    levin__weights_free(NULL);
}

static void torture(void)
{
    levin_weights *w = NULL;
    for (int fail_at = 1; !w; fail_at++) {
        levin__alloc_fail_at(fail_at);
        w = levin__weights_open(scratch);
        levin__alloc_fail_at(0);
        if (!w)
            assert_error(LEVIN_ENOMEM, "out of memory");
        assert_in_range(fail_at, 1, 200);
    }
    levin__weights_free(w);
}

static void no_failing_allocation_leaks(void **state)
{
    (void)state;
    save("x.safetensors", "b", "a");
    save("y.safetensors", "c", "d");
    save_index("{\"weight_map\":{\"a\":\"x.safetensors\",\"c\":\"y.safetensors\"}}");
    torture();
    save("model.safetensors", "b", "a");
    torture();
    empty_scratch();
    copy_torch("weights.bin", "pytorch_model.bin");
    torture();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_file_is_taken_as_it_is, start),
        cmocka_unit_test_setup(shards_are_found_through_the_index, start),
        cmocka_unit_test_setup(file_names_that_leave_the_folder_are_refused, start),
        cmocka_unit_test_setup(an_index_that_does_not_fit_its_files_is_refused, start),
        cmocka_unit_test_setup(a_folder_without_weights_says_what_was_looked_for, start),
        cmocka_unit_test_setup(weights_of_torch_save_are_taken_where_there_are_no_others, start),
        cmocka_unit_test_setup(shards_of_torch_save_have_an_index_too, start),
        cmocka_unit_test_setup(other_values_of_torch_save_are_no_weights, start),
        cmocka_unit_test_setup(null_in_is_null_out, start),
        cmocka_unit_test_setup(no_failing_allocation_leaks, start),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
