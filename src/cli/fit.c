/* fit.c: the work of levin fit and of the demo. */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/checkpoint_options.h"
#include "cli/datamodule.h"
#include "cli/objects.h"
#include "cli/results.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/values.h"
#include "models/classifier.h"
#include "trainer/checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_VALUE = 1 << 20 };

/* ["entailment", "neutral", "contradiction"]: a JSON list, which YAML reads too. The caller's. */
static char *print_labels(const levin_module *m)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < levin_classifier_num_labels(m); i++)
        json_array_append_new(list, json_string(levin_classifier_label_name(m, i)));
    char *text = json_dumps(list, 0), *copy = levin__strdup(text);
    free(text);
    json_decref(list);
    return copy;
}

/* The arguments of the one class that an option has. */
static void save_arguments(const cli_session *s, const cli_row *row)
{
    const cli_object *o = &s->args->objects[row->class_kind].at[0];
    void *options = cli_object_options(o);
    levin_buffer value = LEVIN_BUFFER(MAX_VALUE);
    char name[2 * sizeof row->name];
    for (const levin_flag *f = o->type->arguments; options && f && f->name; f++) {
        levin__buffer_clear(&value);
        snprintf(name, sizeof name, "%s.%s", row->name + 2, f->name);
        if (levin__class_print(&value, o->type, options, f))
            levin_save_hyperparameter(s->model, name, "%s", value.data);
    }
    levin__buffer_free(&value);
    levin__free(options);
}

/* Every option, given or not, what the model saw of the encoder, and the labels. */
static void save_hyperparameters(const cli_session *s)
{
    cli_row row;
    levin_buffer value = LEVIN_BUFFER(MAX_VALUE);
    for (int i = 0; !levin_error() && cli_row_at(s->command, i, &row); i++) {
        if (row.option && row.option->unsaved)
            continue;
        levin__buffer_clear(&value);
        if (cli_row_print(&value, s->args, &row, i))
            levin_save_hyperparameter(s->model, row.name + 2, "%s", value.data);
        if (row.option && row.option->type == CLI_CLASS)
            save_arguments(s, &row);
    }
    levin__buffer_free(&value);
    const levin_classifier *c = levin__classifier(s->model);
    if (c) // where it was left open, what the folder said
        levin_save_hyperparameter(s->model, "model.pooling", "%s",
                                  levin__pooling_word((int)c->pooling));
    char *labels = print_labels(s->model);
    if (labels)
        levin_save_hyperparameter(s->model, "labels", "%s", labels);
    levin__free(labels);
}

/* Takes the loaders. Those of a data module can be asked for again; only who wants that gets one,
 * since checkpoints tell of it. */
static void train_on(cli_session *s, levin_dataloader *train, levin_dataloader *val)
{
    const cli_args *a = s->args;
    levin_dataloader *loaders[] = { val, NULL };
    levin_run_opts o = { .train = train, .loaders = loaders, .ckpt_path = a->ckpt_path };
    if (a->trainer.reload_dataloaders_every_n_epochs > 0)
        o = (levin_run_opts){ .datamodule = cli_datamodule(&s->data, train, val),
                              .ckpt_path = a->ckpt_path };
    levin_trainer_fit_with(s->trainer, s->model, &o);
    levin_datamodule_free(o.datamodule);
}

/* A split that may be absent. NULL with or without an error. */
static levin_dataloader *optional_loader(const cli_session *s, cli_split split)
{
    if (levin_error() || !cli_data_has(s->args, split))
        return NULL;
    levin_dataset *d = cli_data_open(&s->data, split);
    return d ? cli_data_loader(&s->data, split, d) : NULL;
}

static bool validates(const cli_args *a)
{
    levin_amount limit = a->trainer.limit_val_batches;
    return cli_data_has(a, CLI_VALIDATION) && !(limit.kind && limit.value == 0);
}

/* The numbers of the weights that are saved, not of some validation in the middle. */
static void validate_again(cli_session *s)
{
    if (levin_error() || !validates(s->args) ||
        s->meter->validated_step == levin_trainer_global_step(s->trainer))
        return;
    levin_dataloader *loader = optional_loader(s, CLI_VALIDATION);
    if (loader)
        levin_trainer_validate(s->trainer, s->model, loader);
}

/* <log_dir>/model; below default_root_dir where nothing is logged. The caller's. */
static char *model_folder(const cli_session *s)
{
    const char *dir = levin_trainer_log_dir(s->trainer);
    const char *root = s->args->trainer.default_root_dir;
    return levin__path_join(dir ? dir : root ? root : ".", "model");
}

/* NULL after an error, and where nothing is to be written. The caller's. */
static char *save(const cli_session *s)
{
    if (levin_error() || cli_is_fast_dev_run(s->args))
        return NULL;
    char *folder = model_folder(s);
    if (folder && levin_classifier_save(s->model, s->tokenizer, folder) == LEVIN_OK)
        return folder;
    levin__free(folder);
    return NULL;
}

/* An evaluation that was interrupted has means of some batches only: they are no results. */
static void report(const cli_session *s, const char *folder, bool whole, json_t *results)
{
    static const char *const all[] = { "train_loss", "val_loss", "val_acc",
                                       "test_loss",  "test_acc", NULL };
    static const char *const of_training[] = { "train_loss", NULL };
    const char *const *metrics = whole ? all : of_training;
    const cli_meter *m = s->meter;
    cli_result_metrics(results, s->trainer, metrics);
    cli_result_number(results, "sequences_per_second",
                      m->seconds > 0 ? (double)m->sequences / m->seconds : (double)NAN);
    cli_result_number(results, "wall_s", levin__seconds() - s->began);
    cli_result_count(results, "global_step", levin_trainer_global_step(s->trainer));
    cli_result_text(results, "best_model_path", levin_trainer_best_model_path(s->trainer));
    cli_result_text(results, "model_dir", folder);
}

/* A signal came when there was nothing left to train: the weights are safe, and this says where. */
static void report_interrupted(const cli_session *s, const char *folder)
{
    const char *best = levin_trainer_best_model_path(s->trainer);
    if (levin_error() && levin_error() != LEVIN_EINTERRUPTED)
        return;
    levin_error_clear();
    levin__error_set(LEVIN_EINTERRUPTED,
                     "interrupted after training, before its weights were evaluated%s%s%s%s",
                     folder ? "; the model is " : "", folder ? folder : "",
                     *best ? "; best checkpoint: " : "", best);
}

/* What follows training: the numbers of the weights that it ended with. False if that was
 * interrupted. */
static bool evaluate(cli_session *s)
{
    if (!cli_interrupted())
        validate_again(s);
    levin_dataloader *test = cli_interrupted() ? NULL : optional_loader(s, CLI_TEST);
    if (test)
        levin_trainer_test(s->trainer, s->model, test);
    return !cli_interrupted();
}

int cli_fit_begin(cli_session *s, const levin_command *c, const cli_args *a)
{
    int status = cli_session_begin(s, c, a, CLI_TRAIN);
    bool good = status == CLI_DONE && levin__check_ahead(s->trainer, LEVIN_RUNNING_FIT) == LEVIN_OK;
    return good ? CLI_DONE : CLI_USAGE;
}

int cli_fit(cli_session *s, json_t *results)
{
    if (!cli_checkpoint_is_there(s->args,
                                 true)) // before the run has a folder, which would hold nothing
        return levin_error();
    levin_dataloader *train = cli_session_open(s, CLI_TRAIN, false);
    levin_dataloader *val = train ? optional_loader(s, CLI_VALIDATION) : NULL;
    if (!levin_error())
        save_hyperparameters(s);
    train_on(s, train, val);
    char *folder = save(s);
    bool trained = !levin_error(), whole = trained && evaluate(s);
    if (trained && (!whole || !levin_error()))
        report(s, folder, whole, results);
    if (trained && !whole)
        report_interrupted(s, folder);
    levin__free(folder);
    return levin_error();
}
