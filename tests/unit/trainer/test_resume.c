/* test_resume.c: a fit that was stopped anywhere and resumed ends with the bits of one that never
 * was, and logs the rows that it would have logged. */
#include "support/boring.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "trainer/loaders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 26, VAL_ROWS = 11, MAX_FILES = 200, MAX_ROWS = 400 };

/* What the runs of one test are like. */
typedef struct {
    levin_trainer_flags flags;
    levin_dataloader_opts loader;
    double dropout;
    bool schedule, log_twice;
} plan;

/* Checkpoints that a run left, and how many rows it had logged when each was written. */
typedef struct {
    const char *root;
    int n;
    int rows[MAX_FILES];
} record;

/* Asks for a checkpoint at every moment. */
typedef struct {
    levin_callback base;
    record *record;
    int asked;
} saver;

static int count_rows(const char *log_dir)
{
    char *path = levin__path_join(log_dir, "metrics.csv");
    char *text = slurp(path);
    int n = 0;
    for (const char *line = text ? strchr(text, '\n') : NULL; line && line[1];
         line = strchr(line + 1, '\n'))
        n++;
    levin__free(text);
    levin__free(path);
    return n;
}

static void ask(levin_callback *c, levin_trainer *t, levin_module *m)
{
    saver *s = (saver *)c;
    (void)m;
    if (levin_trainer_sanity_checking(t))
        return;
    char *path = levin__format("%s/%d.ckpt", s->record->root, s->asked++);
    assert_int_equal(levin_trainer_save_checkpoint(t, path), 0);
    levin__free(path);
}

static void ask_in_batch(levin_callback *c, levin_trainer *t, levin_module *m, const levin_batch *b)
{
    (void)b;
    ask(c, t, m);
}

/* Runs while a file is written. */
static void on_save(levin_callback *c, levin_trainer *t, levin_module *m)
{
    record *r = ((saver *)c)->record;
    (void)m;
    assert_true(r->n < MAX_FILES);
    r->rows[r->n++] = count_rows(levin_trainer_log_dir(t));
}

static const levin_callback_class saver_class = {
    LEVIN_CALLBACK(saver),
    .on_train_start = ask,
    .on_train_epoch_start = ask,
    .on_train_batch_end = ask_in_batch,
    .on_train_epoch_end = ask,
    .on_validation_start = ask,
    .on_validation_batch_end = ask_in_batch,
    .on_validation_end = ask,
    .on_train_end = ask,
    .on_save_checkpoint = on_save,
};

typedef struct {
    char *root, *log_dir;
    float *weights;
    int64_t n;
} outcome;

static outcome run(const plan *p, uint64_t seed, const char *ckpt_path, record *r)
{
    outcome o = { .root = temporary_folder() };
    levin_trainer_flags flags = p->flags;
    levin_callback *callbacks[] = { NULL, NULL };
    if (r) {
        r->root = o.root;
        callbacks[0] = levin_callback_new(&saver_class);
        ((saver *)callbacks[0])->record = r;
    }
    flags.default_root_dir = o.root;
    flags.enable_checkpointing = flags.enable_progress_bar = flags.enable_model_summary = LEVIN_OFF;
    flags.callbacks = callbacks;
    boring *m = boring_new(seed);
    m->dropout = p->dropout;
    m->schedule = p->schedule;
    m->log_twice = p->log_twice;
    levin_trainer *t = levin_trainer_new(&flags);
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit_from(t, &m->base, boring_loader(ROWS, 1, &p->loader),
                           boring_loader(VAL_ROWS, 2, &(levin_dataloader_opts){ .batch_size = 4 }),
                           ckpt_path);
    assert_string_equal(levin_error_message(), "");
    o.log_dir = levin__strdup(levin_trainer_log_dir(t));
    o.weights = boring_weights(m, &o.n);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return o;
}

static void drop(outcome *o)
{
    remove_folder(o->root);
    levin__free(o->root);
    levin__free(o->log_dir);
    levin__free(o->weights);
}

/* The rows of a metrics.csv as "name=value" texts, without regard to the columns it has. */
typedef struct {
    char *text[MAX_ROWS];
    int n;
} table;

static char *named_cells(const char *header, const char *line)
{
    levin_buffer out = LEVIN_BUFFER(1 << 16);
    while (*header) {
        size_t name = strcspn(header, ","), cell = strcspn(line, ",");
        if (cell)
            levin__buffer_addf(&out, "%.*s=%.*s ", (int)name, header, (int)cell, line);
        header += name + (header[name] == ',');
        line += cell + (line[cell] == ',');
    }
    return levin__buffer_take(&out);
}

static table read_table(const char *log_dir)
{
    table t = { .n = 0 };
    char *path = levin__path_join(log_dir, "metrics.csv");
    char *text = slurp(path), *save = NULL;
    char *header = text ? strtok_r(text, "\n", &save) : NULL;
    for (char *line; header && (line = strtok_r(NULL, "\n", &save));)
        t.text[t.n++] = named_cells(header, line);
    levin__free(text);
    levin__free(path);
    return t;
}

static void free_table(table *t)
{
    for (int i = 0; i < t->n; i++)
        levin__free(t->text[i]);
}

static void check_rows(const outcome *whole, const outcome *resumed, int first, int file)
{
    table a = read_table(whole->log_dir), b = read_table(resumed->log_dir);
    if (b.n != a.n - first)
        fail_msg("file %d: %d rows after resuming, %d without", file, b.n, a.n - first);
    for (int i = 0; i < b.n; i++)
        if (strcmp(a.text[first + i], b.text[i]) != 0)
            fail_msg("file %d: row %d is %s, without resuming %s", file, i, b.text[i],
                     a.text[first + i]);
    free_table(&a);
    free_table(&b);
}

static void check_weights(const outcome *a, const outcome *b, int file)
{
    assert_int_equal(a->n, b->n);
    if (memcmp(a->weights, b->weights, (size_t)a->n * sizeof *a->weights) != 0)
        fail_msg("file %d: other weights than without resuming", file);
}

/* Resumes from every checkpoint of a run, with another seed and other first weights. */
static void check_plan(const plan *p)
{
    record r = { .n = 0 };
    outcome plain = run(p, 7, NULL, NULL);
    outcome whole = run(p, 7, NULL, &r);
    check_weights(&plain, &whole, -1);
    assert_true(r.n > 10);
    for (int i = 0; i < r.n; i++) {
        char *path = levin__format("%s/%d.ckpt", whole.root, i);
        outcome resumed = run(p, 1000 + (uint64_t)i, path, NULL);
        check_weights(&whole, &resumed, i);
        check_rows(&whole, &resumed, r.rows[i], i);
        drop(&resumed);
        levin__free(path);
    }
    drop(&plain);
    drop(&whole);
}

static void every_batch_of_a_plain_run_can_be_resumed(void **state)
{
    (void)state;
    check_plan(&(plan){
        .flags = { .max_epochs = 3, .log_every_n_steps = 2 },
        .loader = { .batch_size = 4 },
    });
}

static void shuffling_dropout_and_schedules_resume_where_they_were(void **state)
{
    (void)state;
    check_plan(&(plan){
        .flags = { .max_epochs = 3, .log_every_n_steps = 1, .gradient_clip_val = 0.5 },
        .loader = { .batch_size = 4, .shuffle = LEVIN_ON },
        .dropout = 0.3,
        .schedule = true,
        .log_twice = true,
    });
}

static void windows_of_accumulation_resume_with_their_gradients(void **state)
{
    (void)state;
    check_plan(&(plan){
        .flags = { .max_epochs = 2, .log_every_n_steps = 1, .accumulate_grad_batches = 3 },
        .loader = { .batch_size = 4, .shuffle = LEVIN_ON },
        .dropout = 0.1,
        .log_twice = true,
    });
}

static void validations_inside_an_epoch_resume_in_their_middle(void **state)
{
    (void)state;
    check_plan(&(plan){
        .flags = { .max_epochs = 2,
                   .log_every_n_steps = 1,
                   .val_check_interval = LEVIN_FRACTION(0.34),
                   .accumulate_grad_batches = 2 },
        .loader = { .batch_size = 4, .shuffle = LEVIN_ON },
        .log_twice = true,
    });
}

static void bf16_resumes_with_the_same_bits(void **state)
{
    (void)state;
    check_plan(&(plan){
        .flags = { .max_epochs = 2, .log_every_n_steps = 3, .precision = "bf16-mixed" },
        .loader = { .batch_size = 4, .shuffle = LEVIN_ON },
        .dropout = 0.2,
    });
}

/* An epoch that max_steps cut short goes on inside it. */
static void a_run_cut_short_by_max_steps_goes_on_to_the_same_end(void **state)
{
    (void)state;
    plan p = { .flags = { .max_epochs = 3, .log_every_n_steps = 1 },
               .loader = { .batch_size = 4, .shuffle = LEVIN_ON },
               .dropout = 0.2,
               .log_twice = true };
    outcome whole = run(&p, 7, NULL, NULL);
    for (int64_t k = 1; k < 21; k += 3) {
        plan part = p;
        record r = { .n = 0 };
        part.flags.max_steps = k;
        outcome first = run(&part, 7, NULL, &r);
        char *path = levin__format("%s/%d.ckpt", first.root, r.n - 1); // of on_train_end
        outcome second = run(&p, 99, path, NULL);
        check_weights(&whole, &second, (int)k);
        drop(&first);
        drop(&second);
        levin__free(path);
    }
    drop(&whole);
}

enum { LOADERS = 20 };

static levin_dataloader *many_loaders(levin_datamodule *d)
{
    const levin_dataloader_opts o = { .batch_size = 4 };
    levin_dataloader *all = boring_loader(4, 1, &o);
    (void)d;
    for (int i = 1; i < LOADERS; i++)
        all = levin_dataloader_and(all, boring_loader(4, 1, &o));
    return all;
}

/* The seeds of a checkpoint are there before the loaders. */
static void each_loader_that_comes_later_gets_its_seed(void **state)
{
    (void)state;
    static const levin_datamodule_class class = { .name = "many",
                                                  .size = sizeof(levin_datamodule),
                                                  .val_dataloader = many_loaders };
    boring *m = boring_new(1);
    levin_trainer *t = levin_trainer_new(NULL);
    levin_datamodule *d = levin_datamodule_new(&class);
    t->module = &m->base;
    t->datamodule = d;
    for (int i = 0; i < LOADERS; i++)
        levin__loaders_restore_seed(t, LEVIN_STAGE_VALIDATE, i, 100 + (uint64_t)i);
    assert_int_equal(levin__loaders_prepare(t, LEVIN_STAGE_VALIDATE), 0);
    for (int i = 0; i < LOADERS; i++)
        assert_int_equal(levin_dataloader_seed(t->loaders[LEVIN_STAGE_VALIDATE].at[i]), 100 + i);
    t->module = NULL;
    t->datamodule = NULL;
    levin_trainer_free(t);
    levin_datamodule_free(d);
    levin_module_free(&m->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_batch_of_a_plain_run_can_be_resumed),
        cmocka_unit_test(shuffling_dropout_and_schedules_resume_where_they_were),
        cmocka_unit_test(windows_of_accumulation_resume_with_their_gradients),
        cmocka_unit_test(validations_inside_an_epoch_resume_in_their_middle),
        cmocka_unit_test(bf16_resumes_with_the_same_bits),
        cmocka_unit_test(a_run_cut_short_by_max_steps_goes_on_to_the_same_end),
        cmocka_unit_test(each_loader_that_comes_later_gets_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
