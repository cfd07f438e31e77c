/* test_added_tokens.c: where added tokens are found, and what a tokenizer with some knows of them.
 */
#include "support/small_vocab.h"
#include "support/unit.h"

#include <stdio.h>
#include <string.h>

/* Tokens and their bytes in text, "token:start-end" joined by blanks; n tokens are added. */
static void check(const levin_added_token *added, int n, const char *text, const char *expected)
{
    char got[512] = "";
    levin_encode_opts opts = { .return_offsets = LEVIN_ON, .add_special_tokens = LEVIN_OFF };
    levin_encoding e;
    levin_tokenizer *base = small_tokenizer(NULL), *t = levin_tokenizer_with_added(base, added, n);
    assert_non_null(t);
    assert_int_equal(levin_tokenizer_encode(t, text, strlen(text), NULL, 0, &opts, &e), LEVIN_OK);
    for (int64_t i = 0; i < e.n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s:%d-%d", i ? " " : "",
                 levin_tokenizer_id_to_token(t, e.ids[i]), e.offsets[i][0], e.offsets[i][1]);
    assert_string_equal(got, expected);
    levin_encoding_free(&e);
    levin_tokenizer_free(t);
    levin_tokenizer_free(base);
}

static void raw_tokens_are_found_as_they_are_written(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "Xy" };
    check(&token, 1, "aXyb xy Xy", "a:0-1 Xy:1-3 b:3-4 [UNK]:5-7 Xy:8-10");
}

static void normalized_tokens_are_found_however_they_are_written(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "Xy", .normalized = true };
    check(&token, 1, "aXYb x\xC3\xBD", "a:0-1 xy:1-3 b:3-4 xy:5-8");
}

static void the_longest_of_several_is_taken(void **state)
{
    (void)state;
    const levin_added_token tokens[] = { { .content = "<" },
                                         { .content = "<a><b>" },
                                         { .content = "<a>" } };
    check(tokens, 3, "<a><b><a><", "<a><b>:0-6 <a>:6-9 <:9-10");
    check(tokens, 3, "<a><c", "<a>:0-3 <:3-4 c:4-5");
}

static void single_words_stand_alone(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "<x>", .single_word = true };
    check(&token, 1, "<x> <x>.", "<x>:0-3 <x>:4-7 .:7-8");
    check(&token, 1, "a<x>", "a:0-1 [UNK]:1-2 [UNK]:2-3 [UNK]:3-4");
    check(&token, 1, "<x>\xC3\xA9", "[UNK]:0-1 [UNK]:1-2 [UNK]:2-3 e:3-5");
}

static void strips_take_white_space_along(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "<x>", .lstrip = true, .rstrip = true };
    check(&token, 1, "a \t<x>\xC2\xA0 <x> b", "a:0-1 <x>:1-9 <x>:9-13 b:13-14");
}

static void a_token_of_the_vocabulary_keeps_its_id(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "ab", .normalized = true };
    check(&token, 1, "cab dab", "c:0-1 ab:1-3 d:4-5 ab:5-7");
}

static void ids_follow_the_vocabulary(void **state)
{
    (void)state;
    const levin_added_token tokens[] = { { .content = "x" },
                                         { .content = "" },
                                         { .content = "ab" },
                                         { .content = "y" },
                                         { .content = "x", .special = true } };
    levin_tokenizer *base = small_tokenizer(NULL);
    levin_tokenizer *t = levin_tokenizer_with_added(base, tokens, 5);
    assert_int_equal(levin_tokenizer_vocab_size(base), BAD + 1);
    assert_int_equal(levin_tokenizer_vocab_size(t), BAD + 3);
    assert_int_equal(levin_tokenizer_token_to_id(t, "x"), BAD + 1);
    assert_int_equal(levin_tokenizer_token_to_id(t, "y"), BAD + 2);
    assert_int_equal(levin_tokenizer_token_to_id(t, "ab"), AB);
    assert_int_equal(levin_tokenizer_token_to_id(base, "x"), -1);
    levin_tokenizer_free(base); // t has its own hold on the vocabulary
    assert_string_equal(levin_tokenizer_id_to_token(t, AB), "ab");
    levin_tokenizer_free(t);
}

static void tokens_that_normalize_to_nothing_are_never_found(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "\xE2\x80\x8B", .normalized = true };
    check(&token, 1,
          "a\xE2\x80\x8B"
          "b",
          "ab:0-5");
}

static void bad_calls_are_refused(void **state)
{
    (void)state;
    const levin_added_token token = { .content = "\xFF" };
    levin_tokenizer *t = small_tokenizer(NULL);
    assert_null(levin_tokenizer_with_added(t, &token, 1));
    assert_int_equal(levin_error(), LEVIN_EINVAL);
    levin_error_clear();
    assert_null(levin_tokenizer_with_added(NULL, &token, 1));
    assert_int_equal(levin_error(), LEVIN_OK);
    levin_tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_tokens_are_found_as_they_are_written),
        cmocka_unit_test(normalized_tokens_are_found_however_they_are_written),
        cmocka_unit_test(the_longest_of_several_is_taken),
        cmocka_unit_test(single_words_stand_alone),
        cmocka_unit_test(strips_take_white_space_along),
        cmocka_unit_test(a_token_of_the_vocabulary_keeps_its_id),
        cmocka_unit_test(ids_follow_the_vocabulary),
        cmocka_unit_test(tokens_that_normalize_to_nothing_are_never_found),
        cmocka_unit_test(bad_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
