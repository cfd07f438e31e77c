/* test_environment.c: what LEVIN_BACKEND and LEVIN_CPU choose, and that no other word passes in
 * silence. The environment is read once in a process, which the first test is to see; later ones
 * have it read anew. */
#include "support/unit.h"

#include "base/error.h"
#include "tensor/backends.h"

#include <levin/levin.h>
#include <stdlib.h>
#include <string.h>

static const levin_module_class plain = { LEVIN_MODULE(levin_module) };

static void clear_environment(void)
{
    unsetenv("LEVIN_BACKEND");
    unsetenv("LEVIN_CPU");
    levin__use_back_end(NULL);
    levin_error_clear();
}

/* The message about a word under a variable; "" if the word is known. Lent until the next one. */
static const char *answer(const char *variable, const char *word)
{
    clear_environment();
    setenv(variable, word, 1);
    bool fits = levin__use_back_end(NULL);
    assert_int_equal(fits, levin_error() == LEVIN_OK);
    return levin_error_message();
}

static void the_first_operator_says_what_the_environment_may_not(void **state)
{
    (void)state;
    setenv("LEVIN_CPU", "avx3", 1);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *x = levin_zeros(LEVIN_F32, 1, (int64_t[]){ 3 });
    assert_null(levin_scale(x, 2));
    assert_error(LEVIN_EINVAL, "unknown LEVIN_CPU 'avx3', did you mean avx2? known: amx, "
                               "avx512_bf16, avx512_vnni, avx512, avx2, generic");
    levin_scope_end(scope);
}

static void no_module_is_made_in_a_wrong_environment(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_null(levin_module_new(&plain));
        assert_error(LEVIN_EINVAL, "LEVIN_CPU 'avx3'");
    }
    clear_environment();
    setenv("LEVIN_NUM_THREADS", "no", 1);
    levin_set_num_threads(0);
    assert_null(levin_module_new(&plain));
    assert_error(LEVIN_EINVAL, "LEVIN_NUM_THREADS 'no'");
    unsetenv("LEVIN_NUM_THREADS");
    levin_module *m = levin_module_new(&plain);
    assert_non_null(m);
    levin_module_free(m);
}

static void words_that_are_not_known_are_named_with_the_nearest(void **state)
{
    (void)state;
    static const char *const asked[][3] = {
        { "LEVIN_CPU", "AVX512", "unknown LEVIN_CPU 'AVX512', did you mean avx512? known: " },
        { "LEVIN_CPU", "avx512-bf16", "did you mean avx512_bf16? known: " },
        { "LEVIN_CPU", "neon",
          "unknown LEVIN_CPU 'neon', known: amx, avx512_bf16, avx512_vnni, avx512, avx2, gen" },
        { "LEVIN_CPU", " ", "unknown LEVIN_CPU ' ', " },
        { "LEVIN_BACKEND", "reff", "unknown LEVIN_BACKEND 'reff', did you mean ref? known: ref, " },
        { "LEVIN_BACKEND", "cuda", "unknown LEVIN_BACKEND 'cuda', known: ref, cpu, dnnl" },
        { "LEVIN_BACKEND", "a\nb", "unknown LEVIN_BACKEND 'a?b', known: ref, cpu, dnnl" },
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const char *said = answer(asked[i][0], asked[i][1]);
        if (!strstr(said, asked[i][2]))
            fail_msg("%s=%s: \"%s\"", asked[i][0], asked[i][1], said);
        assert_int_equal(levin__check_environment(), LEVIN_EINVAL);
    }
    char long_word[1000];
    memset(long_word, 'x', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_non_null(strstr(answer("LEVIN_BACKEND", long_word), "xxx', known: ref, cpu, dnnl"));
    clear_environment();
}

static void words_that_are_known_are_no_errors(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        { "LEVIN_BACKEND", "ref" },
        { "LEVIN_BACKEND", "cpu" },
        { "LEVIN_BACKEND", "" },
        { "LEVIN_CPU", "amx" },
        { "LEVIN_CPU", "avx512_bf16" }, // a cap, whatever this machine
                                        // has
        { "LEVIN_CPU", "avx512" },
        { "LEVIN_CPU", "avx2" },
        { "LEVIN_CPU", "generic" },
        { "LEVIN_CPU", "" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_string_equal(answer(known[i][0], known[i][1]), "");
        assert_int_equal(levin__check_environment(), LEVIN_OK);
    }
    answer("LEVIN_BACKEND", "ref");
    assert_string_equal(levin__back_end_name(), "ref");
    answer("LEVIN_BACKEND", "cpu");
    assert_string_not_equal(levin__back_end_name(), "dnnl");
    setenv("LEVIN_CPU", "generic", 1);
    levin__use_back_end(NULL);
    assert_string_equal(levin__back_end_name(), "generic");
    clear_environment();
}

static void onednn_is_an_error_where_it_was_not_built_in(void **state)
{
    (void)state;
    bool built_in = levin__use_back_end("dnnl");
    const char *said = answer("LEVIN_BACKEND", "dnnl");
    if (built_in) {
        assert_string_equal(said, "");
        assert_string_equal(levin__back_end_name(), "dnnl");
    } else {
        assert_error(LEVIN_EUNSUPPORTED, "LEVIN_BACKEND 'dnnl': this levin was built without");
        assert_int_equal(levin__check_environment(), LEVIN_EUNSUPPORTED);
    }
    clear_environment();
}

static void an_earlier_error_hides_a_wrong_word_only_until_it_is_cleared(void **state)
{
    (void)state;
    setenv("LEVIN_CPU", "none", 1);
    levin__error_set(LEVIN_EIO, "earlier");
    levin__use_back_end(NULL);
    assert_error(LEVIN_EIO, "earlier");
    assert_int_equal(levin__check_environment(), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "LEVIN_CPU 'none'");
    clear_environment();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_operator_says_what_the_environment_may_not),
        cmocka_unit_test(no_module_is_made_in_a_wrong_environment),
        cmocka_unit_test(words_that_are_not_known_are_named_with_the_nearest),
        cmocka_unit_test(words_that_are_known_are_no_errors),
        cmocka_unit_test(onednn_is_an_error_where_it_was_not_built_in),
        cmocka_unit_test(an_earlier_error_hides_a_wrong_word_only_until_it_is_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
