/* test_dataset.c: datasets out of memory and of one's own: rows, labels, and what is refused. */
#include "base/memory.h"
#include "data/dataset.h"
#include "support/unit.h"

#include <math.h>
#include <stdio.h>

static int tear_down(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

/* A dataset as a user would write one: squares of the row number, in classes by parity. */
typedef struct squares {
    levin_dataset base;
    int64_t n;
    float *number;
    int *freed;
} squares;

static int64_t squares_len(const levin_dataset *d) { return ((const squares *)d)->n; }
static int squares_get(const levin_dataset *d, int64_t i, levin_example *out)
{
    const squares *self = (const squares *)d;
    if (i == 13)
        return LEVIN_EIO; // says no more than that
    *self->number = (float)(i * i);
    out->features = self->number;
    out->n_features = 1;
    out->label = i == 7 ? 2 : i % 2;
    return LEVIN_OK;
}
static void squares_free(levin_dataset *d)
{
    squares *self = (squares *)d;
    levin__free(self->number);
    *self->freed += 1;
}
static const levin_dataset_class squares_class = {
    LEVIN_DATASET(squares),
    .len = squares_len,
    .get = squares_get,
    .free = squares_free,
};

static levin_dataset *squares_new(int64_t n, int *freed)
{
    squares *self = (squares *)levin_dataset_new(&squares_class);
    assert_non_null(self);
    self->n = n;
    self->number = levin__alloc(sizeof *self->number);
    self->freed = freed;
    return &self->base;
}

static void texts_and_labels_are_copied(void **state)
{
    (void)state;
    char text[] = "one", pair[] = "two";
    const char *texts[] = { text, "" }, *pairs[] = { pair, "x" };
    levin_dataset *d = levin_dataset_from_texts(texts, pairs, (const int64_t[]){ 3, 0 }, 2);
    text[0] = pair[0] = '?';
    assert_int_equal(levin_dataset_len(d), 2);
    assert_string_equal(levin_dataset_text(d, 0), "one");
    assert_string_equal(levin_dataset_text_pair(d, 0), "two");
    assert_string_equal(levin_dataset_text(d, 1), "");
    assert_int_equal(levin_dataset_label(d, 0), 3);
    assert_int_equal(levin_dataset_num_labels(d), 4);
    assert_string_equal(levin_dataset_label_name(d, 3), "3");
    assert_true(isnan(levin_dataset_value(d, 0)));
    levin_dataset_free(d);
}

static void texts_need_neither_pairs_nor_labels(void **state)
{
    (void)state;
    levin_dataset *d = levin_dataset_from_texts((const char *const[]){ "a" }, NULL, NULL, 1);
    assert_null(levin_dataset_text_pair(d, 0));
    assert_int_equal(levin_dataset_label(d, 0), -1);
    assert_int_equal(levin_dataset_num_labels(d), 0);
    levin_dataset_free(d);
}

static void many_rows_keep_their_texts(void **state)
{
    (void)state;
    enum { N = 5000 };
    static char numbers[N][12]; // of an int at its longest
    const char *texts[N];
    for (int i = 0; i < N; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%d", i);
        texts[i] = numbers[i];
    }
    levin_dataset *d = levin_dataset_from_texts(texts, NULL, NULL, N);
    for (int i = 0; i < N; i++)
        assert_string_equal(levin_dataset_text(d, i), numbers[i]);
    levin_dataset_free(d);
}

static void numbers_are_rows_of_features(void **state)
{
    (void)state;
    float features[] = { 1, 2, 3, 4, 5, 6 };
    levin_dataset *d = levin_dataset_from_numbers(features, 3, 2, (const int64_t[]){ 0, 1, 1 });
    features[2] = 9;
    levin_example e;
    assert_int_equal(levin__dataset_get(d, 1, &e), LEVIN_OK);
    assert_int_equal(e.n_features, 2);
    assert_float_equal(e.features[0], 3, 0);
    assert_int_equal(e.label, 1);
    assert_int_equal(levin_dataset_num_labels(d), 2);
    assert_null(levin_dataset_text(d, 0));
    levin_dataset_free(d);
}

static void bad_rows_are_refused_where_they_enter(void **state)
{
    (void)state;
    const float x[] = { 1, 2 };
    assert_null(levin_dataset_from_numbers(x, 2, 1, (const int64_t[]){ 0, -2 }));
    assert_string_equal(levin_error_message(),
                        "dataset_from_numbers: row 1: label -2; classes begin at 0");
    levin_error_clear();
    assert_null(levin_dataset_from_numbers(x, INT64_MAX / 2, 4, NULL));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_null(levin_dataset_from_texts((const char *const[]){ NULL }, NULL, NULL, 1));
    assert_string_equal(levin_error_message(), "dataset_from_texts: row 0 has no text");
    levin_error_clear();
    assert_null(
        levin_dataset_from_texts((const char *const[]){ "a" }, NULL, (const int64_t[]){ -1 }, 1));
    assert_string_equal(levin_error_message(),
                        "dataset_from_texts: row 0: label -1; classes begin at 0");
}

static void null_in_is_null_out(void **state)
{
    (void)state;
    assert_null(levin_dataset_from_texts(NULL, NULL, NULL, 3));
    assert_null(levin_dataset_from_numbers(NULL, 3, 1, NULL));
    assert_null(levin_dataset_from_file(NULL, NULL));
    assert_null(levin_dataset_new(NULL));
    assert_int_equal(levin_dataset_len(NULL), 0);
    assert_null(levin_dataset_text(NULL, 0));
    assert_int_equal(levin_dataset_label(NULL, 0), -1);
    assert_null(levin_dataset_label_name(NULL, 0));
    levin_dataset_set_tokenizer(NULL, NULL, 0);
    levin_dataset_free(NULL);
    assert_int_equal(levin_error(), LEVIN_OK);
}

static void a_dataset_of_ones_own_is_asked_and_freed(void **state)
{
    (void)state;
    int freed = 0;
    levin_dataset *d = squares_new(20, &freed);
    assert_int_equal(levin_dataset_len(d), 20);
    assert_int_equal(levin_dataset_label(d, 5), 1);
    assert_int_equal(levin_dataset_label(d, 7), 2); // nothing bounds it yet
    levin_dataset_set_labels(d, 2, (const char *const[]){ "even", "odd" });
    assert_string_equal(levin_dataset_label_name(d, 1), "odd");
    levin_dataset_free(d);
    assert_int_equal(freed, 1);
}

static void its_rows_are_checked(void **state)
{
    (void)state;
    int freed = 0;
    levin_dataset *d = squares_new(20, &freed);
    levin_dataset_set_labels(d, 2, NULL);
    assert_string_equal(levin_dataset_label_name(d, 1), "1");
    assert_int_equal(levin_dataset_label(d, 7), -1);
    assert_string_equal(levin_error_message(), "squares: row 7: label 2, expected 0 to 1");
    levin_error_clear();
    assert_int_equal(levin_dataset_label(d, 20), -1);
    assert_string_equal(levin_error_message(), "squares: row 20 of 20");
    levin_error_clear();
    levin_dataset_label(d, 13);
    assert_string_equal(levin_error_message(), "squares: cannot get row 13: its get gave -5");
    assert_int_equal(levin_error(), LEVIN_EIO);
    levin_error_clear();
    assert_int_equal(levin_dataset_set_labels(d, -1, NULL), LEVIN_EINVAL);
    levin_dataset_free(d);
}

static void a_class_without_its_hooks_is_refused(void **state)
{
    (void)state;
    static const levin_dataset_class no_get = { LEVIN_DATASET(squares), .len = squares_len };
    assert_null(levin_dataset_new(&no_get));
    assert_string_equal(levin_error_message(),
                        "dataset class squares: needs LEVIN_DATASET(type), len and get");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(texts_and_labels_are_copied),
        TEST(texts_need_neither_pairs_nor_labels),
        TEST(many_rows_keep_their_texts),
        TEST(numbers_are_rows_of_features),
        TEST(bad_rows_are_refused_where_they_enter),
        TEST(null_in_is_null_out),
        TEST(a_dataset_of_ones_own_is_asked_and_freed),
        TEST(its_rows_are_checked),
        TEST(a_class_without_its_hooks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
