/* text_file.c: a dataset out of a file. Reads its rows once, front to back, and keeps the texts and
 * the label of each; what a row may lack and what happens to it stands at levin_text_opts. */
#include "base/error.h"
#include "base/memory.h"
#include "data/columns.h"
#include "data/dataset.h"
#include "data/labels.h"
#include "data/rows.h"
#include "data/text_dataset.h"

#include <string.h>

typedef struct reading {
    const char *path;
    levin_rows *rows;
    levin_dataset *dataset;
    int text, pair, label; // columns
    levin_labels labels;
    bool regression, required;
    bool all_labelled;  // so far
    int64_t unlabelled; // rows left out because of a "-"
} reading;

static bool is_on(levin_switch s, bool missing) { return s.value ? s.value > 0 : missing; }

static int at_row(const reading *r, int code, const char *fmt, const char *detail)
{
    return levin__error_set(code, "%s:%lld: %s%s", r->path, (long long)levin__rows_line(r->rows),
                            fmt, detail);
}

static int unknown_label(const reading *r, levin_cell cell)
{
    char known[200], label[64];
    size_t n = cell.n < sizeof label ? cell.n : sizeof label - 1;
    if (n)
        memcpy(label, cell.text, n);
    label[n] = '\0';
    double number;
    if (levin__parse_number(cell.text, cell.n, &number))
        return levin__error_set(LEVIN_EFORMAT, "%s:%lld: label %s, expected 0 to %lld (%s)",
                                r->path, (long long)levin__rows_line(r->rows), label,
                                (long long)(r->labels.n - 1),
                                levin__labels_list(&r->labels, known, sizeof known));
    return levin__error_set(LEVIN_EFORMAT, "%s:%lld: unknown label '%s'; known: %s", r->path,
                            (long long)levin__rows_line(r->rows), label,
                            levin__labels_list(&r->labels, known, sizeof known));
}

/* 1 with a class in target, 0 for a row that has none, or an error code. */
static int read_class(reading *r, levin_cell cell, levin_target *target)
{
    target->class = cell.text && cell.n ? levin__labels_class(&r->labels, cell.text, cell.n) : -1;
    if (target->class < -1)
        return levin_error();
    if (target->class >= 0)
        return 1;
    if (!r->required)
        return 0;
    return cell.n ? unknown_label(r, cell) : at_row(r, LEVIN_EFORMAT, "no label", "");
}

static int read_value(const reading *r, levin_cell cell, levin_target *target)
{
    double value;
    if (cell.text && levin__parse_number(cell.text, cell.n, &value)) {
        target->value = (float)value;
        return 1;
    }
    if (!r->required)
        return 0;
    return at_row(r, LEVIN_EFORMAT, "the label of a regression must be a number", "");
}

/* SNLI's mark for a row on whose label its annotators did not agree. */
static bool is_undecided(const reading *r, levin_cell label)
{
    return !r->regression && label.n == 1 && label.text[0] == '-' &&
           !levin__labels_has(&r->labels, "-", 1);
}

static int read_row(reading *r)
{
    levin_cell text = levin__rows_cell(r->rows, r->text);
    levin_cell pair = levin__rows_cell(r->rows, r->pair);
    levin_cell label = levin__rows_cell(r->rows, r->label);
    const char *const *columns = levin__rows_columns(r->rows);
    if (!text.text || (r->pair >= 0 && !pair.text))
        return at_row(r, LEVIN_EFORMAT, "no text in column ",
                      columns[text.text ? r->pair : r->text]);
    levin_target target = { .class = -1 };
    int labelled = 0;
    if (is_undecided(r, label) && r->required) {
        r->unlabelled++;
        return LEVIN_OK;
    }
    if (r->label >= 0)
        labelled = r->regression ? read_value(r, label, &target) : read_class(r, label, &target);
    if (labelled < 0)
        return labelled;
    r->all_labelled = r->all_labelled && labelled;
    return levin__text_dataset_add(r->dataset, text.text, text.n, pair.text ? pair.text : "",
                                   pair.n, target);
}

static int read_rows(reading *r, int64_t max_rows)
{
    r->all_labelled = true;
    while (!max_rows || levin_dataset_len(r->dataset) < max_rows) {
        int status = levin__rows_next(r->rows);
        if (status == 0)
            break;
        if (status < 0 || (status = read_row(r)) != LEVIN_OK)
            return status;
    }
    if (levin_dataset_len(r->dataset) == 0)
        return levin__error_set(LEVIN_EINVAL, "%s: an empty data set: no rows", r->path);
    return LEVIN_OK;
}

/* Fractions among the names that a file brought are a sign of scores. */
static int check_names(const reading *r)
{
    double value;
    for (int64_t i = 0; i < r->labels.n; i++) {
        const char *name = r->labels.names[i];
        if (levin__parse_number(name, strlen(name), &value) && strpbrk(name, ".eE") &&
            value != (double)(int64_t)value)
            return levin__error_set(LEVIN_EINVAL,
                                    "%s: the labels are numbers such as %s: for these turn "
                                    "regression on",
                                    r->path, name);
    }
    return LEVIN_OK;
}

/* Numbers classes by the order of their names, and hands them to the dataset. */
static int finish_classes(reading *r)
{
    levin_target *targets = levin__text_dataset_targets(r->dataset);
    int64_t n = levin_dataset_len(r->dataset);
    if (r->labels.open) {
        int64_t *classes = levin__alloc((size_t)n * sizeof *classes);
        for (int64_t i = 0; classes && i < n; i++)
            classes[i] = targets[i].class;
        if (classes && check_names(r) == LEVIN_OK)
            levin__labels_close(&r->labels, classes, n);
        for (int64_t i = 0; classes && i < n; i++)
            targets[i].class = classes[i];
        levin__free(classes);
    }
    if (levin_error())
        return levin_error();
    levin__text_dataset_set_kind(r->dataset, LEVIN_CLASSES);
    return levin_dataset_set_labels(r->dataset, r->labels.n, (const char *const *)r->labels.names);
}

static int finish(reading *r)
{
    r->dataset->node->skipped = levin__rows_skipped(r->rows) + r->unlabelled;
    if (r->label < 0 || !r->all_labelled) {
        levin__text_dataset_set_kind(r->dataset, LEVIN_NO_TARGET);
        return r->regression || r->labels.open
                   ? LEVIN_OK
                   : levin_dataset_set_labels(r->dataset, r->labels.n,
                                              (const char *const *)r->labels.names);
    }
    if (!r->regression)
        return finish_classes(r);
    levin__text_dataset_set_kind(r->dataset, LEVIN_VALUES);
    return LEVIN_OK;
}

static int read_file(reading *r, const levin_text_opts *opts)
{
    levin_rows_opts how = { .columns = opts->columns,
                            .skip_malformed = is_on(opts->skip_malformed, false) };
    r->regression = is_on(opts->regression, false);
    r->required = is_on(opts->require_labels, true);
    if (levin__labels_init(&r->labels, opts->label_names, opts->num_labels) != LEVIN_OK)
        return levin_error();
    r->rows = levin__rows_open(r->path, &how);
    if (!r->rows ||
        !levin__text_columns(r->rows, opts->text_column, opts->text_pair_column, &r->text,
                             &r->pair) ||
        !levin__label_column(r->rows, opts->label_column, r->regression, r->required, &r->label))
        return levin_error();
    r->dataset = levin__text_dataset_new(r->pair >= 0);
    if (!r->dataset || levin__dataset_rename(r->dataset, r->path) != LEVIN_OK ||
        read_rows(r, opts->max_rows) != LEVIN_OK)
        return levin_error();
    return finish(r);
}

levin_dataset *levin_dataset_from_file(const char *path, const levin_text_opts *opts)
{
    static const levin_text_opts defaults;
    if (!path || levin_error())
        return NULL;
    reading r = { .path = path };
    int code = read_file(&r, opts ? opts : &defaults);
    levin__rows_close(r.rows);
    levin__labels_free(&r.labels);
    if (code == LEVIN_OK)
        return r.dataset;
    levin_dataset_free(r.dataset);
    return NULL;
}
