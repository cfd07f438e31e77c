/* summary.c: Lightning's ModelSummary. */
#include "trainer/summary.h"

#include "base/error.h"
#include "nn/module.h"

#include <stdio.h>
#include <string.h>

enum { COUNT_SIZE = 24, TYPE_SIZE = 64 };

/* "66", "1.2 K", "22.7 M", as Lightning writes them. */
static char *human_count(char text[COUNT_SIZE], int64_t n)
{
    static const char *const units[] = { "", " K", " M", " B", " T" };
    double x = (double)n;
    size_t unit = 0;
    while (x >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        x /= 1000;
        unit++;
    }
    snprintf(text, COUNT_SIZE, unit == 0 || x >= 100 ? "%.0f%s" : "%.1f%s", x, units[unit]);
    return text;
}

/* Our own classes under the names that torch's have: "Linear" for levin_linear. */
static char *type_name(char text[TYPE_SIZE], const levin_module *m)
{
    const char *name = m->type->name ? m->type->name : "";
    bool ours = strncmp(name, "levin_", 6) == 0;
    snprintf(text, TYPE_SIZE, "%s", ours ? name + 6 : name);
    if (ours && *text >= 'a' && *text <= 'z')
        *text = (char)(*text - 'a' + 'A');
    return text;
}

typedef struct {
    int name, type, params; // widths
} columns;

static void widen(int *width, const char *text)
{
    int n = (int)strlen(text);
    *width = n > *width ? n : *width;
}

/* Parameters that belong to m itself and to no child. */
static int64_t own_params(const levin_module *m)
{
    int64_t n = 0;
    for (const levin_parameter *p = m->node->first; p; p = p->next)
        n += p->tensor.numel;
    return n;
}

/* Depth of m below top; a part without a name of its own lies as deep as what it is part of. */
static int64_t depth_of(const levin_module *m, const levin_module *top)
{
    int64_t depth = 0;
    for (; m != top; m = m->node->parent)
        depth += *m->node->name != '\0';
    return depth;
}

/* The part after m that the table shows; NULL after the last. */
static levin_module *next_row(levin_module *top, levin_module *m, int64_t max_depth)
{
    while ((m = levin__module_next(top, m)))
        if (*m->node->name && (max_depth < 0 || depth_of(m, top) <= max_depth))
            return m;
    return NULL;
}

/* "bert.encoder", in the buffer until the next call. */
static const char *path_of(levin_buffer *text, const levin_module *m, const levin_module *top)
{
    levin__buffer_clear(text);
    if (!levin__module_path(text, m, top) || text->size == 0)
        return "";
    text->data[--text->size] = '\0'; // the dot that closes it
    return text->data;
}

static columns measure(levin_module *top, int64_t max_depth, levin_buffer *path)
{
    char count[COUNT_SIZE], type[TYPE_SIZE];
    columns w = { .name = 4, .type = 4, .params = 6 };
    for (levin_module *m = next_row(top, top, max_depth); m; m = next_row(top, m, max_depth)) {
        widen(&w.name, path_of(path, m, top));
        widen(&w.type, type_name(type, m));
        widen(&w.params, human_count(count, levin_module_numel(m, false)));
    }
    if (own_params(top) > 0)
        widen(&w.name, "other params");
    return w;
}

static void add_rule(levin_buffer *out, columns w)
{
    for (int i = 0; i < w.name + w.type + w.params + 18; i++)
        levin__buffer_add_char(out, '-');
    levin__buffer_add_char(out, '\n');
}

static void add_rows(levin_buffer *out, levin_module *top, int64_t max_depth, columns w,
                     levin_buffer *path)
{
    char count[COUNT_SIZE], type[TYPE_SIZE];
    int i = 0;
    for (levin_module *m = next_row(top, top, max_depth); m; m = next_row(top, m, max_depth))
        levin__buffer_addf(out, "%-2d| %-*s | %-*s | %-*s | %s\n", i++, w.name,
                           path_of(path, m, top), w.type, type_name(type, m), w.params,
                           human_count(count, levin_module_numel(m, false)),
                           levin_module_is_training(m) ? "train" : "eval");
    if (own_params(top) > 0)
        levin__buffer_addf(out, "  | %-*s | %-*s | %-*s | n/a\n", w.name, "other params", w.type,
                           "n/a", w.params, human_count(count, own_params(top)));
}

static void add_totals(levin_buffer *out, levin_module *top)
{
    int64_t all = levin_module_numel(top, false), trainable = levin_module_numel(top, true);
    int training = 0, evaluating = 0;
    char count[COUNT_SIZE];
    for (levin_module *m = levin__module_next(top, top); m; m = levin__module_next(top, m)) {
        if (levin_module_is_training(m))
            training++;
        else
            evaluating++;
    }
    levin__buffer_addf(out, "%-10sTrainable params\n", human_count(count, trainable));
    levin__buffer_addf(out, "%-10sNon-trainable params\n", human_count(count, all - trainable));
    levin__buffer_addf(out, "%-10sTotal params\n", human_count(count, all));
    levin__buffer_addf(out, "%-10.3fTotal estimated model params size (MB)\n", (double)all * 4e-6);
    levin__buffer_addf(out, "%-10dModules in train mode\n", training);
    levin__buffer_addf(out, "%-10dModules in eval mode\n", evaluating);
}

bool levin__summary(levin_buffer *out, levin_module *m, int64_t max_depth)
{
    enum { LONGEST_PATH = 4096 };
    levin_buffer path = LEVIN_BUFFER(LONGEST_PATH);
    columns w = measure(m, max_depth, &path);
    levin__buffer_addf(out, "\n  | %-*s | %-*s | %-*s | Mode\n", w.name, "Name", w.type, "Type",
                       w.params, "Params");
    add_rule(out, w);
    add_rows(out, m, max_depth, w, &path);
    add_rule(out, w);
    add_totals(out, m);
    levin__buffer_free(&path);
    return !out->failed;
}
