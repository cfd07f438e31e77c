/* restore.c: any JSON object as the header of a .ckpt whose tensors and checksum are right: a fit
 * that is resumed from it goes on, or says in one line why not, and leaves the files of others
 * alone. The container is safetensors.c's. */
#include "fuzz.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "support/boring.h"
#include "support/patched.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *root; // of what stays: whole.ckpt and the folder that a run works in

static levin_dataloader *loader(int64_t rows)
{
    return boring_loader(rows, 1,
                         &(levin_dataloader_opts){ .batch_size = 4, .prefetch = LEVIN_OFF });
}

/* Two epochs, with the callbacks that keep a state. */
static void fit(const char *from, const char *to)
{
    levin_model_checkpoint_opts files = { .dirpath = "checkpoints",
                                          .monitor = "train_loss_step",
                                          .save_top_k = 2,
                                          .save_last = LEVIN_ON,
                                          .every_n_train_steps = 1 };
    levin_callback *callbacks[] = {
        levin_model_checkpoint(&files),
        levin_early_stopping(&(levin_early_stopping_opts){ .monitor = "train_loss_step" }),
        levin_spike_detection(&(levin_spike_detection_opts){ .atol = LEVIN_NUMBER(1e9) }),
        levin_ema_weight_averaging(NULL),
        NULL,
    };
    levin_dataloader *validation[] = { loader(8), loader(4), NULL };
    boring *m = boring_new(1);
    m->schedule = m->log_twice = true;
    levin_trainer *t =
        levin_trainer_new(&(levin_trainer_flags){ .default_root_dir = ".",
                                                  .max_epochs = 2,
                                                  .val_check_interval = LEVIN_BATCHES(2),
                                                  .log_every_n_steps = 1,
                                                  .callbacks = callbacks });
    levin_trainer_set_output(t, NULL);
    levin_run_opts data = { .train = loader(12), .loaders = validation, .ckpt_path = from };
    levin_trainer_fit_with(t, &m->base, &data);
    if (to)
        levin_trainer_save_checkpoint(t, to);
    levin_trainer_free(t);
    levin_module_free(&m->base);
}

static void remove_root(void)
{
    remove_folder(root);
    levin__free(root);
}

/* In the folder of a run. */
static void resume(const json_t *header)
{
    static const char *const of_others[] = { "victim.ckpt", "checkpoints/victim.txt",
                                             "checkpoints/below/victim.ckpt" };
    enum { N = sizeof of_others / sizeof *of_others };
    levin__make_dirs("checkpoints/below");
    for (int i = 0; i < N; i++)
        levin__file_write(of_others[i], "", 0);
    if (checkpoint_patch("hostile.ckpt", header, "../whole.ckpt") == LEVIN_OK)
        fit("hostile.ckpt", NULL);
    FUZZ_CHECK(!strchr(levin_error_message(), '\n'));
    for (int i = 0; i < N; i++)
        FUZZ_CHECK(levin__is_file(of_others[i]));
}

/* What the checkpoints are made of. */
static void begin(void)
{
    root = temporary_folder();
    atexit(remove_root);
    FUZZ_CHECK(root && chdir(root) == 0);
    fit(NULL, "whole.ckpt");
    FUZZ_CHECK(!levin_error());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!root)
        begin();
    FUZZ_CHECK(here >= 0 && chdir(root) == 0 && mkdir("run", 0700) == 0 && chdir("run") == 0);
    json_t *header = levin__json_parse((const char *)data, size, "fuzz");
    if (json_is_object(header))
        resume(header);
    json_decref(header);
    levin_error_clear();
    FUZZ_CHECK(chdir(root) == 0);
    remove_folder("run");
    FUZZ_CHECK(fchdir(here) == 0);
    close(here);
    return 0;
}
