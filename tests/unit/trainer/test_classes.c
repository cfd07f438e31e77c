/* test_classes.c: the classes of configurations: every row is whole, every default can be written
 * and says what it does, and every class can be made. docs/classes.md is made from the rows;
 * LEVIN_WRITE_DOCS=1 writes it anew. */
#include "base/file.h"
#include "base/memory.h"
#include "support/boring.h"
#include "trainer/classes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <levin/optim.h>
#include <stdlib.h>
#include <string.h>

#define EACH_ARGUMENT(a) (const levin_flag *a = c->arguments; a && a->name; a++)

static bool is_argument(const levin_class *c, const char *name)
{
    const levin_flag *a = levin__class_argument(c, name);
    return a && strcmp(a->name, name) == 0;
}

static void check_names(const levin_class *c)
{
    for (const char *const *name = c->required; name && *name; name++)
        assert_true(is_argument(c, *name));
    for (const levin_class_limit *l = c->limits; l && l->argument; l++)
        assert_true(is_argument(c, l->argument) ||
                    c->kind == LEVIN_CLASS_LR_SCHEDULER); // one list for all of them
    for (const char *const(*pair)[2] = c->also; pair && (*pair)[0]; pair++)
        assert_false(is_argument(c, (*pair)[0]));
    for (const char *const(*pair)[2] = c->fixed; pair && (*pair)[0]; pair++)
        assert_false(is_argument(c, (*pair)[0]) || !(*pair)[1]);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    const levin_class *c;
    for (int i = 0; (c = levin__class_at(i)); i++) {
        assert_true(c->kind < LEVIN_CLASS_KINDS && *c->name && *c->help && c->paths[0]);
        assert_ptr_equal(levin__class_find(c->kind, c->name), c);
        for (const char *const *path = c->paths; *path; path++)
            assert_ptr_equal(levin__class_find(c->kind, *path), c);
        for
            EACH_ARGUMENT(a)
            {
                assert_true(*a->help && a->missing);
                if (a->offset + a->size > c->size)
                    fail_msg("%s.%s is not in the options", c->name, a->name);
            }
        check_names(c);
    }
}

/* The default, set by its text, and an option left alone are written alike. */
static void a_default_is_what_its_text_says(void **state)
{
    (void)state;
    const levin_class *c;
    for (int i = 0; (c = levin__class_at(i)); i++) {
        void *left = levin__class_options(c), *said = levin__class_options(c);
        for
            EACH_ARGUMENT(a)
            {
                levin_buffer one = LEVIN_BUFFER(256), two = LEVIN_BUFFER(256);
                if (levin__class_set(c, said, a->name, a->missing) < 0)
                    fail_msg("%s: %s", c->name, levin_error_message());
                assert_true(levin__class_print(&one, c, left, a));
                assert_true(levin__class_print(&two, c, said, a));
                bool as_help = strcmp(one.data, a->missing) == 0 || a->type == LEVIN_FLAG_NUMBER;
                if (strcmp(one.data, two.data) != 0 || !as_help)
                    fail_msg("%s.%s: %s, %s, %s", c->name, a->name, a->missing, one.data, two.data);
                levin__buffer_free(&one);
                levin__buffer_free(&two);
            }
        levin__free(left);
        levin__free(said);
    }
}

static void make(const levin_class *c, const void *options)
{
    levin_module *m = &boring_new(1)->base;
    levin_optimizer *o = NULL;
    levin_callback *callback = NULL;
    levin_logger *logger = NULL;
    levin_profiler *profiler = NULL;
    if (c->kind == LEVIN_CLASS_CALLBACK)
        assert_non_null(callback = c->make.callback(options));
    else if (c->kind == LEVIN_CLASS_LOGGER)
        assert_non_null(logger = c->make.logger(options));
    else if (c->kind == LEVIN_CLASS_PROFILER)
        assert_non_null(profiler = c->make.profiler(options));
    else if (c->kind == LEVIN_CLASS_OPTIMIZER)
        assert_non_null(o = c->make.optimizer(levin_parameters(m), options));
    else if ((o = levin_sgd(levin_parameters(m), 0.1, NULL)))
        assert_int_equal(levin_optimizer_set_lr_scheduler(o, c->name, options), LEVIN_OK);
    levin_callback_free(callback);
    levin_logger_free(logger);
    levin_profiler_free(profiler);
    levin_optimizer_free(o);
    levin_module_free(m);
}

/* What has no default, for each class that has such an argument. */
static const char *const needed[][3] = {
    { "EarlyStopping", "monitor", "val_loss" },
    { "GradientAccumulationScheduler", "scheduling", "{0: 1}" },
    { "OnExceptionCheckpoint", "dirpath", "saved" },
    { "StepLR", "step_size", "2" },
    { "MultiStepLR", "milestones", "[2, 5]" },
    { "ReduceLROnPlateau", "monitor", "val_loss" },
    { "warmup_stable_decay", "num_decay_steps", "10" },
};

static void make_each(bool with_defaults_written)
{
    const levin_class *c;
    for (int i = 0; (c = levin__class_at(i)); i++) {
        void *options = levin__class_options(c);
        if (with_defaults_written)
            for
                EACH_ARGUMENT(a)
        assert_int_equal(levin__class_set(c, options, a->name, a->missing), 0);
        for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
            if (strcmp(needed[k][0], c->name) == 0)
                assert_int_equal(levin__class_set(c, options, needed[k][1], needed[k][2]), 0);
        make(c, options);
        if (levin_error())
            fail_msg("%s: %s", c->name, levin_error_message());
        levin__free(options);
    }
}

static void every_class_can_be_made(void **state)
{
    (void)state;
    make_each(false);
}

/* As --print_config writes it: a default of 0 is a number like others. */
static void every_class_can_be_made_of_its_written_defaults(void **state)
{
    (void)state;
    make_each(true);
}

static void options_reach_what_is_made(void **state)
{
    (void)state;
    const levin_class *c = levin__class_find(LEVIN_CLASS_OPTIMIZER, "torch.optim.SGD");
    void *options = levin__class_options(c);
    levin_module *m = &boring_new(1)->base;
    assert_int_equal(levin__class_set(c, options, "lr", "0.25"), 0);
    levin_optimizer *o = c->make.optimizer(levin_parameters(m), options);
    assert_string_equal(levin_optimizer_name(o), "SGD");
    assert_true(levin_optimizer_lr(o, 0) == 0.25);
    levin__free(options);
    c = levin__class_find(LEVIN_CLASS_LR_SCHEDULER, "linear");
    options = levin__class_options(c);
    assert_int_equal(levin__class_set(c, options, "num_warmup_steps", "2"), 0);
    assert_int_equal(levin__class_set(c, options, "total_steps", "10"), 0);
    assert_int_equal(levin_optimizer_set_lr_scheduler(o, c->name, options), 0);
    levin_lr_scheduler_step(o);
    assert_true(levin_optimizer_lr(o, 0) == 0.125);
    levin__free(options);
    levin_optimizer_free(o);
    levin_module_free(m);
}

static void a_list_of_steps_is_read_and_written(void **state)
{
    (void)state;
    const levin_class *c = levin__class_find(LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR");
    levin_lr_scheduler_opts *o = levin__class_options(c);
    levin_buffer out = LEVIN_BUFFER(64);
    assert_int_equal(levin__class_set(c, o, "milestones", "[1, 2, 3]"), 0);
    assert_int_equal(levin__class_set(c, o, "milestones", "[30,80]"), 0);
    assert_int_equal(o->milestones[0], 30);
    assert_int_equal(o->milestones[1], 80);
    assert_int_equal(o->milestones[2], 0);
    assert_true(levin__class_print(&out, c, o, levin__class_argument(c, "milestones")));
    assert_string_equal(out.data, "[30, 80]");
    levin__buffer_free(&out);
    levin__free(o);
}

static void a_class_has_several_names(void **state)
{
    (void)state;
    static const struct {
        levin_class_kind kind;
        const char *word, *name;
    } rows[] = {
        { LEVIN_CLASS_CALLBACK, "modelcheckpoint", "ModelCheckpoint" },
        { LEVIN_CLASS_CALLBACK, "pytorch_lightning.callbacks.ModelCheckpoint", "ModelCheckpoint" },
        { LEVIN_CLASS_CALLBACK, "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
          "ModelCheckpoint" },
        { LEVIN_CLASS_CALLBACK, "RichProgressBar", "ProgressBar" },
        { LEVIN_CLASS_LOGGER, "lightning.pytorch.loggers.csv_logs.CSVLogger", "CSVLogger" },
        { LEVIN_CLASS_PROFILER, "simple", "SimpleProfiler" },
        { LEVIN_CLASS_PROFILER, "pytorch_lightning.profilers.AdvancedProfiler",
          "AdvancedProfiler" },
        { LEVIN_CLASS_OPTIMIZER, "adamw", "AdamW" },
        { LEVIN_CLASS_OPTIMIZER, "torch.optim.adamw.AdamW", "AdamW" },
        { LEVIN_CLASS_LR_SCHEDULER, "transformers.get_cosine_schedule_with_warmup", "cosine" },
        { LEVIN_CLASS_LR_SCHEDULER, "get_linear_schedule_with_warmup", "linear" },
        { LEVIN_CLASS_LR_SCHEDULER, "transformers.optimization.get_wsd_schedule",
          "warmup_stable_decay" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const levin_class *c = levin__class_find(rows[i].kind, rows[i].word);
        if (!c || strcmp(c->name, rows[i].name) != 0)
            fail_msg("%s: %s", rows[i].word, levin_error_message());
    }
}

static void a_class_that_is_not_here_is_refused(void **state)
{
    (void)state;
    static const struct {
        levin_class_kind kind;
        const char *word;
        int code;
        const char *message;
    } rows[] = {
        { LEVIN_CLASS_CALLBACK, "ModelChekpoint", LEVIN_EINVAL,
          "unknown callback 'ModelChekpoint', did you mean ModelCheckpoint?" },
        { LEVIN_CLASS_CALLBACK, "my.ModelCheckpoint", LEVIN_EINVAL,
          "unknown callback 'my.ModelCheckpoint'" },
        { LEVIN_CLASS_CALLBACK, "lightning.pytorch.callbacksModelCheckpoint", LEVIN_EINVAL,
          "unknown callback" },
        { LEVIN_CLASS_CALLBACK, "AdamW", LEVIN_EINVAL, "AdamW is an optimizer, not a callback" },
        { LEVIN_CLASS_OPTIMIZER, "Timer", LEVIN_EINVAL, "Timer is a callback, not an optimizer" },
        { LEVIN_CLASS_CALLBACK, "lightning.pytorch.callbacks.ModelPruning", LEVIN_EUNSUPPORTED,
          "this build has no callback ModelPruning" },
        { LEVIN_CLASS_LOGGER, "WandbLogger", LEVIN_EUNSUPPORTED,
          "this build has no logger WandbLogger" },
        { LEVIN_CLASS_PROFILER, "pytorch", LEVIN_EUNSUPPORTED,
          "this build has no profiler pytorch; trace draws the operators" },
        { LEVIN_CLASS_PROFILER, "my.simple", LEVIN_EINVAL, "unknown profiler 'my.simple'" },
        { LEVIN_CLASS_OPTIMIZER, "torch.optim.LBFGS", LEVIN_EUNSUPPORTED,
          "this build has no optimizer LBFGS" },
        { LEVIN_CLASS_OPTIMIZER, "", LEVIN_EINVAL, "unknown optimizer ''" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(levin__class_find(rows[i].kind, rows[i].word));
        if (levin_error() != rows[i].code || !strstr(levin_error_message(), rows[i].message))
            fail_msg("'%s', not '%s'", levin_error_message(), rows[i].message);
        levin_error_clear();
    }
}

/* A class that was added must leave the list of those that are elsewhere. */
static void no_class_is_here_and_elsewhere(void **state)
{
    (void)state;
    const levin_class *c;
    for (int i = 0; (c = levin__class_at(i)); i++)
        for (const char *const *path = c->paths; *path; path++)
            if (levin__class_is_elsewhere(c->kind, *path))
                fail_msg("%s is here: take it out of `kinds` in classes.c", *path);
}

static void a_wrong_argument_is_named(void **state)
{
    (void)state;
    static const struct {
        levin_class_kind kind;
        const char *class, *argument, *text, *message;
    } rows[] = {
        { LEVIN_CLASS_CALLBACK, "ModelCheckpoint", "mode", "least",
          "mode: 'least' is none of: min max" },
        { LEVIN_CLASS_CALLBACK, "ModelCheckpoint", "monitr", "x",
          "ModelCheckpoint has no argument 'monitr', did you mean monitor?" },
        { LEVIN_CLASS_CALLBACK, "ModelCheckpoint", "save_top_k", "all",
          "save_top_k: 'all' is not a whole number" },
        { LEVIN_CLASS_LR_SCHEDULER, "StepLR", "last_epoch", "3",
          "last_epoch: '3' is not possible here, only -1" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "lr", "0", "lr: '0' is not a number above 0" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "weight_decay", "-1",
          "weight_decay: '-1' is not a number from 0" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "0.9", "betas: '0.9' is not a list of 2 numb" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "[0.9]", "betas: '[0.9]' is not a list of 2" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "[0.9, 0.99, 1]", "is not a list of 2 numbers" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "[0.9, 0.99", "is not a list of 2 numbers" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "[0, 0.9]", "is not a number above 0" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "30",
          "is not a list of up to 32" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[]",
          "is not a list of up to 32" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[1, 2.5]", "whole numbers" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[0, 2]", "above 0" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[1, 2", "is not a list" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[1, 2]]", "is not a list" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones", "[1e300]", "is not a list" },
        { LEVIN_CLASS_LR_SCHEDULER, "MultiStepLR", "milestones",
          "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,"
          "32,33]",
          "is not a list of up to 32" },
        { LEVIN_CLASS_LR_SCHEDULER, "ReduceLROnPlateau", "mode", "best",
          "mode: 'best' is none of: min max" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "betas", "[0.9, 1.5]",
          "betas: '1.5' is not a number above 0 and below 1" },
        { LEVIN_CLASS_OPTIMIZER, "Adam", "betas", "[1, 0.9]", "betas: '1.0' is not a number" },
        { LEVIN_CLASS_LR_SCHEDULER, "OneCycleLR", "pct_start", "1.5",
          "pct_start: '1.5' is not a number from 0 to 1" },
        { LEVIN_CLASS_LR_SCHEDULER, "ReduceLROnPlateau", "factor", "1",
          "factor: '1' is not a number above 0 and below 1" },
        { LEVIN_CLASS_OPTIMIZER, "AdamW", "fused", "true", "fused: 'true' is not possible here" },
        { LEVIN_CLASS_LR_SCHEDULER, "cosine", "num_cycles", "0", "num_cycles: 0 is not possible" },
        { LEVIN_CLASS_LR_SCHEDULER, "linear", "total_steps", "0", "total_steps: '0' is not a" },
        { LEVIN_CLASS_LR_SCHEDULER, "constant", "warmup", "1",
          "constant has no argument 'warmup'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const levin_class *c = levin__class_find(rows[i].kind, rows[i].class);
        void *options = levin__class_options(c);
        assert_int_equal(levin__class_set(c, options, rows[i].argument, rows[i].text),
                         LEVIN_EINVAL);
        if (!strstr(levin_error_message(), rows[i].message))
            fail_msg("'%s', not '%s'", levin_error_message(), rows[i].message);
        levin_error_clear();
        levin__free(options);
    }
}

static void null_is_the_default(void **state)
{
    (void)state;
    const levin_class *c = levin__class_find(LEVIN_CLASS_OPTIMIZER, "AdamW");
    void *options = levin__class_options(c);
    levin_buffer out = LEVIN_BUFFER(64);
    assert_int_equal(levin__class_set(c, options, "weight_decay", "0"), 0);
    assert_true(levin__class_print(&out, c, options, levin__class_argument(c, "weight_decay")));
    assert_string_equal(out.data, "0.0");
    levin__buffer_clear(&out);
    assert_int_equal(levin__class_set(c, options, "weight_decay", "null"), 0);
    assert_true(levin__class_print(&out, c, options, levin__class_argument(c, "weight_decay")));
    assert_string_equal(out.data, "0.01");
    levin__buffer_free(&out);
    levin__free(options);
}

static void describe(levin_buffer *text, const levin_class *c)
{
    levin__buffer_addf(text, "\n### %s\n\n`%s`", c->name, c->paths[0]);
    for (const char *const *path = c->paths + 1; *path; path++)
        levin__buffer_addf(text, ", `%s`", *path);
    levin__buffer_addf(text, ": %s.\n", c->help);
    if (c->arguments)
        levin__buffer_add_text(text, "\n| argument | default | meaning |\n|---|---|---|\n");
    for
        EACH_ARGUMENT(a)
        {
            bool required = false;
            for (const char *const *name = c->required; name && *name; name++)
                required |= strcmp(*name, a->name) == 0;
            levin__buffer_addf(text, "| `%s` | %s%s%s | %s%s%s |\n", a->name, required ? "" : "`",
                               required ? "required" : a->missing, required ? "" : "`", a->help,
                               a->words ? ": " : "", a->words ? a->words : "");
        }
}

static void classes_are_documented_as_they_are(void **state)
{
    (void)state;
    static const char path[] = "docs/classes.md";
    static const char *const titles[LEVIN_CLASS_KINDS] = {
        [LEVIN_CLASS_CALLBACK] = "Callbacks: `--trainer.callbacks+=`",
        [LEVIN_CLASS_LOGGER] = "Loggers: `--trainer.logger+=`",
        [LEVIN_CLASS_PROFILER] = "Profilers: `--trainer.profiler`",
        [LEVIN_CLASS_OPTIMIZER] = "Optimizers: `--optimizer`",
        [LEVIN_CLASS_LR_SCHEDULER] = "Schedules: `--lr_scheduler`",
    };
    levin_buffer text = LEVIN_BUFFER(1 << 16);
    levin__buffer_add_text(&text, "# Classes of a configuration\n\n"
                                  "Made from the rows that `src/trainer/classes.def` lists. "
                                  "`class_path` is the short name, in any case, or a whole one; "
                                  "`pytorch_lightning` is the same as `lightning.pytorch`. "
                                  "Arguments stand in `init_args`, or on the command line behind "
                                  "the option: `--trainer.callbacks.monitor val_loss`.\n");
    for (int kind = 0; kind < LEVIN_CLASS_KINDS; kind++) {
        const levin_class *c;
        levin__buffer_addf(&text, "\n## %s\n", titles[kind]);
        for (int i = 0; (c = levin__class_at(i)); i++)
            if (c->kind == (levin_class_kind)kind)
                describe(&text, c);
    }
    if (getenv("LEVIN_WRITE_DOCS"))
        levin__file_write(path, text.data, text.size);
    char *found = slurp(path);
    assert_string_equal(found ? found : "no docs/classes.md: run from the repository", text.data);
    levin__free(found);
    levin__buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(a_default_is_what_its_text_says),
        cmocka_unit_test(every_class_can_be_made),
        cmocka_unit_test(every_class_can_be_made_of_its_written_defaults),
        cmocka_unit_test(options_reach_what_is_made),
        cmocka_unit_test(a_list_of_steps_is_read_and_written),
        cmocka_unit_test(a_class_has_several_names),
        cmocka_unit_test(a_class_that_is_not_here_is_refused),
        cmocka_unit_test(no_class_is_here_and_elsewhere),
        cmocka_unit_test(a_wrong_argument_is_named),
        cmocka_unit_test(null_is_the_default),
        cmocka_unit_test(classes_are_documented_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
