/* test_interruption.c: fits that a signal or SLURM ends: where their state goes, and that the fit
 * which goes on from it ends with the bits of one that was never interrupted. */
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Raises a flag of the trainer at one moment of a run. */
typedef struct {
    levin_callback base;
    void (*raise)(levin_trainer *t);
    int64_t train_batch, val_batch; // counted over the run from 1; 0: never
    int64_t trained, validated;
} raiser;

static void train_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                            const levin_batch *b)
{
    raiser *r = (raiser *)c;
    (void)m, (void)b;
    if (++r->trained == r->train_batch)
        r->raise(t);
}

static void validation_batch_end(levin_callback *c, levin_trainer *t, levin_module *m,
                                 const levin_batch *b)
{
    raiser *r = (raiser *)c;
    (void)m, (void)b;
    if (!levin_trainer_sanity_checking(t) && ++r->validated == r->val_batch)
        r->raise(t);
}

static const levin_callback_class raiser_class = {
    LEVIN_CALLBACK(raiser),
    .on_train_batch_end = train_batch_end,
    .on_validation_batch_end = validation_batch_end,
};

typedef struct {
    const char *root;
    void (*raise)(levin_trainer *t);
    int64_t train_batch, val_batch;
    const char *ckpt_path;
    bool before, saves_nothing;
} plan;

typedef struct {
    int result;
    char message[1024];
    float *weights;
    int64_t n;
} outcome;

/* Windows of two batches, and a validation of three batches after each fourth. */
static outcome run(const plan *p)
{
    outcome o = { 0 };
    levin_callback *callbacks[] = { levin_callback_new(&raiser_class), NULL };
    raiser *r = (raiser *)callbacks[0];
    r->raise = p->raise;
    r->train_batch = p->train_batch;
    r->val_batch = p->val_batch;
    boring *m = boring_new(3);
    m->dropout = 0.2;
    m->schedule = m->log_twice = true;
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = p->root,
        .max_epochs = 2,
        .accumulate_grad_batches = 2,
        .val_check_interval = LEVIN_BATCHES(4),
        .enable_checkpointing = p->saves_nothing ? LEVIN_OFF : LEVIN_ON,
        .enable_progress_bar = LEVIN_OFF,
        .enable_model_summary = LEVIN_OFF,
        .callbacks = callbacks,
    });
    levin_trainer_set_output(t, NULL);
    if (p->before)
        p->raise(t);
    levin_dataloader_opts shuffled = { .batch_size = 4, .shuffle = LEVIN_ON };
    o.result = levin_trainer_fit_from(
        t, &m->base, boring_loader(40, 1, &shuffled),
        boring_loader(12, 2, &(levin_dataloader_opts){ .batch_size = 4 }), p->ckpt_path);
    snprintf(o.message, sizeof o.message, "%s", levin_error_message());
    levin_error_clear();
    o.weights = boring_weights(m, &o.n);
    levin_trainer_free(t);
    levin_module_free(&m->base);
    return o;
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_string_equal(b->message, "");
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->weights, b->weights, (size_t)a->n * sizeof *a->weights);
}

static void drop(outcome *o) { levin__free(o->weights); }

static outcome undisturbed(void)
{
    char *folder = temporary_folder();
    outcome o = run(&(plan){ .root = folder });
    assert_int_equal(o.result, 0);
    remove_folder(folder);
    levin__free(folder);
    return o;
}

/* The file that an interrupted fit names, which must be there; the caller's. */
static char *named_file(const outcome *o)
{
    const char *at = strstr(o->message, "ckpt_path ");
    assert_non_null(at);
    char *path = levin__strdup(at + strlen("ckpt_path "));
    assert_true(levin__is_file(path));
    return path;
}

static void an_interrupted_fit_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    static const struct {
        plan plan;
        const char *message;
        bool stays; // the fit that goes on from it saves nothing newer
    } cases[] = {
        { { .train_batch = 6 }, "interrupted in epoch 0 after batch 6 (step 3); ", false },
        { { .train_batch = 7 },
          "interrupted in epoch 0 after batch 7 (step 3); ",
          false }, // in a window
        { { .train_batch = 20 }, "interrupted in epoch 1 after batch 10 (step 10); ", true },
        { { .val_batch = 2 }, "interrupted in epoch 0 after batch 4 (step 2); ", false },
        { { .val_batch = 3 }, "interrupted in epoch 0 after batch 4 (step 2); ", false },
        { { .before = true }, "interrupted in epoch 0 after batch 0 (step 0); ", false },
    };
    outcome whole = undisturbed();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        plan p = cases[i].plan;
        p.root = root;
        p.raise = levin_trainer_interrupt;
        outcome part = run(&p);
        assert_int_equal(part.result, LEVIN_EINTERRUPTED);
        assert_memory_equal(part.message, cases[i].message, strlen(cases[i].message));
        char *path = named_file(&part);
        outcome rest = run(&(plan){ .root = root, .ckpt_path = "last" });
        assert_same(&whole, &rest);
        assert_int_equal(levin__is_file(path), cases[i].stays);
        levin__free(path);
        drop(&part);
        drop(&rest);
        remove_folder(root);
    }
    drop(&whole);
}

static void a_fit_that_saves_nothing_is_interrupted_without_a_file(void **state)
{
    (void)state;
    outcome o = run(&(plan){
        .root = root, .raise = levin_trainer_interrupt, .train_batch = 7, .saves_nothing = true });
    assert_int_equal(o.result, LEVIN_EINTERRUPTED);
    assert_string_equal(o.message, "interrupted in epoch 0 after batch 7 (step 3)");
    drop(&o);
}

/* Puts a file where the folder of checkpoints has to be. */
static void block_and_interrupt(levin_trainer *t)
{
    char *path = levin__path_join(levin_trainer_log_dir(t), "checkpoints");
    remove_folder(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    levin__free(path);
    levin_trainer_interrupt(t);
}

static void a_state_that_cannot_be_saved_is_said_with_the_reason(void **state)
{
    (void)state;
    outcome o = run(&(plan){ .root = root, .raise = block_and_interrupt, .train_batch = 7 });
    assert_int_equal(o.result, LEVIN_EINTERRUPTED);
    assert_non_null(strstr(o.message, "(step 3); its state could not be saved: "));
    assert_non_null(strstr(o.message, "checkpoints: "));
    drop(&o);
}

/* A scontrol that writes down its words and ends with a status. */
static char *fake_scontrol(int status)
{
    char *dir = temporary_folder(), *path = levin__path_join(dir, "scontrol");
    FILE *f = fopen(path, "w");
    fprintf(f, "#!/bin/sh\necho \"$@\" >>%s/asked\nexit %d\n", dir, status);
    fclose(f);
    chmod(path, S_IRWXU);
    levin__free(path);
    char *all = levin__format("%s:%s", dir, getenv("PATH"));
    setenv("PATH", all, 1);
    levin__free(all);
    return dir;
}

static void set_job(const char *restarts)
{
    setenv("SLURM_NTASKS", "1", 1);
    setenv("SLURM_JOB_NAME", "train", 1);
    setenv("SLURM_JOB_ID", "77", 1);
    setenv("SLURM_RESTART_COUNT", restarts, 1);
}

static void unset_job(void)
{
    static const char *const names[] = { "SLURM_NTASKS",       "SLURM_JOB_NAME",
                                         "SLURM_JOB_ID",       "SLURM_RESTART_COUNT",
                                         "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void assert_asked(const char *dir, const char *words)
{
    char *path = levin__path_join(dir, "asked"), *text = slurp(path);
    assert_non_null(text);
    assert_string_equal(text, words);
    levin__free(text);
    levin__free(path);
}

static void a_job_is_requeued_twice_and_goes_on_by_itself(void **state)
{
    (void)state;
    outcome whole = undisturbed();
    char *bin = fake_scontrol(0);
    char *first = levin__path_join(root, "hpc_ckpt_1.ckpt");
    char *second = levin__path_join(root, "hpc_ckpt_2.ckpt");
    plan p = { .root = root, .raise = levin_trainer_requeue, .train_batch = 7 };
    set_job("0");
    outcome o = run(&p);
    assert_int_equal(o.result, LEVIN_EINTERRUPTED);
    assert_non_null(strstr(o.message, "hpc_ckpt_1.ckpt; job 77 is requeued"));
    assert_asked(bin, "requeue 77\n");
    drop(&o);
    set_job("1");
    setenv("SLURM_ARRAY_JOB_ID", "70", 1);
    setenv("SLURM_ARRAY_TASK_ID", "4", 1);
    p.ckpt_path = "nothing.ckpt"; // of the command, which is the same each time
    o = run(&p);
    assert_int_equal(o.result, LEVIN_EINTERRUPTED);
    assert_asked(bin, "requeue 77\nrequeue 70_4\n");
    assert_false(levin__is_file(first));
    assert_true(levin__is_file(second));
    drop(&o);
    o = run(&(plan){ .root = root });
    assert_same(&whole, &o);
    assert_false(levin__is_file(second));
    unset_job();
    drop(&o);
    drop(&whole);
    remove_folder(bin);
    levin__free(bin);
    levin__free(first);
    levin__free(second);
}

static void a_job_that_slurm_will_not_requeue_runs_on(void **state)
{
    (void)state;
    outcome whole = undisturbed();
    char *bin = fake_scontrol(1);
    set_job("0");
    outcome o = run(&(plan){ .root = root, .raise = levin_trainer_requeue, .train_batch = 7 });
    assert_same(&whole, &o);
    unset_job();
    drop(&o);
    drop(&whole);
    remove_folder(bin);
    levin__free(bin);
}

static void block_and_requeue(levin_trainer *t)
{
    char *old = levin__path_join(root, "hpc_ckpt_1.ckpt");
    levin__make_dirs(old);
    levin__free(old);
    levin_trainer_requeue(t);
}

/* A folder has the name of the old file, so that it cannot be deleted. */
static void an_old_file_that_stays_does_not_keep_the_job_from_its_next_turn(void **state)
{
    (void)state;
    char *bin = fake_scontrol(0);
    char *old = levin__path_join(root, "hpc_ckpt_1.ckpt");
    char *new = levin__path_join(root, "hpc_ckpt_2.ckpt");
    set_job("0");
    outcome o = run(&(plan){
        .root = root, .raise = block_and_requeue, .train_batch = 7, .saves_nothing = true });
    assert_int_equal(o.result, LEVIN_EINTERRUPTED);
    assert_non_null(strstr(o.message, "hpc_ckpt_2.ckpt; job 77 is requeued"));
    assert_asked(bin, "requeue 77\n");
    assert_true(levin__is_dir(old) && levin__is_file(new));
    unset_job();
    drop(&o);
    remove_folder(bin);
    levin__free(bin);
    levin__free(old);
    levin__free(new);
}

static void outside_of_a_job_nothing_is_requeued(void **state)
{
    (void)state;
    outcome whole = undisturbed();
    char *path = levin__path_join(root, "hpc_ckpt_1.ckpt");
    outcome o = run(&(plan){ .root = root, .raise = levin_trainer_requeue, .train_batch = 7 });
    assert_same(&whole, &o);
    assert_false(levin__is_file(path));
    drop(&o);
    o = run(&(plan){ .root = root, .ckpt_path = "hpc" });
    assert_int_equal(o.result, LEVIN_ENOTFOUND);
    assert_non_null(strstr(o.message, "there is no hpc_ckpt_N.ckpt in "));
    drop(&o);
    drop(&whole);
    levin__free(path);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(an_interrupted_fit_goes_on_with_the_same_bits),
        IN_ROOT(a_fit_that_saves_nothing_is_interrupted_without_a_file),
        IN_ROOT(a_state_that_cannot_be_saved_is_said_with_the_reason),
        IN_ROOT(a_job_is_requeued_twice_and_goes_on_by_itself),
        IN_ROOT(a_job_that_slurm_will_not_requeue_runs_on),
        IN_ROOT(an_old_file_that_stays_does_not_keep_the_job_from_its_next_turn),
        IN_ROOT(outside_of_a_job_nothing_is_requeued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
