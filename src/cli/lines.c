/* lines.c: see lines.h. Read with read(2): stdio cannot say whether a line is there already. */
#include "cli/lines.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const size_t FIRST_ROOM = (size_t)1 << 16;
static const size_t ENOUGH = (size_t)1 << 24;   // of a batch that has a line
static const size_t MAX_ROOM = (size_t)1 << 28; // no line can be longer

struct cli_lines {
    int fd, most;
    const char *source;
    bool ended;
    char *data; // what was read: [begin, end) has not been handed out
    size_t room;
    size_t begin, scanned, end; // up to scanned there is no newline
    int64_t number;             // of the line handed out last
    cli_line *batch;
    size_t *starts; // of the batch's lines; data may move while it grows
};

cli_lines *cli_lines_new(int fd, const char *source, int most)
{
    cli_lines *l = levin__calloc(1, sizeof *l);
    if (!l)
        return NULL;
    *l = (cli_lines){ .fd = fd, .most = most, .source = source, .room = FIRST_ROOM };
    l->data = levin__alloc(l->room);
    l->batch = levin__calloc((size_t)most, sizeof *l->batch);
    l->starts = levin__calloc((size_t)most, sizeof *l->starts);
    if (l->data && l->batch && l->starts)
        return l;
    cli_lines_free(l);
    return NULL;
}

void cli_lines_free(cli_lines *l)
{
    if (!l)
        return;
    levin__free(l->starts);
    levin__free(l->batch);
    levin__free(l->data);
    levin__free(l);
}

static bool make_room(cli_lines *l)
{
    if (l->end < l->room)
        return true;
    if (l->room >= MAX_ROOM) {
        levin__error_set(LEVIN_EFORMAT, "%s:%lld: a line of more than %zu bytes", l->source,
                         (long long)l->number + 1, MAX_ROOM);
        return false;
    }
    char *more = levin__realloc(l->data, l->room, l->room * 2);
    if (!more)
        return false;
    l->data = more;
    l->room *= 2;
    return true;
}

/* Reads what is there, at least a byte unless the input has ended. */
static bool read_more(cli_lines *l)
{
    if (!make_room(l))
        return false;
    ssize_t got;
    do
        got = read(l->fd, l->data + l->end, l->room - l->end);
    while (got < 0 && errno == EINTR && !cli_interrupted());
    if (got < 0 && errno == EINTR)
        levin__error_set(LEVIN_EINTERRUPTED, "interrupted");
    else if (got < 0)
        levin__error_system(errno, "%s: cannot read", l->source);
    else
        l->end += (size_t)got;
    l->ended = got == 0;
    return got >= 0;
}

static void add(cli_lines *l, int n, size_t line_end)
{
    l->starts[n] = l->begin;
    l->batch[n] =
        (cli_line){ .n = line_end - l->begin, .number = ++l->number, .source = l->source };
    l->begin = l->scanned = line_end + 1;
}

/* Hands out whole lines that lie in memory; returns how many the batch has then. */
static int take_lines(cli_lines *l, int n)
{
    while (n < l->most && l->scanned < l->end) {
        char *newline = memchr(l->data + l->scanned, '\n', l->end - l->scanned);
        if (!newline) {
            l->scanned = l->end;
            break;
        }
        add(l, n++, (size_t)(newline - l->data));
    }
    if (n < l->most && l->ended && l->begin < l->end) { // a last line without its newline
        add(l, n++, l->end);
        l->begin = l->scanned = l->end;
    }
    return n;
}

/* Whether a batch that has a line goes out as it is: there is enough of it, or more would have to
 * be waited for. */
static bool goes_out(const cli_lines *l)
{
    if (l->end >= ENOUGH)
        return true;
    struct pollfd p = { .fd = l->fd, .events = POLLIN };
    return poll(&p, 1, 0) == 0;
}

int cli_lines_next(cli_lines *l, const cli_line **out)
{
    memmove(l->data, l->data + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->scanned -= l->begin;
    l->begin = 0;
    int n = take_lines(l, 0);
    while (n < l->most && !l->ended && !(n && goes_out(l))) {
        if (!read_more(l))
            return levin_error();
        n = take_lines(l, n);
    }
    for (int i = 0; i < n; i++)
        l->batch[i].text = l->data + l->starts[i];
    *out = l->batch;
    return n;
}

bool cli_line_is_blank(const cli_line *line)
{
    for (size_t i = 0; i < line->n; i++)
        if (!memchr(" \t\r\n", line->text[i], 4))
            return false;
    return true;
}
