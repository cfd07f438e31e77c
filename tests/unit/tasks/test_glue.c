/* test_glue.c: GLUE's tasks by name: where their files are looked for, their labels in GLUE's
 * order, files without header, broken rows, hidden labels; and the real files where they are. */
#include "base/file.h"
#include "support/report.h"
#include "support/scratch.h"
#include "support/small_vocab.h"

#include <levin/tasks.h>

static levin_dataset *d;

static int tear_down(void **state)
{
    (void)state;
    static const char *const tasks[] = { "MNLI", "mnli", "CoLA", "QQP" };
    static const char *const files[] = { "train.tsv", "test.tsv", "dev.tsv", "dev_matched.tsv" };
    levin_dataset_free(d);
    d = NULL;
    levin_error_clear();
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++) {
            char name[64];
            snprintf(name, sizeof name, "%s/%s", tasks[i], files[k]);
            unlink(in_scratch(name));
        }
    }
    empty_scratch();
    return 0;
}

/* Writes name, which may lie in a folder of a task. */
static void put(const char *name, const char *text)
{
    char task[64];
    const char *slash = strchr(name, '/');
    if (slash) {
        snprintf(task, sizeof task, "%.*s", (int)(slash - name), name);
        assert_int_equal(levin__make_dirs(in_scratch(task)), LEVIN_OK);
    }
    assert_int_equal(levin__file_write(in_scratch(name), text, strlen(text)), LEVIN_OK);
}

static levin_dataset *glue(const char *task, const char *split)
{
    levin_dataset_free(d);
    levin_error_clear();
    return d = levin_glue_dataset(task, split, scratch, NULL);
}

static void check_row(int64_t i, const char *text, const char *pair, int64_t label)
{
    if (!d)
        fail_msg("%s", levin_error_message());
    assert_string_equal(levin_dataset_text(d, i), text);
    if (pair)
        assert_string_equal(levin_dataset_text_pair(d, i), pair);
    assert_int_equal(levin_dataset_label(d, i), label);
}

static const char mnli_text[] = "index\tsentence1\tsentence2\tlabel1\tgold_label\n"
                                "0\tp\th\tx\tcontradiction\n1\tq\ti\tx\tneutral\n";

static void files_are_found_in_the_folder_of_the_task_or_in_data_dir(void **state)
{
    (void)state;
    put("mnli_train_merged.tsv", "premise\thypothesis\tlabel\nmerged\th\tneutral\n");
    glue("mnli", "train");
    check_row(0, "merged", "h", 1);
    put("train.tsv", mnli_text);
    glue("MNLI", "train");
    check_row(0, "p", "h", 2);
    put("mnli/train.tsv", "sentence1\tsentence2\tgold_label\nlower\th\tentailment\n");
    glue("mnli", "train");
    check_row(0, "lower", "h", 0);
    put("MNLI/train.tsv", "sentence1\tsentence2\tgold_label\nupper\th\tentailment\n");
    glue("mnli", "TRAIN");
    check_row(0, "upper", "h", 0);
    assert_string_equal(levin_dataset_label_name(d, 2), "contradiction");
}

static void splits_have_the_names_of_glue_and_of_hugging_face(void **state)
{
    (void)state;
    static const char *const names[] = { "dev_matched", "validation_matched", "dev", "validation" };
    put("MNLI/dev_matched.tsv", mnli_text);
    for (int i = 0; i < 4; i++) {
        glue("mnli", names[i]);
        check_row(1, "q", "i", 1);
    }
    put("mnli_dev_matched.tsv", "premise\thypothesis\tlabel\nmerged\th\tneutral\n");
    glue("mnli", "dev_matched");
    check_row(1, "q", "i", 1);
}

static void a_missing_split_names_the_places(void **state)
{
    (void)state;
    char expected[700];
    assert_null(glue("mnli", "dev_mismatched"));
    snprintf(expected, sizeof expected,
             "%s: no dev_mismatched split of mnli: neither MNLI/dev_mismatched.tsv nor "
             "dev_mismatched.tsv is there",
             scratch);
    assert_string_equal(levin_error_message(), expected);
    assert_int_equal(levin_error(), LEVIN_ENOTFOUND);
}

static void unknown_tasks_and_splits_are_said(void **state)
{
    (void)state;
    assert_null(glue("mmli", "train"));
    assert_string_equal(levin_error_message(), "unknown GLUE task 'mmli', did you mean mnli?");
    assert_null(glue("rte", "trian"));
    assert_string_equal(levin_error_message(), "unknown split of rte 'trian', did you mean train?");
    assert_null(glue("ax", "train"));
    assert_string_equal(levin_error_message(), "unknown split of ax 'train', known: test");
    levin_error_clear();
    assert_null(levin_glue_dataset("mnli", "train", NULL, NULL));
    assert_string_equal(levin_error_message(),
                        "glue mnli: no data_dir: the folder that holds mnli");
    levin_error_clear();
    assert_null(levin_glue("mnli", "train", NULL, NULL));
    assert_string_equal(levin_error_message(),
                        "glue mnli: no model folder, whose tokenizer is needed");
}

static void cola_has_no_header_but_in_its_test_split(void **state)
{
    (void)state;
    put("CoLA/train.tsv", "gj04\t1\t\tOne runs.\ngj04\t0\t*\tTwo run runs.\n");
    put("CoLA/test.tsv", "index\tsentence\n0\tThree.\n");
    glue("cola", "train");
    check_row(0, "One runs.", NULL, 1);
    check_row(1, "Two run runs.", NULL, 0);
    assert_string_equal(levin_dataset_label_name(d, 1), "acceptable");
    glue("cola", "test");
    check_row(0, "Three.", NULL, -1);
}

static void broken_rows_of_qqp_are_counted(void **state)
{
    (void)state;
    put("QQP/dev.tsv",
        "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
        "1\t2\t3\tWhy?\tHow?\t0\n4\t5\t6\tWhen?\tWhere? 1\n7\t8\t9\tWho?\tWho?\t1\n");
    glue("qqp", "dev");
    check_row(1, "Who?", "Who?", 1);
    assert_int_equal(levin_dataset_skipped(d), 1);
}

static void a_test_split_may_or_may_not_have_labels(void **state)
{
    (void)state;
    put("test_matched.tsv", mnli_text);
    glue("mnli", "test");
    check_row(0, "p", "h", 2);
    put("test_matched.tsv", "index\tsentence1\tsentence2\n0\tp\th\n");
    glue("mnli", "test_matched");
    check_row(0, "p", "h", -1);
    assert_int_equal(levin_dataset_num_labels(d), 3);
}

static void a_model_s_own_order_of_labels_can_be_given(void **state)
{
    (void)state;
    const char *const names[] = { "contradiction", "entailment", "neutral", NULL };
    put("train.tsv", mnli_text);
    d = levin_glue_dataset(
        "mnli", "train", scratch,
        &(levin_text_opts){ .label_names = names, .num_labels = 3, .max_rows = 1 });
    check_row(0, "p", "h", 0);
    assert_int_equal(levin_dataset_len(d), 1);
}

static void every_task_has_labels_or_is_a_regression(void **state)
{
    (void)state;
    static const char *const names[] = { "cola", "sst2", "mrpc", "stsb", "qqp",
                                         "mnli", "qnli", "rte",  "wnli", "ax" };
    for (int i = 0; i < 10; i++) {
        const levin_glue_task *task = levin_glue_find(names[i]);
        assert_non_null(task);
        assert_non_null(task->metrics[0]);
        assert_int_equal(task->regression, task->label_names == NULL);
        for (int64_t k = 0; task->label_names && k < task->num_labels; k++)
            assert_non_null(task->label_names[k]);
        if (task->label_names)
            assert_null(task->label_names[task->num_labels]);
    }
    assert_ptr_equal(levin_glue_find("SST-2"), levin_glue_find("sst2"));
    assert_string_equal(levin_glue_find("wnli")->label_names[0], "not_entailment");
    assert_null(levin_glue_find(NULL));
}

static void a_loader_owns_its_tokenizer_and_shuffles_the_train_split(void **state)
{
    (void)state;
    put("train.tsv", mnli_text);
    put("dev_matched.tsv", mnli_text);
    put("vocab.txt", SMALL_VOCAB);
    levin_dataloader_opts opts = { .data_dir = scratch, .batch_size = 2 };
    levin_dataloader *train = levin_glue("mnli", "train", scratch, &opts);
    levin_dataloader *dev = levin_glue("mnli", "dev_matched", scratch, &opts);
    if (!train || !dev)
        fail_msg("%s", levin_error_message());
    assert_true(levin_dataloader_shuffle(train));
    assert_false(levin_dataloader_shuffle(dev));
    levin_batch b;
    levin_dataloader_begin(dev, 0, 0);
    assert_int_equal(levin_dataloader_next(dev, &b), 1);
    const int32_t ids[] = { CLS, UNK, SEP, UNK, SEP, CLS, UNK, SEP, UNK, SEP };
    assert_memory_equal(levin_tensor_const_data(b.input_ids), ids, sizeof ids);
    levin_dataloader_free(train);
    levin_dataloader_free(dev);
}

static void the_real_files_have_their_known_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *task, *split;
        int64_t rows, skipped;
    } known[] = {
        { "cola", "train", 8551, 0 },  { "cola", "dev", 1043, 0 }, { "cola", "test", 1063, 0 },
        { "sst2", "train", 67349, 0 }, { "sst2", "dev", 872, 0 },  { "sst2", "test", 1821, 0 },
        { "mrpc", "train", 3667, 0 },  { "mrpc", "dev", 408, 0 },  { "mrpc", "test", 1725, 0 },
        { "stsb", "train", 5749, 0 },  { "stsb", "dev", 1500, 0 }, { "qnli", "dev", 5463, 0 },
        { "rte", "train", 2490, 0 },   { "rte", "dev", 277, 0 },   { "rte", "test", 3000, 0 },
        { "wnli", "train", 635, 0 },   { "wnli", "dev", 71, 0 },   { "wnli", "test", 146, 0 },
        { "ax", "test", 1104, 0 },
    };
    const char *path = report_data("glue");
    if (!path)
        skip();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        d = levin_glue_dataset(known[i].task, known[i].split, path, NULL);
        if (!d)
            fail_msg("%s", levin_error_message());
        if (levin_dataset_len(d) != known[i].rows || levin_dataset_skipped(d) != known[i].skipped)
            fail_msg("%s %s: %lld rows, %lld skipped", known[i].task, known[i].split,
                     (long long)levin_dataset_len(d), (long long)levin_dataset_skipped(d));
        levin_dataset_free(d);
        d = NULL;
    }
    path = report_data("mnli");
    assert_non_null(path);
    d = levin_glue_dataset("mnli", "train", path, &(levin_text_opts){ .max_rows = 20000 });
    assert_int_equal(levin_dataset_len(d), 20000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(files_are_found_in_the_folder_of_the_task_or_in_data_dir),
        TEST(splits_have_the_names_of_glue_and_of_hugging_face),
        TEST(a_missing_split_names_the_places),
        TEST(unknown_tasks_and_splits_are_said),
        TEST(cola_has_no_header_but_in_its_test_split),
        TEST(broken_rows_of_qqp_are_counted),
        TEST(a_test_split_may_or_may_not_have_labels),
        TEST(a_model_s_own_order_of_labels_can_be_given),
        TEST(every_task_has_labels_or_is_a_regression),
        TEST(a_loader_owns_its_tokenizer_and_shuffles_the_train_split),
        TEST(the_real_files_have_their_known_sizes),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
