/* data.c: see data.h. */
#include "cli/data.h"

#include "base/error.h"
#include "base/memory.h"
#include "tasks/glue.h"

#include <math.h>

/* What a split is called: on the command line, by GLUE, in messages. */
static const struct {
    const char *option, *of_task, *title;
} splits[] = {
    [CLI_TRAIN] = { "--data.train_file", "train", "training" },
    [CLI_VALIDATION] = { "--data.validation_file", "dev", "validation" },
    [CLI_TEST] = { "--data.test_file", "test", "test" },
    [CLI_PREDICT] = { "--data.test_file", "test", "prediction" },
};

static const char *file_of(const cli_args *a, cli_split split)
{
    return split == CLI_TRAIN        ? a->data.train_file
           : split == CLI_VALIDATION ? a->data.validation_file
                                     : a->data.test_file;
}

/* Whether the split lies in the folder of a task. */
static bool in_folder(const cli_args *a, cli_split split)
{
    return !file_of(a, split) && a->data.dir;
}

bool cli_data_check(const cli_args *a, cli_split split)
{
    const cli_data_args *d = &a->data;
    const char *option = splits[split].option;
    if (d->dir && !d->task)
        levin__error_set(LEVIN_EINVAL, "--data.dir needs --data.task, which says what lies there");
    else if (d->task && !d->dir && !file_of(a, split))
        levin__error_set(LEVIN_EINVAL,
                         "--data.task needs --data.dir, the folder of its files, or %s", option);
    else if (!d->task && !file_of(a, split))
        levin__error_set(LEVIN_EINVAL, "no %s data: give %s, or --data.task and --data.dir",
                         splits[split].title, option);
    return !levin_error();
}

bool cli_data_is_named(const cli_args *a, cli_split split)
{
    return file_of(a, split) || a->data.dir;
}

bool cli_data_has(const cli_args *a, cli_split split)
{
    if (!in_folder(a, split))
        return file_of(a, split) != NULL;
    levin_error_note before, answer;
    levin__error_take(&before);
    char *path = levin__glue_file(a->data.task, splits[split].of_task, a->data.dir);
    levin__error_take(&answer); // not there: no error here
    levin__error_give(&before);
    levin__free(path);
    return path != NULL;
}

static levin_dataset *open_split(const cli_data *d, cli_split split)
{
    const cli_data_args *a = &d->args->data;
    const levin_text_opts opts = {
        .text_column = a->text_column,
        .text_pair_column = a->text_pair_column,
        .label_column = a->label_column,
        .label_names = (const char *const *)d->labels.names,
        .num_labels = d->labels.n,
        .max_rows = split == CLI_TRAIN ? a->max_train_rows : 0,
        .regression = d->regression ? LEVIN_ON : LEVIN_OFF,
        .require_labels = split == CLI_PREDICT ? LEVIN_OFF : (levin_switch){ 0 },
    };
    return in_folder(d->args, split)
               ? levin_glue_dataset(a->task, splits[split].of_task, a->dir, &opts)
               : levin_dataset_from_file(file_of(d->args, split), &opts);
}

levin_dataset *cli_data_open(const cli_data *d, cli_split split)
{
    levin_dataset *set = open_split(d, split);
    bool labelled =
        d->regression ? !isnan(levin_dataset_value(set, 0)) : levin_dataset_label(set, 0) >= 0;
    if (!set || labelled || split == CLI_PREDICT)
        return set;
    levin_dataset_free(set);
    return NULL;
}

/* The names that a dataset found in its file. */
static bool labels_of_file(cli_labels *out, const levin_dataset *set)
{
    int64_t n = levin_dataset_num_labels(set);
    const char **names = levin__calloc((size_t)n + 1, sizeof *names);
    for (int64_t i = 0; names && i < n; i++)
        names[i] = levin_dataset_label_name(set, i);
    bool good = names && cli_labels_copy(out, names, n);
    levin__free((void *)names);
    return good;
}

/* Which classes there are, before any file is opened: those of the task; or, where the model's must
 * be kept, those of the model. None: the file will say. */
static bool known_labels(cli_data *d, const cli_labels *model, bool keep)
{
    const levin_glue_task *task = d->args->data.task ? levin_glue_find(d->args->data.task) : NULL;
    d->regression = task && task->regression;
    if (task && !task->regression)
        return cli_labels_copy(&d->labels, task->label_names, task->num_labels);
    if (!task && keep && model->n)
        return cli_labels_copy(&d->labels, (const char *const *)model->names, model->n);
    return !levin_error();
}

/* The model's order, where its names are the same. False after an error. */
static bool order_labels(cli_data *d, const cli_labels *model, bool keep)
{
    d->as_model = model->n && cli_labels_same(&d->labels, model);
    if (d->as_model)
        return cli_labels_order(&d->labels, model);
    if (keep && model->n && d->labels.n)
        levin__error_set(
            LEVIN_EINVAL, "%s: the labels of the model are not those of %s: %s, not %s",
            d->args->model.name, d->args->data.task, model->names[0], d->labels.names[0]);
    return !levin_error();
}

levin_dataset *cli_data_begin(cli_data *d, cli_split split, const cli_labels *model, bool keep)
{
    if (!known_labels(d, model, keep) || !order_labels(d, model, keep))
        return NULL;
    levin_dataset *set = cli_data_open(d, split);
    if (!set && !levin_error())
        levin__error_set(LEVIN_EINVAL, "the %s set of %s has no labels; %s names another",
                         splits[split].title, d->args->data.task, splits[split].option);
    if (!set || d->regression || d->labels.n)
        return set;
    /* The file brought the names; read again where the model has them in another order. */
    if (labels_of_file(&d->labels, set) && order_labels(d, model, keep) && !d->as_model)
        return set;
    levin_dataset_free(set);
    return levin_error() ? NULL : cli_data_open(d, split);
}

levin_dataloader *cli_data_loader(const cli_data *d, cli_split split, levin_dataset *dataset)
{
    const levin_dataloader_opts opts = {
        .batch_size = d->args->data.batch_size,
        .shuffle = split == CLI_TRAIN ? LEVIN_ON : LEVIN_OFF,
    };
    levin_dataset_set_tokenizer(dataset, d->tokenizer, d->max_length);
    return levin_dataloader_new(dataset, &opts);
}

int64_t cli_data_num_outputs(const cli_data *d) { return d->regression ? 1 : d->labels.n; }

void cli_data_end(cli_data *d) { cli_labels_free(&d->labels); }
