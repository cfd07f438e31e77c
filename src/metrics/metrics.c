/* metrics.c: the metrics of the GLUE tasks, by name.
 *
 * Those of classes need three counts a class and no more: how often it was the target (support),
 * how often it was predicted, and how often both at once. Those of values keep the values, since
 * ranks need them all and a mean is best taken before deviations from it. */
#include "base/error.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "metrics/values.h"

#include <levin/metrics.h>
#include <math.h>
#include <string.h>

typedef struct counts {
    int64_t hit, predicted, support;
} counts;

typedef enum average { OF_LABEL_1, MACRO, MICRO, WEIGHTED } average;

typedef struct metric_row {
    const char *name;
    double (*of_classes)(const counts *c, int64_t n, average a);
    double (*of_values)(const double *x, const double *y, int64_t n);
    average average;
} metric_row;

struct levin_metric {
    const metric_row *row;
    int64_t num_classes;
    counts *classes;
    int64_t n, capacity;
    double *x, *y; // predictions and targets, for metrics of values
};

static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

static double precision_of(const counts *c) { return ratio((double)c->hit, (double)c->predicted); }
static double recall_of(const counts *c) { return ratio((double)c->hit, (double)c->support); }
static double f1_of(const counts *c)
{
    return ratio(2 * (double)c->hit, (double)c->predicted + (double)c->support);
}

static counts sum(const counts *c, int64_t n)
{
    counts s = { 0 };
    for (int64_t i = 0; i < n; i++) {
        s.hit += c[i].hit;
        s.predicted += c[i].predicted;
        s.support += c[i].support;
    }
    return s;
}

/* Scikit-learn's averages. Macro goes over the classes that occur at all, in either role. */
static double averaged(const counts *c, int64_t n, average a, double (*score)(const counts *c))
{
    counts all = sum(c, n);
    if (a == OF_LABEL_1)
        return score(&c[1]);
    if (a == MICRO)
        return score(&all);
    double total = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = a == WEIGHTED ? (double)c[i].support : c[i].predicted + c[i].support > 0;
        total += w * score(&c[i]);
        weight += w;
    }
    return ratio(total, weight);
}

static double precision(const counts *c, int64_t n, average a)
{
    return averaged(c, n, a, precision_of);
}
static double recall(const counts *c, int64_t n, average a) { return averaged(c, n, a, recall_of); }
static double f1(const counts *c, int64_t n, average a) { return averaged(c, n, a, f1_of); }

static double accuracy(const counts *c, int64_t n, average a)
{
    (void)a;
    counts all = sum(c, n);
    return ratio((double)all.hit, (double)all.support);
}

/* Gorodkin's R_K, which is Matthews' coefficient for two classes. */
static double matthews(const counts *c, int64_t n, average a)
{
    (void)a;
    counts all = sum(c, n);
    double s = (double)all.support, together = 0, predictions = 0, targets = 0;
    for (int64_t i = 0; i < n; i++) {
        double p = (double)c[i].predicted, t = (double)c[i].support;
        together += p * t;
        predictions += p * p;
        targets += t * t;
    }
    double spread = sqrt(s * s - predictions) * sqrt(s * s - targets);
    return ratio((double)all.hit * s - together, spread);
}

static const metric_row rows[] = {
    { .name = "accuracy", .of_classes = accuracy },
    { .name = "f1", .of_classes = f1, .average = OF_LABEL_1 },
    { .name = "f1_macro", .of_classes = f1, .average = MACRO },
    { .name = "f1_micro", .of_classes = f1, .average = MICRO },
    { .name = "f1_weighted", .of_classes = f1, .average = WEIGHTED },
    { .name = "precision", .of_classes = precision, .average = OF_LABEL_1 },
    { .name = "precision_macro", .of_classes = precision, .average = MACRO },
    { .name = "precision_micro", .of_classes = precision, .average = MICRO },
    { .name = "precision_weighted", .of_classes = precision, .average = WEIGHTED },
    { .name = "recall", .of_classes = recall, .average = OF_LABEL_1 },
    { .name = "recall_macro", .of_classes = recall, .average = MACRO },
    { .name = "recall_micro", .of_classes = recall, .average = MICRO },
    { .name = "recall_weighted", .of_classes = recall, .average = WEIGHTED },
    { .name = "matthews_correlation", .of_classes = matthews },
    { .name = "pearsonr", .of_values = levin__pearson },
    { .name = "spearmanr", .of_values = levin__spearman },
    { .name = "mse", .of_values = levin__mean_squared_error },
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const metric_row *find(const char *name)
{
    const char *names[N_ROWS + 1] = { NULL };
    for (int i = 0; i < N_ROWS; i++)
        names[i] = rows[i].name;
    int at = levin__find_word(name, names);
    if (at < 0)
        levin__unknown_word("metric", name, names);
    return at < 0 ? NULL : &rows[at];
}

static bool check_classes(const metric_row *row, int64_t num_classes)
{
    bool binary =
        row->average == OF_LABEL_1 && row->of_classes != accuracy && row->of_classes != matthews;
    if (num_classes < 1 || (binary && num_classes < 2))
        levin__error_set(LEVIN_EINVAL, "metric %s: %lld classes, expected %d or more", row->name,
                         (long long)num_classes, 1 + binary);
    else if (binary && num_classes > 2)
        levin__error_set(LEVIN_EINVAL,
                         "metric %s is of label 1 of two classes, not of %lld: %s_macro, "
                         "%s_micro or %s_weighted",
                         row->name, (long long)num_classes, row->name, row->name, row->name);
    return levin_error() == LEVIN_OK;
}

levin_metric *levin_metric_new(const char *name, int64_t num_classes)
{
    if (!name || levin_error())
        return NULL;
    const metric_row *row = find(name);
    if (!row || (row->of_classes && !check_classes(row, num_classes)))
        return NULL;
    levin_metric *m = levin__calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->row = row;
    m->num_classes = row->of_classes ? num_classes : 0;
    m->classes = levin__calloc((size_t)m->num_classes, sizeof *m->classes);
    if (m->classes)
        return m;
    levin_metric_free(m);
    return NULL;
}

void levin_metric_free(levin_metric *m)
{
    if (!m)
        return;
    levin__free(m->classes);
    levin__free(m->x);
    levin__free(m->y);
    levin__free(m);
}

void levin_metric_reset(levin_metric *m)
{
    if (!m)
        return;
    memset(m->classes, 0, (size_t)m->num_classes * sizeof *m->classes);
    m->n = 0;
}

/* A class number; -1 after recording that it is none. */
static int64_t class_at(const levin_metric *m, const levin_tensor *t, int64_t i, const char *what)
{
    double value = levin_tensor_get(t, i);
    if (value >= 0 && value < (double)m->num_classes && value == floor(value))
        return (int64_t)value;
    levin__error_set(LEVIN_EINVAL, "metric %s: %s %lld is %g, expected a class from 0 to %lld",
                     m->row->name, what, (long long)i, value, (long long)m->num_classes - 1);
    return -1;
}

/* Looks at all of them before it counts one, so that a bad batch changes nothing. */
static int add_classes(levin_metric *m, const levin_tensor *predictions,
                       const levin_tensor *targets, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (class_at(m, predictions, i, "prediction") < 0 || class_at(m, targets, i, "target") < 0)
            return levin_error();
    for (int64_t i = 0; i < n; i++) {
        int64_t p = (int64_t)levin_tensor_get(predictions, i);
        int64_t t = (int64_t)levin_tensor_get(targets, i);
        m->classes[p].predicted++;
        m->classes[t].support++;
        m->classes[t].hit += p == t;
    }
    m->n += n;
    return LEVIN_OK;
}

static int grow(levin_metric *m, int64_t need)
{
    int64_t capacity = m->capacity ? m->capacity : 256;
    while (capacity < need)
        capacity += capacity / 2;
    size_t old = (size_t)m->n * sizeof(double), bytes = (size_t)capacity * sizeof(double);
    double *x = levin__realloc(m->x, old, bytes);
    m->x = x ? x : m->x;
    double *y = x ? levin__realloc(m->y, old, bytes) : NULL;
    m->y = y ? y : m->y;
    if (!y)
        return LEVIN_ENOMEM;
    m->capacity = capacity;
    return LEVIN_OK;
}

static int add_values(levin_metric *m, const levin_tensor *predictions, const levin_tensor *targets,
                      int64_t n)
{
    if (m->n + n > m->capacity && grow(m, m->n + n) != LEVIN_OK)
        return levin_error();
    for (int64_t i = 0; i < n; i++) {
        m->x[m->n + i] = levin_tensor_get(predictions, i);
        m->y[m->n + i] = levin_tensor_get(targets, i);
    }
    m->n += n;
    return LEVIN_OK;
}

int levin_metric_add(levin_metric *m, const levin_tensor *predictions, const levin_tensor *targets)
{
    if (!m || !predictions || !targets || levin_error())
        return levin_error();
    int64_t n = levin_tensor_numel(predictions);
    if (n != levin_tensor_numel(targets)) {
        char a[96], b[96];
        return levin__error_set(LEVIN_ESHAPE, "metric %s: predictions %s and targets %s",
                                m->row->name, levin_tensor_describe(predictions, a, sizeof a),
                                levin_tensor_describe(targets, b, sizeof b));
    }
    return m->row->of_classes ? add_classes(m, predictions, targets, n)
                              : add_values(m, predictions, targets, n);
}

double levin_metric_compute(const levin_metric *m)
{
    if (!m || m->n == 0)
        return (double)NAN;
    if (m->row->of_classes)
        return m->row->of_classes(m->classes, m->num_classes, m->row->average);
    return m->row->of_values(m->x, m->y, m->n);
}
