/* test_own_kinds.c: loggers, profilers and data sets of the user's own: how they are made, and that
 * a code which they give back ends the run with a message, recorded or not. */
#include "support/root.h"
#include "support/unit.h"

#include <levin/sys/logger.h>
#include <levin/sys/profiler.h>

/* Which function of the logger fails, and how often it was begun. */
typedef struct {
    levin_logger base;
    const char *fails;
    int *starts;
    char *root; // of the newest start
} own_logger;

static int answer(const levin_logger *l, const char *function)
{
    const char *fails = ((const own_logger *)l)->fails;
    return fails && strcmp(fails, function) == 0 ? LEVIN_EIO : LEVIN_OK;
}

static int start(levin_logger *base, const char *root_dir)
{
    own_logger *l = (own_logger *)base;
    levin__free(l->root);
    l->root = levin__strdup(root_dir);
    ++*l->starts;
    return answer(base, "start");
}

static int log_metrics(levin_logger *l, const levin_logged *row, int n, int64_t step)
{
    (void)row;
    (void)n;
    (void)step;
    return answer(l, "log_metrics");
}

static int log_text(levin_logger *l, const char *tag, const char *text, int64_t step)
{
    (void)tag;
    (void)text;
    (void)step;
    return answer(l, "log_text");
}

static int flush(levin_logger *l) { return answer(l, "flush"); }

static int finalize(levin_logger *l, const char *status)
{
    return strcmp(status, "success") == 0 ? answer(l, "finalize") : LEVIN_OK;
}

static void free_logger(levin_logger *l) { levin__free(((own_logger *)l)->root); }

static const levin_logger_class logger_class = {
    LEVIN_LOGGER(own_logger), .start = start, .log_metrics = log_metrics,
    .log_text = log_text,     .flush = flush, .finalize = finalize,
    .free = free_logger,
};

static int starts;

static levin_logger *new_logger(const char *fails)
{
    own_logger *l = (own_logger *)levin_logger_new(&logger_class);
    assert_non_null(l);
    l->fails = fails;
    l->starts = &starts;
    starts = 0;
    return &l->base;
}

static levin_dataloader *loader(void)
{
    return boring_loader(12, 1, &(levin_dataloader_opts){ .batch_size = 4 });
}

/* A fit of three batches; gives its result. */
static int fit(levin_logger *logger, levin_profiler *profiler, levin_dataloader *train,
               void (*during_step)(boring *self, const levin_batch *b))
{
    boring *m = boring_new(1);
    m->during_step = during_step;
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 1,
        .log_every_n_steps = 1,
        .enable_checkpointing = LEVIN_OFF,
        .logger = (levin_logger *[]){ logger, NULL },
        .profiler = profiler,
    });
    levin_trainer_set_output(t, NULL);
    int result = levin_trainer_fit(t, &m->base, train, loader());
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return result;
}

static void a_code_of_a_logger_ends_the_run_and_says_whose_it_is(void **state)
{
    (void)state;
    static const char *const functions[] = { "start", "log_metrics", "flush", "finalize" };
    for (int i = 0; i < 4; i++) {
        char message[96];
        snprintf(message, sizeof message, "logger own_logger: its %s failed", functions[i]);
        assert_int_equal(fit(new_logger(functions[i]), NULL, loader(), NULL), LEVIN_EIO);
        assert_error(LEVIN_EIO, message);
    }
    levin_logger *l = new_logger("log_text");
    assert_int_equal(levin_logger_log_text(l, "a", "b", 0), LEVIN_EIO);
    assert_error(LEVIN_EIO, "logger own_logger: its log_text failed");
    levin_logger_free(l);
}

static void log_by_hand(boring *self, const levin_batch *b)
{
    levin_logger *l = levin_trainer_logger(levin_module_trainer(&self->base), 0);
    levin_logger_log_number(l, "by hand", 1, b->batch_idx);
    assert_string_equal(((own_logger *)l)->root, root);
}

static void a_logger_begins_once_in_a_run(void **state)
{
    (void)state;
    assert_int_equal(fit(new_logger(NULL), NULL, loader(), log_by_hand), 0);
    assert_int_equal(starts, 1);
    levin_logger *l = new_logger(NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(levin_logger_log_number(l, "a", 1, i), 0);
    assert_int_equal(starts, 1);
    levin_logger_free(l);
}

static int setup(levin_profiler *p, const levin_profiled_call *call)
{
    (void)p;
    (void)call;
    return 28; // an errno, no code of levin's
}

static void record(levin_profiler *p, const levin_span *span)
{
    (void)p;
    (void)span;
}

static void a_code_of_a_profiler_ends_the_run(void **state)
{
    (void)state;
    static const levin_profiler_class own = { LEVIN_PROFILER(levin_profiler), .setup = setup,
                                              .record = record };
    assert_int_equal(fit(new_logger(NULL), levin_profiler_new(&own), loader(), NULL), LEVIN_EIO);
    assert_error(LEVIN_EIO, "profiler levin_profiler: its setup failed");
}

static int64_t len(const levin_dataset *d)
{
    (void)d;
    return 8;
}

static int get(const levin_dataset *d, int64_t i, levin_example *out)
{
    static const float features[BORING_IN];
    (void)d;
    *out = (levin_example){ .features = features, .n_features = BORING_IN, .label = 1 };
    return i < 5 ? LEVIN_OK : 17; // of a map-style data set neither a code nor an end
}

static void a_code_of_a_data_set_ends_the_run(void **state)
{
    (void)state;
    static const levin_dataset_class own = { LEVIN_DATASET(levin_dataset), .len = len, .get = get };
    levin_dataloader *l = levin_dataloader_new(levin_dataset_new(&own), NULL);
    assert_int_equal(fit(new_logger(NULL), NULL, l, NULL), LEVIN_EIO);
    assert_error(LEVIN_EIO, "levin_dataset: cannot get row 5: its get gave 17");
}

static void fail_in_step(boring *self, const levin_batch *b)
{
    (void)self;
    if (b->batch_idx == 1)
        levin_error_set(LEVIN_ENOTFOUND, "%s: no such table", "titles");
}

static void a_hook_can_record_an_error_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(fit(new_logger(NULL), NULL, loader(), fail_in_step), LEVIN_ENOTFOUND);
    assert_error(LEVIN_ENOTFOUND, "titles: no such table");
}

static void a_class_without_a_size_is_refused(void **state)
{
    (void)state;
    assert_null(levin_logger_new(&(levin_logger_class){ .name = "small" }));
    assert_error(LEVIN_EINVAL, "LEVIN_LOGGER(type)");
    assert_null(levin_profiler_new(&(levin_profiler_class){ .name = "small" }));
    assert_error(LEVIN_EINVAL, "LEVIN_PROFILER(type)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_of_a_logger_ends_the_run_and_says_whose_it_is),
        cmocka_unit_test(a_logger_begins_once_in_a_run),
        cmocka_unit_test(a_code_of_a_profiler_ends_the_run),
        cmocka_unit_test(a_code_of_a_data_set_ends_the_run),
        cmocka_unit_test(a_hook_can_record_an_error_of_its_own),
        cmocka_unit_test(a_class_without_a_size_is_refused),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
