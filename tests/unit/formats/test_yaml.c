/* test_yaml.c: the tree that a document gives, what plain text means, every refusal with its place,
 * and that what is written reads back. */
#include "base/memory.h"
#include "formats/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static levin_yaml *parse(const char *text)
{
    return levin__yaml_parse(text, strlen(text), "x.yaml");
}

static void a_document_becomes_a_tree_with_places(void **state)
{
    (void)state;
    levin_yaml *y = parse("# a comment\n"
                          "trainer:\n"
                          "  max_epochs: 3\n"
                          "  callbacks:\n"
                          "  - class_path: EarlyStopping\n"
                          "    init_args: {monitor: val_loss, patience: 2}\n");
    assert_non_null(y);
    const levin_yaml *trainer = levin__yaml_get(y, "trainer");
    const levin_yaml *epochs = levin__yaml_get(trainer, "max_epochs");
    assert_int_equal(epochs->kind, LEVIN_YAML_INT);
    assert_string_equal(epochs->text, "3");
    assert_string_equal(epochs->place.where, "x.yaml");
    assert_int_equal(epochs->place.line, 3);
    assert_int_equal(epochs->place.column, 15);
    assert_int_equal(epochs->key_place.column, 3);
    const levin_yaml *list = levin__yaml_get(trainer, "callbacks");
    assert_int_equal(list->kind, LEVIN_YAML_LIST);
    assert_int_equal(list->n, 1);
    const levin_yaml *args = levin__yaml_get(list->items[0], "init_args");
    assert_string_equal(levin__yaml_get(args, "monitor")->text, "val_loss");
    assert_int_equal(levin__yaml_get(args, "patience")->place.column, 46);
    assert_null(levin__yaml_get(args, "mode"));
    levin__yaml_free(y);
}

static void plain_text_has_a_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        levin_yaml_kind kind;
    } rows[] = {
        { "null", LEVIN_YAML_NULL },    { "~", LEVIN_YAML_NULL },
        { "NULL", LEVIN_YAML_NULL },    { "", LEVIN_YAML_NULL },
        { "nULL", LEVIN_YAML_TEXT },    { "true", LEVIN_YAML_BOOL },
        { "False", LEVIN_YAML_BOOL },   { "YES", LEVIN_YAML_BOOL },
        { "off", LEVIN_YAML_BOOL },     { "fAlse", LEVIN_YAML_TEXT },
        { "y", LEVIN_YAML_TEXT },       { "3", LEVIN_YAML_INT },
        { "-17", LEVIN_YAML_INT },      { "+0", LEVIN_YAML_INT },
        { "1e-3", LEVIN_YAML_REAL },    { "1.0", LEVIN_YAML_REAL },
        { ".5", LEVIN_YAML_REAL },      { "5.", LEVIN_YAML_REAL },
        { "2.0E+5", LEVIN_YAML_REAL },  { "-.inf", LEVIN_YAML_REAL },
        { ".Inf", LEVIN_YAML_REAL },    { "+.INF", LEVIN_YAML_REAL },
        { ".iNf", LEVIN_YAML_TEXT },    { "inf", LEVIN_YAML_TEXT },
        { ".NaN", LEVIN_YAML_REAL },    { ".", LEVIN_YAML_TEXT },
        { "-", LEVIN_YAML_TEXT },       { "e5", LEVIN_YAML_TEXT },
        { "1e", LEVIN_YAML_TEXT },      { "1.2.3", LEVIN_YAML_TEXT },
        { "0x1f", LEVIN_YAML_TEXT },    { "1_000", LEVIN_YAML_TEXT },
        { "12:30", LEVIN_YAML_TEXT },   { "nan", LEVIN_YAML_TEXT },
        { "32-true", LEVIN_YAML_TEXT }, { "val_loss", LEVIN_YAML_TEXT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (levin__yaml_kind_of(rows[i].text) != rows[i].kind)
            fail_msg("'%s' is %s", rows[i].text,
                     levin__yaml_kind_name(levin__yaml_kind_of(rows[i].text)));
}

static void quotes_make_a_text(void **state)
{
    (void)state;
    levin_yaml *y = parse("- '3'\n- \"true\"\n- ''\n- |-\n  null\n- yes\n- No\n-\n");
    assert_non_null(y);
    for (int i = 0; i < 4; i++)
        assert_int_equal(y->items[i]->kind, LEVIN_YAML_TEXT);
    assert_string_equal(levin__yaml_word(y->items[0]), "3");
    assert_string_equal(levin__yaml_word(y->items[1]), "true");
    assert_string_equal(levin__yaml_word(y->items[4]), "true");
    assert_string_equal(levin__yaml_word(y->items[5]), "false");
    assert_string_equal(y->items[5]->text, "No");
    assert_string_equal(levin__yaml_word(y->items[6]), "null");
    assert_null(levin__yaml_word(y));
    levin__yaml_free(y);
}

static void an_alias_is_a_copy(void **state)
{
    (void)state;
    levin_yaml *y = parse("a: &x {b: [1, 2]}\nc: *x\nd: [*x, &x 7, *x]\n");
    assert_non_null(y);
    const levin_yaml *c = levin__yaml_get(y, "c");
    assert_string_equal(levin__yaml_get(c, "b")->items[1]->text, "2");
    assert_ptr_not_equal(levin__yaml_get(c, "b"), levin__yaml_get(y->items[0], "b"));
    assert_int_equal(c->place.line, 2);
    assert_string_equal(y->items[2]->items[2]->text, "7"); // the nearest anchor of that name
    levin__yaml_free(y);
}

static void an_empty_document_is_null(void **state)
{
    (void)state;
    static const char *const rows[] = { "", "\n\n", "# only a comment\n", "---\n", "\xef\xbb\xbf" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_yaml *y = parse(rows[i]);
        assert_non_null(y);
        assert_int_equal(y->kind, LEVIN_YAML_NULL);
        assert_true(y->place.line > 0);
        levin__yaml_free(y);
    }
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "a: 2\n b: 3\n", "x.yaml:2:3: mapping values are not allowed in this context" },
        { "a:\n  b: 2\n c: 3\n",
          "x.yaml:3:2: did not find expected key while parsing a block mapping" },
        { "a: [1, 2\n", "x.yaml:2:1: did not find expected ',' or ']'" },
        { "a: 1\n\tb: 2\n", "x.yaml:2:1: found a tab character that violates indentation" },
        { "a: 1\nb: 2\na: 3\n", "x.yaml:3:1: 'a' is given twice, first in line 1" },
        { "a: {b: 1, b: 2}\n", "x.yaml:1:11: 'b' is given twice" },
        { "d: &d {a: 1}\ne:\n  <<: *d\n", "x.yaml:3:3: merge keys (<<) are not read" },
        { "a: *b\n", "x.yaml:1:4: *b: no anchor &b before it" },
        { "a: &a [*a]\n", "x.yaml:1:8: *a stands in what it names" },
        { "a: !!python/object:os.system x\n",
          "x.yaml:1:4: tags such as tag:yaml.org,2002:python/object:os.system are not read" },
        { "a: !mine {}\n", "x.yaml:1:4: tags such as !mine" },
        { "? [a]\n: 1\n", "x.yaml:1:3: a key that is not a plain word" },
        { "? &k a\n: 1\n", "x.yaml:1:3: a key with a tag or an anchor" },
        { "a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document" },
        { "a: \"x\\0y\"\n", "x.yaml:1:4: a text with a NUL character" },
        { "\"x\\0y\": 1\n", "x.yaml:1:1: a key with a NUL character" },
        { "a: \"caf\xe9\"\n", "x.yaml:1:9: invalid trailing UTF-8 octet" },
        { "a: @b\n", "x.yaml:1:4: found character that cannot start any token" },
        { "a: \"b\n", "x.yaml:2:1: found unexpected end of stream" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_yaml *y = parse(rows[i][0]);
        if (y || levin_error() != LEVIN_EFORMAT || !strstr(levin_error_message(), rows[i][1]))
            fail_msg("%zu: '%s', not '%s'", i, levin_error_message(), rows[i][1]);
        levin_error_clear();
    }
}

static char *repeat(const char *text, int n)
{
    levin_buffer b = LEVIN_BUFFER(1 << 22);
    for (int i = 0; i < n; i++)
        levin__buffer_add_text(&b, text);
    return levin__buffer_take(&b);
}

static void refused(char *text, const char *why)
{
    assert_null(parse(text));
    if (!strstr(levin_error_message(), why))
        fail_msg("%s", levin_error_message());
    levin_error_clear();
    levin__free(text);
}

/* A map with lists of that depth, and others that hold a copy of it. */
static char *alias_within(int above, int below)
{
    char *open = repeat("[", below), *close = repeat("]", below);
    char *around = repeat("[", above), *end = repeat("]", above);
    char *text = levin__format("a: &a %s%s\nb: %s*a%s\n", open, close, around, end);
    levin__free(open);
    levin__free(close);
    levin__free(around);
    levin__free(end);
    return text;
}

static void an_alias_does_not_pass_the_limit_of_the_depth(void **state)
{
    (void)state;
    char *just_so = alias_within(LEVIN_YAML_DEPTH - 1 - 40, 40);
    levin_yaml *y = parse(just_so);
    assert_non_null(y);
    levin__yaml_free(y);
    levin__free(just_so);
    refused(alias_within(LEVIN_YAML_DEPTH - 40, 40), "x.yaml:1:46: more than 64 levels");
}

static void size_depth_and_number_have_limits(void **state)
{
    (void)state;
    refused(repeat("[", 200), "more than 64 levels");
    refused(repeat("- ", 200), "more than 64 levels");
    refused(repeat("- 1\n", LEVIN_YAML_NODES), "more than 10000 values");
    refused(repeat("#", LEVIN_YAML_BYTES + 1), "up to 1048576");
    refused(levin__format("a: &a [x, x, x, x, x, x, x, x, x]\n"
                          "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                          "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                          "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                          "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n"),
            "more than 10000 values");
    levin_yaml *y = parse("[[[[[[[[[[1]]]]]]]]]]");
    assert_non_null(y);
    levin__yaml_free(y);
}

static void print_is(const levin_yaml *y, const char *wanted)
{
    levin_buffer out = LEVIN_BUFFER(1 << 16);
    assert_true(levin__yaml_print(&out, y));
    assert_string_equal(out.data, wanted);
    levin__buffer_free(&out);
}

static void a_tree_is_written_as_pyyaml_writes_it(void **state)
{
    (void)state;
    static const char text[] = "seed_everything: true\n"
                               "trainer:\n"
                               "  precision: 32-true\n"
                               "  max_time: '00:01:00:00'\n"
                               "  logger: null\n"
                               "  callbacks:\n"
                               "  - class_path: lightning.pytorch.callbacks.EarlyStopping\n"
                               "    init_args:\n"
                               "      monitor: val_loss\n"
                               "      min_delta: 0.0\n"
                               "  plugins: []\n"
                               "optimizer:\n"
                               "  init_args:\n"
                               "    betas:\n"
                               "    - 0.9\n"
                               "    - 0.999\n"
                               "    eps: 1.0e-08\n"
                               "data: {}\n";
    levin_yaml *y = parse(text);
    print_is(y, text);
    levin__yaml_free(y);
}

static void texts_are_quoted_where_they_would_be_something_else(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "word", "word\n" },
        { "3", "'3'\n" },
        { "1e-3", "'1e-3'\n" },
        { "true", "'true'\n" },
        { "No", "'No'\n" },
        { "", "''\n" },
        { "~", "'~'\n" },
        { "0x1f", "'0x1f'\n" },
        { "2024-01-31", "'2024-01-31'\n" },
        { "12:30:00", "'12:30:00'\n" },
        { "32-true", "32-true\n" },
        { "a b", "a b\n" },
        { " a", "' a'\n" },
        { "a: b", "'a: b'\n" },
        { "it's #1", "'it''s #1'\n" },
        { "- a", "'- a'\n" },
        { "a\tb", "\"a\\tb\"\n" },
        { "\x01", "\"\\x01\"\n" },
        { "gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f dich\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        levin_yaml *y = levin__yaml_text(rows[i][0]);
        print_is(y, rows[i][1]);
        levin__yaml_free(y);
    }
    levin_yaml *bad = levin__yaml_text("caf\xe9");
    levin_buffer out = LEVIN_BUFFER(64);
    assert_false(levin__yaml_print(&out, bad));
    assert_string_equal(levin_error_message(), "cannot write YAML: a text that is not UTF-8");
    levin_error_clear();
    levin__buffer_free(&out);
    levin__yaml_free(bad);
}

static void a_tree_can_be_built(void **state)
{
    (void)state;
    levin_yaml *y = levin__yaml_new(LEVIN_YAML_MAP), *list = levin__yaml_new(LEVIN_YAML_LIST);
    assert_true(levin__yaml_add(list, NULL, levin__yaml_plain("3")));
    assert_true(levin__yaml_add(list, NULL, levin__yaml_text("3")));
    assert_true(levin__yaml_add(y, "list", list));
    assert_true(levin__yaml_add(y, "none", levin__yaml_plain("null")));
    assert_false(levin__yaml_add(y, "nothing", NULL));
    print_is(y, "list:\n- 3\n- '3'\nnone: null\n");
    levin__yaml_free(y);
}

/* An allocation that fails anywhere is an error and leaves nothing behind. */
static void memory_may_run_out(void **state)
{
    (void)state;
    int64_t n = 1;
    for (bool whole = false; !whole; n++) {
        levin__alloc_fail_at(n);
        levin_yaml *y = parse("a: &x [1, {b: c}]\nd: *x\n");
        whole = y != NULL;
        assert_int_equal(levin_error(), whole ? 0 : LEVIN_ENOMEM);
        levin_error_clear();
        levin__yaml_free(y);
        assert_true(n < 100);
    }
    levin__alloc_fail_at(0);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_becomes_a_tree_with_places),
        cmocka_unit_test(plain_text_has_a_kind),
        cmocka_unit_test(quotes_make_a_text),
        cmocka_unit_test(an_alias_is_a_copy),
        cmocka_unit_test(an_alias_does_not_pass_the_limit_of_the_depth),
        cmocka_unit_test(an_empty_document_is_null),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(size_depth_and_number_have_limits),
        cmocka_unit_test(a_tree_is_written_as_pyyaml_writes_it),
        cmocka_unit_test(texts_are_quoted_where_they_would_be_something_else),
        cmocka_unit_test(a_tree_can_be_built),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
