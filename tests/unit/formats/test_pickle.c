/* test_pickle.c: the stack machine of the pickle reader: what each opcode makes, what is refused,
 * and that no bytes, however short or wrong, are more than refused. */
#include "unit/formats/pickles.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "formats/pickle_machine.h"

#include <math.h>
#include <stdlib.h>

static int start(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

static void assert_integer(const char *bytes, size_t n, int64_t expected)
{
    levin_pickle *p = levin__pickle_read(bytes, n, 0, "t");
    assert_int_equal(root_of(p)->kind, LEVIN_VALUE_INT);
    assert_true(levin__pickle_root(p)->integer == expected);
    assert_int_equal(levin__pickle_size(p), n);
    levin__pickle_free(p);
}
#define INTEGER(literal, expected) assert_integer(literal, sizeof(literal) - 1, expected)

static void whole_numbers_of_every_size(void **state)
{
    (void)state;
    INTEGER("\x80\2K\xff.", 255);
    INTEGER("\x80\2M\1\2.", 513);
    INTEGER("\x80\2J\xff\xff\xff\xff.", -1);
    INTEGER("\x80\2J\0\0\0\x80.", INT32_MIN);
    INTEGER("\x80\2\x8a\0.", 0);
    INTEGER("\x80\2\x8a\1\xff.", -1);
    INTEGER("\x80\2\x8a\2\xff\0.", 255);
    INTEGER("\x80\2\x8a\x08\0\0\0\0\0\0\0\x80.", INT64_MIN);
    INTEGER("\x80\2\x8b\2\0\0\0\0\x80.", -32768);
    levin_pickle *p = READ("\x80\2\x8a\x09\0\0\0\0\0\0\0\x80\0.");
    assert_int_equal(root_of(p)->kind, LEVIN_VALUE_LONG);
    assert_int_equal(levin__pickle_root(p)->text.size, 9);
    levin__pickle_free(p);
}

static void a_real_number_begins_with_its_largest_byte(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2G\xbf\xf8\0\0\0\0\0\0.");
    assert_true(root_of(p)->kind == LEVIN_VALUE_REAL && levin__pickle_root(p)->real == -1.5);
    levin__pickle_free(p);
}

static void assert_text(const char *bytes, size_t n, levin_value_kind kind, const char *expected)
{
    levin_pickle *p = levin__pickle_read(bytes, n, 0, "t");
    assert_int_equal(root_of(p)->kind, kind);
    assert_string_equal(levin__pickle_root(p)->text.bytes, expected);
    assert_int_equal(levin__pickle_root(p)->text.size, strlen(expected));
    levin__pickle_free(p);
}
#define STRING(literal, kind, expected) assert_text(literal, sizeof(literal) - 1, kind, expected)

static void texts_and_bytes(void **state)
{
    (void)state;
    STRING("\x80\2X\3\0\0\0a\xc3\xa9.", LEVIN_VALUE_TEXT, "a\xc3\xa9");
    STRING("\x80\4\x8c\2ab.", LEVIN_VALUE_TEXT, "ab");
    STRING("\x80\4\x8d\2\0\0\0\0\0\0\0ab.", LEVIN_VALUE_TEXT, "ab");
    STRING("\x80\2U\2ab.", LEVIN_VALUE_TEXT, "ab");
    STRING("\x80\2T\2\0\0\0ab.", LEVIN_VALUE_TEXT, "ab");
    STRING("\x80\2U\2\xc3(.", LEVIN_VALUE_BYTES, "\xc3(");
    STRING("\x80\3C\2\xff\xfe.", LEVIN_VALUE_BYTES, "\xff\xfe");
    STRING("\x80\3B\2\0\0\0ab.", LEVIN_VALUE_BYTES, "ab");
    STRING("\x80\4\x8e\2\0\0\0\0\0\0\0ab.", LEVIN_VALUE_BYTES, "ab");
    STRING("\x80\5\x96\2\0\0\0\0\0\0\0ab.", LEVIN_VALUE_BYTES, "ab");
    REFUSED("\x80\2X\2\0\0\0\xc3(.", LEVIN_EFORMAT,
            "t: byte 2: BINUNICODE: a text that is not UTF-8");
    REFUSED("\x80\2X\3\0\0\0\xed\xa0\x80.", LEVIN_EFORMAT, "not UTF-8"); // half a surrogate pair
}

static void containers_hold_what_was_put_into_them(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2](K\1K\2eK\3a.");
    assert_int_equal(root_of(p)->items.n, 3);
    assert_int_equal(levin__pickle_root(p)->items.at[2]->integer, 3);
    levin__pickle_free(p);

    p = READ("\x80\2(K\1K\2K\3K\4t.");
    assert_true(root_of(p)->kind == LEVIN_VALUE_TUPLE && levin__pickle_root(p)->items.n == 4);
    levin__pickle_free(p);
    p = READ("\x80\2K\1K\2K\3\x87\x85.");
    assert_int_equal(root_of(p)->items.n, 1);
    assert_int_equal(levin__pickle_root(p)->items.at[0]->items.at[1]->integer, 2);
    levin__pickle_free(p);

    p = READ("\x80\4\x8f(K\1K\2\x90.");
    assert_true(root_of(p)->kind == LEVIN_VALUE_SET && levin__pickle_root(p)->items.n == 2);
    levin__pickle_free(p);
    p = READ("\x80\4(K\1\x91.");
    assert_true(root_of(p)->kind == LEVIN_VALUE_SET && levin__pickle_root(p)->items.n == 1);
    levin__pickle_free(p);
}

static void of_equal_keys_the_last_one_counts(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2}(" TEXT1("a") "K\1" TEXT1("b") "K\2" TEXT1("a") "K\3u.");
    assert_int_equal(levin__value_get(root_of(p), "a")->integer, 3);
    assert_int_equal(levin__value_get(levin__pickle_root(p), "b")->integer, 2);
    assert_null(levin__value_get(levin__pickle_root(p), "c"));
    assert_null(levin__value_get(levin__value_get(levin__pickle_root(p), "a"), "a"));
    levin__pickle_free(p);
}

static void what_is_remembered_comes_again(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2]q\5K\1ah\5\x86."); // BINPUT below, BINGET above
    assert_ptr_equal(root_of(p)->items.at[0], levin__pickle_root(p)->items.at[1]);
    levin__pickle_free(p);
    p = READ("\x80\4K\7\x94K\x08\x94h\0h\1\x87\x86."); // MEMOIZE counts
    assert_int_equal(root_of(p)->items.at[1]->items.at[1]->integer, 7);
    levin__pickle_free(p);
    p = READ("\x80\2K\7r\0\1\0\0j\0\1\0\0\x86.");
    assert_int_equal(root_of(p)->items.at[1]->integer, 7);
    levin__pickle_free(p);
    REFUSED("\x80\2h\0.", LEVIN_EFORMAT, "BINGET: nothing was remembered under that number");
    REFUSED("\x80\2K\1q\5h\4.", LEVIN_EFORMAT, "nothing was remembered");
    REFUSED("\x80\2K\1r\xff\xff\xff\xff.", LEVIN_EFORMAT, "LONG_BINPUT: more is remembered");
}

static void an_ordered_dict_is_a_dict_whatever_its_attributes(void **state)
{
    (void)state;
    levin_pickle *p = READ("\x80\2" ORDERED TEXT1("a") "K\1s}X\x09\0\0\0_metadata}sb.");
    assert_int_equal(levin__value_get(root_of(p), "a")->integer, 1);
    assert_int_equal(levin__pickle_root(p)->items.n, 2);
    levin__pickle_free(p);
    p = READ("\x80\4\x95\x20\0\0\0\0\0\0\0\x8c\x0b"
             "collections\x8c\x0b"
             "OrderedDict\x93)R.");
    assert_int_equal(root_of(p)->kind, LEVIN_VALUE_DICT);
    levin__pickle_free(p);
}

static void no_opcode_beyond_the_list_is_carried_out(void **state)
{
    (void)state;
    static const char refused_ones[] = "2FILSVPdlgpio\x82\x83\x84\x97\x98";
    for (const char *op = refused_ones; *op; op++) {
        const char bytes[] = { '\x80', 2, *op, '\n', '.' };
        char why[64];
        snprintf(why, sizeof why, "t: byte 2: %s: an opcode that levin does not read",
                 levin__opcode_name((unsigned char)*op));
        refused(bytes, sizeof bytes, LEVIN_EUNSUPPORTED, why);
    }
    for (int op = 0; op < 256; op++) {
        const char bytes[] = { '\x80', 2, (char)op, '.' };
        if (!levin__opcode_name((unsigned char)op))
            refused(bytes, sizeof bytes, LEVIN_EFORMAT, "is no opcode");
    }
}

static void other_protocols_are_refused(void **state)
{
    (void)state;
    REFUSED("", LEVIN_EFORMAT, "t: byte 0: a pickle of protocol 2 to 5 must stand here");
    REFUSED("\x80", LEVIN_EFORMAT, "must stand here");
    REFUSED("(dp0\n.", LEVIN_EFORMAT, "must stand here");
    REFUSED("\x80\1N.", LEVIN_EUNSUPPORTED, "protocol 1; 2 to 5 are read");
    REFUSED("\x80\6N.", LEVIN_EUNSUPPORTED, "protocol 6; 2 to 5 are read");
    REFUSED("\x80\2\x80\2N.", LEVIN_EFORMAT, "the protocol stands at the beginning only");
}

static void a_pickle_ends_with_one_value(void **state)
{
    (void)state;
    REFUSED("\x80\2.", LEVIN_EFORMAT, "STOP: a pickle must end with one value, not with 0");
    REFUSED("\x80\2NN.", LEVIN_EFORMAT, "not with 2");
    REFUSED("\x80\2(N.", LEVIN_EFORMAT, "must end with one value");
    levin_pickle *p = READ("\x80\2N.more");
    assert_int_equal(levin__pickle_size(p), 4);
    levin__pickle_free(p);
}

/* Whatever stands on the stack, an opcode may fail, but do nothing worse. */
static void no_opcode_minds_what_it_finds(void **state)
{
    (void)state;
    static const char *const before[] = { "",   "(",   "N",  "NN", "NNN", "}",  "]",   ")",
                                          "(N", "(NN", "}N", "](", "}(N", "})", "K\1)" };
    for (int op = 0; op < 256; op++)
        for (size_t i = 0; i < sizeof before / sizeof *before; i++)
            for (int tail = 0; tail < 2; tail++) {
                char bytes[64] = "\x80\4";
                size_t n = 2 + strlen(before[i]);
                memcpy(bytes + 2, before[i], n - 2);
                bytes[n++] = (char)op;
                memset(bytes + n, tail ? '\xff' : '\0', 12);
                bytes[n + 12] = '.';
                char *exact = malloc(n + 13);
                memcpy(exact, bytes, n + 13);
                levin__pickle_free(levin__pickle_read(exact, n + 13, 0, "t"));
                levin_error_clear();
                free(exact);
            }
}

static const char sample[] = "\x80\2" ORDERED "q\0(X\1\0\0\0a" V2 "(" STORAGE(
    "FloatStorage", "0", "\6") "K\0K\2K\3\x86K\3K\1\x86"
                               "\x89" ORDERED "tRq\1X\1\0\0\0b](K\1G\x3f\xf0\0\0\0\0\0\0\x8a\1\5e"
                               "X\1\0\0\0ccargparse\nNamespace\n)\x81}X\2\0\0\0lrM\1\2sbu.";

static void every_truncation_is_refused(void **state)
{
    (void)state;
    size_t n = sizeof sample - 1;
    levin_pickle *p = levin__pickle_read(sample, n, 0, "t");
    assert_int_equal(root_of(p)->items.n, 6);
    levin__pickle_free(p);
    while (n--) {
        char *exact = malloc(n + 1);
        memcpy(exact, sample, n);
        assert_null(levin__pickle_read(exact, n, 0, "t"));
        assert_error(LEVIN_EFORMAT, "t: byte ");
        free(exact);
    }
}

static void no_flipped_bit_is_more_than_refused(void **state)
{
    (void)state;
    char bytes[sizeof sample];
    memcpy(bytes, sample, sizeof sample);
    for (size_t i = 0; i < 8 * (sizeof sample - 1); i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        levin_pickle *p = levin__pickle_read(bytes, sizeof sample - 1, 0, "t");
        if (p)
            json_decref(levin__value_json(levin__pickle_root(p)));
        levin__pickle_free(p);
        levin_error_clear();
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
}

static void the_byte_of_a_message_counts_from_the_file(void **state)
{
    (void)state;
    assert_null(levin__pickle_read("\x80\2i.", 4, 1000, "model.bin"));
    assert_error(LEVIN_EUNSUPPORTED, "model.bin: byte 1002: INST");
}

static void no_failing_allocation_leaks(void **state)
{
    (void)state;
    levin_pickle *p = NULL;
    for (int fail_at = 1; !p; fail_at++) {
        levin__alloc_fail_at(fail_at);
        p = levin__pickle_read(sample, sizeof sample - 1, 0, "t");
        levin__alloc_fail_at(0);
        if (!p)
            assert_error(LEVIN_ENOMEM, "out of memory");
        assert_in_range(fail_at, 1, 200);
    }
    levin__pickle_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_numbers_of_every_size, start),
        cmocka_unit_test_setup(a_real_number_begins_with_its_largest_byte, start),
        cmocka_unit_test_setup(texts_and_bytes, start),
        cmocka_unit_test_setup(containers_hold_what_was_put_into_them, start),
        cmocka_unit_test_setup(of_equal_keys_the_last_one_counts, start),
        cmocka_unit_test_setup(what_is_remembered_comes_again, start),
        cmocka_unit_test_setup(an_ordered_dict_is_a_dict_whatever_its_attributes, start),
        cmocka_unit_test_setup(no_opcode_beyond_the_list_is_carried_out, start),
        cmocka_unit_test_setup(other_protocols_are_refused, start),
        cmocka_unit_test_setup(a_pickle_ends_with_one_value, start),
        cmocka_unit_test_setup(no_opcode_minds_what_it_finds, start),
        cmocka_unit_test_setup(every_truncation_is_refused, start),
        cmocka_unit_test_setup(no_flipped_bit_is_more_than_refused, start),
        cmocka_unit_test_setup(the_byte_of_a_message_counts_from_the_file, start),
        cmocka_unit_test_setup(no_failing_allocation_leaks, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
