/* test_nli.c: the generated NLI set: its files, its balance, and that a hypothesis alone tells
 * nothing about its label. */
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "data/nli_pair.h"
#include "data/rows.h"
#include "support/scratch.h"

#include <levin/data.h>
#include <math.h>

enum { TRAIN = 4500, DEV = 600, TEST = 1500, CLASSES = 3 };

static const char *const label_names[] = { "entailment", "neutral", "contradiction", NULL };
static levin_dataset *train, *dev, *test;

static levin_dataset *read_split(const char *name)
{
    levin_text_opts opts = { .label_names = label_names, .num_labels = CLASSES };
    levin_dataset *d = levin_dataset_from_file(in_scratch(name), &opts);
    if (!d)
        fail_msg("%s", levin_error_message());
    return d;
}

static int set_up_group(void **state)
{
    if (make_scratch(state) != 0)
        return -1;
    if (levin_generate_nli(scratch, TRAIN, DEV, TEST, 1) != LEVIN_OK)
        fail_msg("%s", levin_error_message());
    train = read_split("train.tsv");
    dev = read_split("dev_matched.tsv");
    test = read_split("test_matched.tsv");
    return 0;
}

static int tear_down_group(void **state)
{
    levin_dataset_free(train);
    levin_dataset_free(dev);
    levin_dataset_free(test);
    return remove_scratch(state);
}

static int tear_down(void **state)
{
    (void)state;
    levin_error_clear();
    return 0;
}

static void splits_have_their_sizes_and_balanced_classes(void **state)
{
    (void)state;
    const levin_dataset *splits[] = { train, dev, test };
    const int64_t sizes[] = { TRAIN, DEV, TEST };
    for (int s = 0; s < 3; s++) {
        int64_t counts[CLASSES] = { 0 };
        assert_int_equal(levin_dataset_len(splits[s]), sizes[s]);
        for (int64_t i = 0; i < sizes[s]; i++)
            counts[levin_dataset_label(splits[s], i)]++;
        for (int c = 0; c < CLASSES; c++)
            assert_int_equal(counts[c], sizes[s] / CLASSES);
    }
}

static void columns_are_those_of_glue(void **state)
{
    (void)state;
    static const char *const names[] = { "index",
                                         "promptID",
                                         "pairID",
                                         "genre",
                                         "sentence1_binary_parse",
                                         "sentence2_binary_parse",
                                         "sentence1_parse",
                                         "sentence2_parse",
                                         "sentence1",
                                         "sentence2",
                                         "label1",
                                         "gold_label" };
    levin_rows *rows = levin__rows_open(in_scratch("train.tsv"), NULL);
    assert_non_null(rows);
    for (int i = 0; i < 12; i++)
        assert_string_equal(levin__rows_columns(rows)[i], names[i]);
    assert_null(levin__rows_columns(rows)[12]);
    levin__rows_close(rows);
}

static void sentences_are_whole_and_pairs_differ(void **state)
{
    (void)state;
    for (int64_t i = 0; i < TRAIN; i++) {
        const char *sentences[] = { levin_dataset_text(train, i),
                                    levin_dataset_text_pair(train, i) };
        for (int k = 0; k < 2; k++) {
            size_t n = strlen(sentences[k]);
            assert_true(n > 10 && n < 160);
            assert_in_range(sentences[k][0], 'A', 'Z');
            assert_int_equal(sentences[k][n - 1], '.');
            assert_null(strstr(sentences[k], "  "));
            assert_null(strchr(sentences[k], '|'));
        }
        assert_string_not_equal(sentences[0], sentences[1]);
    }
}

static void no_hypothesis_of_dev_or_test_is_in_another_split(void **state)
{
    (void)state;
    const levin_dataset *splits[] = { train, dev, test };
    levin_map *seen = levin__map_new(8192);
    for (int s = 0; s < 3; s++) {
        for (int64_t i = 0; i < levin_dataset_len(splits[s]); i++) {
            const char *h = levin_dataset_text_pair(splits[s], i);
            int64_t at = levin__map_get(seen, h, strlen(h), s);
            if (at != s)
                fail_msg("in splits %d and %d: %s", (int)at, s, h);
            levin__map_set(seen, h, strlen(h), s);
        }
    }
    levin__map_free(seen);
}

static void the_same_seed_gives_the_same_bytes_whatever_the_other_sizes(void **state)
{
    (void)state;
    size_t n, m;
    char *before = levin__file_read(in_scratch("dev_matched.tsv"), 1 << 24, &n);
    assert_int_equal(levin_generate_nli(scratch, 0, DEV, 0, 1), LEVIN_OK);
    char *after = levin__file_read(in_scratch("dev_matched.tsv"), 1 << 24, &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    levin__free(after);
    assert_int_equal(levin_generate_nli(scratch, 0, DEV, 0, 2), LEVIN_OK);
    after = levin__file_read(in_scratch("dev_matched.tsv"), 1 << 24, &m);
    assert_true(n != m || memcmp(before, after, n) != 0);
    levin__free(before);
    levin__free(after);
}

/* Naive Bayes over the words of a text and the pairs of neighbouring words, add-one smoothing. */
typedef struct bayes {
    levin_map *features;
    double (*counts)[CLASSES];
    int64_t n_features, capacity;
    double totals[CLASSES];
} bayes;

static void for_each_feature(const char *text, void (*visit)(void *, const char *, size_t, int),
                             void *payload, int label)
{
    const char *before = NULL;
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        visit(payload, word, n, label);
        if (before)
            visit(payload, before, (size_t)(word + n - before), label);
        before = word;
        word += n + (word[n] == ' ');
    }
}

static void learn_feature(void *payload, const char *text, size_t n, int label)
{
    bayes *b = payload;
    int64_t at = levin__map_get(b->features, text, n, b->n_features);
    if (at == b->n_features) {
        if (at == b->capacity) {
            b->capacity = b->capacity ? 2 * b->capacity : 1024;
            b->counts = realloc(b->counts, (size_t)b->capacity * sizeof *b->counts);
        }
        memset(b->counts[at], 0, sizeof *b->counts);
        levin__map_set(b->features, text, n, b->n_features++);
    }
    b->counts[at][label]++;
    b->totals[label]++;
}

typedef struct guess {
    const bayes *b;
    double score[CLASSES];
} guess;

static void weigh_feature(void *payload, const char *text, size_t n, int label)
{
    guess *g = payload;
    (void)label;
    int64_t at = levin__map_get(g->b->features, text, n, -1);
    for (int c = 0; at >= 0 && c < CLASSES; c++)
        g->score[c] +=
            log((g->b->counts[at][c] + 1) / (g->b->totals[c] + (double)g->b->n_features));
}

/* Accuracy on the test split of a model that sees one of the two sentences. */
static double accuracy_from(const char *(*sentence)(const levin_dataset *, int64_t))
{
    bayes b = { .features = levin__map_new(4096) };
    for (int64_t i = 0; i < TRAIN; i++)
        for_each_feature(sentence(train, i), learn_feature, &b, (int)levin_dataset_label(train, i));
    int64_t right = 0;
    for (int64_t i = 0; i < TEST; i++) {
        guess g = { .b = &b };
        for_each_feature(sentence(test, i), weigh_feature, &g, 0);
        int best = 0;
        for (int c = 1; c < CLASSES; c++)
            best = g.score[c] > g.score[best] ? c : best;
        right += best == levin_dataset_label(test, i);
    }
    levin__map_free(b.features);
    free(b.counts);
    return (double)right / TEST;
}

static void a_hypothesis_alone_tells_nothing(void **state)
{
    (void)state;
    double accuracy = accuracy_from(levin_dataset_text_pair);
    print_message("hypothesis only, naive Bayes: %.1f %%\n", 100 * accuracy);
    assert_true(accuracy <= 0.40);
}

static void a_premise_alone_does_not_suffice(void **state)
{
    (void)state;
    double accuracy = accuracy_from(levin_dataset_text);
    print_message("premise only, naive Bayes: %.1f %%\n", 100 * accuracy);
    assert_true(accuracy <= 0.60);
}

static bool holds_not(const char *text)
{
    return strstr(text, " not ") || strstr(text, " no ") || strncmp(text, "None ", 5) == 0;
}

static void denials_are_as_frequent_in_every_class(void **state)
{
    (void)state;
    double premises[CLASSES] = { 0 }, hypotheses[CLASSES] = { 0 };
    for (int64_t i = 0; i < TRAIN; i++) {
        int64_t label = levin_dataset_label(train, i);
        premises[label] += (double)holds_not(levin_dataset_text(train, i)) * CLASSES / TRAIN;
        hypotheses[label] += (double)holds_not(levin_dataset_text_pair(train, i)) * CLASSES / TRAIN;
    }
    for (int a = 0; a < CLASSES; a++) {
        for (int b = 0; b < CLASSES; b++) {
            assert_true(fabs(premises[a] - premises[b]) < 0.06);
            assert_true(fabs(hypotheses[a] - hypotheses[b]) < 0.03);
        }
    }
}

static void every_hypothesis_can_have_every_label(void **state)
{
    (void)state;
    levin_generator g;
    levin_buffer text = LEVIN_BUFFER(1000);
    levin__generator_seed(&g, 77);
    for (int i = 0; i < 20000; i++) { // that it ends at all is what is tested
        nli_sentence h = levin__nli_hypothesis(&g);
        for (int label = 0; label < CLASSES; label++) {
            nli_sentence p = levin__nli_premise(&g, &h, (nli_label)label);
            levin__buffer_clear(&text);
            levin__nli_write(&text, &p);
            assert_false(text.failed);
        }
    }
    levin__buffer_free(&text);
}

static void impossible_wishes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(levin_generate_nli(scratch, -1, 0, 0, 1), LEVIN_EINVAL);
    assert_string_equal(levin_error_message(),
                        "generate_nli: -1 rows for train.tsv; 0 to 200000 are possible");
    levin_error_clear();
    assert_int_equal(levin_generate_nli(NULL, 1, 1, 1, 1), LEVIN_OK);
    assert_int_equal(levin_generate_nli("/proc/nowhere", 1, 1, 1, 1), LEVIN_EIO);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(splits_have_their_sizes_and_balanced_classes),
        CASE(columns_are_those_of_glue),
        CASE(sentences_are_whole_and_pairs_differ),
        CASE(no_hypothesis_of_dev_or_test_is_in_another_split),
        CASE(the_same_seed_gives_the_same_bytes_whatever_the_other_sizes),
        CASE(a_hypothesis_alone_tells_nothing),
        CASE(a_premise_alone_does_not_suffice),
        CASE(denials_are_as_frequent_in_every_class),
        CASE(every_hypothesis_can_have_every_label),
        CASE(impossible_wishes_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
