/* texts.h: what is tokenized and embedded: the lines of --file, or sentences of the set that levin
 * generates. */
#ifndef LEVIN_CLI_BENCH_TEXTS_H
#define LEVIN_CLI_BENCH_TEXTS_H

#include <levin/base.h>

typedef struct bench_texts {
    char *text;      // all of them, a NUL behind each
    const char **at; // into it
    int64_t n;
    double bytes;
} bench_texts;

/** 0 or an error code; free it either way. file may be NULL. */
int bench_texts_open(bench_texts *out, const char *file);
void bench_texts_free(bench_texts *t);

#endif
