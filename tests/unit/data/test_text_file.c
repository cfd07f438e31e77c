/* test_text_file.c: data sets out of files: which columns, which labels, and what is said of files
 * that are not right. */
#include "base/memory.h"
#include "support/report.h"
#include "support/scratch.h"

#include <levin/data.h>
#include <math.h>

static levin_dataset *d;

static int tear_down(void **state)
{
    (void)state;
    levin_dataset_free(d);
    d = NULL;
    levin_error_clear();
    empty_scratch();
    return 0;
}

static levin_dataset *read_text(const char *name, const char *text, levin_text_opts opts)
{
    levin_dataset_free(d);
    levin_error_clear();
    d = levin_dataset_from_file(write_scratch(name, text), &opts);
    return d;
}

/* The message is "folder/file" and this. */
static void check_error(int code, const char *file, const char *rest)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s", in_scratch(file), rest);
    assert_string_equal(levin_error_message(), expected);
    assert_int_equal(levin_error(), code);
}

static void check_row(int64_t i, const char *text, const char *pair, int64_t label)
{
    if (!d)
        fail_msg("%s", levin_error_message());
    assert_string_equal(levin_dataset_text(d, i), text);
    if (pair)
        assert_string_equal(levin_dataset_text_pair(d, i), pair);
    else
        assert_null(levin_dataset_text_pair(d, i));
    assert_int_equal(levin_dataset_label(d, i), label);
}

#define NLI_NAMES                                                                                  \
    .label_names = (const char *const[]){ "entailment", "neutral", "contradiction", NULL },        \
    .num_labels = 3

static void columns_are_found_by_their_usual_names(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "index\tsentence1\tsentence2\tlabel",     "id\tpremise\thypothesis\tgold_label",
        "id\tquestion1\tquestion2\tis_duplicate", "id\tquestion\tsentence\tlabel",
        "id\t#1 String\t#2 String\tQuality",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s\n7\tone\ttwo\t1\n8\tthree\tfour\t0\n", headers[i]);
        read_text("x.tsv", text, (levin_text_opts){ 0 });
        check_row(0, "one", "two", 1);
        check_row(1, "three", "four", 0);
        assert_int_equal(levin_dataset_len(d), 2);
    }
    read_text("x.csv", "label,sentence\n1,one\n0,two\n", (levin_text_opts){ 0 });
    check_row(0, "one", NULL, 1);
    read_text("x.csv", "category,Text\nb,one\na,two\n", (levin_text_opts){ 0 });
    check_row(0, "one", NULL, 1);
}

static void columns_can_be_named(void **state)
{
    (void)state;
    const char *text = "premise\thypothesis\tlabel\tgenre\nP\tH\tx\tfiction\nQ\tI\ty\ttravel\n";
    read_text("x.tsv", text,
              (levin_text_opts){ .text_column = "hypothesis", .label_column = "genre" });
    check_row(0, "H", NULL, 0);
    assert_string_equal(levin_dataset_label_name(d, 1), "travel");
    read_text("x.tsv", text,
              (levin_text_opts){ .text_column = "HYPOTHESIS", .text_pair_column = "premise" });
    check_row(1, "I", "Q", 1);
}

static void a_wrong_column_lists_those_that_are_there_and_the_nearest(void **state)
{
    (void)state;
    const char *text = "premise\thypothesis\tlabel\nP\tH\tx\n";
    assert_null(read_text("x.tsv", text, (levin_text_opts){ .text_column = "premises" }));
    check_error(LEVIN_ENOTFOUND, "x.tsv",
                ": no text column 'premises', did you mean premise? the header has: premise, "
                "hypothesis, label");
    assert_null(read_text("x.tsv", text, (levin_text_opts){ .label_column = "xyz" }));
    check_error(LEVIN_ENOTFOUND, "x.tsv",
                ": no label column 'xyz'; the header has: premise, hypothesis, label");
    assert_null(read_text(
        "x.tsv", text, (levin_text_opts){ .text_column = "premise", .text_pair_column = "hypo" }));
    check_error(LEVIN_ENOTFOUND, "x.tsv",
                ": no text pair column 'hypo'; the header has: premise, hypothesis, label");
    assert_null(read_text("x.tsv", "a\tb\n1\t2\n", (levin_text_opts){ 0 }));
    check_error(LEVIN_ENOTFOUND, "x.tsv", ": no text column; the header has: a, b");
    assert_null(read_text("x.tsv", "text\tb\n1\t2\n", (levin_text_opts){ 0 }));
    check_error(LEVIN_ENOTFOUND, "x.tsv", ": no label column; the header has: text, b");
}

static void labels_go_by_name_and_never_by_the_order_in_the_file(void **state)
{
    (void)state;
    read_text("x.tsv", "text\tlabel\na\tneutral\nb\tcontradiction\nc\tentailment\n",
              (levin_text_opts){ NLI_NAMES });
    check_row(0, "a", NULL, 1);
    check_row(1, "b", NULL, 2);
    check_row(2, "c", NULL, 0);
    read_text("x.tsv", "text\tlabel\na\tneutral\nb\tcontradiction\nc\tentailment\n",
              (levin_text_opts){ 0 });
    check_row(0, "a", NULL, 2); // of names sorted
    check_row(1, "b", NULL, 0);
    assert_int_equal(levin_dataset_num_labels(d), 3);
    assert_string_equal(levin_dataset_label_name(d, 1), "entailment");
    assert_null(levin_dataset_label_name(d, 3));
    assert_null(levin_dataset_label_name(d, -1));
}

static void labels_that_are_numbers_are_classes_where_names_are_given(void **state)
{
    (void)state;
    read_text("x.jsonl",
              "{\"text\": \"a\", \"label\": 2}\n{\"text\": \"b\", \"label\": \"NEUTRAL\"}\n",
              (levin_text_opts){ NLI_NAMES });
    check_row(0, "a", NULL, 2);
    check_row(1, "b", NULL, 1);
    const char *const reversed[] = { "1", "0", NULL }; // a name wins over a number
    read_text("x.tsv", "text\tlabel\na\t0\nb\t1\n",
              (levin_text_opts){ .label_names = reversed, .num_labels = 2 });
    check_row(0, "a", NULL, 1);
    check_row(1, "b", NULL, 0);
}

static void numbers_as_names_are_sorted_as_numbers(void **state)
{
    (void)state;
    read_text("x.tsv", "text\tlabel\na\t10\nb\t9\nc\t-1\n", (levin_text_opts){ 0 });
    check_row(0, "a", NULL, 2);
    check_row(1, "b", NULL, 1);
    check_row(2, "c", NULL, 0);
    assert_string_equal(levin_dataset_label_name(d, 2), "10");
}

static void an_unknown_label_names_the_line_and_the_known_ones(void **state)
{
    (void)state;
    assert_null(
        read_text("x.tsv", "text\tlabel\na\tneutral\nb\tmaybe\n", (levin_text_opts){ NLI_NAMES }));
    check_error(LEVIN_EFORMAT, "x.tsv",
                ":3: unknown label 'maybe'; known: entailment, neutral, contradiction");
    assert_null(read_text("x.tsv", "text\tlabel\na\t\n", (levin_text_opts){ NLI_NAMES }));
    check_error(LEVIN_EFORMAT, "x.tsv", ":2: no label");
}

static void a_label_out_of_range_names_the_range(void **state)
{
    (void)state;
    assert_null(read_text("x.tsv", "text\tlabel\na\t1\nb\t3\n", (levin_text_opts){ NLI_NAMES }));
    check_error(LEVIN_EFORMAT, "x.tsv",
                ":3: label 3, expected 0 to 2 (entailment, neutral, contradiction)");
    assert_null(read_text("x.tsv", "text\tlabel\na\t-1\n", (levin_text_opts){ NLI_NAMES }));
    check_error(LEVIN_EFORMAT, "x.tsv",
                ":2: label -1, expected 0 to 2 (entailment, neutral, contradiction)");
}

static void an_empty_data_set_and_a_missing_file_are_errors(void **state)
{
    (void)state;
    assert_null(read_text("x.tsv", "text\tlabel\n", (levin_text_opts){ 0 }));
    check_error(LEVIN_EINVAL, "x.tsv", ": an empty data set: no rows");
    levin_error_clear();
    assert_null(levin_dataset_from_file(in_scratch("none.csv"), NULL));
    check_error(LEVIN_EIO, "none.csv", ": cannot open: No such file or directory");
}

static void rows_without_agreement_are_left_out_and_counted(void **state)
{
    (void)state;
    const char *text = "text\tlabel\na\t-\nb\tneutral\nc\t-\n";
    read_text("x.tsv", text, (levin_text_opts){ NLI_NAMES });
    check_row(0, "b", NULL, 1);
    assert_int_equal(levin_dataset_len(d), 1);
    assert_int_equal(levin_dataset_skipped(d), 2);
    read_text("x.tsv", text, (levin_text_opts){ 0 });
    assert_int_equal(levin_dataset_len(d), 1);
    read_text("x.tsv", text, (levin_text_opts){ .require_labels = LEVIN_OFF });
    assert_int_equal(levin_dataset_len(d), 3); // what is to be predicted is all rows
}

static void labels_that_are_not_required_are_taken_if_every_row_has_one(void **state)
{
    (void)state;
    levin_text_opts opts = { NLI_NAMES, .require_labels = LEVIN_OFF };
    read_text("x.tsv", "text\tlabel\na\tneutral\nb\tentailment\n", opts);
    check_row(1, "b", NULL, 0);
    read_text("x.tsv", "text\tlabel\na\tneutral\nb\t-1\n", opts);
    check_row(0, "a", NULL, -1);
    assert_int_equal(levin_dataset_num_labels(d), 3);
    read_text("x.tsv", "text\tother\na\tneutral\n", opts);
    check_row(0, "a", NULL, -1);
    assert_null(
        read_text("x.tsv", "text\tother\na\tneutral\n",
                  (levin_text_opts){ .require_labels = LEVIN_OFF, .label_column = "label" }));
}

static void a_regression_has_values(void **state)
{
    (void)state;
    levin_text_opts opts = { .regression = LEVIN_ON };
    read_text("x.tsv", "sentence1\tsentence2\tscore\na\tb\t3.800\nc\td\t5\n", opts);
    check_row(0, "a", "b", -1);
    assert_float_equal(levin_dataset_value(d, 0), 3.8f, 0);
    assert_float_equal(levin_dataset_value(d, 1), 5, 0);
    assert_int_equal(levin_dataset_num_labels(d), 0);
    assert_null(read_text("x.tsv", "text\tscore\na\thigh\n", opts));
    check_error(LEVIN_EFORMAT, "x.tsv", ":2: the label of a regression must be a number");
    assert_null(read_text("x.tsv", "text\tscore\na\tnan\n", opts));
    assert_null(read_text("x.tsv", "text\tlabel\na\t3.8\nb\t2\n", (levin_text_opts){ 0 }));
    check_error(LEVIN_EINVAL, "x.tsv",
                ": the labels are numbers such as 3.8: for these turn regression on");
}

static void only_so_many_rows_are_read(void **state)
{
    (void)state;
    read_text("x.tsv", "text\tlabel\na\tx\nb\ty\nbroken\n", (levin_text_opts){ .max_rows = 2 });
    assert_int_equal(levin_dataset_len(d), 2);
}

static void malformed_rows_are_an_error_or_counted(void **state)
{
    (void)state;
    const char *text = "text\tlabel\na\tx\nb\nc\ty\n";
    assert_null(read_text("x.tsv", text, (levin_text_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.tsv", ":3: 1 fields, expected 2");
    read_text("x.tsv", text, (levin_text_opts){ .skip_malformed = LEVIN_ON });
    check_row(1, "c", NULL, 1);
    assert_int_equal(levin_dataset_skipped(d), 1);
}

static void a_missing_text_names_its_column(void **state)
{
    (void)state;
    assert_null(read_text("x.jsonl",
                          "{\"text\": \"a\", \"text_pair\": \"b\", \"label\": 0}\n"
                          "{\"text\": \"a\", \"text_pair\": null, \"label\": 0}\n",
                          (levin_text_opts){ 0 }));
    check_error(LEVIN_EFORMAT, "x.jsonl", ":2: no text in column text_pair");
}

static void a_file_without_header_is_read_with_given_names(void **state)
{
    (void)state;
    const char *const columns[] = { "source", "label", "mark", "sentence", NULL };
    read_text("x.tsv", "s\t1\t\tOne.\ns\t0\t*\tTwo.\n", (levin_text_opts){ .columns = columns });
    check_row(0, "One.", NULL, 1);
    check_row(1, "Two.", NULL, 0);
}

static void names_given_twice_are_refused(void **state)
{
    (void)state;
    const char *const names[] = { "a", "a", NULL };
    assert_null(read_text("x.tsv", "text\tlabel\nx\ta\n",
                          (levin_text_opts){ .label_names = names, .num_labels = 2 }));
    assert_string_equal(levin_error_message(), "label name 'a' is given twice");
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    const char *text = "text\tlabel\nb\ty\na\tx\n";
    for (int64_t k = 1; !d; k++) {
        assert_true(k < 200);
        write_scratch("x.tsv", text);
        levin_error_clear();
        levin__alloc_fail_at(k);
        d = levin_dataset_from_file(in_scratch("x.tsv"), NULL);
        levin__alloc_fail_at(0);
        if (!d)
            assert_int_equal(levin_error(), LEVIN_ENOMEM);
    }
    check_row(0, "b", NULL, 1);
}

static void real_mnli_is_read(void **state)
{
    (void)state;
    const char *folder = report_data("mnli");
    if (!folder)
        skip();
    char path[600];
    snprintf(path, sizeof path, "%s/mnli_dev_matched.tsv", folder);
    d = levin_dataset_from_file(path, &(levin_text_opts){ NLI_NAMES });
    if (!d)
        fail_msg("%s", levin_error_message());
    int64_t counts[3] = { 0 };
    for (int64_t i = 0; i < levin_dataset_len(d); i++)
        counts[levin_dataset_label(d, i)]++;
    assert_int_equal(levin_dataset_len(d), 9815);
    assert_int_equal(counts[0], 3479);
    assert_int_equal(counts[1], 3123);
    assert_int_equal(counts[2], 3213);
    assert_int_equal(levin_dataset_skipped(d), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(columns_are_found_by_their_usual_names),
        TEST(columns_can_be_named),
        TEST(a_wrong_column_lists_those_that_are_there_and_the_nearest),
        TEST(labels_go_by_name_and_never_by_the_order_in_the_file),
        TEST(labels_that_are_numbers_are_classes_where_names_are_given),
        TEST(numbers_as_names_are_sorted_as_numbers),
        TEST(an_unknown_label_names_the_line_and_the_known_ones),
        TEST(a_label_out_of_range_names_the_range),
        TEST(an_empty_data_set_and_a_missing_file_are_errors),
        TEST(rows_without_agreement_are_left_out_and_counted),
        TEST(labels_that_are_not_required_are_taken_if_every_row_has_one),
        TEST(a_regression_has_values),
        TEST(only_so_many_rows_are_read),
        TEST(malformed_rows_are_an_error_or_counted),
        TEST(a_missing_text_names_its_column),
        TEST(a_file_without_header_is_read_with_given_names),
        TEST(names_given_twice_are_refused),
        TEST(every_failing_allocation_is_survived),
        TEST(real_mnli_is_read),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
