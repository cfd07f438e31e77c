/* test_torch_file.c: files of torch.save: real ones (tests/peers/torch_files.py wrote them), and
 * hand-made archives that lie. */
#include "unit/formats/pickles.h"
#include "unit/formats/scratch.h"

#include "formats/torch_file.h"
#include "support/archive.h"

#include <math.h>

static int start(void **state)
{
    (void)state;
    empty_scratch();
    levin_error_clear();
    return 0;
}

/* ---- Real files ---- */

static const levin_st_tensor *find(const levin_torch_table *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->at[i].name, name) == 0)
            return &t->at[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static void assert_numbers(const levin_torch_table *table, const char *name, size_t n,
                           const float *expected)
{
    float is[16];
    const levin_st_tensor *t = find(table, name);
    assert_int_equal(t->numel, n);
    assert_int_equal(levin_st_to_f32(t, 0, n, is), LEVIN_OK);
    assert_memory_equal(is, expected, n * sizeof *is);
}
#define NUMBERS(table, name, ...)                                                                  \
    assert_numbers(table, name, sizeof((float[]){ __VA_ARGS__ }) / sizeof(float),                  \
                   (float[]){ __VA_ARGS__ })

static void check_weights(const levin_torch_table *t, bool zip)
{
    static const char *const types[] = { "float32", "float64", "float16", "bfloat16", "int64",
                                         "int32",   "int16",   "int8",    "uint8",    "bool",
                                         "uint16",  "uint32",  "uint64" };
    for (size_t i = 0; i < (zip ? 13 : 10); i++) {
        char name[32];
        snprintf(name, sizeof name, "of.%s", types[i]);
        NUMBERS(t, name, 0, 1, 1, 0);
    }
    if (zip)
        assert_memory_equal(find(t, "of.float8_e4m3fn")->data, "\0\x38\x38\0", 4);
    assert_int_equal(find(t, "of.complex64")->bytes, 32);
    NUMBERS(t, "whole", 0, 1, 2, 3, 4, 5);
    NUMBERS(t, "transposed", 0, 3, 1, 4, 2, 5);
    NUMBERS(t, "columns", 1, 2, 4, 5);
    NUMBERS(t, "expanded", 0, 1, 2, 0, 1, 2);
    NUMBERS(t, "part", 3, 4, 5);
    NUMBERS(t, "tied.a", 0, 1, 2, 3);
    NUMBERS(t, "tied.b", 0, 1, 2, 3);
    NUMBERS(t, "parameter", 1.5f, -2.5f);
    NUMBERS(t, "scalar", -3.5f);
    assert_int_equal(find(t, "scalar")->ndim, 0);
    assert_int_equal(find(t, "empty")->numel, 0);
    assert_int_equal(t->others, 1);
    assert_ptr_not_equal(find(t, "tied.a")->data, find(t, "tied.b")->data);
    for (size_t i = 1; i < t->n; i++)
        assert_true(strcmp(t->at[i - 1].name, t->at[i].name) < 0);
}

static void files_of_torch_hold_what_torch_put_into_them(void **state)
{
    (void)state;
    static const char *const names[] = { "weights.bin", "protocol5.bin", "legacy.bin" };
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "tests/unit/formats/torch/%s", names[i]);
        levin_torch *f = levin__torch_open(path);
        if (!f)
            fail_msg("%s", levin_error_message());
        assert_int_equal(levin__torch_is_zip(f), i < 2);
        levin_torch_table *t = levin__torch_table(f, levin__torch_root(f), true);
        if (!t)
            fail_msg("%s", levin_error_message());
        check_weights(t, i < 2);
        levin__torch_table_free(t);
        t = levin__torch_table(f, levin__torch_root(f), false);
        assert_int_equal(find(t, "columns")->bytes, 16);
        levin__torch_table_free(t);
        levin__torch_free(f);
    }
}

static void a_checkpoint_of_lightning_is_read(void **state)
{
    (void)state;
    levin_torch *f = levin__torch_open("tests/unit/formats/torch/checkpoint.ckpt");
    const levin_value *root = levin__torch_root(f);
    assert_non_null(root);
    assert_int_equal(levin__value_get(root, "global_step")->integer, 4);
    levin_torch_table *t = levin__torch_table(f, levin__value_get(root, "state_dict"), true);
    assert_int_equal(find(t, "layer.weight")->numel, 12);
    assert_int_equal(find(t, "norm.num_batches_tracked")->dtype, LEVIN_ST_I64);
    levin__torch_table_free(t);
    json_t *json = levin__value_json(levin__value_get(root, "hyper_parameters"));
    assert_string_equal(json_string_value(json_object_get(json, "name")), "t\xc3\xa9\xe4\xb8\xad");
    assert_string_equal(json_string_value(json_object_get(json, "folder")), "a/b");
    assert_true(json_real_value(json_object_get(json, "scale")) == 2.5);
    assert_int_equal(json_integer_value(json_object_get(json, "count")), 3);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "space"), "depth")),
                     2);
    json_decref(json);
    levin__torch_free(f);
}

static void check_damaged(const char *bytes, size_t n)
{
    char *exact = malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    levin_torch *f = levin__torch_parse(exact, n, "t");
    levin_torch_table *t = f ? levin__torch_table(f, levin__torch_root(f), true) : NULL;
    if (!t) {
        assert_int_not_equal(levin_error(), LEVIN_OK);
        assert_null(strchr(levin_error_message(), '\n'));
    }
    levin__torch_table_free(t);
    levin__torch_free(f);
    levin_error_clear();
    free(exact);
}

static void damaged_files_of_torch_are_no_more_than_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "weights.bin", "legacy.bin" };
    for (int i = 0; i < 2; i++) {
        char path[64];
        size_t n;
        snprintf(path, sizeof path, "tests/unit/formats/torch/%s", names[i]);
        char *bytes = levin__file_read(path, 1 << 20, &n);
        assert_non_null(bytes);
        for (size_t cut = 0; cut < n; cut += 1 + cut / 400)
            check_damaged(bytes, cut);
        for (size_t k = 0; k < n; k++) {
            bytes[k] ^= (char)(1 << k % 8);
            check_damaged(bytes, n);
            bytes[k] ^= (char)(1 << k % 8);
        }
        levin__free(bytes);
    }
}

/* ---- Archives that lie ---- */

#define SIX                                                                                        \
    "\x80\2}X\1\0\0\0a" V2 "(" STORAGE("FloatStorage", "0", "\6") "K\0K\2K\3\x86K\3K\1\x86\x89NtR" \
                                                                  "s."
static const float six[6] = { 0, 1, 2, 3, 4, 5 };

static void assert_refused(archive *a, int code, const char *why)
{
    size_t n;
    char *bytes = archive_end(a, &n);
    levin_torch *f = levin__torch_parse(bytes, n, "t");
    levin_torch_table *t = f ? levin__torch_table(f, levin__torch_root(f), true) : NULL;
    assert_null(t);
    assert_error(code, why);
    levin__torch_free(f);
    levin__free(bytes);
}

/* An archive with the pickle above; data/0 is what the test makes of it. */
static void assert_storage_refused(archive_entry storage, const char *why)
{
    archive a = archive_new();
    storage.name = "top/data/0";
    if (!storage.data) {
        storage.data = six;
        storage.size = sizeof six;
    }
    archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
    archive_add_entry(&a, &storage);
    assert_refused(&a, LEVIN_EFORMAT, why);
}

static void an_archive_of_our_own_is_read(void **state)
{
    (void)state;
    for (int checksum = 0; checksum < 2; checksum++) {
        archive a = archive_new();
        size_t n;
        archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
        archive_add(&a, "top/byteorder", "little", 6);
        archive_add_entry(&a, &(archive_entry){ .name = "top/data/0",
                                                .data = six,
                                                .size = sizeof six,
                                                .no_checksum = checksum });
        char *bytes = archive_end(&a, &n);
        assert_true(levin__torch_begins(bytes, n));
        levin_torch *f = levin__torch_parse(bytes, n, "t");
        levin_torch_table *t = levin__torch_table(f, levin__torch_root(f), true);
        NUMBERS(t, "a", 0, 1, 2, 3, 4, 5);
        levin__torch_table_free(t);
        levin__torch_free(f);
        levin__free(bytes);
    }
}

static void storages_are_held_against_their_entries(void **state)
{
    (void)state;
    assert_storage_refused((archive_entry){ .data = six, .size = 20 },
                           "t: top/data.pkl: byte 93: storage 0 has 24 bytes, but its entry has "
                           "another size");
    assert_storage_refused((archive_entry){ .wrong_checksum = true },
                           "t: data/0: damaged: CRC error");
    assert_storage_refused((archive_entry){ .method = 8 }, "t: top/data/0: compressed");
    assert_storage_refused((archive_entry){ .flags = 1 }, "encrypted");
    assert_storage_refused((archive_entry){ .claimed_size = 4000 }, "t: ");
    archive a = archive_new();
    archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
    assert_refused(&a, LEVIN_EFORMAT,
                   "storage 0 has 24 bytes, but its entry is not in the archive");
}

static void entries_are_not_larger_than_the_file(void **state)
{
    (void)state;
    archive a = archive_new();
    archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
    archive_add(&a, "top/data/0", six, sizeof six);
    for (int i = 0; i < 100; i++)
        archive_add_entry(
            &a, &(archive_entry){
                    .name = "top/data/0", .data = six, .size = sizeof six, .again = true });
    size_t n = 0;
    char *bytes = archive_end(&a, &n);
    assert_null(levin__torch_parse(bytes, n, "t"));
    assert_error(LEVIN_EFORMAT, "t: "); // by libzip or by the sum of sizes
    levin__free(bytes);
}

static void archives_of_others_are_refused(void **state)
{
    (void)state;
    archive a = archive_new();
    archive_add(&a, "data.pkl", "x", 1);
    assert_refused(&a, LEVIN_EFORMAT, "its first entry lies in no folder");
    a = archive_new();
    archive_add(&a, "word/document.xml", "x", 1);
    assert_refused(&a, LEVIN_EFORMAT, "not of torch.save: it has no data.pkl");
    a = archive_new();
    archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
    archive_add(&a, "top/constants.pkl", "x", 1);
    assert_refused(&a, LEVIN_EFORMAT, "a TorchScript archive, which holds a program");
    a = archive_new();
    archive_add(&a, "top/data.pkl", SIX, sizeof SIX - 1);
    archive_add(&a, "top/byteorder", "big", 3);
    assert_refused(&a, LEVIN_EFORMAT, "begin with the largest byte");
    a = archive_new();
    archive_add(&a, "top/data.pkl", "\x80\2cos\nsystem\n.", 15);
    assert_refused(&a, LEVIN_EUNSUPPORTED, "t: top/data.pkl: byte 2: GLOBAL: os.system is not");
    a = archive_new();
    archive_add(&a, "top/data.pkl", "\x80\2K\1.", 5);
    assert_refused(&a, LEVIN_EFORMAT, "a dict of tensors was expected");
}

static void other_files_are_named(void **state)
{
    (void)state;
    char tar[512] = "pickle";
    memcpy(tar + 257, "ustar", 5);
    assert_null(levin__torch_parse(tar, sizeof tar, "t"));
    assert_error(LEVIN_EFORMAT, "t: a tar archive");
    char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:00";
    assert_null(levin__torch_parse(lfs, sizeof lfs - 1, "t"));
    assert_error(LEVIN_EFORMAT, "t: a Git LFS pointer");
    assert_null(levin__torch_parse(lfs, 0, "t"));
    assert_error(LEVIN_EFORMAT, "t: not a file of torch.save");
    assert_null(levin__torch_open(in_scratch("absent.bin")));
    assert_error(LEVIN_EIO, "absent.bin: cannot open");
    assert_false(levin__torch_begins("\x80\2", 1));
    assert_false(levin__torch_begins("\x08\0\0\0\0\0\0\0{}      ", 16));
}

/* ---- Tensors that ask for more than there is ---- */

static void copies_are_bounded(void **state)
{
    (void)state;
    /* Six numbers, repeated 2^24 times by a stride of 0. */
    static const char pickle[] =
        "\x80\2}X\1\0\0\0a" V2
        "(" STORAGE("FloatStorage", "0", "\6") "K\0J\0\0\0\1K\6\x86K\0K\1\x86\x89NtRs.";
    archive a = archive_new();
    archive_add(&a, "top/data.pkl", pickle, sizeof pickle - 1);
    archive_add(&a, "top/data/0", six, sizeof six);
    assert_refused(
        &a, LEVIN_EFORMAT,
        "t: tensor \"a\": tensors that repeat their numbers add up to more than 4 times");
}

static void of_equal_names_the_last_tensor_counts(void **state)
{
    (void)state;
#define ONE(name, key)                                                                             \
    "X\1\0\0\0" name V2 "(" STORAGE("FloatStorage", key, "\1") "K\0)"                              \
                                                               ")\x89NtR"
    static const char pickle[] = "\x80\2}(" ONE("b", "0") ONE("a", "1") ONE("b", "2") "K\1K\2u.";
    archive a = archive_new();
    size_t n;
    archive_add(&a, "top/data.pkl", pickle, sizeof pickle - 1);
    for (int i = 0; i < 3; i++)
        archive_add(&a, (const char *const[]){ "top/data/0", "top/data/1", "top/data/2" }[i],
                    &six[i + 1], 4);
    char *bytes = archive_end(&a, &n);
    levin_torch *f = levin__torch_parse(bytes, n, "t");
    levin_torch_table *t = levin__torch_table(f, levin__torch_root(f), true);
    assert_int_equal(t->n, 2);
    NUMBERS(t, "a", 2);
    NUMBERS(t, "b", 3);
    levin__torch_table_free(t);
    levin__torch_free(f);
    levin__free(bytes);
}

/* ---- The old format ---- */

#define MAGIC                                                                                      \
    "\x80\2\x8a\nl\xfc\x9c"                                                                        \
    "F\xf9 j\xa8P\x19."
#define VERSION "\x80\2M\xe9\3."
#define MACHINE "\x80\2}X\r\0\0\0little_endian\x88s."
#define KEYS                                                                                       \
    "\x80\2]X\1\0\0\0"                                                                             \
    "0a."
#define NUMEL "\6\0\0\0\0\0\0\0"
#define DATA  "\0\0\0\0\0\0\x80\x3f\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0"

static void legacy_refused(const char *bytes, size_t n, int code, const char *why)
{
    char *exact = malloc(n);
    memcpy(exact, bytes, n);
    assert_null(levin__torch_parse(exact, n, "t"));
    assert_error(code, why);
    free(exact);
}
#define LEGACY_REFUSED(literal, why)                                                               \
    legacy_refused(literal, sizeof(literal) - 1, LEVIN_EFORMAT, why)

static void the_old_format_is_read_strictly(void **state)
{
    (void)state;
    char good[] = MAGIC VERSION MACHINE SIX KEYS NUMEL DATA;
    levin_torch *f = levin__torch_parse(good, sizeof good - 1, "t");
    levin_torch_table *t = levin__torch_table(f, levin__torch_root(f), true);
    NUMBERS(t, "a", 0, 1, 2, 0, 0, 0);
    levin__torch_table_free(t);
    levin__torch_free(f);
    LEGACY_REFUSED("\x80\2}.", "byte 0: a pickle, but not of torch.save");
    LEGACY_REFUSED(MAGIC "\x80\2K\1.", "not of version 1001");
    LEGACY_REFUSED(MAGIC VERSION "\x80\2}X\r\0\0\0little_endian\x89s.", "largest byte");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX "\x80\2}.", "the keys of all storages must stand");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX "\x80\2].", "the keys of all storages must stand");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX "\x80\2]X\1\0\0\0"
                                             "1a.",
                   "that no tensor has");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX "\x80\2]K\1a.", "that no tensor has");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX KEYS "\5\0\0\0\0\0\0\0" DATA, "another size than");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX KEYS NUMEL "short", "it ends within a storage");
    LEGACY_REFUSED(MAGIC VERSION MACHINE SIX KEYS "\6", "the size of a storage must stand here");
    LEGACY_REFUSED(MAGIC VERSION MACHINE, "a pickle of protocol 2 to 5 must stand here");
}

static void a_storage_is_given_once(void **state)
{
    (void)state;
    static const char two[] = MAGIC VERSION MACHINE "\x80\2" STORAGE("FloatStorage", "0", "\6")
        STORAGE("FloatStorage", "1", "\6") "\x86."
                                           "\x80\2](X\1\0\0\0"
                                           "0X\1\0\0\0"
                                           "0e." NUMEL DATA NUMEL DATA;
    legacy_refused(two, sizeof two - 1, LEVIN_EFORMAT, "or stands twice");
}

static void torture(const char *path)
{
    levin_torch_table *t = NULL;
    for (int fail_at = 1; !t; fail_at++) {
        levin__alloc_fail_at(fail_at);
        levin_torch *f = levin__torch_open(path);
        t = f ? levin__torch_table(f, levin__torch_root(f), true) : NULL;
        levin__alloc_fail_at(0);
        if (!t)
            assert_error(LEVIN_ENOMEM, "out of memory");
        assert_in_range(fail_at, 1, 1000);
        levin__torch_table_free(t);
        levin__torch_free(f);
    }
}

static void no_failing_allocation_leaks(void **state)
{
    (void)state;
    torture("tests/unit/formats/torch/weights.bin");
    torture("tests/unit/formats/torch/legacy.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(files_of_torch_hold_what_torch_put_into_them, start),
        cmocka_unit_test_setup(a_checkpoint_of_lightning_is_read, start),
        cmocka_unit_test_setup(damaged_files_of_torch_are_no_more_than_refused, start),
        cmocka_unit_test_setup(an_archive_of_our_own_is_read, start),
        cmocka_unit_test_setup(storages_are_held_against_their_entries, start),
        cmocka_unit_test_setup(entries_are_not_larger_than_the_file, start),
        cmocka_unit_test_setup(archives_of_others_are_refused, start),
        cmocka_unit_test_setup(other_files_are_named, start),
        cmocka_unit_test_setup(copies_are_bounded, start),
        cmocka_unit_test_setup(of_equal_names_the_last_tensor_counts, start),
        cmocka_unit_test_setup(the_old_format_is_read_strictly, start),
        cmocka_unit_test_setup(a_storage_is_given_once, start),
        cmocka_unit_test_setup(no_failing_allocation_leaks, start),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
