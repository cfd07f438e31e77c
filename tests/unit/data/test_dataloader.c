/* test_dataloader.c: batches of texts and numbers, in order, ahead of time, from any point, and
 * what becomes of errors on the way. */
#include "base/memory.h"
#include "data/dataset.h"
#include "support/scratch.h"
#include "support/small_vocab.h"

#include <levin/data.h>
#include <math.h>

enum { N = 11 };
static const char *const texts[N] = { "a", "a b", "cab", "a b c d e", "e",  "bad bad",
                                      "d", "ab",  "c.",  "a, b",      "abe" };
static const char *const pairs[N] = { "b", "c", "d d", "e", "a", "b a", "c", "d", "e", "a", "b" };
static const int64_t labels[N] = { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1 };

static levin_tokenizer *tokenizer;
static levin_dataloader *loader;

static int set_up_group(void **state)
{
    tokenizer = small_tokenizer(NULL);
    return make_scratch(state);
}
static int tear_down_group(void **state)
{
    levin_tokenizer_free(tokenizer);
    empty_scratch();
    return remove_scratch(state);
}

static int tear_down(void **state)
{
    (void)state;
    levin_dataloader_free(loader);
    loader = NULL;
    levin_error_clear();
    return 0;
}

static levin_dataloader *load(levin_dataset *d, levin_dataloader_opts opts)
{
    levin_dataloader_free(loader);
    loader = levin_dataloader_new(d, &opts);
    return loader;
}

static levin_dataset *text_rows(void)
{
    levin_dataset *d = levin_dataset_from_texts(texts, pairs, labels, N);
    levin_dataset_set_tokenizer(d, tokenizer, 6);
    return d;
}

static void begin(int64_t epoch, int64_t first)
{
    if (levin_dataloader_begin(loader, epoch, first) != LEVIN_OK)
        fail_msg("%s", levin_error_message());
}

static levin_batch next(void)
{
    levin_batch b;
    int status = levin_dataloader_next(loader, &b);
    if (status != 1)
        fail_msg("%d: %s", status, levin_error_message());
    return b;
}

static void check_end(void)
{
    levin_batch b;
    assert_int_equal(levin_dataloader_next(loader, &b), 0);
}

static void check_ids(const levin_tensor *t, const int32_t *ids, int64_t n)
{
    assert_int_equal(levin_tensor_numel(t), n);
    assert_memory_equal(levin_tensor_const_data(t), ids, (size_t)n * sizeof *ids);
}

static void a_batch_of_texts_is_packed(void **state)
{
    (void)state;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 3 });
    begin(0, 0);
    levin_batch b = next();
    assert_int_equal(b.size, 3);
    assert_int_equal(b.batch_idx, 0);
    assert_int_equal(levin_tensor_dtype(b.input_ids), LEVIN_I32);
    assert_int_equal(levin_tensor_ndim(b.input_ids), 2);
    assert_int_equal(levin_tensor_dim(b.input_ids, 0), 3);
    assert_int_equal(levin_tensor_dim(b.input_ids, 1), LEVIN_RAGGED);
    check_ids(
        b.input_ids,
        (const int32_t[]){ CLS, A, SEP, B, SEP, CLS, A, B, SEP, C, SEP, CLS, CAB, SEP, D, D, SEP },
        17);
    check_ids(b.token_type_ids,
              (const int32_t[]){ 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1 }, 17);
    const int32_t *cu = levin_tensor_cu_seqlens(b.input_ids);
    const int32_t expected[] = { 0, 5, 11, 17 };
    assert_memory_equal(cu, expected, sizeof expected);
    assert_ptr_equal(levin_tensor_cu_seqlens(b.token_type_ids), cu);
    assert_int_equal(levin_tensor_dtype(b.labels), LEVIN_I64);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(((const int64_t *)levin_tensor_const_data(b.labels))[i], labels[i]);
        assert_int_equal(b.indices[i], i);
    }
    assert_null(b.features);
}

static void rows_are_truncated_the_longer_text_first(void **state)
{
    (void)state;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 1 });
    begin(0, 3);
    levin_batch b = next(); // "a b c d e" and "e" in six tokens
    check_ids(b.input_ids, (const int32_t[]){ CLS, A, B, SEP, E, SEP }, 6);
    assert_int_equal(b.batch_idx, 3);
    assert_int_equal(b.indices[0], 3);
}

static void a_batch_of_numbers_is_dense(void **state)
{
    (void)state;
    float x[N * 2];
    for (int i = 0; i < 2 * N; i++)
        x[i] = (float)i;
    load(levin_dataset_from_numbers(x, N, 2, NULL), (levin_dataloader_opts){ .batch_size = 4 });
    begin(0, 2);
    levin_batch b = next();
    assert_int_equal(b.size, 3);
    assert_null(b.input_ids);
    assert_null(b.labels);
    assert_int_equal(levin_tensor_dtype(b.features), LEVIN_F32);
    assert_int_equal(levin_tensor_dim(b.features, 0), 3);
    assert_int_equal(levin_tensor_dim(b.features, 1), 2);
    assert_memory_equal(levin_tensor_const_data(b.features), x + 16, 6 * sizeof *x);
    check_end();
    check_end();
}

static void values_of_a_regression_are_f32(void **state)
{
    (void)state;
    levin_text_opts opts = { .regression = LEVIN_ON };
    levin_dataset *d =
        levin_dataset_from_file(write_scratch("x.tsv", "text\tscore\na\t1.5\nb\t-2\n"), &opts);
    levin_dataset_set_tokenizer(d, tokenizer, 0);
    load(d, (levin_dataloader_opts){ .batch_size = 2 });
    begin(0, 0);
    levin_batch b = next();
    assert_int_equal(levin_tensor_dtype(b.labels), LEVIN_F32);
    assert_float_equal(levin_tensor_get(b.labels, 1), -2, 0);
}

static void the_last_batch_is_smaller_or_left_out(void **state)
{
    (void)state;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 4 });
    assert_int_equal(levin_dataloader_len(loader), 3);
    assert_int_equal(levin_dataloader_batch_size(loader), 4);
    begin(0, 2);
    assert_int_equal(next().size, 3);
    check_end();
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 4, .drop_last = LEVIN_ON });
    assert_int_equal(levin_dataloader_len(loader), 2);
    begin(0, 1);
    assert_int_equal(next().size, 4);
    check_end();
    load(text_rows(), (levin_dataloader_opts){ 0 });
    assert_int_equal(levin_dataloader_len(loader), N);
}

/* The rows of an epoch from batch first on, in order; their number. */
static int64_t rows_of(int64_t epoch, int64_t first, int64_t *rows)
{
    int64_t n = 0;
    levin_batch b;
    begin(epoch, first);
    while (levin_dataloader_next(loader, &b) == 1)
        for (int64_t i = 0; i < b.size; i++)
            rows[n++] = b.indices[i];
    assert_int_equal(levin_error(), LEVIN_OK);
    return n;
}

static void any_moment_can_be_come_back_to(void **state)
{
    (void)state;
    int64_t whole[N], part[N];
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        load(text_rows(), (levin_dataloader_opts){ .batch_size = 2,
                                                   .shuffle = LEVIN_ON,
                                                   .seed = 5,
                                                   .prefetch = prefetch ? LEVIN_ON : LEVIN_OFF });
        assert_int_equal(rows_of(3, 0, whole), N);
        for (int64_t first = 0; first <= 6; first++) {
            int64_t n = rows_of(3, first, part);
            assert_int_equal(n, first < 6 ? N - 2 * first : 0);
            assert_memory_equal(part, whole + N - n, (size_t)n * sizeof *part);
        }
    }
}

static void prefetch_changes_nothing_but_the_time(void **state)
{
    (void)state;
    int64_t ahead[N], behind[N];
    levin_dataloader_opts opts = { .batch_size = 2, .shuffle = LEVIN_ON, .seed = 9 };
    load(text_rows(), opts);
    rows_of(1, 0, ahead);
    opts.prefetch = LEVIN_OFF;
    load(text_rows(), opts);
    rows_of(1, 0, behind);
    assert_memory_equal(ahead, behind, sizeof ahead);
}

static void the_order_can_be_set_anew(void **state)
{
    (void)state;
    int64_t a[N], b[N];
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 2, .shuffle = LEVIN_ON, .seed = 9 });
    assert_true(levin_dataloader_shuffle(loader));
    assert_int_equal(levin_dataloader_seed(loader), 9);
    rows_of(0, 0, a);
    levin_dataloader_set_order(loader, false, 9);
    rows_of(0, 0, b);
    for (int64_t i = 0; i < N; i++)
        assert_int_equal(b[i], i);
    levin_dataloader_set_order(loader, true, 9);
    rows_of(0, 0, b);
    assert_memory_equal(a, b, sizeof a);
}

static void without_a_seed_the_thread_s_own_is_taken(void **state)
{
    (void)state;
    levin_seed_everything(42);
    load(text_rows(), (levin_dataloader_opts){ .shuffle = LEVIN_ON });
    assert_int_equal(levin_dataloader_seed(loader), 42);
    levin_seed_everything(0);
}

static void an_epoch_can_be_left_at_any_batch(void **state)
{
    (void)state;
    levin_batch b;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 1, .shuffle = LEVIN_ON, .seed = 1 });
    for (int64_t i = 0; i < 200; i++) {
        begin(i, 0);
        for (int64_t k = 0; k < i % (N + 1); k++)
            assert_int_equal(levin_dataloader_next(loader, &b), 1);
    }
    levin_dataloader_free(loader); // with batches still being made
    loader = NULL;
}

static void a_lent_batch_stays_while_others_are_made(void **state)
{
    (void)state;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 1 });
    begin(0, 0);
    for (int64_t i = 0; i < N; i++) {
        levin_batch b = next();
        int64_t n = levin_tensor_numel(b.input_ids);
        int32_t kept[8];
        memcpy(kept, levin_tensor_const_data(b.input_ids), (size_t)n * sizeof *kept);
        levin_seed_everything((uint64_t)i); // something to do in the meantime
        assert_memory_equal(kept, levin_tensor_const_data(b.input_ids), (size_t)n * sizeof *kept);
        assert_int_equal(b.indices[0], i);
    }
    levin_seed_everything(0);
}

static void a_warm_epoch_takes_nothing_from_the_heap(void **state)
{
    (void)state;
    levin_batch b;
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 3, .shuffle = LEVIN_ON, .seed = 2 });
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        int64_t before = levin__alloc_count();
        begin(epoch, 0);
        while (levin_dataloader_next(loader, &b) == 1)
            ;
        if (epoch > 0)
            assert_int_equal(levin__alloc_count(), before);
    }
}

static void texts_without_a_tokenizer_are_an_error_of_the_first_batch(void **state)
{
    (void)state;
    levin_batch b;
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        load(levin_dataset_from_texts(texts, NULL, NULL, N),
             (levin_dataloader_opts){ .prefetch = prefetch ? LEVIN_ON : LEVIN_OFF });
        begin(0, 0);
        for (int again = 0; again < 2; again++) { // it is said each time until the next begin
            assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_ESTATE);
            assert_string_equal(levin_error_message(), "text_dataset: texts, but no tokenizer: "
                                                       "levin_dataset_set_tokenizer first");
            levin_error_clear();
        }
        begin(0, 0);
        assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_ESTATE);
        levin_error_clear();
    }
}

static void loaders_that_cannot_be_are_refused(void **state)
{
    (void)state;
    assert_null(load(levin_dataset_from_texts(texts, NULL, NULL, 0), (levin_dataloader_opts){ 0 }));
    assert_string_equal(levin_error_message(), "text_dataset: an empty data set: no rows");
    levin_error_clear();
    assert_null(load(text_rows(), (levin_dataloader_opts){ .batch_size = -1 }));
    assert_string_equal(levin_error_message(), "text_dataset: batch_size -1, expected 1 or more");
    levin_error_clear();
    // As Torch: fewer rows than a batch, and no batch may be short, are a loader of no batches.
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 12, .drop_last = LEVIN_ON });
    assert_int_equal(levin_dataloader_len(loader), 0);
    load(text_rows(), (levin_dataloader_opts){ .batch_size = 4 });
    assert_int_equal(levin_dataloader_begin(loader, 0, 4), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(), "dataloader: batch 4 of epoch 0; it has 3");
    levin_error_clear();
    levin_batch b;
    assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_ESTATE);
    levin_error_clear();
    assert_null(load(NULL, (levin_dataloader_opts){ 0 }));
    assert_int_equal(levin_dataloader_next(NULL, &b), LEVIN_OK);
    assert_int_equal(levin_error(), LEVIN_OK);
}

/* Rows of one's own, each as test wants it. */
typedef struct own_rows {
    levin_dataset base;
    levin_example examples[4];
    int gets;
} own_rows;
static int64_t own_len(const levin_dataset *d)
{
    (void)d;
    return 4;
}
static int own_get(const levin_dataset *d, int64_t i, levin_example *out)
{
    *out = ((const own_rows *)d)->examples[i];
    return LEVIN_OK;
}
static const levin_dataset_class own_class = { LEVIN_DATASET(own_rows), .len = own_len,
                                               .get = own_get };
static const levin_dataset_class changing_class = { LEVIN_DATASET(own_rows), .len = own_len,
                                                    .get = own_get, .changing = true };

static own_rows *own_new(const levin_dataset_class *type)
{
    own_rows *self = (own_rows *)levin_dataset_new(type);
    assert_non_null(self);
    for (int i = 0; i < 4; i++)
        self->examples[i] = (levin_example){ .text = texts[i], .label = -1, .value = NAN };
    levin_dataset_set_tokenizer(&self->base, tokenizer, 0);
    return self;
}

static int64_t unknown_len(const levin_dataset *d)
{
    (void)d;
    return -1;
}

/* A stream may be begun at any batch whose rows have numbers. */
static void a_stream_is_not_begun_beyond_every_row(void **state)
{
    (void)state;
    static const levin_dataset_class endless = { LEVIN_DATASET(own_rows), .len = unknown_len,
                                                 .get = own_get };
    load(&own_new(&endless)->base, (levin_dataloader_opts){ .batch_size = 1024 });
    assert_int_equal(levin_dataloader_begin(loader, 0, (int64_t)1 << 53), LEVIN_EINVAL);
    assert_non_null(strstr(levin_error_message(), "dataloader: batch 9007199254740992 of epoch 0"));
    levin_error_clear();
}

static void rows_of_a_batch_must_be_alike(void **state)
{
    (void)state;
    static const float x[2] = { 1, 2 };
    const levin_example odd[] = {
        { .text = "a", .label = 1, .value = NAN },
        { .text = "a", .label = -1, .value = 1 },
        { .label = -1, .value = NAN },
        { .features = x, .n_features = 2, .label = -1, .value = NAN },
    };
    const char *const messages[] = {
        "own_rows: row 2 has a text and a class, but row 0 has a text and no label",
        "own_rows: row 2 has a text and a value, but row 0 has a text and no label",
        "own_rows: row 2 has no text, no ids and no features",
        "own_rows: row 2 has 2 features and no label, but row 0 has a text and no label",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        levin_batch b;
        own_rows *self = own_new(&own_class);
        self->examples[2] = odd[i];
        load(&self->base, (levin_dataloader_opts){ .batch_size = 4 });
        begin(0, 0);
        assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_EINVAL);
        assert_string_equal(levin_error_message(), messages[i]);
        levin_error_clear();
    }
}

static void ids_of_one_s_own_are_taken_as_they_are(void **state)
{
    (void)state;
    static const int32_t ids[] = { 5, 6, 7, 8, 9 }, types[] = { 1, 0, 2 };
    own_rows *self = own_new(&own_class);
    for (int i = 0; i < 4; i++)
        self->examples[i] = (levin_example){
            .input_ids = ids + i, .n_ids = i < 3 ? 1 : 2, .label = -1, .value = NAN
        };
    self->examples[0].n_ids = 3;
    self->examples[0].token_type_ids = types;
    load(&self->base, (levin_dataloader_opts){ .batch_size = 4 });
    begin(0, 0);
    levin_batch b = next();
    check_ids(b.input_ids, (const int32_t[]){ 5, 6, 7, 6, 7, 8, 9 }, 7);
    check_ids(b.token_type_ids, (const int32_t[]){ 1, 0, 2, 0, 0, 0, 0 }, 7);
    self->examples[1].n_ids = 0;
    begin(1, 0);
    assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(), "own_rows: row 1 has no tokens");
}

static void ids_are_kept_unless_rows_change(void **state)
{
    (void)state;
    for (int changing = 0; changing < 2; changing++) {
        own_rows *self = own_new(changing ? &changing_class : &own_class);
        load(&self->base, (levin_dataloader_opts){ .prefetch = LEVIN_OFF });
        begin(0, 0);
        check_ids(next().input_ids, (const int32_t[]){ CLS, A, SEP }, 3);
        self->examples[0].text = "b";
        begin(1, 0);
        check_ids(next().input_ids, (const int32_t[]){ CLS, changing ? B : A, SEP }, 3);
        levin_dataset_set_tokenizer(&self->base, tokenizer, 0); // forgets
        begin(2, 0);
        check_ids(next().input_ids, (const int32_t[]){ CLS, B, SEP }, 3);
    }
}

static void labels_out_of_range_stop_the_batch(void **state)
{
    (void)state;
    levin_batch b;
    own_rows *self = own_new(&own_class);
    for (int i = 0; i < 4; i++)
        self->examples[i].label = i;
    levin_dataset_set_labels(&self->base, 3, NULL);
    load(&self->base, (levin_dataloader_opts){ .batch_size = 2 });
    begin(0, 0);
    next();
    assert_int_equal(levin_dataloader_next(loader, &b), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(), "own_rows: row 3: label 3, expected 0 to 2");
}

static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    levin_batch b;
    int status = 0;
    for (int64_t k = 1; status != 1; k++) {
        assert_true(k < 500);
        levin_error_clear();
        levin_dataset *d = text_rows();
        levin__alloc_fail_at(k);
        load(d, (levin_dataloader_opts){ .batch_size = 4, .shuffle = LEVIN_ON });
        status = levin_dataloader_begin(loader, 0, 0);
        if (status == LEVIN_OK)
            status = levin_dataloader_next(loader, &b);
        levin__alloc_fail_at(0);
        if (status != 1)
            assert_int_equal(status, LEVIN_ENOMEM);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_batch_of_texts_is_packed),
        TEST(rows_are_truncated_the_longer_text_first),
        TEST(a_batch_of_numbers_is_dense),
        TEST(values_of_a_regression_are_f32),
        TEST(the_last_batch_is_smaller_or_left_out),
        TEST(any_moment_can_be_come_back_to),
        TEST(prefetch_changes_nothing_but_the_time),
        TEST(the_order_can_be_set_anew),
        TEST(without_a_seed_the_thread_s_own_is_taken),
        TEST(an_epoch_can_be_left_at_any_batch),
        TEST(a_lent_batch_stays_while_others_are_made),
        TEST(a_warm_epoch_takes_nothing_from_the_heap),
        TEST(texts_without_a_tokenizer_are_an_error_of_the_first_batch),
        TEST(loaders_that_cannot_be_are_refused),
        TEST(a_stream_is_not_begun_beyond_every_row),
        TEST(rows_of_a_batch_must_be_alike),
        TEST(ids_of_one_s_own_are_taken_as_they_are),
        TEST(ids_are_kept_unless_rows_change),
        TEST(labels_out_of_range_stop_the_batch),
        TEST(every_failing_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
