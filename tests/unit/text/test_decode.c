/* test_decode.c: ids back to text, and the getters. */
#include "support/small_vocab.h"
#include "support/unit.h"

static void check(const levin_tokenizer *t, const int32_t *ids, int64_t n, bool skip,
                  const char *expected)
{
    char *got = levin_tokenizer_decode(t, ids, n, skip);
    assert_string_equal(got, expected);
    levin_free(got);
}
#define CHECK(t, skip, expected, ...)                                                              \
    check(t, (const int32_t[]){ __VA_ARGS__ },                                                     \
          sizeof(const int32_t[]){ __VA_ARGS__ } / sizeof(int32_t), skip, expected)

static void pieces_are_joined_and_cleaned_up(void **state)
{
    (void)state;
    levin_tokenizer *t = small_tokenizer(NULL);
    CHECK(t, false, "[CLS] cabbed, a. ' b [SEP]", CLS, CAB, BB, EE, DD, COMMA, A, DOT, TICK, B,
          SEP);
    CHECK(t, true, "a b", CLS, A, PAD, B, SEP);
    CHECK(t, true, "##a b", CLS, AA, B); // what comes first keeps its prefix
    levin_tokenizer_free(t);
}

static void ids_without_a_token_are_passed_over(void **state)
{
    (void)state;
    levin_tokenizer *t = small_tokenizer(NULL);
    CHECK(t, false, "a b", A, -1, 1000, INT32_MAX, INT32_MIN, B);
    check(t, NULL, 0, false, "");
    assert_null(levin_tokenizer_decode(NULL, NULL, 0, false));
    levin_tokenizer_free(t);
}

static void contractions_inside_a_token_are_closed(void **state)
{
    (void)state;
    static const levin_added_token ADDED[] = { { .content = "n't" },
                                               { .content = "do not" },
                                               { .content = " 's" } };
    levin_tokenizer *base = small_tokenizer(NULL);
    levin_tokenizer *t = levin_tokenizer_with_added(base, ADDED, 3);
    CHECK(t, false, "an't don't 's", A, BAD + 1, BAD + 2, BAD + 3);
    levin_tokenizer_free(t);
    levin_tokenizer_free(base);
}

static void getters_answer_for_nothing(void **state)
{
    (void)state;
    levin_tokenizer *t = small_tokenizer(NULL);
    assert_int_equal(levin_tokenizer_vocab_size(NULL), 0);
    assert_int_equal(levin_tokenizer_model_max_length(NULL), 0);
    assert_int_equal(levin_tokenizer_token_to_id(t, "cab"), CAB);
    assert_int_equal(levin_tokenizer_token_to_id(t, "##e"), EE);
    assert_int_equal(levin_tokenizer_token_to_id(t, ""), -1);
    assert_int_equal(levin_tokenizer_token_to_id(t, "no such token, and longer than any"), -1);
    assert_int_equal(levin_tokenizer_token_to_id(t, NULL), -1);
    assert_int_equal(levin_tokenizer_token_to_id(NULL, "a"), -1);
    assert_null(levin_tokenizer_id_to_token(t, -1));
    assert_null(levin_tokenizer_id_to_token(t, BAD + 1));
    assert_null(levin_tokenizer_id_to_token(NULL, 0));
    levin_tokenizer_free(t);
    levin_tokenizer_free(NULL);
    levin_encoding_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined_and_cleaned_up),
        cmocka_unit_test(ids_without_a_token_are_passed_over),
        cmocka_unit_test(contractions_inside_a_token_are_closed),
        cmocka_unit_test(getters_answer_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
