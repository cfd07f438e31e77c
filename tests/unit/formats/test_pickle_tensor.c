/* test_pickle_tensor.c: storages and tensors of pickles, which must lie inside each other, and the
 * bounds on everything that a pickle may ask for. */
#include "unit/formats/pickles.h"

#include "base/memory.h"

#include <stdlib.h>

static int start(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

#define TENSOR(offset, sizes, strides)                                                             \
    "\x80\2" V2 "(" STORAGE("FloatStorage", "0", "\6") offset sizes strides "\x89NtR."
#define LARGE "\x8a\x08\0\0\0\0\0\0\0\x40" // 2^62

static const levin_pickle_tensor *tensor_of(levin_pickle *p)
{
    assert_int_equal(root_of(p)->kind, LEVIN_VALUE_TENSOR);
    return levin__pickle_root(p)->tensor;
}

static void a_tensor_is_a_view_of_its_storage(void **state)
{
    (void)state;
    levin_pickle *p = READ(TENSOR("K\1", "K\2K\2\x86", "K\2K\1\x86"));
    const levin_pickle_tensor *t = tensor_of(p);
    assert_int_equal(t->dtype, LEVIN_ST_F32);
    assert_true(t->ndim == 2 && t->shape[1] == 2 && t->stride[0] == 2 && t->offset == 1);
    assert_true(t->numel == 4 && t->bytes == 16 && levin__tensor_is_contiguous(t));
    assert_string_equal(t->storage->key.bytes, "0");
    assert_true(t->storage->numel == 6 && t->storage->bytes == 24 && !t->storage->data);
    levin__pickle_free(p);
}

static void strides_tell_what_is_contiguous(void **state)
{
    (void)state;
    const struct {
        levin_pickle *p;
        bool contiguous;
    } cases[] = {
        { READ(TENSOR("K\0", "K\2K\3\x86", "K\1K\2\x86")), false }, // transposed
        { READ(TENSOR("K\0", "K\3K\2\x86", "K\0K\1\x86")), false }, // repeated
        { READ(TENSOR("K\0", "K\3\x85", "K\2\x85")), false },       // every second one
        { READ(TENSOR("K\0", "K\1K\6\x86", "K\xffK\1\x86")), true },
        { READ(TENSOR("K\0", "K\1\x85", LARGE "\x85")), true },
        { READ(TENSOR("K\0", ")", ")")), true },
        { READ(TENSOR("K\x07", "K\0K\3\x86", "K\1K\1\x86")), true }, // nothing
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (levin__tensor_is_contiguous(tensor_of(cases[i].p)) != cases[i].contiguous)
            fail_msg("case %zu", i);
        levin__pickle_free(cases[i].p);
    }
}

static void a_tensor_must_lie_inside_its_storage(void **state)
{
    (void)state;
    const char *why = "REDUCE: a tensor that reaches beyond the 24 bytes of its storage 0";
    REFUSED(TENSOR("K\1", "K\2K\3\x86", "K\3K\1\x86"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "K\7\x85", "K\1\x85"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "K\2\x85", "K\6\x85"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\6", ")", ")"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR(LARGE, ")", ")"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "K\5\x85", LARGE "\x85"), LEVIN_EFORMAT, why); // comes round to 0
    REFUSED(TENSOR(LARGE, "K\2K\2\x86", LARGE LARGE "\x86"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", LARGE LARGE "\x86", "K\0K\0\x86"), LEVIN_EFORMAT,
            "a tensor of 2^61 bytes or more");
    REFUSED(TENSOR("K\0", LARGE "\x85", "K\0\x85"), LEVIN_EFORMAT, "2^61 bytes or more");
}

static void a_tensor_must_be_made_of_the_right_things(void **state)
{
    (void)state;
    const char *why = "a tensor must be made of storage, offset, sizes and strides";
    REFUSED(TENSOR("J\xff\xff\xff\xff", ")", ")"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("N", ")", ")"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "]", ")"), LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "K\1\x85", ")"), LEVIN_EFORMAT, why);
    REFUSED("\x80\2" V2 ")R.", LEVIN_EFORMAT, why);
    REFUSED("\x80\2" V2 "(NK\0))\x89NtR.", LEVIN_EFORMAT, why);
    REFUSED(TENSOR("K\0", "J\xff\xff\xff\xff\x85", "K\1\x85"), LEVIN_EFORMAT,
            "sizes and strides must be whole numbers from 0");
    REFUSED(TENSOR("K\0", "K\1\x85", "X\1\0\0\0a\x85"), LEVIN_EFORMAT, "whole numbers from 0");
    REFUSED("\x80\2" V2 "(" STORAGE("FloatStorage", "0", "\6") "K\0))\x89N}X\4\0\0\0conj\x88stR.",
            LEVIN_EFORMAT, "a pending conjugate or sign");
    REFUSED("\x80\2ctorch._utils\n_rebuild_parameter\nN\x85R.", LEVIN_EFORMAT,
            "a parameter must be made of a tensor");
    REFUSED("\x80\2ctorch._tensor\n_rebuild_from_type_v2\n(cbuiltins\nset\nN)NtR.", LEVIN_EFORMAT,
            "made by a function that rebuilds tensors");
}

#define UNTYPED                                                                                    \
    "(X\7\0\0\0storagectorch.storage\nUntypedStorage\nX\1\0\0\0"                                   \
    "0X\3\0\0\0cpuK\6tQ"

static void other_ways_to_make_a_tensor(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2" V3 "(" UNTYPED "K\1K\2\x85K\1\x85\x89Nctorch\nuint16\ntR.");
    assert_int_equal(tensor_of(p)->dtype, LEVIN_ST_U16);
    levin__pickle_free(p);
    REFUSED("\x80\2" V3 "(" UNTYPED "K\2K\2\x85K\1\x85\x89Nctorch\nuint16\ntR.", LEVIN_EFORMAT,
            "beyond the 6 bytes");
    REFUSED("\x80\2" V3 "(" UNTYPED "K\0))\x89NNtR.", LEVIN_EFORMAT, "a tensor without a dtype");

    p = READ("\x80\2ctorch._utils\n_rebuild_parameter\n(" V2
             "(" STORAGE("HalfStorage", "0", "\6") "K\0))\x89NtR\x88NtR.");
    assert_int_equal(tensor_of(p)->dtype, LEVIN_ST_F16);
    levin__pickle_free(p);

    p = READ("\x80\2ctorch._tensor\n_rebuild_from_type_v2\n(" V2
             "ctorch.nn.parameter\nParameter\n(" STORAGE("BFloat16Storage", "0",
                                                         "\6") "K\0))\x89Nt}tR.");
    assert_int_equal(tensor_of(p)->dtype, LEVIN_ST_BF16);
    levin__pickle_free(p);
}

static void storages_are_known_by_their_keys(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2" STORAGE("LongStorage", "b", "\2") STORAGE(
        "FloatStorage", "a", "\1") STORAGE("LongStorage", "b", "\2") "\x87.");
    const levin_values *v = &root_of(p)->items;
    assert_ptr_equal(v->at[0]->storage, v->at[2]->storage);
    levin_pickle_storage *s = levin__pickle_storages(p);
    assert_string_equal(s->key.bytes, "b");
    assert_string_equal(s->next->key.bytes, "a");
    assert_null(s->next->next);
    levin__pickle_free(p);
    REFUSED("\x80\2" STORAGE("LongStorage", "b", "\2") STORAGE("LongStorage", "b", "\3") "\x86.",
            LEVIN_EFORMAT, "storage b is declared twice, as 2 x I64 and 3 x I64");
    REFUSED("\x80\2" STORAGE("LongStorage", "b", "\2") STORAGE("FloatStorage", "b", "\2") "\x86.",
            LEVIN_EFORMAT, "as 2 x I64 and 2 x F32");
}

static void persistent_ids_are_storages_only(void **state)
{
    (void)state;
    const char *why = "BINPERSID: not the id of a storage";
    REFUSED("\x80\2K\1Q.", LEVIN_EFORMAT, why);
    REFUSED("\x80\2)Q.", LEVIN_EFORMAT, why);
    REFUSED("\x80\2(X\6\0\0\0modulectorch\nFloatStorage\nX\1\0\0\0"
            "0X\3\0\0\0cpuK\1tQ.",
            LEVIN_EFORMAT, why);
    REFUSED("\x80\2(X\7\0\0\0storagectorch\nfloat32\nX\1\0\0\0"
            "0X\3\0\0\0cpuK\1tQ.",
            LEVIN_EFORMAT, why);
    REFUSED("\x80\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0\0X\3\0\0\0cpuK\1tQ.",
            LEVIN_EFORMAT, why); // a key that is a NUL
    REFUSED("\x80\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
            "0X\3\0\0\0cpuJ\xff\xff\xff"
            "\xfftQ.",
            LEVIN_EFORMAT, why);
    REFUSED("\x80\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
            "0X\3\0\0\0cpu" LARGE "tQ.",
            LEVIN_EFORMAT, "a storage of 2^61 bytes or more");
}

/* ---- Bounds ---- */

/* n times a part between a beginning and an end. */
static char *repeated(const char *begin, size_t n, const char *part, size_t part_size,
                      const char *end, size_t end_size, size_t *size)
{
    size_t b = 2 + strlen(begin);
    *size = b + n * part_size + end_size;
    char *bytes = malloc(*size);
    assert_non_null(bytes);
    memcpy(bytes, "\x80\4", 2);
    memcpy(bytes + 2, begin, b - 2);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + b + i * part_size, part, part_size);
    memcpy(bytes + b + n * part_size, end, end_size);
    return bytes;
}

static void many_refused(const char *begin, size_t n, const char *part, size_t part_size,
                         const char *end, size_t end_size, const char *why)
{
    size_t size;
    char *bytes = repeated(begin, n, part, part_size, end, end_size, &size);
    refused(bytes, size, LEVIN_EFORMAT, why);
    free(bytes);
}

static void containers_nest_only_so_deep(void **state)
{
    (void)state;
    size_t size;
    char *bytes = repeated(")", LEVIN_PICKLE_MAX_DEPTH - 1, "\x85", 1, ".", 1, &size);
    levin_pickle *p = levin__pickle_read(bytes, size, 0, "t");
    assert_int_equal(root_of(p)->depth, LEVIN_PICKLE_MAX_DEPTH);
    levin__pickle_free(p);
    free(bytes);
    many_refused(")", LEVIN_PICKLE_MAX_DEPTH, "\x85", 1, ".", 1,
                 "TUPLE1: more than 256 containers inside each other");
    many_refused("", LEVIN_PICKLE_MAX_DEPTH + 1, "(", 1, ".", 1, "MARK: more marks inside each");
    many_refused("", LEVIN_PICKLE_MAX_DEPTH + 1, "cargparse\nNamespace\n)\x81", 22, ".", 1,
                 "must end with one value");
}

static void states_of_objects_count_as_depth(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2cargparse\nNamespace\n)\x81}" TEXT1("a") "]sb\x85.");
    assert_int_equal(root_of(p)->depth, 4);
    levin__pickle_free(p);
}

static void values_are_counted(void **state)
{
    (void)state;
    many_refused("", LEVIN_PICKLE_MAX_VALUES + 1, "N0", 2, "N.", 2,
                 "NONE: the pickle makes more than 4194304 values");
    size_t size;
    char *bytes = repeated("N\x94", LEVIN_PICKLE_MAX_VALUES, "h\0", 2, ".", 1, &size);
    refused(bytes, size, LEVIN_EFORMAT, "BINGET: too many values on the stack");
    free(bytes);
}

/* A list of 2^16 values is copied again and again, by four bytes each time. */
static void memory_is_counted(void **state)
{
    (void)state;
    enum { ITEMS = 1 << 16, COPIES = LEVIN_PICKLE_MAX_MEMORY / (8 * ITEMS) + 1 };
    size_t size, more;
    char *list = repeated("N\x94](", ITEMS, "h\0", 2,
                          "e\x94"
                          "cbuiltins\nlist\n\x94",
                          18, &size);
    char *copies = repeated("", COPIES, "h\2h\1\x85R0", 7, ".", 1, &more);
    char *bytes = malloc(size + more - 2);
    memcpy(bytes, list, size);
    memcpy(bytes + size, copies + 2, more - 2);
    refused(bytes, size + more - 2, LEVIN_EFORMAT,
            "REDUCE: the values of the pickle take more than 268435456 bytes");
    free(list);
    free(copies);
    free(bytes);
}

static void texts_and_pickles_have_a_length(void **state)
{
    (void)state;
    REFUSED("\x80\2X\1\0\0\1.", LEVIN_EFORMAT, "BINUNICODE: a text of 16777217 bytes, more than");
    REFUSED("\x80\4\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", LEVIN_EFORMAT, "BINUNICODE8: a text of");
    REFUSED("\x80\4\x8e\0\0\0\0\1\0\0\0.", LEVIN_EFORMAT, "BINBYTES8: a text of 4294967296 bytes");
    REFUSED("\x80\2\x8b\xff\xff\xff\xff.", LEVIN_EFORMAT, "LONG4: a number of too many bytes");
    REFUSED("\x80\2X\1\0\0\0", LEVIN_EFORMAT, "the pickle is cut short");
    many_refused("", (size_t)LEVIN_PICKLE_MAX_BYTES / 9 + 1, "\x95\0\0\0\0\0\0\0\0", 9, "N.", 2,
                 "a pickle of more than 67108864 bytes");
}

static void dimensions_are_counted(void **state)
{
    (void)state;
    char text[4096] = "\x80\2";
    size_t n = 2;
#define ADD(literal) (memcpy(text + n, literal, sizeof(literal) - 1), n += sizeof(literal) - 1)
    ADD(V2 "(" STORAGE("FloatStorage", "0", "\6") "K\0");
    for (int k = 0; k < 2; k++) {
        ADD("(");
        for (int i = 0; i <= LEVIN_PICKLE_MAX_DIMS; i++)
            ADD("K\1");
        ADD("t");
    }
    ADD("\x89NtR.");
    refused(text, n, LEVIN_EFORMAT, "must be made of storage, offset, sizes and strides");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_tensor_is_a_view_of_its_storage, start),
        cmocka_unit_test_setup(strides_tell_what_is_contiguous, start),
        cmocka_unit_test_setup(a_tensor_must_lie_inside_its_storage, start),
        cmocka_unit_test_setup(a_tensor_must_be_made_of_the_right_things, start),
        cmocka_unit_test_setup(other_ways_to_make_a_tensor, start),
        cmocka_unit_test_setup(storages_are_known_by_their_keys, start),
        cmocka_unit_test_setup(persistent_ids_are_storages_only, start),
        cmocka_unit_test_setup(containers_nest_only_so_deep, start),
        cmocka_unit_test_setup(states_of_objects_count_as_depth, start),
        cmocka_unit_test_setup(values_are_counted, start),
        cmocka_unit_test_setup(memory_is_counted, start),
        cmocka_unit_test_setup(texts_and_pickles_have_a_length, start),
        cmocka_unit_test_setup(dimensions_are_counted, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
