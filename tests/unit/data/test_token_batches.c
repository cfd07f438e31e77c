/* test_token_batches.c: rows by length, in batches of so many tokens, each row once. */
#include "base/error.h"
#include "base/memory.h"
#include "data/token_batches.h"
#include "support/small_vocab.h"
#include "support/unit.h"

enum { N = 8 };
static const char *const texts[N] = { "a", "a b c", "a b", "d", "a b c d e", "", "c c", "a, b, c" };
static levin_text_row rows[N];
static levin_tokenizer *tokenizer;
static levin_scope *scope;
static levin_token_batches batches;

static int set_up_group(void **state)
{
    (void)state;
    tokenizer = small_tokenizer(NULL);
    for (int i = 0; i < N; i++)
        rows[i] = (levin_text_row){ .text = texts[i], .n = strlen(texts[i]) };
    return 0;
}

static int tear_down_group(void **state)
{
    (void)state;
    levin_tokenizer_free(tokenizer);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    scope = levin_scope_begin();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    levin__token_batches_end(&batches);
    levin_scope_end(scope);
    levin_error_clear();
    return 0;
}

static int begin(int64_t budget, int max_length, const levin_text_row *r, int64_t n)
{
    levin__token_batches_end(&batches);
    batches = (levin_token_batches){
        .tokenizer = tokenizer, .max_length = max_length, .budget = budget, .first = 10
    };
    return levin__token_batches_begin(&batches, r, n);
}

static void the_longest_come_first_and_equals_in_their_order(void **state)
{
    (void)state;
    static const int64_t wanted[N] = { 4, 7, 1, 2, 6, 0, 3, 5 };
    levin_batch b;
    assert_int_equal(begin(1000, 0, rows, N), 0);
    assert_true(levin__token_batches_next(&batches, &b));
    assert_int_equal(b.size, N);
    for (int i = 0; i < N; i++)
        assert_int_equal(b.indices[i], wanted[i]);
    assert_false(levin__token_batches_next(&batches, &b));
    assert_int_equal(levin_error(), 0);
}

static void a_batch_keeps_to_the_budget_but_for_one_row(void **state)
{
    (void)state;
    for (int64_t budget = 1; budget < 20; budget++) {
        bool seen[N] = { false };
        levin_batch b;
        begin(budget, 0, rows, N);
        while (levin__token_batches_next(&batches, &b)) {
            assert_true(b.size == 1 || levin_tensor_numel(b.input_ids) <= budget);
            for (int64_t i = 0; i < b.size; i++) {
                assert_false(seen[b.indices[i]]);
                seen[b.indices[i]] = true;
            }
        }
        for (int i = 0; i < N; i++)
            assert_true(seen[i]);
    }
}

static void rows_have_the_ids_and_types_of_the_tokenizer(void **state)
{
    (void)state;
    const levin_text_row pair = { .text = "a b", .n = 3, .pair = "c d e", .n_pair = 5 };
    levin_encoding e;
    levin_batch b;
    levin_tokenizer_encode(tokenizer, "a b", 3, "c d e", 5, &(levin_encode_opts){ .max_length = 7 },
                           &e);
    begin(100, 7, &pair, 1);
    assert_true(levin__token_batches_next(&batches, &b));
    assert_int_equal(levin_tensor_numel(b.input_ids), 7);
    assert_memory_equal(levin_tensor_const_data(b.input_ids), e.ids, 7 * sizeof(int32_t));
    assert_memory_equal(levin_tensor_const_data(b.token_type_ids), e.type_ids, 7 * sizeof(int32_t));
    levin_encoding_free(&e);
}

static void no_rows_make_no_batch(void **state)
{
    (void)state;
    levin_batch b;
    assert_int_equal(begin(100, 0, rows, 0), 0);
    assert_false(levin__token_batches_next(&batches, &b));
    assert_int_equal(levin_error(), 0);
}

static void of_several_bad_rows_the_first_is_named(void **state)
{
    (void)state;
    enum { MANY = 200 };
    levin_text_row many[MANY];
    for (int i = 0; i < MANY; i++)
        many[i] = rows[i % N];
    many[150].text = many[60].text = NULL;
    levin_set_num_threads(2);
    assert_int_equal(begin(100, 0, many, MANY), LEVIN_EINVAL);
    levin_set_num_threads(0);
    assert_error(LEVIN_EINVAL, "text 70 is NULL");
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    bool failed = true;
    int64_t at = 0;
    for (; failed; at++) {
        levin__alloc_fail_at(at + 1);
        failed = begin(100, 0, rows, N) < 0;
        levin__alloc_fail_at(0);
        if (failed)
            assert_error(LEVIN_ENOMEM, "memory");
    }
    assert_true(at > N); // each encoding is one allocation
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_come_first_and_equals_in_their_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_batch_keeps_to_the_budget_but_for_one_row, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rows_have_the_ids_and_types_of_the_tokenizer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_rows_make_no_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_several_bad_rows_the_first_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
