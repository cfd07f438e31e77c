/* summary.c: Lightning's ModelSummary of depth 1. */
#include "trainer/summary.h"

#include "base/error.h"
#include "nn/module.h"

#include <stdio.h>
#include <string.h>

enum { COUNT_SIZE = 24 };

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

static columns measure(const levin_module *m)
{
    char count[COUNT_SIZE];
    columns w = { .name = 4, .type = 4, .params = 6 };
    for (const levin_module *c = m->node->first_child; c; c = c->node->next) {
        widen(&w.name, c->node->name);
        widen(&w.type, c->type->name);
        widen(&w.params, human_count(count, levin_module_numel(c, false)));
    }
    if (own_params(m) > 0)
        widen(&w.name, "other params");
    return w;
}

static void add_rule(levin_buffer *out, columns w)
{
    for (int i = 0; i < w.name + w.type + w.params + 18; i++)
        levin__buffer_add_char(out, '-');
    levin__buffer_add_char(out, '\n');
}

static void add_rows(levin_buffer *out, const levin_module *m, columns w)
{
    char count[COUNT_SIZE];
    int i = 0;
    for (const levin_module *c = m->node->first_child; c; c = c->node->next)
        levin__buffer_addf(out, "%-2d| %-*s | %-*s | %-*s | %s\n", i++, w.name, c->node->name,
                           w.type, c->type->name, w.params,
                           human_count(count, levin_module_numel(c, false)),
                           levin_module_is_training(c) ? "train" : "eval");
    if (own_params(m) > 0)
        levin__buffer_addf(out, "  | %-*s | %-*s | %-*s | n/a\n", w.name, "other params", w.type,
                           "n/a", w.params, human_count(count, own_params(m)));
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

bool levin__summary(levin_buffer *out, levin_module *m)
{
    columns w = measure(m);
    levin__buffer_addf(out, "\n  | %-*s | %-*s | %-*s | Mode\n", w.name, "Name", w.type, "Type",
                       w.params, "Params");
    add_rule(out, w);
    add_rows(out, m, w);
    add_rule(out, w);
    add_totals(out, m);
    return !out->failed;
}
