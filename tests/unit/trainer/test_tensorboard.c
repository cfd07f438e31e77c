/* test_tensorboard.c: the events of TensorBoardLogger, read back with their checksums. What
 * TensorBoard itself makes of them is tests/peers/event_files.py's. */
#include "support/events.h"
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"
#include "base/memory.h"

#include <levin/sys/logger.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static levin_logger *begin(levin_tensorboard_logger_opts opts)
{
    opts.save_dir = root;
    levin_logger *l = levin_tensorboard_logger(&opts);
    assert_non_null(l);
    assert_int_equal(l->type->start(l, "elsewhere"), 0);
    return l;
}

static events read_back(levin_logger *l)
{
    assert_int_equal(levin_logger_flush(l), 0);
    events e = events_read(levin_logger_log_dir(l));
    assert_int_equal(e.bytes_left, 0);
    assert_string_equal(e.at[0]->file_version, "brain.Event:2");
    return e;
}

/* The value that event number i has under a tag. */
static const Levin__Summary__Value *value_of(const events *e, size_t i, const char *tag)
{
    assert_true(i < e->n);
    assert_int_equal(e->at[i]->what_case, LEVIN__EVENT__WHAT_SUMMARY);
    const Levin__Summary *s = e->at[i]->summary;
    for (size_t k = 0; k < s->n_value; k++)
        if (strcmp(s->value[k]->tag, tag) == 0)
            return s->value[k];
    fail_msg("event %zu has no %s, but %s", i, tag, s->n_value ? s->value[0]->tag : "nothing");
    return NULL;
}

static void check_scalar(const events *e, size_t i, const char *tag, float expected)
{
    const Levin__Summary__Value *v = value_of(e, i, tag);
    assert_int_equal(v->value_case, LEVIN__SUMMARY__VALUE__VALUE_SIMPLE_VALUE);
    assert_memory_equal(&v->simple_value, &expected, sizeof expected);
}

static void a_row_is_an_event(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    const levin_logged row[] = { { "loss", 0.5, false },
                                 { "acc", 0, false },
                                 { "epoch", 3, true } };
    assert_int_equal(l->type->log_metrics(l, row, 3, 12), 0);
    assert_int_equal(l->type->log_metrics(l, row, 1, 0), 0);
    events e = read_back(l);
    assert_int_equal(e.n, 3);
    assert_int_equal(e.at[1]->step, 12);
    assert_true(e.at[1]->wall_time > 1.7e9 && e.at[1]->wall_time >= e.at[0]->wall_time);
    check_scalar(&e, 1, "loss", 0.5f);
    check_scalar(&e, 1, "acc", 0);
    check_scalar(&e, 1, "epoch", 3);
    assert_int_equal(e.at[2]->step, 0);
    events_free(&e);
    levin_logger_free(l);
}

static void odd_numbers_and_names_pass(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tag;
        double value;
    } rows[] = {
        { "nan", "nan", (double)NAN },
        { "inf", "inf", (double)INFINITY },
        { "-inf", "-inf", -(double)INFINITY },
        { "val_loss/dataloader_idx_1", "val_loss/dataloader_idx_1", 1 },
        { "a b,\"c\"", "a b,\"c\"", 2 },
        { "\xc3\xa9\xe6\x9d\xb1", "\xc3\xa9\xe6\x9d\xb1", 3 },
        { "cut \xe6\x9d", "cut ??", 4 }, // a reader would refuse the whole file
        { "", "", 5 },
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < ROWS; i++)
            assert_int_equal(levin_logger_log_number(l, rows[i].name, rows[i].value, i), 0);
    assert_int_equal(levin_logger_log_number(l, "a\nb", 1, 0), LEVIN_EINVAL);
    assert_error(LEVIN_EINVAL, "control character");
    events e = read_back(l);
    assert_int_equal(e.n, 1 + 2 * ROWS);
    for (size_t i = 0; i < 2 * ROWS; i++)
        check_scalar(&e, 1 + i, rows[i % ROWS].tag, (float)rows[i % ROWS].value);
    events_free(&e);
    levin_logger_free(l);
}

static void prefix_and_sub_dir_say_where(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){
        .prefix = "run", .sub_dir = "a/b", .name = "mine", .version = "3" });
    char *expected = levin__path_join(root, "mine/version_3/a/b");
    assert_string_equal(levin_logger_log_dir(l), expected);
    levin__free(expected);
    levin_logger_log_number(l, "loss", 1, 0);
    events e = read_back(l);
    check_scalar(&e, 1, "run-loss", 1);
    events_free(&e);
    levin_logger_free(l);
}

static void a_text_is_a_tensor_of_one_string(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    assert_int_equal(levin_logger_log_text(l, "note", "# two\nlines \xff", 7), 0);
    events e = read_back(l);
    assert_int_equal(e.at[1]->step, 7);
    const Levin__Summary__Value *v = value_of(&e, 1, "note/text_summary");
    assert_string_equal(v->metadata->plugin_data->plugin_name, "text");
    assert_int_equal(v->tensor->dtype, 7);
    assert_int_equal(v->tensor->tensor_shape->dim[0]->size, 1);
    assert_int_equal(v->tensor->string_val[0].len, 13);
    assert_memory_equal(v->tensor->string_val[0].data, "# two\nlines ?", 13);
    events_free(&e);
    levin_logger_free(l);
}

static levin_tensor *numbers(const float *x, int64_t n)
{
    levin_tensor *t = levin_zeros(LEVIN_F32, 1, &n);
    memcpy(levin_tensor_data(t), x, (size_t)n * sizeof *x);
    return t;
}

static void a_histogram_counts_what_lies_below_each_end(void **state)
{
    (void)state;
    static const float x[] = { -1, 0, 0, 2, 1e30f, 2.05f, (float)NAN, (float)INFINITY };
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    assert_int_equal(levin_logger_log_histogram(l, "w", numbers(x, 8), 0), 0);
    events e = read_back(l);
    const Levin__Histogram *h = value_of(&e, 1, "w")->histo;
    double counted = 0, below_zero = 0;
    assert_int_equal(h->n_bucket, h->n_bucket_limit);
    for (size_t i = 0; i < h->n_bucket; i++) {
        assert_true(i == 0 || h->bucket_limit[i] > h->bucket_limit[i - 1]);
        counted += h->bucket[i];
        below_zero += h->bucket_limit[i] <= 0 ? h->bucket[i] : 0;
    }
    assert_true(h->num == 6 && counted == 6 && below_zero == 1);
    assert_true(h->bucket[0] == 0 && h->bucket[1] == 1 && h->bucket[h->n_bucket - 1] == 1);
    assert_true(h->min == -1 && h->max == (double)1e30f);
    events_free(&e);
    levin_logger_free(l);
}

static void a_histogram_of_nothing_is_refused(void **state)
{
    (void)state;
    static const float x[] = { (float)NAN };
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    assert_int_equal(levin_logger_log_histogram(l, "w", numbers(x, 1), 0), LEVIN_ENUMERIC);
    assert_error(LEVIN_ENUMERIC, "TensorBoardLogger: 'w': none of 1 numbers is finite");
    assert_int_equal(levin_logger_log_histogram(l, "w", numbers(x, 0), 0), LEVIN_ENUMERIC);
    levin_error_clear();
    levin_logger_free(l);
}

static Levin__HParamsPluginData *page_of(const events *e, size_t i, const char *tag)
{
    const Levin__Summary__Value *v = value_of(e, i, tag);
    assert_string_equal(v->metadata->plugin_data->plugin_name, "hparams");
    const ProtobufCBinaryData *content = &v->metadata->plugin_data->content;
    Levin__HParamsPluginData *page =
        levin__hparams_plugin_data__unpack(NULL, content->len, content->data);
    assert_non_null(page);
    return page;
}

static const char *const pairs[][2] = { { "lr", "2.0e-05" },
                                        { "name", "'it''s'" },
                                        { "flag", "true" },
                                        { "none", "null" },
                                        { "list", "[1, 2]" } };

static void check_values(const events *e)
{
    Levin__HParamsPluginData *page = page_of(e, 3, "_hparams_/session_start_info");
    const Levin__SessionStartInfo *start = page->session_start_info;
    static const char *const texts[] = { NULL, "it's", NULL, "None", "[1, 2]" };
    static const double values[] = { 2e-5, 0, 1, 0, 0 };
    assert_int_equal(start->n_hparams, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(start->hparams[i]->key, pairs[i][0]);
        const Levin__HParamValue *v = start->hparams[i]->value;
        if (texts[i])
            assert_string_equal(v->string_value, texts[i]);
        else
            assert_true(v->number_value == values[i]);
    }
    levin__hparams_plugin_data__free_unpacked(page, NULL);
}

static void check_status(const events *e, size_t i, Levin__Status expected)
{
    Levin__HParamsPluginData *page = page_of(e, i, "_hparams_/session_end_info");
    assert_int_equal(page->session_end_info->status, expected);
    levin__hparams_plugin_data__free_unpacked(page, NULL);
}

static void hyperparameters_say_how_a_run_began_and_ended(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ .prefix = "run" });
    assert_int_equal(l->type->log_hyperparameters(l, pairs, 5), 0);
    events e = read_back(l);
    assert_int_equal(e.n, 4); // while it runs, its end is open
    check_scalar(&e, 1, "run-hp_metric", -1);
    Levin__HParamsPluginData *page = page_of(&e, 2, "_hparams_/experiment");
    assert_int_equal(page->experiment->n_hparam_infos, 5);
    assert_string_equal(page->experiment->metric_infos[0]->name->tag, "run-hp_metric");
    levin__hparams_plugin_data__free_unpacked(page, NULL);
    check_values(&e);
    events_free(&e);
    l->type->finalize(l, "failed");
    l->type->finalize(l, "success"); // of another call, which logged none
    e = read_back(l);
    assert_int_equal(e.n, 5);
    check_status(&e, 4, LEVIN__STATUS__FAILURE);
    events_free(&e);
    levin_logger_free(l);
}

static void without_default_hp_metric_there_is_none(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ .default_hp_metric = LEVIN_OFF });
    l->type->log_hyperparameters(l, NULL, 0); // nothing to show: no events
    l->type->log_hyperparameters(l, pairs, 1);
    events e = read_back(l);
    assert_int_equal(e.n, 3);
    Levin__HParamsPluginData *page = page_of(&e, 1, "_hparams_/experiment");
    assert_int_equal(page->experiment->n_metric_infos, 0);
    levin__hparams_plugin_data__free_unpacked(page, NULL);
    events_free(&e);
    levin_logger_free(l);
}

static void a_graph_is_refused(void **state)
{
    (void)state;
    assert_null(
        levin_tensorboard_logger(&(levin_tensorboard_logger_opts){ .log_graph = LEVIN_ON }));
    assert_error(LEVIN_EUNSUPPORTED, "log_graph");
}

static void one_file_takes_what_comes_after_the_end(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    levin_logger_log_number(l, "val_loss", 1, 0);
    l->type->finalize(l, "success");
    assert_int_equal(l->type->start(l, "elsewhere"), 0);
    levin_logger_log_number(l, "test_loss", 2, 5);
    events e = read_back(l);
    assert_int_equal(e.n, 3);
    check_scalar(&e, 2, "test_loss", 2);
    events_free(&e);
    levin_logger_free(l);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_whole_records(void **state)
{
    (void)state;
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    levin_logger_log_number(l, "a", 1, 1);
    levin_logger_flush(l);
    levin_logger_log_number(l, "a", 2, 2);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_files(100);
    int result = levin_logger_flush(l);
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_int_equal(result, LEVIN_EIO);
    assert_error(LEVIN_EIO, "events.out.tfevents.");
    events e = events_read(levin_logger_log_dir(l));
    assert_int_equal(e.n, 2);
    assert_int_equal(e.bytes_left, 0);
    events_free(&e);
    e = read_back(l);
    assert_int_equal(e.n, 3);
    events_free(&e);
    levin_logger_free(l);
}

static void a_million_steps_allocate_nothing(void **state)
{
    (void)state;
    enum { STEPS = 1000000 };
    levin_logger *l = begin((levin_tensorboard_logger_opts){ 0 });
    const levin_logged row[] = { { "loss", 0.5, false }, { "epoch", 3, true } };
    l->type->log_metrics(l, row, 2, 0);
    int64_t warm = levin__alloc_count();
    for (int64_t step = 1; step < STEPS; step++)
        l->type->log_metrics(l, row, 2, (step << 12) + 1); // steps of many bytes too
    int64_t allocations = levin__alloc_count() - warm;
    events e = read_back(l);
    assert_true(allocations < 8); // of the record's buffer, which grows a little at first
    assert_int_equal(e.n, 1 + STEPS);
    assert_int_equal(e.at[STEPS]->step, ((int64_t)(STEPS - 1) << 12) + 1);
    events_free(&e);
    levin_logger_free(l);
}

/* Both of logger=true, and of lists whose places are the same. */
static void loggers_of_one_place_share_a_version(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        levin_logger *list[] = { levin_csv_logger(NULL), levin_tensorboard_logger(NULL),
                                 levin_csv_logger(&(levin_csv_logger_opts){ .name = "other" }),
                                 NULL };
        boring *m = boring_new(1);
        levin_save_hyperparameter(&m->base, "lr", "0.01");
        levin_trainer *t =
            levin_trainer_new(&(levin_trainer_flags){ .default_root_dir = root,
                                                      .max_epochs = 1,
                                                      .enable_progress_bar = LEVIN_OFF,
                                                      .enable_model_summary = LEVIN_OFF,
                                                      .logger = i ? list : NULL });
        levin_trainer_set_output(t, NULL);
        for (int k = 0; i == 0 && list[k]; k++)
            levin_logger_free(list[k]);
        assert_int_equal(levin_trainer_fit(t, &m->base, boring_loader(8, 1, NULL), NULL), 0);
        char *expected = levin__format("%s/lightning_logs/version_%d", root, i);
        for (int k = 0; k < 2; k++)
            assert_string_equal(levin_logger_log_dir(levin_trainer_logger(t, k)), expected);
        assert_null(levin_trainer_logger(t, i ? 3 : 2));
        char *other = levin__format("%s/other/version_%d", root, i - 1);
        if (i)
            assert_string_equal(levin_logger_log_dir(levin_trainer_logger(t, 2)), other);
        events e = events_read(expected);
        assert_int_equal(e.n, 5); // the version, hp_metric, two of hparams, the end
        check_status(&e, 4, LEVIN__STATUS__SUCCESS);
        events_free(&e);
        levin__free(other);
        levin__free(expected);
        levin_trainer_free(t);
        levin_module_free(&m->base);
    }
}

/* Checkpoints stay beside a logger's own sub_dir, as in Lightning. */
static void checkpoints_lie_beside_sub_dir(void **state)
{
    (void)state;
    levin_logger *list[] = {
        levin_tensorboard_logger(&(levin_tensorboard_logger_opts){ .sub_dir = "tb" }), NULL
    };
    boring *m = boring_new(1);
    levin_trainer *t = levin_trainer_new(
        &(levin_trainer_flags){ .default_root_dir = root, .max_epochs = 1, .logger = list });
    levin_trainer_set_output(t, NULL);
    assert_int_equal(levin_trainer_fit(t, &m->base, boring_loader(8, 1, NULL), NULL), 0);
    char *expected =
        levin__path_join(root, "lightning_logs/version_0/checkpoints/epoch=0-step=8.ckpt");
    assert_string_equal(levin_trainer_best_model_path(t), expected);
    levin__free(expected);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_an_event),
        TEST(odd_numbers_and_names_pass),
        TEST(prefix_and_sub_dir_say_where),
        TEST(a_text_is_a_tensor_of_one_string),
        TEST(a_histogram_counts_what_lies_below_each_end),
        TEST(a_histogram_of_nothing_is_refused),
        TEST(hyperparameters_say_how_a_run_began_and_ended),
        TEST(without_default_hp_metric_there_is_none),
        TEST(a_graph_is_refused),
        TEST(one_file_takes_what_comes_after_the_end),
        TEST(a_full_disk_leaves_whole_records),
        TEST(a_million_steps_allocate_nothing),
        TEST(loggers_of_one_place_share_a_version),
        TEST(checkpoints_lie_beside_sub_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
