/* test_hostile.c: checkpoints whose checksum is right and whose numbers and paths are not. Each is
 * refused in a line that says what is wrong, and no file of somebody else is touched. */
#include "support/patched.h"
#include "support/root.h"
#include "support/unit.h"

#include "base/file.h"
#include "trainer/trainer.h"

static levin_dataloader *loader(int64_t rows)
{
    return boring_loader(rows, 1, &(levin_dataloader_opts){ .batch_size = 4 });
}

/* So many epochs, or those that are left behind the file from; its last state is the file to. An
 * error stays. */
static void fit(levin_callback *callback, int64_t max_epochs, const char *from, const char *to)
{
    boring *m = boring_new(1);
    levin_callback *callbacks[] = { callback, NULL };
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){ .default_root_dir = root,
                                                                 .max_epochs = max_epochs,
                                                                 .log_every_n_steps = 1,
                                                                 .callbacks = callbacks });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit_from(t, &m->base, loader(8), loader(8), from);
    if (to)
        levin_trainer_save_checkpoint(t, to);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

/* The state of a callback. */
static json_t *state_of(json_t *callbacks, const char *name)
{
    const char *key;
    json_t *state;
    json_object_foreach(callbacks, key,
                        state) if (strncmp(key, name, strlen(name)) == 0) return state;
    return NULL;
}

/* Writes the file to: from with another value of a number of the position, or of what a callback
 * keeps. Takes value. */
static void patch(const char *from, const char *to, const char *callback, const char *key,
                  json_t *value)
{
    json_t *header = checkpoint_header(from);
    json_t *object = callback ? state_of(json_object_get(header, "callbacks"), callback)
                              : json_object_get(header, "loops");
    assert_non_null(object);
    assert_int_equal(json_object_set_new(object, key, value), 0);
    assert_int_equal(checkpoint_patch(to, header, from), 0);
    json_decref(header);
}

static levin_callback *saver(void)
{
    char *dir = levin__path_join(root, "checkpoints");
    levin_callback *c = levin_model_checkpoint(&(levin_model_checkpoint_opts){ .dirpath = dir });
    levin__free(dir);
    return c;
}

/* Whether the file is still there after a run that was told to have it for the one it keeps. */
static bool survives(const char *name)
{
    char *good = levin__path_join(root, "good.ckpt"), *bad = levin__path_join(root, "bad.ckpt");
    char *path = levin__format("%s/checkpoints/%s", root, name);
    fit(saver(), 1, NULL, good);
    patch(good, bad, "ModelCheckpoint", "best_model_path", json_string(path));
    assert_int_equal(levin__file_write(path, "precious", 8), 0);
    fit(saver(), 2, bad, NULL);
    assert_string_equal(levin_error_message(), "");
    bool there = levin__is_file(path);
    levin__free(path);
    levin__free(good);
    levin__free(bad);
    return there;
}

static void only_files_that_a_model_checkpoint_made_are_deleted(void **state)
{
    (void)state;
    char *deeper = levin__path_join(root, "checkpoints/of-others");
    assert_int_equal(levin__make_dirs(deeper), 0);
    assert_true(survives("../victim.ckpt"));
    assert_true(survives("of-others/../../victim.ckpt"));
    assert_true(survives("of-others/victim.ckpt"));
    assert_true(survives("victim.txt"));
    assert_false(survives("epoch=0-step=1.ckpt"));
    levin__free(deeper);
}

static levin_callback *spikes(void)
{
    return levin_spike_detection(&(levin_spike_detection_opts){ .exclude_batches_path = root });
}

static void counts_of_callbacks_must_be_counts(void **state)
{
    (void)state;
    char *good = levin__path_join(root, "good.ckpt"), *bad = levin__path_join(root, "bad.ckpt");
    fit(spikes(), 1, NULL, good);
    json_t *wrong[] = { json_integer(-5),   json_real(1.5),   json_real(1e300),
                        json_string("nan"), json_string("5"), json_integer(INT64_MAX) };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        patch(good, bad, "SpikeDetection", "seen", wrong[i]);
        fit(spikes(), 2, bad, NULL);
        assert_error(LEVIN_EFORMAT, "callback.SpikeDetection.seen must be a whole number from 0");
    }
    patch(good, bad, "SpikeDetection", "seen", json_real(0x1p53));
    fit(spikes(), 2, bad, NULL);
    assert_string_equal(levin_error_message(), "");
    levin__free(good);
    levin__free(bad);
}

static void the_position_has_no_number_that_no_run_reaches(void **state)
{
    (void)state;
    static const char *const keys[] = { "epoch",       "batch",         "global_step",
                                        "batch_steps", "total_batches", "stepped_batches",
                                        "val_loader",  "val_batch",     "val_runs",
                                        "val_batches" };
    char *good = levin__path_join(root, "good.ckpt"), *bad = levin__path_join(root, "bad.ckpt");
    fit(spikes(), 1, NULL, good);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (int large = 0; large < 2; large++) {
            patch(good, bad, NULL, keys[i], json_integer(large ? INT64_MAX : -1));
            fit(spikes(), 2, bad, NULL);
            assert_error(LEVIN_EFORMAT, keys[i]);
        }
    }
    levin__free(good);
    levin__free(bad);
}

static void a_validation_goes_on_in_loaders_that_are_there(void **state)
{
    (void)state;
    char *good = levin__path_join(root, "good.ckpt"), *bad = levin__path_join(root, "bad.ckpt");
    fit(spikes(), 1, NULL, good);
    patch(good, good, NULL, "moment", json_string("validation"));
    static const int64_t wrong[] = { 1, UINT32_MAX, (int64_t)1 << 53 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        patch(good, bad, NULL, "val_loader", json_integer(wrong[i]));
        fit(spikes(), 3, bad, NULL);
        assert_error(LEVIN_EINVAL, "counted from 0, but this run has 1");
    }
    patch(good, bad, NULL, "val_loader", json_integer(0));
    fit(spikes(), 3, bad, NULL);
    assert_string_equal(levin_error_message(), "");
    levin__free(good);
    levin__free(bad);
}

static void a_validation_does_not_go_on_where_there_is_none(void **state)
{
    (void)state;
    char *good = levin__path_join(root, "good.ckpt");
    fit(spikes(), 1, NULL, good);
    patch(good, good, NULL, "moment", json_string("validation"));
    boring *m = boring_new(1);
    levin_trainer *t = levin_trainer_new(&(levin_trainer_flags){
        .default_root_dir = root, .max_epochs = 3, .limit_val_batches = LEVIN_BATCHES(0) });
    levin_trainer_set_output(t, NULL);
    levin_trainer_fit_from(t, &m->base, loader(8), loader(8), good);
    assert_string_equal(levin_error_message(), "");
    assert_int_equal(t->position.val_runs, 1); // that of the file
    levin_trainer_free(t);
    levin_module_free(&m->base);
    levin__free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_files_that_a_model_checkpoint_made_are_deleted,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(counts_of_callbacks_must_be_counts, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_position_has_no_number_that_no_run_reaches, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_validation_goes_on_in_loaders_that_are_there, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_validation_does_not_go_on_where_there_is_none, make_root,
                                        remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
