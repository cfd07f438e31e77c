/* test_embedder.c: vectors of texts: in order, the same in any batch and on any number of threads,
 * pooled as the options say. */
#include "base/file.h"
#include "base/memory.h"
#include "support/scratch.h"
#include "support/small_model.h"

#include <levin/levin.h>
#include <math.h>
#include <stdio.h>

enum { H = SMALL_HIDDEN, N = 9 };
static const char *const texts[N] = {
    "a", "a b c d e a b", "", "cab cab", "bad, bad ab.", "e d c", "A", "ab ab ab ab", "c",
};
static const levin_module_class root_class = { .name = "root", .size = sizeof(levin_module) };
static char *folder;
static levin_embedder *embedder;

static int set_up_group(void **state)
{
    make_scratch(state);
    folder = levin__path_join(scratch, "model");
    write_small_model(folder, true);
    return 0;
}

static int tear_down_group(void **state)
{
    levin__remove_folder(folder);
    levin__free(folder);
    return remove_scratch(state);
}

static int tear_down(void **state)
{
    (void)state;
    levin_embedder_free(embedder);
    embedder = NULL;
    levin_set_num_threads(0);
    levin_error_clear();
    return 0;
}

static void open_with(levin_embedder_opts opts)
{
    levin_embedder_free(embedder);
    embedder = levin_embedder_from_pretrained(folder, &opts);
    if (!embedder)
        fail_msg("%s", levin_error_message());
}

static void embed(const char *const *t, int64_t n, float *out)
{
    if (levin_embedder_embed(embedder, t, NULL, n, out) < 0)
        fail_msg("%s", levin_error_message());
}

static void assert_near(const float *a, const float *b, int64_t n, double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance))
            fail_msg("number %d: %.9g and %.9g", (int)i, (double)a[i], (double)b[i]);
}

static void a_text_has_the_same_vector_alone_and_in_any_batch(void **state)
{
    (void)state;
    static const int64_t budgets[] = { 1, 8, 15, 0 };
    float alone[N * H], together[N * H];
    open_with((levin_embedder_opts){ 0 });
    for (int i = 0; i < N; i++)
        embed(&texts[i], 1, alone + i * H);
    assert_true(fabs((double)alone[0] - (double)alone[H]) > 1e-3);
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        open_with((levin_embedder_opts){ .batch_tokens = budgets[i] });
        embed(texts, N, together);
        assert_near(alone, together, N * H, 1e-6);
    }
    assert_near(alone, alone + 6 * H, H, 0); // "a" and "A"
}

static void the_number_of_threads_does_not_change_a_bit(void **state)
{
    (void)state;
    enum { MANY = 300 };
    const char *many[MANY];
    static float one[MANY * H], two[MANY * H];
    for (int i = 0; i < MANY; i++)
        many[i] = texts[i * 7 % N];
    open_with((levin_embedder_opts){ .normalize = LEVIN_ON });
    levin_set_num_threads(1);
    embed(many, MANY, one);
    levin_set_num_threads(2);
    embed(many, MANY, two);
    assert_memory_equal(one, two, sizeof one);
}

static void more_texts_than_a_window_stay_in_order(void **state)
{
    (void)state;
    enum { MANY = 4096 + 5 };
    const char **many = levin__calloc(MANY, sizeof *many);
    float *out = levin__calloc((size_t)MANY * H, sizeof *out), few[N * H];
    open_with((levin_embedder_opts){ 0 });
    embed(texts, N, few);
    for (int i = 0; i < MANY; i++)
        many[i] = texts[i % N];
    embed(many, MANY, out);
    for (int i = 0; i < MANY; i++)
        assert_near(out + (int64_t)i * H, few + i % N * H, H, 1e-6);
    levin__free(out);
    levin__free((void *)many);
}

/* The vector of one text by the operators themselves. */
static void by_hand(const char *text, const char *pooling, float *out)
{
    levin_module *root = levin_module_new(&root_class);
    levin_bert *bert = levin_bert_from_pretrained(root, "", folder);
    levin_tokenizer *t = levin_tokenizer_from_pretrained(folder);
    levin_module_train(root, false);
    levin_encoding e;
    levin_tokenizer_encode(t, text, strlen(text), NULL, 0, NULL, &e);
    levin_scope *scope = levin_scope_begin();
    levin_tensor *ids = levin_zeros_ragged(LEVIN_I32, 1, &e.n, 0, NULL);
    memcpy(levin_tensor_data(ids), e.ids, (size_t)e.n * sizeof *e.ids);
    levin_bert_output o = levin_bert_forward(bert, &(levin_batch){ .input_ids = ids, .size = 1 });
    const float *h = levin_tensor_const_data(o.last_hidden_state);
    for (int i = 0; i < H; i++) {
        float sum = 0, top = h[i];
        for (int64_t k = 0; k < e.n; k++) {
            sum += h[k * H + i];
            top = fmaxf(top, h[k * H + i]);
        }
        out[i] = strcmp(pooling, "mean") == 0  ? sum / (float)e.n
                 : strcmp(pooling, "max") == 0 ? top
                 : strcmp(pooling, "cls") == 0 ? h[i]
                                               : (float)levin_tensor_get(o.pooler_output, i);
    }
    levin_scope_end(scope);
    levin_encoding_free(&e);
    levin_tokenizer_free(t);
    levin_module_free(root);
}

static void each_pooling_is_what_it_says(void **state)
{
    (void)state;
    static const char *const words[] = { "mean", "cls", "max", "pooler" };
    for (int i = 0; i < 4; i++) {
        float wanted[H], found[H];
        by_hand("a cab, bad", words[i], wanted);
        open_with((levin_embedder_opts){ .pooling = words[i] });
        assert_string_equal(levin_embedder_pooling(embedder), words[i]);
        embed((const char *const[]){ "a cab, bad" }, 1, found);
        assert_near(wanted, found, H, 1e-6);
    }
}

static void a_plain_folder_is_pooled_by_mean_and_not_normalised(void **state)
{
    (void)state;
    embedder = levin_embedder_from_pretrained(folder, NULL);
    assert_string_equal(levin_embedder_pooling(embedder), "mean");
    assert_false(levin_embedder_normalizes(embedder));
    assert_int_equal(levin_embedder_max_length(embedder), SMALL_POSITIONS);
    assert_int_equal(levin_embedder_size(embedder), H);
}

static void normalised_vectors_have_length_one_and_the_same_direction(void **state)
{
    (void)state;
    float plain[N * H], unit[N * H];
    open_with((levin_embedder_opts){ 0 });
    embed(texts, N, plain);
    open_with((levin_embedder_opts){ .normalize = LEVIN_ON });
    assert_true(levin_embedder_normalizes(embedder));
    embed(texts, N, unit);
    for (int i = 0; i < N; i++) {
        double squares = 0, length;
        for (int k = 0; k < H; k++)
            squares += (double)plain[i * H + k] * (double)plain[i * H + k];
        length = sqrt(squares);
        for (int k = 0; k < H; k++)
            assert_true(fabs((double)plain[i * H + k] / length - (double)unit[i * H + k]) < 1e-6);
    }
}

static void a_long_text_is_cut_where_the_model_ends_or_before(void **state)
{
    (void)state;
    const char *const both[] = { "a b c d e a b c d e", "a b c d e a b c d e a b c d e a b c" };
    const char *const cut[] = { "a b c d e a b c d e", "a b c" };
    float a[2 * H], b[2 * H];
    open_with((levin_embedder_opts){ 0 });
    embed(both, 2, a); // ten words, [CLS] and [SEP] are all that there is room for
    assert_near(a, a + H, H, 1e-6);
    embed(cut, 2, a);
    open_with((levin_embedder_opts){ .max_length = 5 });
    assert_int_equal(levin_embedder_max_length(embedder), 5);
    embed(both, 1, b);
    assert_near(a + H, b, H, 1e-6);
}

static void lengths_say_where_texts_end(void **state)
{
    (void)state;
    const char *const open[] = { "a b c", "a\0b" };
    float a[2 * H], b[2 * H];
    open_with((levin_embedder_opts){ 0 });
    assert_int_equal(levin_embedder_embed(embedder, open, (size_t[]){ 1, 3 }, 2, a), 0);
    embed((const char *const[]){ "a", "ab" }, 2, b); // NUL is cleaned away
    assert_near(a, b, 2 * H, 1e-6);
}

static void no_text_is_no_work_and_an_empty_text_has_a_vector(void **state)
{
    (void)state;
    float out[H] = { 0 };
    open_with((levin_embedder_opts){ 0 });
    assert_int_equal(levin_embedder_embed(embedder, NULL, NULL, 0, NULL), 0);
    embed((const char *const[]){ "" }, 1, out);
    assert_true(out[0] != 0 && isfinite(out[0]));
}

static void bf16_is_near(void **state)
{
    (void)state;
    float a[N * H], b[N * H];
    open_with((levin_embedder_opts){ 0 });
    embed(texts, N, a);
    open_with((levin_embedder_opts){ .precision = "bf16-mixed" });
    embed(texts, N, b);
    assert_near(a, b, N * H, 0.05);
    assert_true(memcmp(a, b, sizeof a) != 0);
    assert_int_equal(levin_set_autocast(LEVIN_F32), LEVIN_F32); // as it was before
}

static void refuse(levin_embedder_opts opts, int code, const char *part)
{
    assert_null(levin_embedder_from_pretrained(folder, &opts));
    assert_error(code, part);
}

static void what_is_wrong_with_options_is_said(void **state)
{
    (void)state;
    refuse((levin_embedder_opts){ .pooling = "men" }, LEVIN_EINVAL,
           "unknown pooling 'men', did you mean mean?");
    refuse((levin_embedder_opts){ .precision = "bf17-mixed" }, LEVIN_EINVAL, "bf16-mixed");
    refuse((levin_embedder_opts){ .max_length = SMALL_POSITIONS + 1 }, LEVIN_EINVAL,
           "max_length 13: the model has positions for 12 tokens");
    refuse((levin_embedder_opts){ .max_length = 2 }, LEVIN_EINVAL, "max_length 2");
    refuse((levin_embedder_opts){ .max_length = -1 }, LEVIN_EINVAL, "max_length -1");
    refuse((levin_embedder_opts){ .batch_tokens = -1 }, LEVIN_EINVAL, "batch_tokens -1");
    assert_null(levin_embedder_from_pretrained("nowhere", NULL));
    assert_error(LEVIN_ENOTFOUND, "nowhere: no such folder");
    assert_null(levin_embedder_from_pretrained(NULL, NULL));
    assert_int_equal(levin_error(), 0);
}

static void what_is_wrong_with_texts_is_said(void **state)
{
    (void)state;
    float out[2 * H];
    open_with((levin_embedder_opts){ 0 });
    const char *const missing[] = { "a", NULL };
    assert_int_equal(levin_embedder_embed(embedder, missing, NULL, 2, out), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "text 1 is NULL");
    assert_int_equal(levin_embedder_embed(NULL, texts, NULL, 1, out), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "embedder");
    assert_int_equal(levin_embedder_embed(embedder, NULL, NULL, 1, out), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "texts");
    assert_int_equal(levin_embedder_embed(embedder, texts, NULL, 1, NULL), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "vectors");
    assert_int_equal(levin_embedder_embed(embedder, texts, NULL, -1, out), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "number of texts");
    embed(texts, 2, out); // an embedder that met an error is as good as before
}

static void a_pooler_that_the_folder_lacks_is_not_made_up(void **state)
{
    (void)state;
    char *bare = levin__path_join(scratch, "bare");
    float out[H];
    write_small_model(bare, false);
    assert_null(
        levin_embedder_from_pretrained(bare, &(levin_embedder_opts){ .pooling = "pooler" }));
    assert_error(LEVIN_EINVAL, "no weights for the pooler");
    embedder = levin_embedder_from_pretrained(bare, NULL);
    embed(texts, 1, out);
    levin__remove_folder(bare);
    levin__free(bare);
}

static void weights_that_are_no_numbers_are_found(void **state)
{
    (void)state;
    static const unsigned char nan_bytes[] = { 0, 0, 0xc0, 0x7f };
    float out[H];
    write_small_model(folder, true);
    char *path = levin__path_join(folder, "model.safetensors");
    FILE *f = fopen(path, "r+b"); // its last number belongs to the pooler
    assert_non_null(f);
    assert_int_equal(fseek(f, -4, SEEK_END), 0);
    assert_int_equal(fwrite(nan_bytes, 1, 4, f), 4);
    fclose(f);
    open_with((levin_embedder_opts){ .pooling = "pooler" });
    assert_int_equal(levin_embedder_embed(embedder, texts, NULL, 1, out), LEVIN_ENUMERIC);
    assert_error(LEVIN_ENUMERIC, "weights are damaged");
    write_small_model(folder, true);
    levin__free(path);
}

static void failing_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    float wanted[N * H], out[N * H];
    open_with((levin_embedder_opts){ .batch_tokens = 16 });
    embed(texts, N, wanted);
    int64_t at = 0;
    for (bool failed = true; failed; at++) {
        levin__alloc_fail_at(at + 1);
        failed = levin_embedder_embed(embedder, texts, NULL, N, out) < 0;
        levin__alloc_fail_at(0);
        if (failed)
            assert_error(LEVIN_ENOMEM, "memory");
    }
    assert_true(at > 1);
    assert_near(wanted, out, N * H, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_text_has_the_same_vector_alone_and_in_any_batch, tear_down),
        cmocka_unit_test_teardown(the_number_of_threads_does_not_change_a_bit, tear_down),
        cmocka_unit_test_teardown(more_texts_than_a_window_stay_in_order, tear_down),
        cmocka_unit_test_teardown(each_pooling_is_what_it_says, tear_down),
        cmocka_unit_test_teardown(a_plain_folder_is_pooled_by_mean_and_not_normalised, tear_down),
        cmocka_unit_test_teardown(normalised_vectors_have_length_one_and_the_same_direction,
                                  tear_down),
        cmocka_unit_test_teardown(a_long_text_is_cut_where_the_model_ends_or_before, tear_down),
        cmocka_unit_test_teardown(lengths_say_where_texts_end, tear_down),
        cmocka_unit_test_teardown(no_text_is_no_work_and_an_empty_text_has_a_vector, tear_down),
        cmocka_unit_test_teardown(bf16_is_near, tear_down),
        cmocka_unit_test_teardown(what_is_wrong_with_options_is_said, tear_down),
        cmocka_unit_test_teardown(what_is_wrong_with_texts_is_said, tear_down),
        cmocka_unit_test_teardown(a_pooler_that_the_folder_lacks_is_not_made_up, tear_down),
        cmocka_unit_test_teardown(weights_that_are_no_numbers_are_found, tear_down),
        cmocka_unit_test_teardown(failing_memory_is_an_error_and_no_more, tear_down),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
