/* test_encode.c: texts, pairs and words into encodings on a small vocabulary, the two paths against
 * each other, and texts made to hurt. Equality with Hugging Face is tests/conformance's business.
 */
#include "support/small_vocab.h"
#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static levin_tokenizer *t;
static levin_encoding e;

static int set_up(void **state)
{
    (void)state;
    t = small_tokenizer(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    levin_tokenizer_free(t);
    levin_error_clear();
    return 0;
}

static void check_ids(const levin_encoding *got, const int32_t *ids, int64_t n)
{
    assert_int_equal(got->n, n);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(got->ids[i], ids[i]);
}
#define CHECK_IDS(got, ...)                                                                        \
    check_ids(got, (const int32_t[]){ __VA_ARGS__ },                                               \
              sizeof(const int32_t[]){ __VA_ARGS__ } / sizeof(int32_t))

/* Encodes with offsets into e, having seen that the ids are the same without. */
static void encode(const char *text, size_t n, const char *pair, levin_encode_opts opts)
{
    size_t n_pair = pair ? strlen(pair) : 0;
    levin_encoding plain;
    assert_int_equal(levin_tokenizer_encode(t, text, n, pair, n_pair, &opts, &plain), LEVIN_OK);
    assert_null(plain.offsets);
    opts.return_offsets = LEVIN_ON;
    assert_int_equal(levin_tokenizer_encode(t, text, n, pair, n_pair, &opts, &e), LEVIN_OK);
    check_ids(&e, plain.ids, plain.n);
    assert_memory_equal(e.type_ids, plain.type_ids, (size_t)e.n * sizeof *e.type_ids);
    levin_encoding_free(&plain);
}

static void words_become_their_longest_pieces(void **state)
{
    (void)state;
    encode("cab Cabbed, abe.", 16, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, CAB, CAB, BB, EE, DD, COMMA, AB, EE, DOT, SEP);
    levin_encoding_free(&e);
}

static void a_word_with_a_hole_is_unknown_as_a_whole(void **state)
{
    (void)state;
    encode("cabx ab", 7, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, UNK, AB, SEP);
    assert_int_equal(e.offsets[1][0], 0);
    assert_int_equal(e.offsets[1][1], 4);
    levin_encoding_free(&e);
}

static void offsets_count_bytes_of_the_own_text(void **state)
{
    (void)state;
    encode("\xC3\x81 b", 4,
           "a\xE2\x80\x8B"
           "b",
           (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, A, B, SEP, AB, SEP);
    static const int32_t OFFSETS[][2] = {
        { 0, 0 }, { 0, 2 }, { 3, 4 }, { 0, 0 }, { 0, 5 }, { 0, 0 }
    };
    static const int32_t WORDS[] = { -1, 0, 1, -1, 0, -1 };
    static const int8_t SEQUENCES[] = { -1, 0, 0, -1, 1, -1 };
    static const int8_t SPECIALS[] = { 1, 0, 0, 1, 0, 1 };
    static const int32_t TYPES[] = { 0, 0, 0, 0, 1, 1 };
    assert_memory_equal(e.offsets, OFFSETS, sizeof OFFSETS);
    assert_memory_equal(e.word_ids, WORDS, sizeof WORDS);
    assert_memory_equal(e.sequence_ids, SEQUENCES, sizeof SEQUENCES);
    assert_memory_equal(e.special_tokens_mask, SPECIALS, sizeof SPECIALS);
    assert_memory_equal(e.type_ids, TYPES, sizeof TYPES);
    levin_encoding_free(&e);
}

static void special_tokens_can_be_left_out(void **state)
{
    (void)state;
    encode("a", 1, "b", (levin_encode_opts){ .add_special_tokens = LEVIN_OFF });
    CHECK_IDS(&e, A, B);
    assert_int_equal(e.type_ids[1], 1);
    levin_encoding_free(&e);
}

static void empty_texts_leave_only_special_tokens(void **state)
{
    (void)state;
    encode("", 0, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, SEP);
    levin_encoding_free(&e);
    encode("", 0, "", (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, SEP, SEP);
    levin_encoding_free(&e);
    encode("", 0, NULL, (levin_encode_opts){ .add_special_tokens = LEVIN_OFF });
    assert_int_equal(e.n, 0);
    levin_encoding_free(&e);
}

static void a_nul_is_a_character_like_others(void **state)
{
    (void)state;
    encode("a\0b c\0", 6, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, AB, C, SEP);
    levin_encoding_free(&e);
}

static void bad_utf8_is_removed_like_a_replacement_character(void **state)
{
    (void)state;
    encode("a\xFF"
           "b \xE2\x82 \xC3",
           7, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, AB, SEP);
    levin_encoding_free(&e);
}

static void truncated_texts_overflow_in_order(void **state)
{
    (void)state;
    encode(
        "a b c d e", 9, NULL,
        (levin_encode_opts){ .max_length = 5, .stride = 1, .return_overflowing_tokens = LEVIN_ON });
    CHECK_IDS(&e, CLS, A, B, C, SEP);
    assert_int_equal(e.n_overflowing, 1);
    CHECK_IDS(&e.overflowing[0], CLS, C, D, E, SEP);
    assert_int_equal(e.overflowing[0].offsets[2][0], 6);
    levin_encoding_free(&e);
    encode("a b c", 5, "d e a",
           (levin_encode_opts){ .max_length = 7, .return_overflowing_tokens = LEVIN_ON });
    CHECK_IDS(&e, CLS, A, B, SEP, D, E, SEP);
    assert_int_equal(e.n_overflowing, 3);
    CHECK_IDS(&e.overflowing[0], CLS, C, SEP, D, E, SEP);
    CHECK_IDS(&e.overflowing[1], CLS, C, SEP, A, SEP);
    CHECK_IDS(&e.overflowing[2], CLS, A, B, SEP, A, SEP);
    levin_encoding_free(&e);
}

static void the_tail_can_be_kept(void **state)
{
    (void)state;
    encode("a b c d e", 9, NULL, (levin_encode_opts){ .max_length = 4, .truncate_left = LEVIN_ON });
    CHECK_IDS(&e, CLS, D, E, SEP);
    levin_encoding_free(&e);
}

static void too_many_overflowing_parts_are_an_error(void **state)
{
    (void)state;
    size_t n = 40000;
    char *text = malloc(n);
    for (size_t i = 0; i < n; i++)
        text[i] = i % 2 ? ' ' : 'a';
    levin_encode_opts opts = { .max_length = 5, .return_overflowing_tokens = LEVIN_ON };
    assert_int_equal(levin_tokenizer_encode(t, text, n, text, n, &opts, &e), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "overflowing parts are too many"));
    assert_null(e.ids);
    free(text);
}

static void calls_without_sense_are_errors(void **state)
{
    (void)state;
    levin_encode_opts only_second = { .max_length = 3, .truncation = LEVIN_TRUNCATE_ONLY_SECOND };
    assert_int_equal(levin_tokenizer_encode(t, "a b c", 5, NULL, 0, &only_second, &e),
                     LEVIN_EINVAL);
    assert_null(e.ids);
    /* The error stands until it is cleared. */
    assert_int_equal(levin_tokenizer_encode(t, "a", 1, NULL, 0, NULL, &e), LEVIN_EINVAL);
    levin_error_clear();
    levin_encode_opts stride = { .max_length = 4, .stride = 2 };
    assert_int_equal(levin_tokenizer_encode(t, "a", 1, NULL, 0, &stride, &e), LEVIN_OK);
    levin_encoding_free(&e);
    assert_int_equal(levin_tokenizer_encode(t, "a b c", 5, NULL, 0, &stride, &e), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_tokenizer_encode(NULL, "a", 1, NULL, 0, NULL, &e), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_tokenizer_encode(t, NULL, 0, NULL, 0, NULL, &e), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_tokenizer_encode(t, "a", 1, NULL, 0, NULL, NULL), LEVIN_EINVAL);
    levin_error_clear();
    assert_int_equal(levin_tokenizer_encode(t, "a", (size_t)1 << 31, NULL, 0, NULL, &e),
                     LEVIN_EINVAL);
}

static void words_split_beforehand_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const WORDS[] = { "cab.", "", "x", "[MASK]b" };
    levin_encode_opts opts = { .return_offsets = LEVIN_ON };
    assert_int_equal(levin_tokenizer_encode_words(t, WORDS, 4, &opts, &e), LEVIN_OK);
    CHECK_IDS(&e, CLS, CAB, DOT, UNK, MASK, B, SEP);
    static const int32_t NUMBERS[] = { -1, 0, 0, 2, 3, 3, -1 };
    assert_memory_equal(e.word_ids, NUMBERS, sizeof NUMBERS);
    assert_int_equal(e.offsets[5][0], 6);
    levin_encoding_free(&e);
    assert_int_equal(levin_tokenizer_encode_words(t, NULL, 0, NULL, &e), LEVIN_OK);
    CHECK_IDS(&e, CLS, SEP);
    levin_encoding_free(&e);
    static const char *const HOLE[] = { "a", NULL };
    assert_int_equal(levin_tokenizer_encode_words(t, HOLE, 2, NULL, &e), LEVIN_EINVAL);
}

static void words_longer_than_the_limit_are_unknown(void **state)
{
    (void)state;
    levin_tokenizer *longer;
    char text[300];
    memset(text, 'a', sizeof text);
    encode(text, 100, NULL, (levin_encode_opts){ 0 });
    assert_int_equal(e.n, 102);
    levin_encoding_free(&e);
    encode(text, 101, NULL, (levin_encode_opts){ 0 });
    CHECK_IDS(&e, CLS, UNK, SEP);
    levin_encoding_free(&e);
    longer = small_tokenizer(&(levin_tokenizer_opts){ .max_input_chars_per_word = 200 });
    assert_int_equal(levin_tokenizer_encode(longer, text, 200, NULL, 0, NULL, &e), LEVIN_OK);
    assert_int_equal(e.n, 202);
    levin_encoding_free(&e);
    assert_int_equal(levin_tokenizer_encode(longer, text, 201, NULL, 0, NULL, &e), LEVIN_OK);
    assert_int_equal(e.n, 3);
    levin_encoding_free(&e);
    levin_tokenizer_free(longer);
}

/* n copies of part, encoded both ways. */
static void encode_many(const char *part, size_t n)
{
    size_t size = strlen(part);
    char *text = malloc(n * size);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * size, part, size);
    encode(text, n * size, NULL, (levin_encode_opts){ 0 });
    free(text);
}

static void a_megabyte_of_one_letter_is_one_unknown_word(void **state)
{
    (void)state;
    encode_many("a", 1 << 20);
    CHECK_IDS(&e, CLS, UNK, SEP);
    assert_int_equal(e.offsets[1][1], 1 << 20);
    levin_encoding_free(&e);
}

static void a_megabyte_of_marks_is_nothing(void **state)
{
    (void)state;
    encode_many("\xCC\x81", 1 << 19);
    CHECK_IDS(&e, CLS, SEP);
    levin_encoding_free(&e);
    encode_many("\xCC\x81\xE3\x80\xAE", 200000); // with marks that stay: all must be sorted
    CHECK_IDS(&e, CLS, UNK, SEP);
    levin_encoding_free(&e);
}

static void a_megabyte_of_punctuation_is_as_many_tokens(void **state)
{
    (void)state;
    encode_many(".", 1 << 20);
    assert_int_equal(e.n, (1 << 20) + 2);
    levin_encoding_free(&e);
    encode_many("[MASK]", 1 << 17);
    assert_int_equal(e.n, (1 << 17) + 2);
    levin_encoding_free(&e);
    encode_many("[", 1 << 20);
    assert_int_equal(e.n, (1 << 20) + 2);
    levin_encoding_free(&e);
}

static void a_megabyte_of_bad_bytes_is_nothing(void **state)
{
    (void)state;
    encode_many("\xFF", 1 << 20);
    CHECK_IDS(&e, CLS, SEP);
    levin_encoding_free(&e);
    encode_many("\xF0\x9F\x98", 1 << 18);
    CHECK_IDS(&e, CLS, SEP);
    levin_encoding_free(&e);
}

/* Random bytes, and random code points of a few kinds: nothing but the equality of the two paths
 * and the bounds of the offsets is known. */
static void any_bytes_give_the_same_ids_both_ways(void **state)
{
    (void)state;
    static const char *const BITS[] = { "a",
                                        "AB",
                                        "cab",
                                        " ",
                                        ".",
                                        "\xCC\x81",
                                        "\xE3\x80\xAE",
                                        "\xE4\xB8\xAD",
                                        "\xED\x95\x9C",
                                        "\xC4\xB0",
                                        "[MASK]",
                                        "[",
                                        "\xF0\x9D\x85\x9E",
                                        "\xE2\x80\x8B",
                                        "\x80",
                                        "\xE2\x82",
                                        "\x0B",
                                        "\xC3\x89",
                                        "'",
                                        "\xF0\x9D\x85\xAD" };
    uint64_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        char text[256] = "";
        size_t n = 0;
        while (n < 200) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t pick = (seed >> 33) % (sizeof BITS / sizeof *BITS + 2);
            const char byte[2] = { (char)(seed >> 41), '\0' };
            const char *bit = pick < sizeof BITS / sizeof *BITS ? BITS[pick] : byte;
            memcpy(text + n, bit, strlen(bit));
            n += strlen(bit);
            if ((seed >> 50) % 40 == 0)
                break;
        }
        encode(text, n, NULL, (levin_encode_opts){ 0 });
        for (int64_t i = 1; i < e.n - 1; i++) {
            assert_true(e.offsets[i][0] < e.offsets[i][1] && e.offsets[i][1] <= (int32_t)n);
            assert_true(e.offsets[i][0] >= e.offsets[i - 1][0]);
        }
        levin_encoding_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_become_their_longest_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_word_with_a_hole_is_unknown_as_a_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(offsets_count_bytes_of_the_own_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(special_tokens_can_be_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_texts_leave_only_special_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_nul_is_a_character_like_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_utf8_is_removed_like_a_replacement_character, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(truncated_texts_overflow_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_tail_can_be_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_overflowing_parts_are_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_without_sense_are_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_split_beforehand_keep_their_numbers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(words_longer_than_the_limit_are_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_megabyte_of_one_letter_is_one_unknown_word, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_megabyte_of_marks_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_megabyte_of_punctuation_is_as_many_tokens, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_megabyte_of_bad_bytes_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_bytes_give_the_same_ids_both_ways, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
