/* lengths.c: how long texts are: MNLI's distribution, one length for all, or those of a file. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/bench/batches.h"

#include <stdlib.h>
#include <string.h>

enum { MNLI_LONGEST = 128, LONGEST = 65535, MAX_FILE = 1 << 28 };

/* Of 10,000 pairs of MNLI's training set, those of 1, 2, 3, ... tokens, special tokens counted, cut
 * at 128: counted with levin tokenize over 122,294 pairs. 39.7 on average, 48.2 if each token is
 * asked. */
static const int16_t mnli[MNLI_LONGEST] = {
    0,   0,   0,   0,   1,   1,   5,   7,   21,  25,  46,  60,  82,  93,  118, 131, 155, 163, 173,
    186, 190, 197, 212, 218, 218, 224, 228, 225, 230, 237, 241, 231, 236, 239, 247, 234, 235, 220,
    228, 219, 215, 210, 202, 199, 198, 183, 181, 171, 163, 157, 144, 135, 129, 124, 122, 111, 107,
    103, 89,  89,  83,  80,  69,  63,  64,  60,  52,  50,  45,  40,  40,  38,  35,  31,  31,  27,
    26,  22,  22,  20,  19,  18,  16,  14,  13,  11,  10,  11,  11,  11,  9,   8,   8,   8,   6,
    7,   5,   7,   6,   5,   4,   3,   4,   5,   4,   3,   3,   3,   2,   3,   2,   3,   2,   2,
    2,   2,   1,   2,   1,   1,   2,   2,   1,   1,   1,   1,   1,   30,
};

static bool make_room(bench_lengths *out, int64_t n)
{
    out->sorted = levin__calloc((size_t)n, sizeof *out->sorted);
    return out->sorted != NULL;
}

static void take_mnli(bench_lengths *out)
{
    int64_t n = 0;
    for (int i = 0; i < MNLI_LONGEST; i++)
        n += mnli[i];
    if (!make_room(out, n))
        return;
    for (int i = 0; i < MNLI_LONGEST; i++)
        for (int k = 0; k < mnli[i]; k++)
            out->sorted[out->n++] = i + 1;
}

/* A line's length, 0 if it is none. */
static int64_t parse_length(const char *text, size_t n)
{
    int64_t length = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9' || length > LONGEST)
            return 0;
        length = 10 * length + (text[i] - '0');
    }
    return length <= LONGEST ? length : 0;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int take_lines(bench_lengths *out, const char *path, const char *text, size_t size)
{
    int64_t lines = 1, line = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if (!make_room(out, lines))
        return levin_error();
    for (const char *end = text + size; text < end;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        line++;
        if (!(out->sorted[out->n++] = parse_length(text, n)))
            return levin__error_set(LEVIN_EFORMAT,
                                    "%s:%lld: '%.*s' is not a length from 1 to %d tokens", path,
                                    (long long)line, n < 40 ? (int)n : 40, text, LONGEST);
        text += n + 1;
    }
    if (out->n == 0)
        return levin__error_set(LEVIN_EFORMAT, "%s: no lengths; one a line is wanted", path);
    qsort(out->sorted, (size_t)out->n, sizeof *out->sorted, by_size);
    return LEVIN_OK;
}

static void take_file(bench_lengths *out, const char *path)
{
    size_t size;
    char *text = levin__file_read(path, MAX_FILE, &size);
    if (text)
        take_lines(out, path, text, size);
    levin__free(text);
}

int bench_lengths_read(bench_lengths *out, const char *name)
{
    int64_t length = parse_length(name, strlen(name));
    if (strcmp(name, "mnli") == 0) {
        take_mnli(out);
    } else if (length) {
        if (make_room(out, 1))
            out->sorted[out->n++] = length;
    } else {
        take_file(out, name);
    }
    for (int64_t i = 0; i < out->n; i++)
        out->mean += (double)out->sorted[i] / (double)out->n;
    return levin_error();
}

void bench_lengths_free(bench_lengths *l) { levin__free(l->sorted); }
