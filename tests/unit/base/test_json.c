/* test_json.c: jansson behind our limits and messages. */
#include "support/scratch.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

static const char document[] = "{\n"
                               "  \"hidden_size\": 384,\n"
                               "  \"eps\": 1e-12,\n"
                               "  \"names\": [\"no\", \"y\\u00e9s\", null, true, {}]\n"
                               "}\n";

static json_t *parse(const char *text) { return levin__json_parse(text, strlen(text), "c.json"); }

static void a_mistake_is_shown_by_line_and_column(void **state)
{
    (void)state;
    assert_null(parse("{\n  \"a\": 1,\n  \"b\": tru\n}"));
    assert_error(LEVIN_EFORMAT, "c.json:3:10: ");
    assert_null(parse("[1, 2"));
    assert_error(LEVIN_EFORMAT, "c.json:1:5: ");
    assert_null(parse("{\"a\": 1} x"));
    assert_error(LEVIN_EFORMAT, "c.json:1:");
    assert_null(parse(""));
    assert_error(LEVIN_EFORMAT, "c.json:1:0: ");
}

static void every_beginning_of_a_document_is_refused(void **state)
{
    (void)state;
    size_t n = strlen(document) - 2; // the last brace decides
    for (size_t i = 0; i < n; i++) {
        assert_null(levin__json_parse(document, i, "c.json"));
        assert_error(LEVIN_EFORMAT, "c.json:");
    }
    json_t *whole = parse(document);
    assert_non_null(whole);
    json_decref(whole);
}

static void bytes_that_are_no_json_are_refused_in_one_line(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\": \"\xff\"}",
        "{\"a\": \"two\nlines\"}",
        "{\"a\n\": }",
        "\"text\"",
        "12",
        "nul\nl",
        "[1,]",
        "{\"a\" 1}",
        "[01]",
        "[1e]",
        "[\"\\x\"]",
        "[\"\\ud800 alone\"]",
        "\x1b[2J",
        "[\n\n\nNaN]",
        "[-]",
        "{1: 2}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (parse(texts[i]))
            fail_msg("%s was taken", texts[i]);
        assert_error(LEVIN_EFORMAT, "c.json:");
    }
}

static void nesting_without_end_is_refused(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    char *text = malloc(DEEP);
    memset(text, '[', DEEP);
    assert_null(levin__json_parse(text, DEEP, "c.json"));
    assert_error(LEVIN_EFORMAT, "c.json:1:");
    free(text);
}

static void texts_may_hold_any_character(void **state)
{
    (void)state;
    json_t *v = parse("{\"a\": \"x\\u0000y\"}");
    assert_int_equal(json_string_length(json_object_get(v, "a")), 3);
    json_decref(v);
}

static void members_have_types_and_defaults(void **state)
{
    (void)state;
    json_t *v =
        parse("{\"i\": 7, \"r\": 2.5, \"whole\": 3.0, \"b\": true, \"f\": false, \"s\": \"t\","
              " \"n\": null}");
    assert_int_equal(levin__json_int(v, "i", 1, "c"), 7);
    assert_int_equal(levin__json_int(v, "whole", 1, "c"), 3);
    assert_int_equal(levin__json_int(v, "n", -5, "c"), -5);
    assert_int_equal(levin__json_int(v, "none", -6, "c"), -6);
    assert_true(levin__json_number(v, "r", 1, "c") == 2.5);
    assert_true(levin__json_number(v, "i", 1, "c") == 7);
    assert_true(levin__json_number(v, "n", 0.5, "c") == 0.5);
    assert_true(levin__json_bool(v, "b", false, "c"));
    assert_false(levin__json_bool(v, "f", true, "c"));
    assert_true(levin__json_bool(v, "n", true, "c"));
    assert_string_equal(levin__json_string(v, "s", "d", "c"), "t");
    assert_string_equal(levin__json_string(v, "n", "d", "c"), "d");
    assert_null(levin__json_string(v, "none", NULL, "c"));
    assert_int_equal(levin_error(), LEVIN_OK);
    json_decref(v);
}

static void a_member_of_another_type_is_named_and_the_default_given(void **state)
{
    (void)state;
    json_t *v = parse("{\"s\": \"7\", \"r\": 2.5, \"i\": 1, \"l\": [], \"huge\": 1e300}");
    assert_int_equal(levin__json_int(v, "s", 1, "c.json"), 1);
    assert_error(LEVIN_EFORMAT, "c.json: \"s\" must be an integer");
    assert_int_equal(levin__json_int(v, "r", 1, "c.json"), 1);
    assert_error(LEVIN_EFORMAT, "c.json: \"r\" must be an integer");
    assert_int_equal(levin__json_int(v, "huge", 1, "c.json"), 1);
    assert_error(LEVIN_EFORMAT, "c.json: \"huge\" must be an integer");
    assert_true(levin__json_number(v, "l", 4, "c.json") == 4);
    assert_error(LEVIN_EFORMAT, "c.json: \"l\" must be a number");
    assert_true(levin__json_bool(v, "i", true, "c.json"));
    assert_error(LEVIN_EFORMAT, "c.json: \"i\" must be true or false");
    assert_string_equal(levin__json_string(v, "i", "d", "c.json"), "d");
    assert_error(LEVIN_EFORMAT, "c.json: \"i\" must be a string");
    json_decref(v);
}

static void integers_at_the_limits_are_exact_and_beyond_them_reals(void **state)
{
    (void)state;
    json_t *v = parse("{\"top\": 9223372036854775807, \"low\": -9223372036854775808}");
    assert_true(levin__json_int(v, "top", 0, "c") == INT64_MAX);
    assert_true(levin__json_int(v, "low", 0, "c") == INT64_MIN);
    json_decref(v);
    v = parse("{\"endless\": 1000000000000000019884624838656, \"i\": 512}");
    assert_true(levin__json_number(v, "endless", 0, "c") == 1e30);
    assert_int_equal(levin__json_int(v, "i", 0, "c"), 512);
    assert_int_equal(levin__json_int(v, "endless", 3, "c"), 3);
    assert_error(LEVIN_EFORMAT, "\"endless\" must be an integer");
    json_decref(v);
}

static void a_file_is_loaded_up_to_its_limit(void **state)
{
    (void)state;
    levin__file_write(in_scratch("c.json"), document, strlen(document));
    json_t *v = levin__json_load(in_scratch("c.json"), strlen(document));
    assert_int_equal(levin__json_int(v, "hidden_size", 0, "c"), 384);
    json_decref(v);
    assert_null(levin__json_load(in_scratch("c.json"), strlen(document) - 1));
    assert_error(LEVIN_EFORMAT, "/c.json: ");
    assert_null(levin__json_load(in_scratch("none.json"), 100));
    assert_error(LEVIN_EIO, "/none.json: cannot open");
    levin__file_write(in_scratch("c.json"), "{]", 2);
    assert_null(levin__json_load(in_scratch("c.json"), 100));
    assert_error(LEVIN_EFORMAT, "/c.json:1:2: ");
    empty_scratch();
}

static void what_is_saved_reads_well_and_comes_back(void **state)
{
    (void)state;
    json_t *v = json_pack("{s:i, s:[f, b]}", "a", 1, "b", 0.1, 1);
    assert_int_equal(levin__json_save(in_scratch("c.json"), v), LEVIN_OK);
    char *text = levin__file_read(in_scratch("c.json"), 1000, NULL);
    assert_string_equal(text,
                        "{\n  \"a\": 1,\n  \"b\": [\n    0.10000000000000001,\n    true\n  ]\n}\n");
    levin__free(text);
    json_t *back = levin__json_load(in_scratch("c.json"), 1000);
    assert_true(json_equal(v, back));
    json_decref(back);
    json_decref(v);
    assert_int_equal(empty_scratch(), 1);
}

static void what_cannot_be_written_leaves_the_old_file(void **state)
{
    (void)state;
    json_t *a = json_array(), *b = json_array();
    json_array_append(a, b);
    json_array_append_new(b, json_incref(a)); // a ring
    levin__file_write(in_scratch("c.json"), "old", 3);
    assert_int_equal(levin__json_save(in_scratch("c.json"), a), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "/c.json: ");
    assert_int_equal(levin__json_save(in_scratch("c.json"), NULL), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "/c.json: ");
    char *text = levin__file_read(in_scratch("c.json"), 1000, NULL);
    assert_string_equal(text, "old");
    levin__free(text);
    assert_int_equal(empty_scratch(), 1);
    json_array_clear(b);
    json_decref(a);
    json_decref(b);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    json_t *v = json_object();
    assert_int_equal(levin__json_save(in_scratch("none/c.json"), v), LEVIN_EIO);
    assert_error(LEVIN_EIO, "/none/c.json");
    json_decref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_is_shown_by_line_and_column),
        cmocka_unit_test(every_beginning_of_a_document_is_refused),
        cmocka_unit_test(bytes_that_are_no_json_are_refused_in_one_line),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(texts_may_hold_any_character),
        cmocka_unit_test(members_have_types_and_defaults),
        cmocka_unit_test(a_member_of_another_type_is_named_and_the_default_given),
        cmocka_unit_test(integers_at_the_limits_are_exact_and_beyond_them_reals),
        cmocka_unit_test(a_file_is_loaded_up_to_its_limit),
        cmocka_unit_test(what_is_saved_reads_well_and_comes_back),
        cmocka_unit_test(what_cannot_be_written_leaves_the_old_file),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
