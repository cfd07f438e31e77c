/* test_pickle_names.c: the names that a pickle may hold: which are known, what they make of their
 * arguments, how that looks as JSON, and that nothing else gets through. */
#include "unit/formats/pickles.h"

#include "base/buffer.h"

#include <stdlib.h>

static int start(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

static void names_that_are_not_known_are_refused(void **state)
{
    (void)state;
    REFUSED("\x80\2cos\nsystem\n(X\4\0\0\0truetR.", LEVIN_EUNSUPPORTED,
            "t: byte 2: GLOBAL: os.system is not one of the names that levin reads");
    REFUSED("\x80\2c__builtin__\neval\n.", LEVIN_EUNSUPPORTED, "__builtin__.eval is not");
    REFUSED("\x80\2cbuiltins\ngetattr\n.", LEVIN_EUNSUPPORTED, "builtins.getattr is not");
    REFUSED("\x80\2cposix\nsystem\n.", LEVIN_EUNSUPPORTED, "posix.system is not");
    REFUSED("\x80\2ctorch.storage\n_load_from_bytes\n.", LEVIN_EUNSUPPORTED, "is not one of");
    REFUSED("\x80\2ctorch\nload\n.", LEVIN_EUNSUPPORTED, "torch.load is not");
    REFUSED("\x80\4\x8c\2os\x8c\6system\x93.", LEVIN_EUNSUPPORTED, "STACK_GLOBAL: os.system");
    REFUSED("\x80\4\x8c\x0b"
            "collections\x8c\x0f"
            "OrderedDict.pop\x93.",
            LEVIN_EUNSUPPORTED, "collections.OrderedDict.pop is not one of");
    REFUSED("\x80\2cos\n\n.", LEVIN_EUNSUPPORTED, "os. is not");
    REFUSED("\x80\2cOrderedDict\ncollections\n.", LEVIN_EUNSUPPORTED, "is not one of");
    REFUSED("\x80\2cnumpy.core.multiarray\nscalars\n.", LEVIN_EUNSUPPORTED, "is not one of");
    REFUSED("\x80\4NN\x93.", LEVIN_EFORMAT, "a name must be two texts");
    REFUSED("\x80\2cos", LEVIN_EFORMAT, "a name without an end");
}

static void a_name_is_not_a_function_to_call(void **state)
{
    (void)state;
    REFUSED("\x80\2cbuiltins\nint\n(K\1tR.", LEVIN_EUNSUPPORTED,
            "builtins.int may stand as a name, but not be called");
    REFUSED("\x80\2ctorch\nFloatStorage\n)R.", LEVIN_EUNSUPPORTED, "not be called");
    REFUSED("\x80\2ctorch\nfloat32\n)R.", LEVIN_EUNSUPPORTED, "not be called");
    REFUSED("\x80\2ctorch.optim.adam\nAdam\n)\x81.", LEVIN_EUNSUPPORTED, "not be called");
    REFUSED("\x80\2N)R.", LEVIN_EFORMAT, "REDUCE: what is called must be a name");
    REFUSED("\x80\2})R.", LEVIN_EFORMAT, "what is called must be a name");
    REFUSED("\x80\2cbuiltins\nset\n]R.", LEVIN_EFORMAT, "arguments must be a tuple");
    REFUSED("\x80\4cbuiltins\nset\n)}" TEXT1("a") "K\1s\x92.", LEVIN_EFORMAT,
            "NEWOBJ_EX: arguments with names are not read");
    REFUSED("\x80\2K\1}b.", LEVIN_EFORMAT, "BUILD: only objects and dicts have a state");
}

static void assert_json(const char *bytes, size_t n, const char *expected)
{
    levin_pickle *p = levin__pickle_read(bytes, n, 0, "t");
    json_t *json = levin__value_json(root_of(p));
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
    levin__pickle_free(p);
}
#define JSON(literal, expected) assert_json(literal, sizeof(literal) - 1, expected)
#define LATIN1(text, size)      "c_codecs\nencode\n(X" size "\0\0\0" text "X\6\0\0\0latin1tR"
#define DTYPE(name, order)                                                                         \
    "cnumpy\ndtype\n(X\2\0\0\0" name "\x89\x88tR(K\3X\1\0\0\0" order "NNNJ\xff\xff\xff\xff"        \
    "J\xff\xff\xff\xffK\0tb"
#define SCALAR "cnumpy.core.multiarray\nscalar\n("

static void containers_of_pythons_library(void **state)
{
    (void)state;
    JSON("\x80\2" ORDERED TEXT1("a") "K\1s.", "{\"a\":1}");
    JSON("\x80\2ccollections\nOrderedDict\n](](X\1\0\0\0aK\1ee\x85R.", "{\"a\":1}");
    JSON("\x80\2ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R" TEXT1("a") "]s.",
         "{\"a\":[]}");
    JSON("\x80\2ccollections\nCounter\n}" TEXT1("a") "K\2s\x85R.", "{\"a\":2}");
    JSON("\x80\2ccollections\ndeque\n)RK\1a.", "[1]");
    JSON("\x80\2c__builtin__\nset\n](K\1K\2e\x85R.", "[1,2]");
    JSON("\x80\2c__builtin__\nfrozenset\n]\x85R.", "[]");
    JSON("\x80\2ctorch\nSize\nK\2K\3\x86\x85R.", "[2,3]");
    REFUSED("\x80\2ccollections\nOrderedDict\nK\1\x85R.", LEVIN_EFORMAT,
            "collections.OrderedDict with arguments that do not fit it");
    REFUSED("\x80\2ccollections\nOrderedDict\n]K\1a\x85R.", LEVIN_EFORMAT, "do not fit it");
    REFUSED("\x80\2c__builtin__\nset\nK\1\x85R.", LEVIN_EFORMAT, "do not fit it");
    REFUSED("\x80\2ctorch\nSize\n)R.", LEVIN_EFORMAT, "do not fit it");
}

static void texts_of_paths_devices_and_bytes(void **state)
{
    (void)state;
    JSON("\x80\2cpathlib\nPosixPath\nX\1\0\0\0aX\1\0\0\0b\x86R.", "\"a/b\"");
    JSON("\x80\2cpathlib\nPosixPath\nX\1\0\0\0/X\1\0\0\0b\x86R.", "\"/b\"");
    JSON("\x80\2cpathlib\nPosixPath\n)R.", "\".\"");
    JSON("\x80\2ctorch\ndevice\nX\3\0\0\0cpu\x85R.", "\"cpu\"");
    JSON("\x80\2ctorch\ndevice\nX\4\0\0\0cudaK\1\x86R.", "\"cuda:1\"");
    JSON("\x80\2" LATIN1("a\xc3\xbf", "\3") ".", "\"bytes (2)\"");
    JSON("\x80\2c__builtin__\nbytes\n)R.", "\"bytes (0)\"");
    JSON("\x80\2c__builtin__\nbytearray\nX\1\0\0\0aX\7\0\0\0latin-1\x86R.", "\"bytes (1)\"");
    REFUSED("\x80\2cpathlib\nPosixPath\nK\1\x85R.", LEVIN_EFORMAT, "do not fit it");
    REFUSED("\x80\2ctorch\ndevice\nK\1\x85R.", LEVIN_EFORMAT, "do not fit it");
    REFUSED("\x80\2" LATIN1("\xe2\x82\xac", "\3") ".", LEVIN_EFORMAT, "do not fit it");
    REFUSED("\x80\2c_codecs\nencode\n(X\1\0\0\0aX\6\0\0\0base64tR.", LEVIN_EFORMAT, "do not fit");
}

static void scalars_of_numpy_are_numbers(void **state)
{
    (void)state;
    JSON("\x80\3" SCALAR DTYPE("f8", "<") "C\x08\0\0\0\0\0\0\xf8\x3ftR.", "1.5");
    JSON("\x80\3" SCALAR DTYPE("f8", ">") "C\x08\x3f\xf8\0\0\0\0\0\0tR.", "1.5");
    JSON("\x80\3cnumpy._core.multiarray\nscalar\n(" DTYPE("f4", "<") "C\4\0\0\xc0\x3ftR.", "1.5");
    JSON("\x80\3" SCALAR DTYPE("f2", "<") "C\2\0\x3etR.", "1.5");
    JSON("\x80\3" SCALAR DTYPE("i8", "<") "C\x08\xfe\xff\xff\xff\xff\xff\xff\xfftR.", "-2");
    JSON("\x80\3" SCALAR DTYPE("i2", "<") "C\2\xfe\xfftR.", "-2");
    JSON("\x80\3" SCALAR DTYPE("u1", "|") "C\1\xfetR.", "254");
    JSON("\x80\3" SCALAR DTYPE("u8", "<") "C\x08\0\0\0\0\0\0\0\x80tR.", "9.2233720368547758e18");
    JSON("\x80\3" SCALAR DTYPE("b1", "|") "C\1\1tR.", "true");
    JSON("\x80\2" SCALAR DTYPE("i1", "|") LATIN1("\xc3\xbe", "\2") "tR.", "-2");
    JSON("\x80\3" SCALAR DTYPE("U1", "<") "C\4a\0\0\0tR.",
         "\"numpy._core.multiarray.scalar(numpy.dtype(U1, false, true), bytes (4))\"");
    JSON("\x80\3" SCALAR DTYPE("f8", "<") "C\4\0\0\0\0tR.", // too few bytes
         "\"numpy._core.multiarray.scalar(numpy.dtype(f8, false, true), bytes (4))\"");
}

static void bundles_of_hyper_parameters_are_objects(void **state)
{
    (void)state;
    JSON("\x80\2cargparse\nNamespace\n)\x81}X\2\0\0\0lrK\3sb.", "{\"lr\":3}");
    JSON("\x80\2clightning.fabric.utilities.data\nAttributeDict\n)\x81X\2\0\0\0lrK\3s}b.",
         "{\"lr\":3}");
    JSON("\x80\2comegaconf.dictconfig\nDictConfig\n)\x81}(X\7\0\0\0_parentNX\x08\0\0\0_content}"
         "X\2\0\0\0lrcomegaconf.nodes\nAnyNode\n)\x81}X\4\0\0\0_valK\3sbsub.",
         "{\"lr\":3}");
    JSON("\x80\2cdatetime\ntimedelta\nK\0M\x10\x0eK\0\x87R.", "\"datetime.timedelta(0, 3600, 0)\"");
    JSON("\x80\2ctorch\nbfloat16\n.", "\"torch.bfloat16\"");
    JSON("\x80\2}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n}s.",
         "{\"pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint\":{}}");
}

static void what_json_cannot_hold_is_told_in_words(void **state)
{
    (void)state;
    JSON("\x80\2}(K\3K\1N\x88K\1K\2\x86K\4u.", "{\"3\":1,\"null\":true,\"[1,2]\":4}");
    JSON("\x80\2G\x7f\xf0\0\0\0\0\0\0G\xff\xf0\0\0\0\0\0\0G\x7f\xf8\0\0\0\0\0\0\x87.",
         "[\"inf\",\"-inf\",\"nan\"]");
    JSON("\x80\2\x8a\x09\0\0\0\0\0\0\0\0\1\x8a\x09\0\0\0\0\0\0\0\0\xff\x86.",
         "[\"0x010000000000000000\",\"-0x010000000000000000\"]");
    JSON("\x80\2X\3\0\0\0a\0b.", "\"a\\u0000b\"");
    JSON("\x80\2" V2 "(" STORAGE("LongStorage", "0", "\6") "K\0K\2K\3\x86K\3K\1\x86\x89NtR.",
         "\"tensor I64 (2, 3)\"");
}

static void a_value_inside_itself_has_an_end_in_json(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2]q\0h\0a.");
    json_t *json = levin__value_json(root_of(p));
    size_t depth = 0;
    for (const json_t *j = json; json_is_array(j); j = json_array_get(j, 0))
        depth++;
    assert_in_range(depth, 1, 100);
    json_decref(json);
    levin__pickle_free(p);
}

/* Each value is the one before, twice: two to the power of a hundred if written out. */
static void values_that_grow_without_end_are_cut_in_json(void **state)
{
    (void)state;
    levin_buffer b = LEVIN_BUFFER(1 << 16);
    levin__buffer_add(&b, "\x80\2)", 3);
    for (char i = 0; i < 100; i++)
        levin__buffer_add(&b, (const char[]){ 'q', i, 'h', i, '\x86' }, 5);
    levin__buffer_add_char(&b, '.');
    levin_pickle *p = levin__pickle_read(b.data, b.size, 0, "t");
    json_t *json = levin__value_json(root_of(p));
    char *text = json_dumps(json, JSON_COMPACT);
    assert_in_range(strlen(text), 1, 100 << 20);
    assert_non_null(strstr(text, "\"...\""));
    free(text);
    json_decref(json);
    levin__pickle_free(p);
    levin__buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_that_are_not_known_are_refused, start),
        cmocka_unit_test_setup(a_name_is_not_a_function_to_call, start),
        cmocka_unit_test_setup(containers_of_pythons_library, start),
        cmocka_unit_test_setup(texts_of_paths_devices_and_bytes, start),
        cmocka_unit_test_setup(scalars_of_numpy_are_numbers, start),
        cmocka_unit_test_setup(bundles_of_hyper_parameters_are_objects, start),
        cmocka_unit_test_setup(what_json_cannot_hold_is_told_in_words, start),
        cmocka_unit_test_setup(a_value_inside_itself_has_an_end_in_json, start),
        cmocka_unit_test_setup(values_that_grow_without_end_are_cut_in_json, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
