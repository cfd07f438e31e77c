/* by_epoch.c: see by_epoch.h. */
#include "trainer/by_epoch.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

levin_by_epoch levin__by_epoch_always(int64_t value)
{
    return (levin_by_epoch){ .n = 1, .at = { { 0, value } } };
}

static void skip_spaces(const char **at) { *at += strspn(*at, " \t"); }

/* A number, in quotes or not, as JSON wants its keys. */
static bool read_number(const char **at, int64_t *out)
{
    char *end;
    skip_spaces(at);
    char quote = **at == '"' || **at == '\'' ? *(*at)++ : '\0';
    errno = 0;
    *out = strtoll(*at, &end, 10);
    if (end == *at || errno || **at == ' ')
        return false;
    if (quote && *end++ != quote)
        return false;
    *at = end;
    skip_spaces(at);
    return true;
}

/* Puts it in its place; false if the epoch is there already or the room is used up. */
static bool insert(levin_by_epoch *s, int64_t epoch, int64_t value)
{
    int i = s->n;
    while (i > 0 && s->at[i - 1].epoch > epoch)
        i--;
    if (s->n == LEVIN_BY_EPOCH_MOST || (i > 0 && s->at[i - 1].epoch == epoch))
        return false;
    memmove(&s->at[i + 1], &s->at[i], (size_t)(s->n - i) * sizeof s->at[0]);
    s->at[i].epoch = epoch;
    s->at[i].value = value;
    s->n++;
    return true;
}

static bool parse(const char *at, levin_by_epoch *out)
{
    int64_t epoch, value;
    skip_spaces(&at);
    if (*at++ != '{')
        return false;
    do {
        if (!read_number(&at, &epoch) || *at++ != ':' || !read_number(&at, &value))
            return false;
        if (epoch < 0 || value < 1 || !insert(out, epoch, value))
            return false;
    } while (*at++ == ',');
    if (at[-1] != '}')
        return false;
    skip_spaces(&at);
    return !*at;
}

int levin__by_epoch_parse(const char *what, const char *text, levin_by_epoch *out)
{
    levin_by_epoch s = { .n = 0 };
    *out = levin__by_epoch_always(1);
    if (!parse(text, &s) || (s.at[0].epoch > 0 && !insert(&s, 0, 1)))
        return levin__error_set(LEVIN_EINVAL,
                                "%s: '%s' is no schedule by epoch, write {0: 1, 4: 2}: epochs from "
                                "0, values from 1, at most %d",
                                what, text, LEVIN_BY_EPOCH_MOST);
    *out = s;
    return LEVIN_OK;
}

int64_t levin__by_epoch_at(const levin_by_epoch *s, int64_t epoch)
{
    int i = s->n - 1;
    while (i > 0 && s->at[i].epoch > epoch)
        i--;
    return s->at[i].value;
}

bool levin__by_epoch_is_one(const levin_by_epoch *s)
{
    for (int i = 0; i < s->n; i++)
        if (s->at[i].value != 1)
            return false;
    return true;
}
