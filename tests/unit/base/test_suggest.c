/* test_suggest.c: "did you mean": what counts as near, and what is said if nothing is. */
#include "support/unit.h"

#include "base/suggest.h"

static const char *const flags[] = { "max_epochs",  "max_steps", "precision", "devices",
                                     "accelerator", "lr",        NULL };

static void slips_of_the_hand_are_understood(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "max_epoch", "max_epochs" },   // a letter too few
        { "max_epochss", "max_epochs" }, // one too many
        { "max_apochs", "max_epochs" },  // another one
        { "max_eopchs", "max_epochs" },  // two neighbours swapped
        { "MAX_EPOCHS", "max_epochs" },  // in capitals
        { "max_spets", "max_steps" },    // and not max_epochs
        { "precison", "precision" },      { "device", "devices" },
        { "acelerator", "accelerator" },  { "rl", "lr" },
        { "accelerators", "accelerator" }
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *near = levin__suggest(pairs[i][0], flags);
        if (!near || strcmp(near, pairs[i][1]) != 0)
            fail_msg("%s: %s, expected %s", pairs[i][0], near ? near : "nothing", pairs[i][1]);
    }
}

static void a_word_far_from_all_has_no_suggestion(void **state)
{
    (void)state;
    static const char *const far[] = { "banana", "x_y_z_w_v", "epoch_limit_of_the_run",
                                       "12345678" };
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        assert_null(levin__suggest(far[i], flags));
    assert_null(levin__suggest("lr", (const char *const[]){ NULL }));
}

static void a_very_long_word_is_near_nothing(void **state)
{
    (void)state;
    char text[400];
    for (size_t n = 60; n < sizeof text; n++) {
        memset(text, 'a', n);
        text[n] = '\0';
        assert_null(levin__suggest(text, flags));
    }
}

static void words_of_many_letters_are_compared_whole(void **state)
{
    (void)state;
    const char *const words[] = {
        "a_word_of_exactly_sixty_four_letters_which_is_as_long_as_it_gets",
        "a_word_of_more_than_sixty_four_letters_which_is_longer_than_it_gets", NULL
    };
    assert_ptr_equal(
        levin__suggest("a_word_of_exactly_sixty_four_letters_which_is_as_long_as_it_goes", words),
        words[0]);
}

static void the_first_of_equals_is_suggested(void **state)
{
    (void)state;
    const char *const words[] = { "cat", "cap", NULL };
    assert_string_equal(levin__suggest("car", words), "cat");
}

static void a_word_is_found_whatever_its_case(void **state)
{
    (void)state;
    assert_int_equal(levin__find_word("max_epochs", flags), 0);
    assert_int_equal(levin__find_word("LR", flags), 5);
    assert_int_equal(levin__find_word("l", flags), -1);
    assert_int_equal(levin__find_word("", flags), -1);
}

static void an_unknown_word_is_an_error_that_helps(void **state)
{
    (void)state;
    assert_int_equal(levin__unknown_word("flag", "max_epoch", flags), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(),
                        "unknown flag 'max_epoch', did you mean max_epochs?");
    levin_error_clear();
    levin__unknown_word("flag", "banana", flags);
    assert_string_equal(
        levin_error_message(),
        "unknown flag 'banana', known: max_epochs, max_steps, precision, devices, accelerator, lr");
    levin_error_clear();
    levin__unknown_word("flag", "banana", (const char *const[]){ NULL });
    assert_string_equal(levin_error_message(), "unknown flag 'banana', known: none");
    levin_error_clear();
}

static void a_list_too_long_to_print_is_cut(void **state)
{
    (void)state;
    static const char *words[1001];
    for (int i = 0; i < 1000; i++)
        words[i] = "something";
    assert_int_equal(levin__unknown_word("flag", "banana", words), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "unknown flag 'banana', known: something, something");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_of_the_hand_are_understood),
        cmocka_unit_test(a_word_far_from_all_has_no_suggestion),
        cmocka_unit_test(a_very_long_word_is_near_nothing),
        cmocka_unit_test(words_of_many_letters_are_compared_whole),
        cmocka_unit_test(the_first_of_equals_is_suggested),
        cmocka_unit_test(a_word_is_found_whatever_its_case),
        cmocka_unit_test(an_unknown_word_is_an_error_that_helps),
        cmocka_unit_test(a_list_too_long_to_print_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
