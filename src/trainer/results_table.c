/* results_table.c: Lightning's table of an evaluation: a name a line, a column for each loader. */
#include "trainer/results_table.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "trainer/number.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 25, COLUMN_WIDTH = 22, MAX_TABLE = 1 << 20 };

static int by_key(const void *a, const void *b)
{
    const levin_result *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);
    return order ? order : (*x)->loader - (*y)->loader;
}

/* The results that have an epoch value, sorted; the caller's to free. */
static const levin_result **sorted(const levin_results *list, int *n)
{
    const levin_result **at = levin__calloc((size_t)list->n + 1, sizeof *at);
    *n = 0;
    for (int i = 0; at && i < list->n; i++)
        if (list->at[i].on_epoch && list->at[i].count)
            at[(*n)++] = &list->at[i];
    if (at)
        qsort((void *)at, (size_t)*n, sizeof *at, by_key);
    return at;
}

static void add_title(levin_buffer *out, const char *title, int loaders, int width)
{
    levin__buffer_addf(out, "%-*s", width, title);
    for (int i = 0; i < loaders; i++)
        levin__buffer_addf(out, "  DataLoader %-*d", i + 1 < loaders ? 9 : 0, i);
    levin__buffer_add_char(out, '\n');
    for (int i = 0; i < width + COLUMN_WIDTH * loaders; i++)
        levin__buffer_add_char(out, '-');
    levin__buffer_add_char(out, '\n');
}

/* Each value stands in the column of its loader; one of all loaders, in the first. */
static void add_rows(levin_buffer *out, const levin_trainer *t, const levin_result **at, int n,
                     int width)
{
    char number[LEVIN_NUMBER_SIZE];
    int column = 0;
    for (int i = 0; i < n; i++, column++) {
        if (i == 0 || strcmp(at[i]->key, at[i - 1]->key) != 0) {
            levin__buffer_addf(out, "%s%-*s", i ? "\n" : "", width, at[i]->key);
            column = 0;
        }
        for (; column < at[i]->loader; column++)
            levin__buffer_addf(out, "%*s", COLUMN_WIDTH, "");
        const levin_published *m = &t->log.metrics[at[i]->name_epoch];
        levin__number_print(number, m->value[LEVIN_FOR_CALLBACKS]);
        bool last = at[i]->loader + 1 == t->loaders[t->stage].n || at[i]->loader < 0;
        levin__buffer_addf(out, "  %-*s", last ? 0 : COLUMN_WIDTH - 2, number);
    }
    levin__buffer_add_char(out, '\n');
}

void levin__results_table(levin_trainer *t, levin_stage stage)
{
    int n, width = NAME_WIDTH;
    const levin_result **at = sorted(&t->log.results[stage], &n);
    levin_buffer out = LEVIN_BUFFER(MAX_TABLE);
    for (int i = 0; at && i < n; i++)
        width = (int)strlen(at[i]->key) > width ? (int)strlen(at[i]->key) : width;
    if (at && n) {
        add_title(&out, stage == LEVIN_STAGE_TEST ? "Test metric" : "Validate metric",
                  t->loaders[stage].n, width);
        add_rows(&out, t, at, n, width);
    }
    if (out.size)
        levin__output_text(&t->out, out.data);
    levin__buffer_free(&out);
    levin__free((void *)at);
}
