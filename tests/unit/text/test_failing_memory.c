/* test_failing_memory.c: each allocation of a scenario fails in turn; every time there is a clean
 * error and nothing is left behind (the sanitizers look for what is). */
#include "base/memory.h"
#include "support/scratch.h"
#include "support/small_vocab.h"

#include <string.h>

/* Runs scenario, which answers 0 or an error code, until no allocation was left to fail. */
static void sweep(int (*scenario)(void))
{
    int64_t n = 0;
    for (int result = LEVIN_ENOMEM; result != LEVIN_OK;) {
        levin__alloc_fail_at(++n);
        result = scenario();
        levin__alloc_fail_at(0);
        assert_int_equal(result, levin_error());
        if (result != LEVIN_OK)
            assert_int_equal(result, LEVIN_ENOMEM);
        levin_error_clear();
        assert_true(n < 2000);
    }
    assert_true(n > 3);
}

static levin_tokenizer *t;

static int load(void)
{
    levin_tokenizer_free(levin_tokenizer_from_pretrained(scratch));
    return levin_error();
}

static int load_vocab(void)
{
    levin_tokenizer_free(levin_tokenizer_from_vocab(in_scratch("vocab.txt"), NULL));
    return levin_error();
}

static int save(void) { return levin_tokenizer_save(t, scratch); }

static int add(void)
{
    static const levin_added_token ADDED[] = { { .content = "xx", .normalized = true },
                                               { .content = "yy", .special = true } };
    levin_tokenizer_free(levin_tokenizer_with_added(t, ADDED, 2));
    return levin_error();
}

static int encode(void)
{
    static const char TEXT[] = "cab [MASK] \xC3\xA9 abba. abba";
    levin_encode_opts opts = { .max_length = 8,
                               .stride = 1,
                               .return_overflowing_tokens = LEVIN_ON,
                               .return_offsets = LEVIN_ON };
    levin_encoding e;
    levin_tokenizer_encode(t, TEXT, sizeof TEXT - 1, "a b c d e a b c", 15, &opts, &e);
    levin_encoding_free(&e);
    return levin_error();
}

static int encode_and_pad(void)
{
    static const char *const TEXTS[] = { "a", "b c", "d e a" };
    levin_encoding batch[3] = { 0 };
    int8_t *masks[3] = { 0 };
    if (levin_tokenizer_encode_batch(t, TEXTS, NULL, 3, NULL, batch) == LEVIN_OK)
        levin_tokenizer_pad(t, batch, 3, NULL, masks);
    for (int i = 0; i < 3; i++) {
        levin_free(masks[i]);
        levin_encoding_free(&batch[i]);
    }
    return levin_error();
}

static int decode(void)
{
    static const int32_t IDS[] = { CLS, CAB, BB, DOT, SEP };
    levin_free(levin_tokenizer_decode(t, IDS, 5, false));
    return levin_error();
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    t = small_tokenizer(NULL);
    assert_int_equal(make_scratch(NULL), 0);
    levin_set_num_threads(1);
    assert_int_equal(levin_tokenizer_save(t, scratch), LEVIN_OK);
    sweep(load_vocab);
    sweep(load);
    sweep(save);
    sweep(add);
    sweep(encode);
    sweep(encode_and_pad);
    levin_tokenizer_free(t);
    remove_scratch(NULL);
}

static void decoding_may_fail(void **state)
{
    (void)state;
    t = small_tokenizer(NULL);
    levin__alloc_fail_at(1);
    assert_int_equal(decode(), LEVIN_ENOMEM);
    levin_error_clear();
    assert_int_equal(decode(), LEVIN_OK);
    levin_tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(decoding_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
