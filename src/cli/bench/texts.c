/* texts.c: see texts.h. */
#include "cli/bench/texts.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/nli_pair.h"

#include <string.h>

enum { PAIRS = 2000 };
static const size_t MAX_FILE = (size_t)1 << 30;

static char *generate(size_t *size)
{
    levin_generator g;
    levin_buffer all = LEVIN_BUFFER((size_t)1 << 24), sentence = LEVIN_BUFFER((size_t)1 << 12);
    levin__generator_seed(&g, 1);
    for (int i = 0; i < PAIRS; i++) {
        nli_sentence hypothesis = levin__nli_hypothesis(&g);
        nli_sentence premise = levin__nli_premise(&g, &hypothesis, (nli_label)(i % 3));
        const nli_sentence *both[] = { &hypothesis, &premise };
        for (int k = 0; k < 2; k++) {
            levin__buffer_clear(&sentence);
            levin__nli_write(&sentence, both[k]);
            levin__buffer_addf(&all, "%s\n", sentence.data ? sentence.data : "");
        }
    }
    levin__buffer_free(&sentence);
    *size = all.size;
    return levin__buffer_take(&all);
}

/* Cuts the text at its newlines; a NUL within a line ends its text. */
static void cut(bench_texts *t, size_t size)
{
    int64_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += t->text[i] == '\n';
    t->at = levin__calloc((size_t)lines, sizeof *t->at);
    for (char *line = t->text, *end = line + size, *stop; t->at && line < end; line = stop + 1) {
        stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        *stop = '\0';
        t->at[t->n++] = line;
        t->bytes += (double)strlen(line);
    }
}

int bench_texts_open(bench_texts *out, const char *file)
{
    size_t size = 0;
    out->text = file ? levin__file_read(file, MAX_FILE, &size) : generate(&size);
    if (out->text)
        cut(out, size);
    if (out->at && out->bytes <= 0)
        levin__error_set(LEVIN_EFORMAT, "%s: no texts; one a line is wanted", file);
    return levin_error();
}

void bench_texts_free(bench_texts *t)
{
    levin__free(t->at);
    levin__free(t->text);
}
