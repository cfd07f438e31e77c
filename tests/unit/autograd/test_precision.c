/* test_precision.c: the words for precisions. */
#include "autograd/precision.h"
#include "support/unit.h"

static void words_become_what_autocast_takes(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        levin_dtype dtype;
    } cases[] = { { NULL, LEVIN_F32 },          { "32-true", LEVIN_F32 },
                  { "32", LEVIN_F32 },          { "bf16-mixed", LEVIN_BF16 },
                  { "BF16-Mixed", LEVIN_BF16 }, { "bf16", LEVIN_BF16 },
                  { "16-mixed", LEVIN_BF16 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        levin_dtype found = LEVIN_I64;
        assert_int_equal(levin__precision_parse(cases[i].word, &found), 0);
        assert_int_equal(found, cases[i].dtype);
    }
}

static void other_words_are_refused_with_what_would_do(void **state)
{
    (void)state;
    levin_dtype unused;
    assert_int_equal(levin__precision_parse("64-true", &unused), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL,
                 "precision: 64-true is not in this build, use 32-true or bf16-mixed");
    assert_int_equal(levin__precision_parse("bf17-mixed", &unused), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "did you mean bf16-mixed?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_what_autocast_takes),
        cmocka_unit_test(other_words_are_refused_with_what_would_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
