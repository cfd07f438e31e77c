/* test_tokenizer_files.c: vocab.txt, tokenizer.json and the files beside them: what is read, what
 * is refused and with which words, and that what is saved reads back the same. */
#include "support/small_vocab.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
    *state = (void *)new_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder();
    levin_error_clear();
    return 0;
}

/* A tokenizer.json whose parts can be exchanged one at a time. */
typedef struct {
    const char *before, *normalizer, *pre_tokenizer, *post_processor, *added, *model;
} parts;

#define VOCAB "\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"a\":4,\"##b\":5,\"A\":6"
#define MODEL "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{" VOCAB "}}"
#define BERT  "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",2],\"cls\":[\"[CLS]\",1]}"
#define SPECIALS                                                                                   \
    "\"special_tokens\":{\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[1],\"tokens\":[\"[CLS]\"]},"         \
    "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[2],\"tokens\":[\"[SEP]\"]}}"
#define CLS_ "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}}"
#define A_   "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"
#define B_   "{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}"
#define TEMPLATE                                                                                   \
    "{\"type\":\"TemplateProcessing\",\"single\":[" CLS_ "," A_ "],\"pair\":[" A_ "," B_           \
    "]," SPECIALS "}"

static levin_tokenizer *from_parts(parts p)
{
    static char text[8192];
    snprintf(text, sizeof text,
             "{%s\"normalizer\":%s,\"pre_tokenizer\":%s,\"post_processor\":%s,"
             "\"added_tokens\":%s,\"model\":%s,\"decoder\":null}",
             p.before ? p.before : "", p.normalizer ? p.normalizer : "null",
             p.pre_tokenizer ? p.pre_tokenizer : "{\"type\":\"BertPreTokenizer\"}",
             p.post_processor ? p.post_processor : BERT, p.added ? p.added : "[]",
             p.model ? p.model : MODEL);
    write_file("tokenizer.json", text);
    levin_tokenizer *t = levin_tokenizer_from_pretrained(path_in_folder(""));
    remove(path_in_folder("tokenizer.json"));
    return t;
}

static void check_refused(levin_tokenizer *t, int code, const char *part)
{
    assert_null(t);
    if (levin_error() != code || !strstr(levin_error_message(), part))
        fail_msg("%d '%s', expected %d '%s'", levin_error(), levin_error_message(), code, part);
    assert_null(strchr(levin_error_message(), '\n'));
    levin_error_clear();
}

static void check_ids(const levin_tokenizer *t, const char *text, const char *expected)
{
    char got[256] = "";
    levin_encoding e;
    if (!t || levin_tokenizer_encode(t, text, strlen(text), NULL, 0, NULL, &e) != LEVIN_OK)
        fail_msg("%s", levin_error_message());
    for (int64_t i = 0; i < e.n; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%d", i ? " " : "", e.ids[i]);
    levin_encoding_free(&e);
    assert_string_equal(got, expected);
}

static void tokenizer_json_is_read(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){ .normalizer = "{\"type\":\"BertNormalizer\"}" });
    check_ids(t, "A ab", "1 4 4 5 2");
    assert_int_equal(levin_tokenizer_vocab_size(t), 7);
    levin_tokenizer_free(t);
}

static void a_null_normalizer_changes_nothing(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){ 0 });
    check_ids(t, "A ab", "1 6 4 5 2");
    levin_tokenizer_free(t);
}

static void a_template_is_followed(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){ .post_processor = TEMPLATE });
    check_ids(t, "a", "1 4");
    levin_tokenizer_free(t);
    t = from_parts((parts){ .post_processor = "null" });
    check_ids(t, "a", "4");
    levin_tokenizer_free(t);
}

static void baked_truncation_and_padding_are_passed_over(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){
        .before = "\"truncation\":{\"max_length\":1,\"strategy\":\"LongestFirst\",\"stride\""
                  ":0},\"padding\":{\"strategy\":{\"Fixed\":9}}," });
    check_ids(t, "a a a", "1 4 4 4 2");
    levin_tokenizer_free(t);
}

static void added_tokens_get_their_ids_in_order(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){
        .added = "[{\"id\":0,\"content\":\"[UNK]\",\"special\":true},"
                 "{\"id\":99,\"content\":\"<x>\",\"special\":true},"
                 "{\"id\":50,\"content\":\"a b\",\"normalized\":true,\"special\":false}]" });
    check_ids(t, "a b<x>", "1 8 7 2");
    assert_int_equal(levin_tokenizer_vocab_size(t), 9);
    levin_tokenizer_free(t);
}

static void escapes_in_the_vocabulary_are_understood(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){
        .model = "{\"vocab\" : {\"[UNK]\" : 0, \"[CLS]\":1,\"[SEP]\":2,\"\\u00e9\":3,\"\\\""
                 "\":4,\"\\ud83d\\ude00\":5,\"\\\\\\/\":6 },\n"
                 "\"max_input_chars_per_word\":100}" });
    check_ids(t, "\xC3\xA9 \" \xF0\x9F\x98\x80", "1 3 4 5 2");
    assert_int_equal(levin_tokenizer_token_to_id(t, "\\/"), 6);
    levin_tokenizer_free(t);
}

static void other_tokenizers_are_refused_by_name(void **state)
{
    (void)state;
    check_refused(
        from_parts((parts){ .model = "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}" }),
        LEVIN_EUNSUPPORTED, "the tokenizer's model is of type BPE, levin reads WordPiece");
    check_refused(from_parts((parts){ .model = "{\"vocab\":{\"a\":0},\"merges\":[]}" }),
                  LEVIN_EUNSUPPORTED, "type BPE");
    check_refused(from_parts((parts){ .model = "{\"type\":\"Unigram\",\"vocab\":[[\"a\",-1.5]]}" }),
                  LEVIN_EUNSUPPORTED, "type Unigram");
    check_refused(from_parts((parts){ .model = "{\"unk_id\":0,\"vocab\":[[\"a\",-1.5]]}" }),
                  LEVIN_EUNSUPPORTED, "type Unigram");
    check_refused(from_parts((parts){ .normalizer = "{\"type\":\"NFC\"}" }), LEVIN_EUNSUPPORTED,
                  "the normalizer is of type NFC");
    check_refused(from_parts((parts){ .pre_tokenizer = "{\"type\":\"Whitespace\"}" }),
                  LEVIN_EUNSUPPORTED, "the pre-tokenizer is of type Whitespace");
    check_refused(from_parts((parts){ .pre_tokenizer = "null" }), LEVIN_EUNSUPPORTED,
                  "the pre-tokenizer is of type none");
    check_refused(from_parts((parts){ .post_processor = "{\"type\":\"RobertaProcessing\"}" }),
                  LEVIN_EUNSUPPORTED, "the post-processor is of type RobertaProcessing");
    check_refused(from_parts((parts){ .before = "\"version\":\"2.0\"," }), LEVIN_EVERSION,
                  "version 2.0");
}

static void hostile_vocabularies_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *vocab, *part;
    } CASES[] = {
        { "{\"[UNK]\":0,\"b\":0}", "id 0 belongs to both '[UNK]' and 'b'" },
        { "{\"[UNK]\":-1}", "not a whole number" },
        { "{\"[UNK]\":1.5}", "not a whole number" },
        { "{\"[UNK]\":\"0\"}", "not a whole number" },
        { "{\"[UNK]\":true}", "not a whole number" },
        { "{\"[UNK]\":99999999999999999999}", "out of range" },
        { "{\"[UNK]\":16777216}", "out of range" },
        { "{}", "empty" },
        { "{\"[UNK]\"}", "a colon is expected" },
        { "{\"[UNK]\":0 \"a\":1}", "a comma or the end is expected" },
        { "{\"[UNK]\":0,}", "in quotation marks" },
        { "{[1]:0}", "in quotation marks" },
        { "{\"\\ud800\":0}", "may not be there" },
        { "{\"\\ud800\\u0041\":0}", "may not be there" },
        { "{\"\\u0000\":0}", "may not be there" },
        { "{\"\\x\":0}", "may not be there" },
        { "{\"a\nb\":0}", "may not be there" },
        { "{\"\xFF\":0}", "not valid UTF-8" },
        { "{\"a\":0}", "lacks the unknown token '[UNK]'" },
        { "[]", "must be an object" },
        { "7", "must be an object" },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char model[256];
        snprintf(model, sizeof model, "{\"type\":\"WordPiece\",\"vocab\":%s}", CASES[i].vocab);
        check_refused(from_parts((parts){ .model = model }), LEVIN_EFORMAT, CASES[i].part);
    }
}

static void a_vocabulary_may_have_gaps(void **state)
{
    (void)state;
    levin_tokenizer *t = from_parts((parts){
        .model =
            "{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":70}}" });
    check_ids(t, "a b", "1 70 0 2");
    assert_int_equal(levin_tokenizer_vocab_size(t), 71);
    assert_null(levin_tokenizer_id_to_token(t, 69));
    levin_tokenizer_free(t);
}

static void hostile_templates_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
        int code;
    } CASES[] = {
        { "{\"type\":\"TemplateProcessing\"}", "single must name the sequence A exactly once",
          LEVIN_EUNSUPPORTED },
        { "{\"type\":\"TemplateProcessing\",\"single\":[" A_ "," A_ "]," SPECIALS "}",
          "single must name the sequence A exactly once", LEVIN_EUNSUPPORTED },
        { "{\"type\":\"TemplateProcessing\",\"single\":[" A_ "],\"pair\":[" A_ "]," SPECIALS "}",
          "pair must name the sequences A and B exactly once", LEVIN_EUNSUPPORTED },
        { "{\"type\":\"TemplateProcessing\",\"single\":[" CLS_ "," A_ "]}", "no ids for '[CLS]'",
          LEVIN_EFORMAT },
        { "{\"type\":\"TemplateProcessing\",\"single\":[7]}",
          "neither a SpecialToken nor a Sequence", LEVIN_EFORMAT },
        { "{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"C\"}}]}",
          "sequence 'C'", LEVIN_EFORMAT },
        { "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",999],\"cls\":[\"[CLS]\",1]}",
          "puts in id 999", LEVIN_EFORMAT },
        { "{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",-2],\"cls\":[\"[CLS]\",1]}",
          "post_processor.sep must be a token and its id", LEVIN_EFORMAT },
        { "{\"type\":\"BertProcessing\"}", "must be a token and its id", LEVIN_EFORMAT },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check_refused(from_parts((parts){ .post_processor = CASES[i].text }), CASES[i].code,
                      CASES[i].part);
}

static void broken_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const CASES[] = { "",
                                         "{\"\\u\n",
                                         "{",
                                         "[]",
                                         "{\"model\":{\"vocab\":{\"a\":0}",
                                         "\"",
                                         "{\"",
                                         "{\"model\":{\"vocab\":{\"a\\",
                                         "{\"model\":]}",
                                         "nul",
                                         "{\"model\":{\"vocab\":{}}" };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        write_file("tokenizer.json", CASES[i]);
        check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                      "tokenizer.json:");
    }
}

static void deep_json_is_refused(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, '[', sizeof text - 1);
    memcpy(text, "{\"a\":", 5);
    write_file("tokenizer.json", text);
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                  "tokenizer.json:");
}

static void vocab_txt_gives_each_line_its_number(void **state)
{
    (void)state;
    write_file("vocab.txt", "[UNK]\r\n[CLS]  \n[SEP]\n\na\nb\na\n\nlast");
    levin_tokenizer *t = levin_tokenizer_from_pretrained(path_in_folder(""));
    check_ids(t, "a b last", "1 6 5 8 2"); // of two lines with one token, the last counts
    assert_int_equal(levin_tokenizer_vocab_size(t), 9);
    assert_null(levin_tokenizer_id_to_token(t, 4));
    assert_string_equal(levin_tokenizer_id_to_token(t, 6), "a");
    levin_tokenizer_free(t);
}

static void bad_vocab_txt_is_refused(void **state)
{
    (void)state;
    check_refused(levin_tokenizer_from_vocab(write_file("v", ""), NULL), LEVIN_EFORMAT, "empty");
    check_refused(levin_tokenizer_from_vocab(write_file("v", "[UNK]\na\xFF\n"), NULL),
                  LEVIN_EFORMAT, "v:2: byte 2 is not valid UTF-8");
    check_refused(levin_tokenizer_from_vocab(write_file("v", "a\n[CLS]\n[SEP]\n"), NULL),
                  LEVIN_EFORMAT, "lacks the unknown token '[UNK]'");
    check_refused(levin_tokenizer_from_vocab(write_file("v", "[UNK]\n[CLS]\n"), NULL),
                  LEVIN_EFORMAT, "lacks the sep_token '[SEP]'");
    assert_int_equal(levin__file_write(path_in_folder("v"), "[UNK]\na\0b\n", 10), LEVIN_OK);
    check_refused(levin_tokenizer_from_vocab(path_in_folder("v"), NULL), LEVIN_EFORMAT,
                  "v:2: a NUL byte");
    check_refused(levin_tokenizer_from_vocab(path_in_folder("none"), NULL), LEVIN_EIO,
                  "none: cannot open");
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_ENOTFOUND,
                  "neither tokenizer.json nor vocab.txt");
}

static void tokenizer_config_decides_on_case(void **state)
{
    (void)state;
    write_file(
        "tokenizer_config.json",
        "{\"do_lower_case\":true,\"model_max_length\":512,\"tokenizer_class\":\"BertTokenizer\"}");
    levin_tokenizer *t = from_parts((parts){ 0 });
    check_ids(t, "A", "1 4 2");
    assert_int_equal(levin_tokenizer_model_max_length(t), 512);
    levin_tokenizer_free(t);
    write_file("tokenizer_config.json",
               "{\"do_lower_case\":true,\"model_max_length\":1000000000000000019884624838656,"
               "\"tokenizer_class\":\"PreTrainedTokenizerFast\"}");
    t = from_parts((parts){ 0 });
    check_ids(t, "A", "1 6 2");
    assert_int_equal(levin_tokenizer_model_max_length(t), 0);
    levin_tokenizer_free(t);
}

static void tokenizer_config_describes_added_tokens(void **state)
{
    (void)state;
    write_file("tokenizer_config.json",
               "{\"added_tokens_decoder\":{\"8\":{\"content\":\"<y>\",\"special\":true},"
               "\"7\":{\"content\":\"Ab\",\"normalized\":false,\"special\":false}},"
               "\"cls_token\":{\"__type\":\"AddedToken\",\"content\":\"[CLS]\"},"
               "\"additional_special_tokens\":[\"<y>\",\"<z>\"]}");
    levin_tokenizer *t = from_parts((parts){ 0 });
    check_ids(t, "Ab ab <y><z>", "1 7 4 5 8 9 2");
    levin_tokenizer_free(t);
}

static void old_folders_have_their_own_files(void **state)
{
    (void)state;
    write_file("vocab.txt", "<u>\n<c>\n<s>\na\n");
    write_file("special_tokens_map.json",
               "{\"unk_token\":\"<u>\",\"cls_token\":{\"content\":\"<c>\"},"
               "\"sep_token\":\"<s>\"}");
    write_file("added_tokens.json", "{\"yy\":5,\"xx\":4}");
    levin_tokenizer *t = levin_tokenizer_from_pretrained(path_in_folder(""));
    check_ids(t, "a XX q yy<s>", "1 3 4 0 5 2 2");
    levin_tokenizer_free(t);
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    write_file("vocab.txt", SMALL_VOCAB);
    write_file("tokenizer_config.json", "{\"do_lower_case\":\"yes\"}");
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                  "tokenizer_config.json: \"do_lower_case\" must be true or false");
    write_file("tokenizer_config.json", "{\"added_tokens_decoder\":{\"7\":{\"special\":true}}}");
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                  "an added token without a string");
    write_file("tokenizer_config.json",
               "{\"added_tokens_decoder\":{\"7\":{\"content\":\"a\\u0000b\"}}}");
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                  "a NUL in the added token");
    write_file("tokenizer_config.json", "[1]");
    check_refused(levin_tokenizer_from_pretrained(path_in_folder("")), LEVIN_EFORMAT,
                  "an object is expected");
}

static void what_is_saved_reads_back_the_same(void **state)
{
    (void)state;
    static const levin_added_token ADDED[] = {
        { .content = "<ent>", .special = true },
        { .content = "Two words", .normalized = true, .lstrip = true },
    };
    static const char TEXT[] = "<ent> caB two WORDS \xC3\x81, [MASK]";
    levin_tokenizer_opts opts = { .clean_text = LEVIN_OFF, .max_input_chars_per_word = 7 };
    levin_tokenizer *first = levin_tokenizer_from_vocab(write_file("v", SMALL_VOCAB), &opts);
    levin_tokenizer *t = levin_tokenizer_with_added(first, ADDED, 2);
    assert_int_equal(levin_tokenizer_save(t, path_in_folder("")), LEVIN_OK);
    levin_tokenizer *back = levin_tokenizer_from_pretrained(path_in_folder(""));
    assert_non_null(back);
    assert_int_equal(levin_tokenizer_vocab_size(back), levin_tokenizer_vocab_size(t));
    levin_encoding a, b;
    assert_int_equal(levin_tokenizer_encode(t, TEXT, sizeof TEXT - 1, "a", 1, NULL, &a), LEVIN_OK);
    assert_int_equal(levin_tokenizer_encode(back, TEXT, sizeof TEXT - 1, "a", 1, NULL, &b),
                     LEVIN_OK);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.ids, b.ids, (size_t)a.n * sizeof *a.ids);
    levin_encoding_free(&a);
    levin_encoding_free(&b);
    levin_tokenizer_free(back);
    remove(path_in_folder("tokenizer.json")); // vocab.txt and the small files alone
    back = levin_tokenizer_from_pretrained(path_in_folder(""));
    assert_int_equal(levin_tokenizer_token_to_id(back, "<ent>"), 21);
    assert_int_equal(levin_tokenizer_token_to_id(back, "Two words"), 22);
    levin_tokenizer_free(back);
    levin_tokenizer_free(t);
    levin_tokenizer_free(first);
}

static void saving_where_one_cannot_is_an_error(void **state)
{
    (void)state;
    levin_tokenizer *t = small_tokenizer(NULL);
    assert_int_equal(levin_tokenizer_save(t, "/dev/null/folder"), LEVIN_EIO);
    levin_error_clear();
    assert_int_equal(levin_tokenizer_save(NULL, "x"), LEVIN_EINVAL);
    levin_tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokenizer_json_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_null_normalizer_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_template_is_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(baked_truncation_and_padding_are_passed_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(added_tokens_get_their_ids_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_in_the_vocabulary_are_understood, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_tokenizers_are_refused_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_vocabularies_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vocabulary_may_have_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_templates_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_json_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deep_json_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(vocab_txt_gives_each_line_its_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_vocab_txt_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokenizer_config_decides_on_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokenizer_config_describes_added_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_folders_have_their_own_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_settings_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_saved_reads_back_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(saving_where_one_cannot_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
