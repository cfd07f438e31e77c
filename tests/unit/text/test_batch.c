/* test_batch.c: batches on several threads, and padding them. */
#include "base/file.h"
#include "support/scratch.h"
#include "support/small_vocab.h"

#include <stdio.h>
#include <string.h>

enum { ROWS = 500 };

static levin_tokenizer *t;
static char texts[ROWS][64], pairs[ROWS][64];
static const char *text_rows[ROWS], *pair_rows[ROWS];
static levin_encoding one[ROWS], two[ROWS];

static int set_up(void **state)
{
    (void)state;
    static const char *const WORDS[] = {
        "cab", "bad", "x", "abba.", "\xC3\xA9", "[MASK]", "dab,dab"
    };
    t = small_tokenizer(NULL);
    for (int i = 0; i < ROWS; i++) {
        texts[i][0] = '\0';
        for (int k = 0; k <= i % 6; k++)
            snprintf(texts[i] + strlen(texts[i]), 16, "%s ", WORDS[(i + 3 * k) % 7]);
        snprintf(pairs[i], sizeof pairs[i], "%s a", texts[i]);
        text_rows[i] = texts[i];
        pair_rows[i] = i % 3 ? pairs[i] : NULL;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    levin_tokenizer_free(t);
    levin_set_num_threads(0);
    levin_error_clear();
    return 0;
}

static void free_all(levin_encoding *rows, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        levin_encoding_free(&rows[i]);
}

static void one_thread_and_two_give_the_same(void **state)
{
    (void)state;
    levin_encode_opts opts = { .return_offsets = LEVIN_ON, .max_length = 9 };
    levin_set_num_threads(1);
    assert_int_equal(levin_tokenizer_encode_batch(t, text_rows, pair_rows, ROWS, &opts, one),
                     LEVIN_OK);
    levin_set_num_threads(2);
    assert_int_equal(levin_tokenizer_encode_batch(t, text_rows, pair_rows, ROWS, &opts, two),
                     LEVIN_OK);
    for (int i = 0; i < ROWS; i++) {
        size_t n = (size_t)one[i].n;
        assert_int_equal(one[i].n, two[i].n);
        assert_memory_equal(one[i].ids, two[i].ids, n * sizeof(int32_t));
        assert_memory_equal(one[i].type_ids, two[i].type_ids, n * sizeof(int32_t));
        assert_memory_equal(one[i].offsets, two[i].offsets, n * 2 * sizeof(int32_t));
        levin_encoding alone;
        const char *pair = pair_rows[i];
        assert_int_equal(levin_tokenizer_encode(t, text_rows[i], strlen(text_rows[i]), pair,
                                                pair ? strlen(pair) : 0, &opts, &alone),
                         LEVIN_OK);
        assert_int_equal(alone.n, one[i].n);
        assert_memory_equal(alone.ids, one[i].ids, n * sizeof(int32_t));
        levin_encoding_free(&alone);
    }
    free_all(one, ROWS);
    free_all(two, ROWS);
}

static void an_error_in_one_row_fails_the_batch(void **state)
{
    (void)state;
    levin_encode_opts opts = { .max_length = 4, .truncation = LEVIN_TRUNCATE_ONLY_SECOND };
    assert_int_equal(levin_tokenizer_encode_batch(t, text_rows, pair_rows, ROWS, &opts, one),
                     LEVIN_EINVAL);
    for (int i = 0; i < ROWS; i++)
        assert_null(one[i].ids);
    levin_error_clear();
    text_rows[400] = NULL;
    assert_int_equal(levin_tokenizer_encode_batch(t, text_rows, NULL, ROWS, NULL, one),
                     LEVIN_EINVAL);
    assert_string_equal(levin_error_message(), "encode: text 400 is NULL");
}

static void no_rows_are_no_work(void **state)
{
    (void)state;
    assert_int_equal(levin_tokenizer_encode_batch(t, NULL, NULL, 0, NULL, NULL), LEVIN_OK);
}

static void pad(levin_padding_opts opts, int8_t **masks)
{
    static const char *const ROW[] = { "a", "a b c", "" };
    levin_encode_opts encode = { .return_offsets = LEVIN_ON };
    assert_int_equal(levin_tokenizer_encode_batch(t, ROW, NULL, 3, &encode, one), LEVIN_OK);
    assert_int_equal(levin_tokenizer_pad(t, one, 3, &opts, masks), LEVIN_OK);
}

static void free_masks(int8_t **masks)
{
    for (int i = 0; i < 3; i++)
        levin_free(masks[i]);
    free_all(one, 3);
}

static void padding_fills_up_to_the_longest(void **state)
{
    (void)state;
    int8_t *masks[3];
    pad((levin_padding_opts){ 0 }, masks);
    static const int32_t IDS[] = { CLS, A, SEP, PAD, PAD };
    static const int8_t MASK_OF_A[] = { 1, 1, 1, 0, 0 }, SPECIALS[] = { 1, 0, 1, 1, 1 };
    for (int i = 0; i < 3; i++)
        assert_int_equal(one[i].n, 5);
    assert_memory_equal(one[0].ids, IDS, sizeof IDS);
    assert_memory_equal(masks[0], MASK_OF_A, sizeof MASK_OF_A);
    assert_memory_equal(one[0].special_tokens_mask, SPECIALS, sizeof SPECIALS);
    assert_int_equal(one[0].word_ids[4], -1);
    free_masks(masks);
}

static void padding_can_stand_on_the_left(void **state)
{
    (void)state;
    int8_t *masks[3];
    pad(
        (levin_padding_opts){
            .pad_left = LEVIN_ON, .pad_to_multiple_of = 4, .pad_id = 7, .pad_type_id = 1 },
        masks);
    static const int32_t IDS[] = { 7, 7, 7, 7, 7, CLS, A, SEP };
    assert_int_equal(one[0].n, 8);
    assert_memory_equal(one[0].ids, IDS, sizeof IDS);
    assert_int_equal(one[0].type_ids[0], 1);
    assert_int_equal(one[0].offsets[6][1], 1);
    assert_int_equal(masks[0][4], 0);
    assert_int_equal(masks[0][5], 1);
    free_masks(masks);
}

static void what_is_longer_stays_as_long(void **state)
{
    (void)state;
    int8_t *masks[3];
    pad((levin_padding_opts){ .length = 3 }, masks);
    assert_int_equal(one[0].n, 3);
    assert_int_equal(one[1].n, 5);
    assert_int_equal(one[2].n, 3);
    free_masks(masks);
}

static void overflowing_parts_are_padded_too(void **state)
{
    (void)state;
    levin_encode_opts opts = { .max_length = 4, .return_overflowing_tokens = LEVIN_ON };
    assert_int_equal(levin_tokenizer_encode(t, "a b c", 5, NULL, 0, &opts, &one[0]), LEVIN_OK);
    assert_int_equal(one[0].overflowing[0].n, 3);
    assert_int_equal(levin_tokenizer_pad(t, one, 1, NULL, NULL), LEVIN_OK);
    assert_int_equal(one[0].overflowing[0].n, 4);
    assert_int_equal(one[0].overflowing[0].ids[3], PAD);
    levin_encoding_free(&one[0]);
}

static void impossible_paddings_are_errors(void **state)
{
    (void)state;
    levin_padding_opts opts = { .length = -1 };
    assert_int_equal(levin_tokenizer_pad(t, one, 0, &opts, NULL), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(make_scratch(NULL), 0);
    static const char NO_PAD[] = "[UNK]\n[CLS]\n[SEP]\n";
    assert_int_equal(levin__file_write(in_scratch("v"), NO_PAD, sizeof NO_PAD - 1), LEVIN_OK);
    levin_tokenizer *bare = levin_tokenizer_from_vocab(in_scratch("v"), NULL);
    remove_scratch(NULL);
    assert_int_equal(levin_tokenizer_pad(bare, one, 0, NULL, NULL), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "no pad token"));
    levin_tokenizer_free(bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_thread_and_two_give_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_in_one_row_fails_the_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_rows_are_no_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(padding_fills_up_to_the_longest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(padding_can_stand_on_the_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_longer_stays_as_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(overflowing_parts_are_padded_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_paddings_are_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
