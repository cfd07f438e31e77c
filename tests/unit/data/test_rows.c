/* test_rows.c: TSV, CSV and JSON as rows: what is read, what is refused and how it is said. */
#include "data/rows.h"

#include "base/error.h"
#include "base/memory.h"
#include "support/scratch.h"

#include <stdlib.h>
#include <string.h>

static char *bytes; // of exactly the size of the text, for the sanitizers
static levin_rows *rows;

static int tear_down(void **state)
{
    (void)state;
    levin__rows_close(rows);
    rows = NULL;
    free(bytes);
    bytes = NULL;
    levin_error_clear();
    return 0;
}

static levin_rows *parse_n(const char *name, const char *text, size_t n, levin_rows_opts opts)
{
    tear_down(NULL);
    bytes = malloc(n ? n : 1);
    if (n)
        memcpy(bytes, text, n);
    rows = levin__rows_parse(bytes, n, name, &opts);
    return rows;
}
static levin_rows *parse(const char *name, const char *text)
{
    return parse_n(name, text, strlen(text), (levin_rows_opts){ 0 });
}

static void check_error(int code, const char *message)
{
    assert_int_equal(levin_error(), code);
    assert_string_equal(levin_error_message(), message);
}

static void check_cell(int column, const char *text)
{
    levin_cell cell = levin__rows_cell(rows, column);
    assert_int_equal(cell.n, strlen(text));
    assert_memory_equal(cell.text, text, cell.n);
}

/* The next row has these cells. */
static void check_row(int64_t line, int n, const char *const *cells)
{
    int status = levin__rows_next(rows);
    if (status != 1)
        fail_msg("%d: %s", status, levin_error_message());
    assert_int_equal(levin__rows_line(rows), line);
    for (int i = 0; i < n; i++)
        check_cell(i, cells[i]);
}
#define CHECK_ROW(line, ...)                                                                       \
    check_row(line, sizeof(const char *[]){ __VA_ARGS__ } / sizeof(char *),                        \
              (const char *const[]){ __VA_ARGS__ })

static void check_columns(int n, const char *const *names)
{
    if (!rows)
        fail_msg("%s", levin_error_message());
    for (int i = 0; i < n; i++)
        assert_string_equal(levin__rows_columns(rows)[i], names[i]);
    assert_null(levin__rows_columns(rows)[n]);
}
#define CHECK_COLUMNS(...)                                                                         \
    check_columns(sizeof(const char *[]){ __VA_ARGS__ } / sizeof(char *),                          \
                  (const char *const[]){ __VA_ARGS__ })

/* Reading all of it ends in this message. */
static void check_refused(const char *name, const char *text, const char *message)
{
    if (parse(name, text))
        while (levin__rows_next(rows) > 0)
            ;
    check_error(LEVIN_EFORMAT, message);
}

static void tsv_takes_quotation_marks_as_letters(void **state)
{
    (void)state;
    parse("x.tsv", "a\tb\n\"one\tt\"\"wo\n'\t\"\n");
    CHECK_COLUMNS("a", "b");
    CHECK_ROW(2, "\"one", "t\"\"wo");
    CHECK_ROW(3, "'", "\"");
    assert_int_equal(levin__rows_next(rows), 0);
    assert_int_equal(levin__rows_next(rows), 0);
}

static void tsv_passes_over_byte_order_mark_carriage_returns_and_empty_lines(void **state)
{
    (void)state;
    parse("x.tsv", "\xef\xbb\xbf"
                   "a\tb\r\n\r\n1\t2\r\n\n3\t");
    CHECK_COLUMNS("a", "b");
    CHECK_ROW(3, "1", "2");
    CHECK_ROW(5, "3", "");
    assert_int_equal(levin__rows_next(rows), 0);
}

static void tsv_with_a_wrong_number_of_fields_names_line_and_both_numbers(void **state)
{
    (void)state;
    check_refused("x.tsv", "a\tb\tc\n1\t2\t3\n4\t5\n", "x.tsv:3: 2 fields, expected 3");
    check_refused("x.tsv", "a\n1\n4\t5\n", "x.tsv:3: 2 fields, expected 1");
}

static void malformed_rows_can_be_skipped_and_are_counted(void **state)
{
    (void)state;
    const char *text = "a\tb\n1\n2\t3\n4\t5\t6\n7\t8\n";
    parse_n("x.tsv", text, strlen(text), (levin_rows_opts){ .skip_malformed = true });
    CHECK_ROW(3, "2", "3");
    CHECK_ROW(5, "7", "8");
    assert_int_equal(levin__rows_next(rows), 0);
    assert_int_equal(levin__rows_skipped(rows), 2);
}

static void a_file_without_header_has_the_columns_that_it_is_given(void **state)
{
    (void)state;
    const char *text = "1\t2\n3\t4\n";
    levin_rows_opts opts = { .columns = (const char *const[]){ "x", "y", NULL } };
    parse_n("x.tsv", text, strlen(text), opts);
    CHECK_COLUMNS("x", "y");
    CHECK_ROW(1, "1", "2");
    CHECK_ROW(2, "3", "4");
    text = "[{\"y\": \"b\", \"x\": 1}]";
    parse_n("x.json", text, strlen(text), opts);
    CHECK_ROW(1, "1", "b");
    assert_int_equal(levin__rows_next(rows), 0);
}

static void csv_unquotes_fields(void **state)
{
    (void)state;
    parse("x.csv",
          "id,text\n1,\"a, b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\r\nthree\"\n4,5\" pipe\n"
          "\"\",\"\"\n");
    CHECK_COLUMNS("id", "text");
    CHECK_ROW(2, "1", "a, b");
    CHECK_ROW(3, "2", "say \"hi\"");
    CHECK_ROW(4, "3", "two\nlines\r\nthree");
    CHECK_ROW(7, "4", "5\" pipe");
    CHECK_ROW(8, "", "");
    assert_int_equal(levin__rows_next(rows), 0);
}

static void csv_keeps_words_that_other_readers_take_for_nothing(void **state)
{
    (void)state;
    parse("x.csv", "text,label\nNA,null\nNone,nan\n,NaN\n");
    CHECK_ROW(2, "NA", "null");
    CHECK_ROW(3, "None", "nan");
    CHECK_ROW(4, "", "NaN");
}

static void csv_ends_lines_in_any_way(void **state)
{
    (void)state;
    parse("x.csv", "a,b\r\n1,\"2\"\r\n\r\n\n3,4\r\n5,\"6\"");
    CHECK_ROW(2, "1", "2");
    CHECK_ROW(5, "3", "4");
    CHECK_ROW(6, "5", "6");
    assert_int_equal(levin__rows_next(rows), 0);
    parse("x.csv", "a,b\n1,2\r");
    CHECK_ROW(2, "1", "2");
    assert_int_equal(levin__rows_next(rows), 0);
}

static void csv_finds_the_separator_of_spreadsheets(void **state)
{
    (void)state;
    parse("x.csv", "a\tb\n\"1\t2\"\t3,4\n");
    CHECK_COLUMNS("a", "b");
    CHECK_ROW(2, "1\t2", "3,4");
    parse("x.csv", "a;b\n1,5;2\n");
    CHECK_ROW(2, "1,5", "2");
    parse("x.csv", "text\nno separator; really\n");
    CHECK_COLUMNS("text");
    CHECK_ROW(2, "no separator; really");
}

static void csv_refuses_broken_quotes(void **state)
{
    (void)state;
    check_refused("x.csv", "a,b\n1,\"open\n2,3\n",
                  "x.csv:2: a quotation mark in this row is never closed");
    check_refused("x.csv", "a,b\n1,\"x\"y\n",
                  "x.csv:2: text behind a closing quotation mark; double the marks within a quoted "
                  "field");
    check_refused("x.csv", "a,b\n1\n", "x.csv:2: 1 fields, expected 2");
}

static void json_lines_and_a_list_are_the_same_rows(void **state)
{
    (void)state;
    const char *texts[] = {
        "{\"text\": \"a\", \"label\": 1}\n\n{\"label\": 2, \"text\": \"b\\u00e9\\n\", \"more\": 3}",
        "[{\"text\": \"a\", \"label\": 1},\n\n{\"label\": 2, \"text\": \"b\\u00e9\\n\"}]\n",
        "  [\n{\"text\": \"a\", \"label\": 1\n}, {\"label\": 2,\"text\": \"b\\u00e9\\n\"}  ]",
    };
    const int64_t lines[][2] = { { 1, 3 }, { 1, 3 }, { 2, 3 } };
    for (int i = 0; i < 3; i++) {
        parse("x.json", texts[i]);
        CHECK_COLUMNS("text", "label");
        CHECK_ROW(lines[i][0], "a", "1");
        CHECK_ROW(lines[i][1], "b\xc3\xa9\n", "2");
        assert_int_equal(levin__rows_next(rows), 0);
    }
}

static void json_values_become_text_and_what_is_no_value_is_missing(void **state)
{
    (void)state;
    parse("x.jsonl", "{\"a\": 1.5, \"b\": true, \"c\": null, \"d\": [1], \"e\": -7}\n"
                     "{\"a\": false, \"b\": 1e300, \"e\": \"\"}\n");
    CHECK_ROW(1, "1.5", "true");
    assert_null(levin__rows_cell(rows, 2).text);
    assert_null(levin__rows_cell(rows, 3).text);
    check_cell(4, "-7");
    CHECK_ROW(2, "false", "1e+300");
    assert_null(levin__rows_cell(rows, 2).text);
    check_cell(4, "");
    assert_non_null(levin__rows_cell(rows, 4).text);
}

static void json_errors_name_line_and_column_of_the_file(void **state)
{
    (void)state;
    check_refused("x.jsonl", "{\"a\": 1}\n  {\"a\": x}\n", "x.jsonl:2:9: invalid token near 'x'");
    check_refused("x.jsonl", "{\"a\": 1}\n[1]\n",
                  "x.jsonl:2: a row must be an object: {\"text\": \"...\"}");
    check_refused("x.json", "[{\"a\": 1} {\"a\": 2}]", "x.json:1: expected , or ] after a row");
    check_refused("x.json", "[{\"a\": 1}]\n]", "x.json:2: text after the list's end");
    check_refused("x.json", "[{\"a\": 1},\n", "x.json:2:0: '[' or '{' expected near end of file");
    check_refused("x.jsonl", "{\"a\": \"\\u0000\"}", "x.jsonl:1: a NUL character within a text");
}

static void deep_json_is_refused(void **state)
{
    (void)state;
    char text[6000];
    memset(text, '[', sizeof text);
    memcpy(text, "{\"a\":", 5);
    assert_null(parse_n("x.jsonl", text, sizeof text, (levin_rows_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.jsonl:1:2053: maximum parsing depth reached near '['");
}

static void files_without_rows_are_told_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *names[] = { "x.tsv", "x.csv", "x.jsonl" };
        assert_null(parse(names[i], ""));
        assert_int_equal(levin_error(), LEVIN_EFORMAT);
        assert_string_equal(levin_error_message() + strlen(names[i]), ": an empty file");
        assert_null(parse(names[i], "\xef\xbb\xbf"));
        assert_null(parse(names[i], "\n\n"));
        assert_string_equal(levin_error_message() + strlen(names[i]), ": an empty file");
    }
    parse("x.tsv", "a\tb\n");
    assert_int_equal(levin__rows_next(rows), 0);
    assert_null(parse("x.json", "[]"));
    check_error(LEVIN_EFORMAT, "x.json: an empty file");
}

static void utf16_and_nul_bytes_are_refused_with_advice(void **state)
{
    (void)state;
    assert_null(parse_n("x.tsv",
                        "\xff\xfe"
                        "a\0",
                        4, (levin_rows_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.tsv:1: UTF-16; save it as UTF-8");
    assert_null(parse_n("x.tsv", "a\0\tb\n", 5, (levin_rows_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.tsv:1: a NUL byte; the file must be UTF-8 text");
    parse_n("x.csv", "a,b\n1,\"\0\"", 9, (levin_rows_opts){ 0 });
    assert_int_equal(levin__rows_next(rows), LEVIN_EFORMAT);
    check_error(LEVIN_EFORMAT, "x.csv:2: a NUL byte; the file must be UTF-8 text");
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    char text[2000];
    memset(text, '\t', sizeof text);
    assert_null(parse_n("x.tsv", text, sizeof text, (levin_rows_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.tsv:1: more than 1000 fields in a row");
}

static void the_ending_says_the_format(void **state)
{
    (void)state;
    parse("x.TXT", "a\tb\n");
    CHECK_COLUMNS("a", "b");
    assert_null(parse("dir.tsv/x", "a\n"));
    check_error(LEVIN_EINVAL, "dir.tsv/x: not a kind of file that can be read: .tsv, .txt, .csv, "
                              ".jsonl or .json");
}

static void files_are_mapped_and_never_changed(void **state)
{
    (void)state;
    const char *text = "a,b\n\"x\"\"y\",2\n", *path = write_scratch("t.csv", text);
    rows = levin__rows_open(path, NULL);
    CHECK_ROW(2, "x\"y", "2");
    levin__rows_close(rows);
    rows = levin__rows_open(path, NULL);
    CHECK_ROW(2, "x\"y", "2");
    assert_null(levin__rows_open(in_scratch("no.csv"), NULL));
    assert_int_equal(levin_error(), LEVIN_EIO);
    assert_non_null(strstr(levin_error_message(), "no.csv: cannot open: No such file"));
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    const char *texts[][2] = { { "x.tsv", "a\tb\n1\t2\n" },
                               { "x.csv", "a,b\n\"1\",2\n" },
                               { "x.json", "[{\"a\": 1, \"b\": 2}]" } };
    for (int i = 0; i < 3; i++) {
        for (int64_t k = 1; k < 100; k++) {
            levin__alloc_fail_at(k);
            parse(texts[i][0], texts[i][1]);
            int status = rows ? levin__rows_next(rows) : levin_error();
            levin__alloc_fail_at(0);
            if (status == 1)
                break;
            assert_int_equal(status, LEVIN_ENOMEM);
            assert_true(k < 99);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tsv_takes_quotation_marks_as_letters),
        TEST(tsv_passes_over_byte_order_mark_carriage_returns_and_empty_lines),
        TEST(tsv_with_a_wrong_number_of_fields_names_line_and_both_numbers),
        TEST(malformed_rows_can_be_skipped_and_are_counted),
        TEST(a_file_without_header_has_the_columns_that_it_is_given),
        TEST(csv_unquotes_fields),
        TEST(csv_keeps_words_that_other_readers_take_for_nothing),
        TEST(csv_ends_lines_in_any_way),
        TEST(csv_finds_the_separator_of_spreadsheets),
        TEST(csv_refuses_broken_quotes),
        TEST(json_lines_and_a_list_are_the_same_rows),
        TEST(json_values_become_text_and_what_is_no_value_is_missing),
        TEST(json_errors_name_line_and_column_of_the_file),
        TEST(deep_json_is_refused),
        TEST(files_without_rows_are_told_apart),
        TEST(utf16_and_nul_bytes_are_refused_with_advice),
        TEST(too_many_fields_are_refused),
        TEST(the_ending_says_the_format),
        TEST(files_are_mapped_and_never_changed),
        TEST(every_failing_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
