/* suggest.c: optimal string alignment distance (Damerau 1964) over short words. */
#include "base/suggest.h"

#include "base/buffer.h"
#include "base/error.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

enum { MAX_WORD = 64, MAX_LIST = 400 };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static int smallest(int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

static int distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    if (na > MAX_WORD || nb > MAX_WORD)
        return INT_MAX;
    int rows[3][MAX_WORD + 1]; // the row being made, and the two before it
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int differs = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[na % 3][nb];
}

const char *levin__suggest(const char *text, const char *const *words)
{
    const char *best = NULL;
    int least = 1 + (int)strlen(text) / 3; // a third of the letters may be wrong
    for (; *words; words++) {
        int d = distance(text, *words);
        if (d <= least) {
            best = d < least || !best ? *words : best;
            least = d;
        }
    }
    return best;
}

int levin__find_word(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcasecmp(words[i], text) == 0)
            return i;
    return -1;
}

int levin__unknown_word(const char *kind, const char *text, const char *const *words)
{
    const char *near = levin__suggest(text, words);
    if (near)
        return levin__error_set(LEVIN_EINVAL, "unknown %s '%s', did you mean %s?", kind, text,
                                near);
    levin_buffer list = LEVIN_BUFFER(4096);
    for (; *words && list.size < MAX_LIST; words++) // a message holds no more
        levin__buffer_addf(&list, "%s%s", list.size ? ", " : "", *words);
    if (*words)
        levin__buffer_add_text(&list, ", ...");
    int code = levin__error_set(LEVIN_EINVAL, "unknown %s '%s', known: %s", kind, text,
                                list.data ? list.data : "none");
    levin__buffer_free(&list);
    return code;
}
