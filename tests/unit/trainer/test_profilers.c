/* test_profilers.c: what profilers report of short runs: Lightning's table, the operators, a trace
 * that is whole JSON whatever happened. */
#include "support/child.h"
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"
#include "base/memory.h"
#include "trainer/classes.h"

#include <jansson.h>
#include <levin/sys/profiler.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { BATCHES = 5 };

static levin_dataloader *loader(void)
{
    return boring_loader(4 * BATCHES, 1, &(levin_dataloader_opts){ .batch_size = 4 });
}

static levin_trainer *make_trainer(levin_profiler *p)
{
    return levin_trainer_new(&(levin_trainer_flags){ .default_root_dir = root,
                                                     .max_epochs = 2,
                                                     .enable_progress_bar = LEVIN_OFF,
                                                     .enable_model_summary = LEVIN_OFF,
                                                     .logger = LEVIN_NO_LOGGER,
                                                     .profiler = p });
}

/* What a fit shows; the caller's to free. */
static char *fit(levin_profiler *p, void (*during_step)(boring *self, const levin_batch *b))
{
    char *text = NULL;
    size_t n;
    boring *m = boring_new(1);
    m->during_step = during_step;
    levin_trainer *t = make_trainer(p);
    assert_non_null(t);
    FILE *shown = open_memstream(&text, &n);
    levin_trainer_set_output(t, shown);
    levin_trainer_fit(t, &m->base, loader(), loader());
    fclose(shown);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return text;
}

static const char *find(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (!at)
        fail_msg("no '%s' in\n%s", part, text);
    return at;
}

/* The number in column number i, from 1, of the table's row that begins with name. */
static double cell(const char *report, const char *name, int i)
{
    char *row = levin__format("\n|  %s ", name);
    if (!strstr(report, row))
        row[strlen(row) - 1] = '\t'; // the longest name
    const char *at = find(report, row) + 1;
    levin__free(row);
    while (i-- >= 0)
        at = strchr(at, '|') + 1;
    return strtod(at, NULL);
}

static void a_simple_report_has_a_row_for_each_action(void **state)
{
    (void)state;
    char *text = fit(levin_simple_profiler(NULL), NULL);
    assert_int_equal(levin_error(), 0);
    const char *report = find(text, "FIT Profiler Report\n\n-----");
    assert_true(cell(report, "run_training_epoch", 2) == 2);
    assert_true(cell(report, "run_training_batch", 2) == 2 * BATCHES);
    assert_true(cell(report, "[_TrainingEpochLoop].train_dataloader_next", 2) == 2 * BATCHES);
    assert_true(cell(report, "[Strategy]SingleDeviceStrategy.training_step", 2) == 2 * BATCHES);
    assert_true(cell(report, "[Strategy]SingleDeviceStrategy.backward", 2) == 2 * BATCHES);
    assert_true(cell(report, "[Strategy]SingleDeviceStrategy.validation_step", 2) ==
                2 * BATCHES + 2);
    assert_true(cell(report, "[LightningModule]boring.optimizer_step", 2) == 2 * BATCHES);
    assert_true(cell(report, "[LightningModule]boring.configure_optimizers", 2) == 1);
    assert_true(cell(report, "save_checkpoint", 2) == 2);
    assert_true(cell(report, "[Callback]ModelCheckpoint.on_train_epoch_end", 2) == 2);
    double all = cell(report, "Total", 3), epochs = cell(report, "run_training_epoch", 3);
    assert_true(all > 0 && epochs > 0 && epochs <= all * 1.001);
    assert_true(fabs(cell(report, "run_training_epoch", 4) - 100 * epochs / all) < 0.1);
    assert_true(fabs(cell(report, "run_training_epoch", 1) - epochs / 2) < 1e-3 * epochs);
    free(text);
}

/* Lightning 2.6.6's own layout: dashes reach as far as the head's last bar. */
static void set_up_data(levin_datamodule *d, const char *stage)
{
    (void)d;
    (void)stage;
}

static levin_dataloader *train_dataloader(levin_datamodule *d)
{
    (void)d;
    return loader();
}

static void see_batch(levin_datamodule *d, levin_batch *b)
{
    (void)d;
    (void)b;
}

static void hooks_of_data_have_rows_of_their_own(void **state)
{
    (void)state;
    static const levin_datamodule_class class = { .name = "numbers",
                                                  .size = sizeof(levin_datamodule),
                                                  .setup = set_up_data,
                                                  .train_dataloader = train_dataloader,
                                                  .on_after_batch_transfer = see_batch };
    char *text = NULL;
    size_t n;
    boring *m = boring_new(1);
    levin_datamodule *d = levin_datamodule_new(&class);
    levin_trainer *t = make_trainer(levin_simple_profiler(NULL));
    FILE *shown = open_memstream(&text, &n);
    levin_trainer_set_output(t, shown);
    assert_int_equal(levin_trainer_fit_with(t, &m->base, &(levin_run_opts){ .datamodule = d }), 0);
    fclose(shown);
    assert_true(cell(text, "[LightningDataModule]numbers.setup", 2) == 1);
    assert_true(cell(text, "[LightningDataModule]numbers.train_dataloader", 2) == 1);
    assert_true(cell(text, "[LightningDataModule]numbers.on_after_batch_transfer", 2) ==
                2 * BATCHES);
    free(text);
    levin_trainer_free(t);
    levin_datamodule_free(d);
    levin_module_free(&m->base);
}

static void barebones_goes_without(void **state)
{
    (void)state;
    assert_null(levin_trainer_new(
        &(levin_trainer_flags){ .barebones = LEVIN_ON, .profiler = levin_simple_profiler(NULL) }));
    assert_error(LEVIN_EINVAL, "barebones does without profiler: give one of them");
}

static void the_table_is_laid_out_as_lightnings(void **state)
{
    (void)state;
    char *text = fit(levin_simple_profiler(&(levin_simple_profiler_opts){ 0 }), NULL);
    const char *dashes = find(text, "\n-"), *head = find(text, "\n|  Action ");
    find(head,
         "\t|  Mean duration (s)\t|  Num calls      \t|  Total time (s) \t|  Percentage %   \t|\n");
    int columns = 0;
    for (const char *at = head + 1; *at != '\n'; at++)
        columns += *at == '\t' ? 8 - columns % 8 : 1;
    assert_int_equal(strspn(dashes + 1, "-"), 1 + columns);
    find(text, "\t|  -              \t|");
    find(text, "\t|  100 %          \t|\n");
    free(text);
    text = fit(levin_simple_profiler(&(levin_simple_profiler_opts){ .extended = LEVIN_OFF }), NULL);
    assert_null(strstr(text, "Num calls"));
    assert_null(strstr(text, "\n|  Total "));
    find(text, "\t|  Mean duration (s)\t|  Total time (s) \t|\n");
    free(text);
}

static char *read_file(const char *name)
{
    char *path = levin__path_join(root, name), *text = slurp(path);
    if (!text)
        fail_msg("no %s", path);
    levin__free(path);
    return text;
}

static void a_filename_takes_the_report(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char *text =
            fit(levin_simple_profiler(&(levin_simple_profiler_opts){ .filename = "a/b:c" }), NULL);
        assert_null(strstr(text, "Profiler Report"));
        free(text);
    }
    char *text = read_file("fit-a_b_c.txt"); // added to
    find(find(text, "FIT Profiler Report") + 1, "FIT Profiler Report");
    levin__free(text);
    char *dir = levin__path_join(root, "new/deep");
    free(fit(levin_advanced_profiler(
                 &(levin_advanced_profiler_opts){ .dirpath = dir, .filename = "ops" }),
             NULL));
    text = read_file("new/deep/fit-ops.txt");
    find(text, "\nOperator ");
    levin__free(text);
    levin__free(dir);
}

static void a_report_that_cannot_be_written_is_shown(void **state)
{
    (void)state;
    char *text = fit(levin_simple_profiler(
                         &(levin_simple_profiler_opts){ .dirpath = "/dev/null", .filename = "x" }),
                     NULL);
    assert_int_equal(levin_error(), 0); // and does not spoil the run
    find(text, "FIT Profiler Report");
    find(text, "/dev/null: not a folder");
    free(text);
}

static void operators_are_counted_with_their_work(void **state)
{
    (void)state;
    char *text = fit(levin_advanced_profiler(NULL), NULL);
    const char *report = find(text, "FIT Profiler Report\n-----");
    int calls;
    double seconds, mean, share, rate;
    assert_int_equal(sscanf(find(report, "\nlinear                         forward"),
                            "\nlinear forward %d %lf %lf %lf %lf", &calls, &seconds, &mean, &share,
                            &rate),
                     5);
    assert_int_equal(calls, 4 * BATCHES + 2); // training, validation, sanity
    assert_true(rate >= 0 && share >= 0 && share <= 100);
    assert_int_equal(sscanf(find(report, "\nlinear                         backward"),
                            "\nlinear backward %d", &calls),
                     1);
    assert_int_equal(calls, 2 * BATCHES);
    find(report, "\nall operators ");
    find(report, "\neverything else ");
    find(report, "\npeak: ");
    free(text);
}

/* A part that is computed again on the way back has its operators' time taken out of its own. */
static levin_tensor *slow_part(void *context, const levin_tensor *x)
{
    (void)context;
    usleep(3000);
    return levin_gelu(x);
}

static void recompute(boring *self, const levin_batch *b)
{
    (void)b;
    levin_scope *scope = levin_scope_begin();
    levin_tensor *w = (levin_tensor *)self->payload;
    levin_backward(levin_mean(levin_recompute(slow_part, NULL, w), 0));
    levin_scope_end(scope);
}

static double seconds_of(const char *report, const char *name, const char *way)
{
    char *row = levin__format("\n%-30s %-8s", name, way);
    double calls, seconds = -1;
    sscanf(find(report, row) + strlen(row), "%lf %lf", &calls, &seconds);
    levin__free(row);
    return seconds;
}

static void the_time_of_an_operator_is_its_own(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n;
    boring *m = boring_new(1);
    levin_tensor *w = levin_tensor_new(LEVIN_F32, 1, (int64_t[]){ 1 << 18 });
    levin_init_constant(w, 1);
    levin_requires_grad(w, true);
    m->payload = w;
    m->during_step = recompute;
    levin_trainer *t = make_trainer(levin_advanced_profiler(NULL));
    FILE *shown = open_memstream(&text, &n);
    levin_trainer_set_output(t, shown);
    assert_int_equal(levin_trainer_fit(t, &m->base, loader(), NULL), 0);
    fclose(shown);
    double outer = seconds_of(text, "recompute", "backward");
    double sum = seconds_of(text, "all operators", "");
    assert_true(outer >= 2 * BATCHES * 0.003); // its own waiting
    double all = sum + seconds_of(text, "gelu", "forward");
    assert_true(all < 1e9 && sum >= outer);
    const char *peak = find(text, "everything else");
    double rest;
    assert_int_equal(sscanf(peak, "everything else %lf", &rest), 1);
    assert_true(rest > 0); // nothing was counted twice
    free(text);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin_tensor_free(w);
}

static json_t *read_trace(const char *name)
{
    char *text = read_file(name);
    json_error_t error;
    json_t *trace = json_loads(text, 0, &error);
    if (!trace)
        fail_msg("%s: line %d: %s", name, error.line, error.text);
    levin__free(text);
    return trace;
}

static double number(const json_t *event, const char *key)
{
    return json_number_value(json_object_get(event, key));
}

static const char *string(const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

/* Whether event lies inside another one of that name, on its thread. */
static bool lies_inside(const json_t *events, const json_t *event, const char *name)
{
    size_t i;
    json_t *e;
    double from = number(event, "ts"), to = from + number(event, "dur");
    json_array_foreach((json_t *)events, i, e)
    {
        if (strcmp(string(e, "name"), name) == 0 && number(e, "tid") == number(event, "tid") &&
            number(e, "ts") <= from && to <= number(e, "ts") + number(e, "dur") + 0.002)
            return true;
    }
    return false;
}

static void a_trace_nests_operators_in_hooks_in_loops(void **state)
{
    (void)state;
    char *text = fit(levin_trace_profiler(NULL), NULL);
    find(text, "events lie in ");
    find(text, "/fit-trace.json\n");
    free(text);
    json_t *trace = read_trace("fit-trace.json"), *e;
    const json_t *events = json_object_get(trace, "traceEvents");
    size_t i;
    int forward = 0, backward = 0, steps = 0, names = 0, work = 0;
    json_array_foreach((json_t *)events, i, e)
    {
        bool linear = strcmp(string(e, "name"), "linear") == 0;
        names += strcmp(string(e, "ph"), "M") == 0;
        work += strcmp(string(e, "cat"), "work") == 0;
        if (linear && strcmp(string(e, "cat"), "backward") == 0) {
            backward++;
            assert_true(lies_inside(events, e, "[Strategy]SingleDeviceStrategy.backward"));
            assert_true(number(json_object_get(e, "args"), "flops") == 2 * 4 * 8 * 3);
        } else if (linear) {
            forward++;
        }
        if (strcmp(string(e, "name"), "[Strategy]SingleDeviceStrategy.training_step") == 0) {
            steps++;
            assert_true(lies_inside(events, e, "run_training_batch"));
            assert_true(lies_inside(events, e, "run_training_epoch"));
        }
    }
    assert_int_equal(forward, 4 * BATCHES + 2);
    assert_int_equal(backward, 2 * BATCHES);
    assert_int_equal(steps, 2 * BATCHES);
    assert_true(names >= 3 && work >= BATCHES); // the process, this thread, the loader's
    json_decref(trace);
}

static void each_trace_has_its_own_file_and_an_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char *text =
            fit(levin_trace_profiler(&(levin_trace_profiler_opts){ .max_events = 10 }), NULL);
        find(text, "trace: the first 10 events lie in ");
        find(text, "max_events left out ");
        free(text);
    }
    json_decref(read_trace("fit-trace.json"));
    json_decref(read_trace("fit-trace-1.json"));
    assert_null(levin_trace_profiler(&(levin_trace_profiler_opts){ .max_events = -1 }));
    assert_error(LEVIN_EINVAL, "max_events -1");
}

static void die(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 8)
        raise(SIGKILL);
}

static void a_killed_run_leaves_a_whole_trace(void **state)
{
    (void)state;
    need_threads_after_fork();
    pid_t child = fork();
    if (child == 0) {
        free(fit(levin_trace_profiler(NULL), die));
        _exit(0); // not reached
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    json_decref(read_trace("fit-trace.json"));
}

static void interrupt(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 3)
        levin_trainer_interrupt(levin_module_trainer(&self->base));
}

static void an_interrupted_run_reports_too(void **state)
{
    (void)state;
    free(fit(levin_trace_profiler(NULL), interrupt));
    assert_error(LEVIN_EINTERRUPTED, "interrupted");
    json_t *trace = read_trace("fit-trace.json");
    assert_true(json_array_size(json_object_get(trace, "traceEvents")) > 20);
    json_decref(trace);
    char *text = fit(levin_simple_profiler(NULL), interrupt);
    assert_error(LEVIN_EINTERRUPTED, "interrupted");
    assert_true(cell(text, "run_training_batch", 2) == 3);
    free(text);
}

static void fill_the_disk(boring *self, const levin_batch *b)
{
    (void)b;
    if (self->batches == 2)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 400, RLIM_INFINITY });
}

static void a_full_disk_ends_the_trace_and_not_the_run(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    m->during_step = fill_the_disk;
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root,
        .max_epochs = 1,
        .enable_checkpointing = LEVIN_OFF,
        .logger = LEVIN_NO_LOGGER,
        .profiler = levin_trace_profiler(&(levin_trace_profiler_opts){ .filename = "full" }) });
    char *text = NULL;
    size_t n;
    FILE *shown = open_memstream(&text, &n);
    levin_trainer_set_output(t, shown);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    int result = levin_trainer_fit(t, &m->base, loader(), NULL);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
    signal(SIGXFSZ, before);
    fclose(shown);
    assert_int_equal(result, 0);
    find(text, "trace: ");
    find(text, "/fit-full.json: cannot write: File too large");
    json_decref(read_trace("fit-full.json"));
    free(text);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* A profiler and an action of the user's own. */

typedef struct {
    levin_profiler base;
    int *counts; // of setup, of the user's action, of other actions, of finish, of free
} own_profiler;

static int own_setup(levin_profiler *p, const levin_profiled_call *call)
{
    assert_string_equal(call->stage, "fit");
    assert_string_equal(call->dir, root);
    ((own_profiler *)p)->counts[0]++;
    return 0;
}
static void own_record(levin_profiler *p, const levin_span *span)
{
    assert_int_equal(span->kind, LEVIN_SPAN_ACTION);
    assert_true(span->ended >= span->began);
    ((own_profiler *)p)->counts[strcmp(span->name, "mine") == 0 ? 1 : 2]++;
}
static char *own_finish(levin_profiler *p)
{
    ((own_profiler *)p)->counts[3]++;
    return NULL;
}
static void own_free(levin_profiler *p) { ((own_profiler *)p)->counts[4]++; }

static void time_something(boring *self, const levin_batch *b)
{
    (void)b;
    levin_trainer *t = levin_module_trainer(&self->base);
    double began = levin_profile_begin(t);
    levin_profile_end(t, "mine", began);
}

static void a_profiler_of_ones_own_hears_actions(void **state)
{
    (void)state;
    static const levin_profiler_class own = { LEVIN_PROFILER(own_profiler), .setup = own_setup,
                                              .record = own_record, .finish = own_finish,
                                              .free = own_free };
    int counts[5] = { 0 };
    levin_profiler *p = levin_profiler_new(&own);
    ((own_profiler *)p)->counts = counts;
    free(fit(p, time_something));
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 2 * BATCHES);
    assert_true(counts[2] > 10 * BATCHES);
    assert_int_equal(counts[3], 1);
    assert_int_equal(counts[4], 1);
    free(fit(NULL, time_something)); // nothing happens
}

static void profile_another(boring *self, const levin_batch *b)
{
    boring *other = boring_new(2);
    if (b->batch_idx == 0)
        levin_trainer_fit(self->payload, &other->base, loader(), NULL);
    levin_module_free(&other->base);
}

/* What is refused has ended, too: its profiler begins anew in the next call. */
static void one_run_at_a_time_is_profiled_by_operators(void **state)
{
    (void)state;
    boring *m = boring_new(1);
    levin_trainer *t = make_trainer(levin_advanced_profiler(NULL));
    levin_trainer *other = make_trainer(levin_trace_profiler(NULL));
    m->payload = other;
    m->during_step = profile_another;
    levin_trainer_set_output(t, NULL);
    levin_trainer_set_output(other, NULL);
    levin_trainer_fit(t, &m->base, loader(), NULL);
    assert_error(LEVIN_ESTATE, "another run of this process is being profiled");
    m->during_step = NULL;
    assert_int_equal(levin_trainer_fit(other, &m->base, loader(), NULL), 0);
    json_decref(read_trace("fit-trace.json"));
    json_decref(read_trace("fit-trace-1.json"));
    levin_trainer_free(t);
    levin_trainer_free(other);
    levin_module_free(&m->base);
}

static void classes_make_profilers(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        { "simple", "FIT Profiler Report" },
        { "lightning.pytorch.profilers.AdvancedProfiler", "everything else" },
        { "TraceProfiler", "events lie in" },
    };
    for (int i = 0; i < 3; i++) {
        const levin_class *c = levin__class_find(LEVIN_CLASS_PROFILER, words[i][0]);
        assert_non_null(c);
        void *options = levin__class_options(c);
        char *text = fit(c->make.profiler(options), NULL);
        find(text, words[i][1]);
        free(text);
        levin__free(options);
    }
}

/* A report with a name goes to its file, and nothing is shown. */
static void options_of_a_class_reach_its_profiler(void **state)
{
    (void)state;
    const levin_class *c = levin__class_find(LEVIN_CLASS_PROFILER, "SimpleProfiler");
    void *options = levin__class_options(c);
    assert_int_equal(levin__class_set(c, options, "dirpath", root), 0);
    assert_int_equal(levin__class_set(c, options, "filename", "perf"), 0);
    free(fit(c->make.profiler(options), NULL));
    char *text = read_file("fit-perf.txt");
    find(text, "FIT Profiler Report");
    free(text);
    levin__free(options);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        TEST(a_simple_report_has_a_row_for_each_action),
        TEST(hooks_of_data_have_rows_of_their_own),
        TEST(barebones_goes_without),
        TEST(the_table_is_laid_out_as_lightnings),
        TEST(a_filename_takes_the_report),
        TEST(a_report_that_cannot_be_written_is_shown),
        TEST(operators_are_counted_with_their_work),
        TEST(the_time_of_an_operator_is_its_own),
        TEST(a_trace_nests_operators_in_hooks_in_loops),
        TEST(each_trace_has_its_own_file_and_an_end),
        TEST(a_killed_run_leaves_a_whole_trace),
        TEST(an_interrupted_run_reports_too),
        TEST(a_full_disk_ends_the_trace_and_not_the_run),
        TEST(a_profiler_of_ones_own_hears_actions),
        TEST(one_run_at_a_time_is_profiled_by_operators),
        TEST(classes_make_profilers),
        TEST(options_of_a_class_reach_its_profiler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
