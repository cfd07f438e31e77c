/* test_sentence_config.c: the files of sentence-transformers, as several of its versions write
 * them, and as nobody should. */
#include "base/file.h"
#include "base/memory.h"
#include "models/sentence_config.h"
#include "support/scratch.h"
#include "support/small_model.h"

#include <levin/embed.h>
#include <stdlib.h>

#define TRANSFORMER                                                                                \
    "{\"idx\": 0, \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}"
#define POOLING(path) "{\"path\": \"" path "\", \"type\": \"sentence_transformers.models.Pooling\"}"
#define NORMALIZE     "{\"path\": \"2_Normalize\", \"type\": \"a.b.normalize.Normalize\"}"
#define BOTH          "[" TRANSFORMER ", " POOLING("1_Pooling") "]"

static levin_sentence_config config;

static int tear_down(void **state)
{
    (void)state;
    levin__sentence_config_free(&config);
    levin__remove_folder(in_scratch("1_Pooling"));
    empty_scratch();
    levin_error_clear();
    return 0;
}

static void write_pooling(const char *text)
{
    levin__make_dirs(in_scratch("1_Pooling"));
    write_scratch("1_Pooling/config.json", text);
}

static void read_it(void)
{
    levin__sentence_config_free(&config);
    if (levin__sentence_config_read(&config, scratch) < 0)
        fail_msg("%s", levin_error_message());
}

static void refuse(int code, const char *part)
{
    levin__sentence_config_free(&config);
    assert_int_equal(levin__sentence_config_read(&config, scratch), code);
    assert_error(code, part);
}

static void a_folder_without_files_says_mean(void **state)
{
    (void)state;
    read_it();
    assert_int_equal(config.pooling, LEVIN_POOL_MEAN);
    assert_false(config.normalize);
    assert_int_equal(config.max_length, 0);
    assert_string_equal(config.encoder, scratch);
}

static void poolings_are_read_by_their_old_keys_and_their_new_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        levin_pooling pooling;
    } cases[] = {
        { "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}",
          LEVIN_POOL_CLS },
        { "{\"word_embedding_dimension\": 384, \"pooling_mode_mean_tokens\": true}",
          LEVIN_POOL_MEAN },
        { "{\"pooling_mode_max_tokens\": true}", LEVIN_POOL_MAX },
        { "{\"pooling_mode\": \"cls\", \"include_prompt\": true}", LEVIN_POOL_CLS },
        { "{\"pooling_mode\": [\"max\"]}", LEVIN_POOL_MAX },
        { "{\"pooling_mode\": \"max\", \"pooling_mode_cls_token\": true}", LEVIN_POOL_MAX },
        { "{\"pooling_mode\": null}", LEVIN_POOL_MEAN },
        { "{}", LEVIN_POOL_MEAN },
    };
    write_scratch("modules.json", BOTH);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_pooling(cases[i].text);
        read_it();
        assert_int_equal(config.pooling, cases[i].pooling);
        assert_false(config.normalize);
    }
}

static void normalize_limits_and_the_folder_of_the_encoder_are_read(void **state)
{
    (void)state;
    write_scratch("modules.json",
                  "[{\"path\": \"1_Pooling\", \"type\": \"Transformer\"}, "
                  "{\"path\": \"1_Pooling\", \"type\": \"Pooling\"}, " NORMALIZE "]");
    write_pooling("{}");
    write_scratch("1_Pooling/sentence_bert_config.json",
                  "{\"max_seq_length\": 256, \"do_lower_case\": true}");
    read_it();
    assert_true(config.normalize && config.lowercase);
    assert_int_equal(config.max_length, 256);
    assert_string_equal(config.encoder, in_scratch("1_Pooling"));
}

static void modules_that_levin_does_not_have_are_refused(void **state)
{
    (void)state;
    write_pooling("{}");
    write_scratch("modules.json",
                  "[" TRANSFORMER ", " POOLING(
                      "1_Pooling") ", "
                                   "{\"path\": \"2_Dense\", \"type\": \"x.models.Dense\"}]");
    refuse(LEVIN_EUNSUPPORTED, "modules.json: module 2 is a x.models.Dense");
    write_scratch("modules.json", "[" POOLING("1_Pooling") "]");
    refuse(LEVIN_EUNSUPPORTED, "the order should be");
    write_scratch("modules.json", "[" TRANSFORMER ", " NORMALIZE ", " POOLING("1_Pooling") "]");
    refuse(LEVIN_EUNSUPPORTED, "the order should be");
    write_scratch("modules.json", "[" TRANSFORMER ", " TRANSFORMER "]");
    refuse(LEVIN_EUNSUPPORTED, "the order should be");
}

static void poolings_that_levin_does_not_have_are_refused(void **state)
{
    (void)state;
    write_scratch("modules.json", BOTH);
    write_pooling("{\"pooling_mode_mean_tokens\": true, \"pooling_mode_max_tokens\": true}");
    refuse(LEVIN_EUNSUPPORTED, "1_Pooling/config.json: the poolings max and mean at once");
    write_pooling("{\"pooling_mode\": [\"mean\", \"cls\"]}");
    refuse(LEVIN_EUNSUPPORTED, "2 poolings at once");
    write_pooling("{\"pooling_mode\": \"lasttoken\"}");
    refuse(LEVIN_EUNSUPPORTED, "\"lasttoken\"; levin knows mean, cls and max");
    write_pooling("{\"pooling_mode_weightedmean_tokens\": true}");
    refuse(LEVIN_EUNSUPPORTED, "\"weightedmean\"");
}

static void damaged_files_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "{",
                                       "{}",
                                       "[1]",
                                       "[{}]",
                                       "[[]]",
                                       "[{\"type\": 3}]",
                                       "[{\"type\": \"Transformer\", \"path\": []}]",
                                       "[{\"type\": \"Transformer\", \"path\": \"../x\"}]",
                                       "[{\"type\": \"Transformer\", \"path\": \"/etc\"}]",
                                       "[{\"type\": \"Transformer\", \"path\": \"a/..\"}]" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_scratch("modules.json", bad[i]);
        refuse(LEVIN_EFORMAT, "modules.json");
    }
    write_scratch("modules.json", BOTH);
    refuse(LEVIN_EIO, "1_Pooling/config.json: cannot open");
    static const char *const poolings[] = { "[]", "3", "{\"pooling_mode\": 3}",
                                            "{\"pooling_mode_cls_token\": 1}", "" };
    for (size_t i = 0; i < sizeof poolings / sizeof *poolings; i++) {
        write_pooling(poolings[i]);
        refuse(LEVIN_EFORMAT, "1_Pooling/config.json");
    }
    write_pooling("{}");
    static const char *const limits[] = { "[]", "{\"max_seq_length\": 0}",
                                          "{\"max_seq_length\": -5}",
                                          "{\"max_seq_length\": \"long\"}",
                                          "{\"max_seq_length\": 1.5}" };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        write_scratch("sentence_bert_config.json", limits[i]);
        refuse(LEVIN_EFORMAT, "sentence_bert_config.json");
    }
}

static void a_prompt_that_would_be_put_before_texts_is_refused(void **state)
{
    (void)state;
    write_scratch("config_sentence_transformers.json",
                  "{\"prompts\": {\"query\": \"q: \"}, \"default_prompt_name\": null}");
    read_it();
    write_scratch("config_sentence_transformers.json",
                  "{\"prompts\": {\"query\": \"\"}, \"default_prompt_name\": \"query\"}");
    read_it();
    write_scratch("config_sentence_transformers.json",
                  "{\"prompts\": {\"query\": \"q: \"}, \"default_prompt_name\": \"query\"}");
    refuse(LEVIN_EUNSUPPORTED, "default_prompt_name is \"query\"");
    write_scratch("config_sentence_transformers.json", "{\"default_prompt_name\": 3}");
    refuse(LEVIN_EFORMAT, "default_prompt_name");
}

static void an_embedder_does_what_the_files_say(void **state)
{
    (void)state;
    write_small_model(scratch, true);
    write_scratch("modules.json", "[" TRANSFORMER ", " POOLING("1_Pooling") ", " NORMALIZE "]");
    write_pooling("{\"pooling_mode_cls_token\": true}");
    write_scratch("sentence_bert_config.json", "{\"max_seq_length\": 7}");
    levin_embedder *e = levin_embedder_from_pretrained(scratch, NULL);
    assert_string_equal(levin_error_message(), "");
    assert_string_equal(levin_embedder_pooling(e), "cls");
    assert_true(levin_embedder_normalizes(e));
    assert_int_equal(levin_embedder_max_length(e), 7);
    levin_embedder_free(e);
    e = levin_embedder_from_pretrained(
        scratch, &(levin_embedder_opts){
                     .pooling = "max", .normalize = LEVIN_OFF, .max_length = SMALL_POSITIONS });
    assert_string_equal(levin_embedder_pooling(e), "max");
    assert_false(levin_embedder_normalizes(e));
    assert_int_equal(levin_embedder_max_length(e), SMALL_POSITIONS);
    levin_embedder_free(e);
    write_scratch("sentence_bert_config.json", "{\"max_seq_length\": 100000}");
    e = levin_embedder_from_pretrained(scratch, NULL);
    assert_int_equal(levin_embedder_max_length(e), SMALL_POSITIONS);
    levin_embedder_free(e);
    write_scratch("tokenizer_config.json", "{\"do_lower_case\": false}");
    write_scratch("sentence_bert_config.json", "{\"do_lower_case\": true}");
    assert_null(levin_embedder_from_pretrained(scratch, NULL));
    assert_error(LEVIN_EUNSUPPORTED, "do_lower_case is true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_folder_without_files_says_mean, tear_down),
        cmocka_unit_test_teardown(poolings_are_read_by_their_old_keys_and_their_new_one, tear_down),
        cmocka_unit_test_teardown(normalize_limits_and_the_folder_of_the_encoder_are_read,
                                  tear_down),
        cmocka_unit_test_teardown(modules_that_levin_does_not_have_are_refused, tear_down),
        cmocka_unit_test_teardown(poolings_that_levin_does_not_have_are_refused, tear_down),
        cmocka_unit_test_teardown(damaged_files_are_named, tear_down),
        cmocka_unit_test_teardown(a_prompt_that_would_be_put_before_texts_is_refused, tear_down),
        cmocka_unit_test_teardown(an_embedder_does_what_the_files_say, tear_down),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
