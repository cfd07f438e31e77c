/* simple.c: Lightning's SimpleProfiler: a row for each action, the longest in all first. Actions
 * nest, so that times overlap. The layout, tabs and all, is Lightning's. */
#include "base/clock.h"
#include "base/memory.h"
#include "trainer/classes.h"
#include "trainer/profilers/file_profiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPORT = 1 << 24, TAB = 8 };

typedef struct {
    const char *name; // lent by the trainer
    int64_t calls;
    double seconds;
} action;

typedef struct {
    levin_file_profiler file;
    bool extended;
    double began;
    action *actions;
    int n, capacity;
    int *table; // number of an action plus 1, by the hash of its name's address; 0: free
    bool failed;
} simple_profiler;

static int *find_place(const simple_profiler *p, const char *name)
{
    size_t mask = 2 * (size_t)p->capacity - 1, at = ((uintptr_t)name >> 4) * 0x9e3779b9u & mask;
    while (p->table[at] && p->actions[p->table[at] - 1].name != name)
        at = (at + 1) & mask;
    return &p->table[at];
}

static bool grow(simple_profiler *p)
{
    int more = p->capacity ? 2 * p->capacity : 256;
    size_t size = sizeof *p->actions;
    int *table = levin__calloc(2 * (size_t)more, sizeof *table);
    action *actions = levin__realloc(p->actions, (size_t)p->capacity * size, (size_t)more * size);
    if (actions)
        p->actions = actions;
    if (!table || !actions) {
        levin__free(table);
        return false;
    }
    levin__free(p->table);
    p->table = table;
    p->capacity = more;
    for (int i = 0; i < p->n; i++)
        *find_place(p, p->actions[i].name) = i + 1;
    return true;
}

static void record(levin_profiler *base, const levin_span *span)
{
    simple_profiler *p = (simple_profiler *)base;
    p->failed |= p->n == p->capacity && !p->failed && !grow(p);
    if (p->failed)
        return;
    int *place = find_place(p, span->name);
    if (!*place) {
        p->actions[p->n++] = (action){ .name = span->name };
        *place = p->n;
    }
    action *a = &p->actions[*place - 1];
    a->calls++;
    a->seconds += span->ended - span->began;
}

static int setup(levin_profiler *base, const levin_profiled_call *call)
{
    simple_profiler *p = (simple_profiler *)base;
    p->n = 0;
    if (p->table)
        memset(p->table, 0, 2 * (size_t)p->capacity * sizeof *p->table);
    p->began = levin__seconds();
    return levin__file_profiler_setup(&p->file, call);
}

static int by_seconds(const void *a, const void *b)
{
    const action *x = a, *y = b;
    return x->seconds < y->seconds ? 1 : x->seconds > y->seconds ? -1 : strcmp(x->name, y->name);
}

/* Five digits as Python's format gives them: 0.0 and 12.0 keep their point. */
static const char *five_digits(char text[32], double x)
{
    int n = snprintf(text, 32, "%.5g", x);
    if (!strpbrk(text, ".en"))
        snprintf(text + n, 32 - (size_t)n, ".0");
    return text;
}

/* Columns of a line on a terminal. */
static int expanded(const char *line)
{
    int column = 0;
    for (; *line; line++)
        column += *line == '\t' ? TAB - column % TAB : 1;
    return column;
}

static void add_dashes(levin_buffer *out, int n)
{
    levin__buffer_add_char(out, '\n');
    for (int i = 0; i < n; i++)
        levin__buffer_add_char(out, '-');
}

/* Cells that are NULL are left out. */
static void add_row(levin_buffer *out, int width, const char *name, const char *const cells[4])
{
    levin__buffer_addf(out, "\n|  %-*s\t|", width, name);
    for (int i = 0; i < 4; i++)
        if (cells[i])
            levin__buffer_addf(out, "  %-15s\t|", cells[i]);
}

static void add_action(levin_buffer *out, const simple_profiler *p, int width, const action *a,
                       double all)
{
    char mean[32], calls[32], total[32], share[32];
    five_digits(mean, a->seconds / (double)a->calls);
    five_digits(total, a->seconds);
    five_digits(share, 100 * a->seconds / all);
    snprintf(calls, sizeof calls, "%lld", (long long)a->calls);
    add_row(out, width, a->name,
            p->extended ? (const char *[]){ mean, calls, total, share }
                        : (const char *[]){ mean, NULL, total, NULL });
}

static void add_head(levin_buffer *out, const simple_profiler *p, int width, int *line)
{
    levin_buffer head = LEVIN_BUFFER(MAX_REPORT);
    add_row(&head, width, "Action",
            p->extended ? (const char *[]){ "Mean duration (s)", "Num calls", "Total time (s)",
                                            "Percentage %" }
                        : (const char *[]){ "Mean duration (s)", NULL, "Total time (s)", NULL });
    *line = head.failed ? 0 : 1 + expanded(head.data + 1);
    add_dashes(out, *line);
    if (!head.failed)
        levin__buffer_add_text(out, head.data);
    add_dashes(out, *line);
    levin__buffer_free(&head);
}

static void add_total(levin_buffer *out, const simple_profiler *p, int width, int line, double all)
{
    char calls[32], total[32];
    int64_t n = 0;
    for (int i = 0; i < p->n; i++)
        n += p->actions[i].calls;
    snprintf(calls, sizeof calls, "%lld", (long long)n);
    five_digits(total, all);
    add_row(out, width, "Total", (const char *[]){ "-", calls, total, "100 %" });
    add_dashes(out, line);
}

static char *finish(levin_profiler *base)
{
    simple_profiler *p = (simple_profiler *)base;
    double all = levin__seconds() - p->began;
    int width = 6, line;
    levin_buffer out = LEVIN_BUFFER(MAX_REPORT);
    if (p->n)
        qsort(p->actions, (size_t)p->n, sizeof *p->actions, by_seconds);
    for (int i = 0; i < p->n; i++)
        width = (int)strlen(p->actions[i].name) > width ? (int)strlen(p->actions[i].name) : width;
    levin__file_profiler_title(&p->file, &out);
    add_head(&out, p, width, &line);
    if (p->extended)
        add_total(&out, p, width, line, all);
    for (int i = 0; i < p->n; i++)
        add_action(&out, p, width, &p->actions[i], all);
    add_dashes(&out, line);
    levin__buffer_add_char(&out, '\n');
    p->n = 0; // their names are gone with the call
    return levin__file_profiler_report(&p->file, &out);
}

static void free_profiler(levin_profiler *base)
{
    simple_profiler *p = (simple_profiler *)base;
    levin__free(p->actions);
    levin__free(p->table);
    levin__file_profiler_free(base);
}

static const levin_profiler_class simple_class = {
    .name = "SimpleProfiler",
    .size = sizeof(simple_profiler),
    .setup = setup,
    .record = record,
    .finish = finish,
    .free = free_profiler,
};

levin_profiler *levin_simple_profiler(const levin_simple_profiler_opts *opts)
{
    static const levin_simple_profiler_opts plain;
    const levin_simple_profiler_opts *o = opts ? opts : &plain;
    simple_profiler *p =
        (simple_profiler *)levin__file_profiler_new(&simple_class, o->dirpath, o->filename);
    if (p)
        p->extended = o->extended.value >= 0;
    return p ? &p->file.base : NULL;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_simple_profiler_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(dirpath, "null", "folder of the report; null is that of the run"),
    ARGUMENT(filename, "null", "add the report to <stage>-<filename>.txt; null shows it"),
    ARGUMENT(extended, "true", "with numbers of calls and percentages"),
    { 0 },
};

static levin_profiler *make(const void *options) { return levin_simple_profiler(options); }

const levin_class levin__class_simple_profiler = {
    .kind = LEVIN_CLASS_PROFILER,
    .name = "SimpleProfiler",
    .paths = (const char *const[]){ "lightning.pytorch.profilers.SimpleProfiler", "simple", NULL },
    .help = "the time of each hook and loop",
    .arguments = arguments,
    .size = sizeof(levin_simple_profiler_opts),
    .make.profiler = make,
};
