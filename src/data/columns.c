/* columns.c: see columns.h. */
#include "data/columns.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/suggest.h"

#include <string.h>

/* Both names of a row must be there. Pairs come first: a file with a pair is about pairs. */
static const char *const usual_texts[][2] = {
    { "sentence1", "sentence2" },
    { "premise", "hypothesis" },
    { "question1", "question2" },
    { "question", "sentence" },
    { "text", "text_pair" },
    { "text_a", "text_b" },
    { "sentence_A", "sentence_B" },
    { "text1", "text2" },
    { "sentence_1", "sentence_2" },
    { "#1 String", "#2 String" },
    { "query", "document" },
    { "question", "answer" },
    { "sentence", NULL },
    { "text", NULL },
    { "verified_reviews", NULL },
    { "review", NULL },
    { "content", NULL },
};
static const char *const usual_labels[] = {
    "label",    "gold_label", "labels", "is_duplicate", "Quality", "entailment_label",
    "category", "class",      "intent", "target",       NULL,
};
static const char *const usual_values[] = { "score",  "similarity", "similarity_score", "label",
                                            "labels", "rating",     "target",           NULL };

/* The index of a name, or LEVIN_NO_COLUMN; records nothing. */
static int find(const levin_rows *r, const char *name)
{
    const char *const *columns = levin__rows_columns(r);
    for (int i = 0; columns[i]; i++)
        if (strcmp(columns[i], name) == 0)
            return i;
    return levin__find_word(name, columns);
}

/* "path: no label column 'lable', did you mean label? the header has: text, label" */
static void not_found(const levin_rows *r, const char *what, const char *name)
{
    const char *const *columns = levin__rows_columns(r);
    const char *near = name ? levin__suggest(name, columns) : NULL;
    levin_buffer text = LEVIN_BUFFER((size_t)1 << 20);
    levin__buffer_addf(&text, "%s: no %s column", levin__rows_path(r), what);
    if (name)
        levin__buffer_addf(&text, " '%s'", name);
    if (near)
        levin__buffer_addf(&text, ", did you mean %s?", near);
    levin__buffer_add_text(&text, near ? " the header has: " : "; the header has: ");
    for (int i = 0; columns[i]; i++)
        levin__buffer_addf(&text, "%s%s", i ? ", " : "", columns[i]);
    if (!text.failed)
        levin__error_set(LEVIN_ENOTFOUND, "%s", text.data);
    levin__buffer_free(&text);
}

static int named(const levin_rows *r, const char *what, const char *name)
{
    int column = find(r, name);
    if (column == LEVIN_NO_COLUMN)
        not_found(r, what, name);
    return column;
}

bool levin__text_columns(const levin_rows *r, const char *text_name, const char *pair_name,
                         int *text, int *pair)
{
    *text = *pair = LEVIN_NO_COLUMN;
    for (size_t i = 0; !text_name && i < sizeof usual_texts / sizeof *usual_texts; i++) {
        const char *first = usual_texts[i][0], *second = usual_texts[i][1];
        if (find(r, first) == LEVIN_NO_COLUMN || (second && find(r, second) == LEVIN_NO_COLUMN))
            continue;
        text_name = first;
        pair_name = pair_name ? pair_name : second;
    }
    if (!text_name) {
        not_found(r, "text", NULL);
        return false;
    }
    *text = named(r, "text", text_name);
    if (pair_name && *text != LEVIN_NO_COLUMN)
        *pair = named(r, "text pair", pair_name);
    return *text != LEVIN_NO_COLUMN && (!pair_name || *pair != LEVIN_NO_COLUMN);
}

bool levin__label_column(const levin_rows *r, const char *name, bool regression, bool required,
                         int *label)
{
    *label = LEVIN_NO_COLUMN;
    if (name) {
        *label = named(r, "label", name);
        return *label != LEVIN_NO_COLUMN;
    }
    const char *const *usual = regression ? usual_values : usual_labels;
    for (; *usual && *label == LEVIN_NO_COLUMN; usual++)
        *label = find(r, *usual);
    if (*label == LEVIN_NO_COLUMN && required)
        not_found(r, regression ? "score" : "label", NULL);
    return *label != LEVIN_NO_COLUMN || !required;
}
