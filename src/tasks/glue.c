/* glue.c: the tasks of GLUE (Wang et al., 2019) as a table: labels, metrics, and where the files of
 * each split lie. Columns have the names that data/columns.c looks for. Labels are those of Hugging
 * Face's loader; the numbers in the files follow the same order. */
#include "tasks/glue.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_NAMES = 5, MAX_FILES = 3, MAX_SPLITS = 5, DEFAULT_LENGTH = 128 };

/* The split goes by any of its names; the first of its files that exists is it. */
typedef struct glue_split {
    const char *names[MAX_NAMES], *files[MAX_FILES];
    const char *const *columns; // of files without a header line
} glue_split;

typedef struct glue_row {
    levin_glue_task task;
    const char *folder;
    bool skip_malformed;
    glue_split splits[MAX_SPLITS];
} glue_row;

#define LIST(...)                                                                                  \
    (const char *const[]) { __VA_ARGS__, NULL }
#define LABELS(...)                                                                                \
    .label_names = LIST(__VA_ARGS__), .num_labels = sizeof(LIST(__VA_ARGS__)) / sizeof(char *) - 1
#define TRAIN                                                                                      \
    {                                                                                              \
        { "train" }, { "train.tsv" }, NULL                                                         \
    }
#define DEV                                                                                        \
    {                                                                                              \
        { "dev", "validation" }, { "dev.tsv" }, NULL                                               \
    }
#define TEST                                                                                       \
    {                                                                                              \
        { "test" }, { "test.tsv" }, NULL                                                           \
    }

static const char *const cola_columns[] = { "source", "label", "mark", "sentence", NULL };

static const glue_row rows[] = {
    { { "cola", LABELS("unacceptable", "acceptable"), .metrics = LIST("matthews_correlation") },
      "CoLA",
      false,
      { { { "train" }, { "train.tsv" }, cola_columns },
        { { "dev", "validation" }, { "dev.tsv" }, cola_columns },
        TEST } },
    { { "sst2", LABELS("negative", "positive"), .metrics = LIST("accuracy") },
      "SST-2",
      false,
      { TRAIN, DEV, TEST } },
    { { "mrpc", LABELS("not_equivalent", "equivalent"), .metrics = LIST("accuracy", "f1") },
      "MRPC",
      false,
      { { { "train" }, { "train.tsv", "msr_paraphrase_train.txt" }, NULL },
        DEV,
        { { "test" }, { "test.tsv", "msr_paraphrase_test.txt" }, NULL } } },
    { { "stsb", .num_labels = 1, .regression = true, .metrics = LIST("pearsonr", "spearmanr") },
      "STS-B",
      false,
      { TRAIN, DEV, TEST } },
    { { "qqp", LABELS("not_duplicate", "duplicate"), .metrics = LIST("accuracy", "f1") },
      "QQP",
      true, // a few rows of GLUE's own files lack fields
      { TRAIN, DEV, TEST } },
    { { "mnli", LABELS("entailment", "neutral", "contradiction"), .metrics = LIST("accuracy") },
      "MNLI",
      false,
      { { { "train" }, { "train.tsv", "mnli_train_merged.tsv" }, NULL },
        { { "dev_matched", "validation_matched", "dev", "validation" },
          { "dev_matched.tsv", "mnli_dev_matched.tsv" },
          NULL },
        { { "dev_mismatched", "validation_mismatched" },
          { "dev_mismatched.tsv", "mnli_dev_mismatched.tsv" },
          NULL },
        { { "test_matched", "test" }, { "test_matched.tsv" }, NULL },
        { { "test_mismatched" }, { "test_mismatched.tsv" }, NULL } } },
    { { "qnli", LABELS("entailment", "not_entailment"), .metrics = LIST("accuracy") },
      "QNLI",
      false,
      { TRAIN, DEV, TEST } },
    { { "rte", LABELS("entailment", "not_entailment"), .metrics = LIST("accuracy") },
      "RTE",
      false,
      { TRAIN, DEV, TEST } },
    { { "wnli", LABELS("not_entailment", "entailment"), .metrics = LIST("accuracy") },
      "WNLI",
      false,
      { TRAIN, DEV, TEST } },
    { { "ax", LABELS("entailment", "neutral", "contradiction"),
        .metrics = LIST("matthews_correlation") },
      "diagnostic",
      false,
      { { { "test" }, { "diagnostic.tsv", "diagnostic-full.tsv", "AX.tsv" }, NULL } } },
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const glue_row *find_task(const char *name)
{
    const char *names[N_ROWS + 1] = { NULL };
    for (int i = 0; i < N_ROWS; i++) {
        names[i] = rows[i].task.name;
        if (strcasecmp(name, rows[i].task.name) == 0 || strcasecmp(name, rows[i].folder) == 0)
            return &rows[i];
    }
    levin__unknown_word("GLUE task", name, names);
    return NULL;
}

static const glue_split *find_split(const glue_row *row, const char *name)
{
    const char *names[MAX_SPLITS + 1] = { NULL };
    for (int i = 0; i < MAX_SPLITS && row->splits[i].names[0]; i++) {
        names[i] = row->splits[i].names[0];
        for (int k = 0; k < MAX_NAMES && row->splits[i].names[k]; k++)
            if (strcasecmp(name, row->splits[i].names[k]) == 0)
                return &row->splits[i];
    }
    char kind[32];
    snprintf(kind, sizeof kind, "split of %s", row->task.name);
    levin__unknown_word(kind, name, names);
    return NULL;
}

/* The first file that there is; the caller's to free. NULL after an error that names the places. */
static char *find_file(const glue_row *row, const glue_split *split, const char *data_dir)
{
    const char *folders[] = { row->folder, row->task.name, "." };
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < MAX_FILES && split->files[k]; k++) {
            bool here = strcmp(folders[i], ".") == 0;
            char *path = here ? levin__path_join(data_dir, split->files[k])
                              : levin__format("%s/%s/%s", data_dir, folders[i], split->files[k]);
            if (!path || levin__is_file(path))
                return path;
            levin__free(path);
        }
    }
    levin__error_set(LEVIN_ENOTFOUND, "%s: no %s split of %s: neither %s/%s nor %s is there",
                     data_dir, split->names[0], row->task.name, row->folder, split->files[0],
                     split->files[0]);
    return NULL;
}

const char *levin__glue_word(int i) { return i < N_ROWS ? rows[i].task.name : NULL; }

char *levin__glue_file(const char *task, const char *split, const char *data_dir)
{
    const glue_row *row = find_task(task);
    const glue_split *part = row ? find_split(row, split) : NULL;
    return part ? find_file(row, part, data_dir) : NULL;
}

const levin_glue_task *levin_glue_find(const char *task)
{
    const glue_row *row = task && !levin_error() ? find_task(task) : NULL;
    return row ? &row->task : NULL;
}

/* The caller's wishes, and GLUE's habits where he has none. */
static levin_text_opts complete(const levin_text_opts *opts, const glue_row *row,
                                const glue_split *split)
{
    levin_text_opts o = opts ? *opts : (levin_text_opts){ 0 };
    if (!o.label_names) {
        o.label_names = row->task.label_names;
        o.num_labels = row->task.regression ? 0 : row->task.num_labels;
    }
    if (!o.columns)
        o.columns = split->columns;
    if (!o.regression.value && row->task.regression)
        o.regression = LEVIN_ON;
    if (!o.require_labels.value && strncmp(split->names[0], "test", 4) == 0)
        o.require_labels = LEVIN_OFF;
    if (!o.skip_malformed.value && row->skip_malformed)
        o.skip_malformed = LEVIN_ON;
    return o;
}

levin_dataset *levin_glue_dataset(const char *task, const char *split, const char *data_dir,
                                  const levin_text_opts *opts)
{
    if (!task || !split || levin_error())
        return NULL;
    if (!data_dir) {
        levin__error_set(LEVIN_EINVAL, "glue %s: no data_dir: the folder that holds %s", task,
                         task);
        return NULL;
    }
    const glue_row *row = find_task(task);
    const glue_split *part = row ? find_split(row, split) : NULL;
    char *path = part ? find_file(row, part, data_dir) : NULL;
    if (!path)
        return NULL;
    levin_text_opts how = complete(opts, row, part);
    levin_dataset *d = levin_dataset_from_file(path, &how);
    levin__free(path);
    return d;
}

levin_dataloader *levin_glue(const char *task, const char *split, const char *model_folder,
                             const levin_dataloader_opts *opts)
{
    levin_dataloader_opts o = opts ? *opts : (levin_dataloader_opts){ 0 };
    if (!model_folder) {
        levin__error_set(LEVIN_EINVAL, "glue %s: no model folder, whose tokenizer is needed",
                         task ? task : "");
        return NULL;
    }
    levin_dataset *d = levin_glue_dataset(task, split, o.data_dir, NULL);
    levin_tokenizer *t = d ? levin_tokenizer_from_pretrained(model_folder) : NULL;
    if (!t) {
        levin_dataset_free(d);
        return NULL;
    }
    levin_dataset_set_tokenizer(d, t, o.max_length ? o.max_length : DEFAULT_LENGTH);
    levin__dataset_own_tokenizer(d, t);
    if (!o.shuffle.value && split && strcasecmp(split, "train") == 0)
        o.shuffle = LEVIN_ON;
    return levin_dataloader_new(d, &o);
}
