/* test_torch_save.c: what is written for torch.load is read again by our own reader (the peer tests
 * give it to torch), the same bytes every time, and nothing half-written is left. */
#include "unit/formats/scratch.h"

#include "formats/torch_file.h"
#include "formats/torch_save.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const uint64_t two_three[] = { 2, 3 }, two[] = { 2 }, none[] = { 0, 3 };
static const float weights[6] = { 1, -2, 3e-30f, 0, 5, -0.0f };
static const int64_t counts[2] = { 7, -8 };
static const levin_st_entry entries[] = {
    { "model.w", LEVIN_ST_F32, 2, two_three, weights },
    { "count", LEVIN_ST_I64, 1, two, counts },
    { "scalar", LEVIN_ST_F32, 0, NULL, weights + 1 },
    { "empty", LEVIN_ST_F16, 2, none, NULL },
};

static int start(void **state)
{
    (void)state;
    empty_scratch();
    levin_error_clear();
    return 0;
}

static json_t *some_object(void)
{
    return json_pack("{s:i, s:I, s:I, s:I, s:f, s:{s:[n,b,b]}, s:s%}", "epoch", 3, "wide",
                     (json_int_t)INT64_MIN, "negative", (json_int_t)-1, "byte", (json_int_t)255,
                     "lr", 0.1, "loops", "list", true, false, "text", "a\0\xc3\xa9\n", (size_t)5);
}

static void what_was_saved_is_read_again(void **state)
{
    (void)state;
    json_t *object = some_object();
    const char *path = in_scratch("x.ckpt");
    assert_int_equal(levin__torch_save(path, object, "state_dict", entries, 4), LEVIN_OK);
    levin_torch *f = levin__torch_open(path);
    assert_true(levin__torch_is_zip(f));
    const levin_value *root = levin__torch_root(f);
    levin_torch_table *t = levin__torch_table(f, levin__value_get(root, "state_dict"), true);
    assert_int_equal(t->n, 4);
    assert_string_equal(t->at[2].name, "model.w");
    assert_memory_equal(t->at[2].data, weights, sizeof weights);
    assert_int_equal(t->at[2].shape[1], 3);
    assert_memory_equal(t->at[0].data, counts, sizeof counts);
    assert_int_equal(t->at[3].ndim, 0);
    levin__torch_table_free(t);
    json_t *json = levin__value_json(root);
    json_object_del(json, "state_dict");
    assert_true(json_equal(json, object));
    json_decref(json);
    json_decref(object);
    levin__torch_free(f);
}

static void the_same_values_give_the_same_bytes(void **state)
{
    (void)state;
    json_t *object = some_object();
    size_t n, m;
    levin__torch_save(in_scratch("a.ckpt"), object, "state_dict", entries, 4);
    sleep(2); // zip counts every second second
    levin__torch_save(in_scratch("b.ckpt"), object, "state_dict", entries, 4);
    char *a = levin__file_read(in_scratch("a.ckpt"), 1 << 20, &n);
    char *b = levin__file_read(in_scratch("b.ckpt"), 1 << 20, &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    levin__free(a);
    levin__free(b);
    json_decref(object);
}

/* The numbers of every tensor begin at a multiple of 64 bytes of the file. */
static void storages_are_aligned(void **state)
{
    (void)state;
    json_t *object = json_object();
    levin__torch_save(in_scratch("a.ckpt"), object, "state_dict", entries, 4);
    size_t n;
    char *bytes = levin__file_read(in_scratch("a.ckpt"), 1 << 20, &n);
    const char *at = memmem(bytes, n, weights, sizeof weights);
    assert_non_null(at);
    assert_int_equal((at - bytes) % 64, 0);
    at = memmem(bytes, n, counts, sizeof counts);
    assert_int_equal((at - bytes) % 64, 0);
    levin__free(bytes);
    json_decref(object);
}

static void types_without_a_storage_are_refused(void **state)
{
    (void)state;
    const levin_st_entry odd[] = { { "a", LEVIN_ST_F8_E4M3, 1, two, weights } };
    json_t *object = json_object();
    assert_int_not_equal(levin__torch_save(in_scratch("a.ckpt"), object, "s", odd, 1), LEVIN_OK);
    assert_error(LEVIN_EDTYPE, "tensor \"a\": F8_E4M3 of 1 dimensions has no storage in torch");
    json_decref(object);
    assert_int_equal(empty_scratch(), 0);
}

static void a_file_that_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    json_t *object = json_object();
    assert_int_not_equal(levin__torch_save(in_scratch("no/a.ckpt"), object, "s", entries, 1),
                         LEVIN_OK);
    assert_error(LEVIN_EIO, "no/a.ckpt: cannot write: No such file or directory");

    levin__torch_save(in_scratch("a.ckpt"), object, "s", entries, 1);
    size_t n, m;
    char *before = levin__file_read(in_scratch("a.ckpt"), 1 << 20, &n);
    const struct rlimit small = { .rlim_cur = 400, .rlim_max = RLIM_INFINITY };
    struct rlimit usual;
    getrlimit(RLIMIT_FSIZE, &usual);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int result = levin__torch_save(in_scratch("a.ckpt"), object, "s", entries, 2);
    setrlimit(RLIMIT_FSIZE, &usual);
    assert_int_not_equal(result, LEVIN_OK);
    assert_error(LEVIN_EIO, "a.ckpt: cannot write: File too large");
    char *after = levin__file_read(in_scratch("a.ckpt"), 1 << 20, &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    levin__free(before);
    levin__free(after);
    json_decref(object);
    assert_int_equal(empty_scratch(), 1);
}

static void no_failing_allocation_leaks(void **state)
{
    (void)state;
    json_t *object = some_object();
    int result = LEVIN_ENOMEM;
    for (int fail_at = 1; result != LEVIN_OK; fail_at++) {
        levin__alloc_fail_at(fail_at);
        result = levin__torch_save(in_scratch("a.ckpt"), object, "s", entries, 4);
        levin__alloc_fail_at(0);
        if (result != LEVIN_OK)
            assert_error(LEVIN_ENOMEM, "out of memory");
        assert_in_range(fail_at, 1, 100);
    }
    json_decref(object);
    assert_int_equal(empty_scratch(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_saved_is_read_again, start),
        cmocka_unit_test_setup(the_same_values_give_the_same_bytes, start),
        cmocka_unit_test_setup(storages_are_aligned, start),
        cmocka_unit_test_setup(types_without_a_storage_are_refused, start),
        cmocka_unit_test_setup(a_file_that_cannot_be_written_leaves_nothing, start),
        cmocka_unit_test_setup(no_failing_allocation_leaks, start),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
