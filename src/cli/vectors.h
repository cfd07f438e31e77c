/* vectors.h: where the vectors of texts go: standard output or a file, a row for each text. */
#ifndef LEVIN_CLI_VECTORS_H
#define LEVIN_CLI_VECTORS_H

#include <levin/base.h>

typedef struct cli_vectors cli_vectors;

/** Whether a path ends as it must (NULL, standard output, is fine); false after an error of usage.
 */
bool cli_vectors_check(const char *path);
/** Vectors of size numbers, as JSON lines {"embedding": [...]}, or as the end of path says. A file
 *  appears when it is committed, as a whole. Yours; NULL after an error. */
cli_vectors *cli_vectors_open(const char *path, int64_t size);
/** Adds n rows; on standard output they are sent. False after an error. */
bool cli_vectors_add(cli_vectors *v, const float *rows, int64_t n);
/** Ends it: a file stands there then, or, if an error stands already, nothing of it. Frees v; NULL
 *  is allowed. 0 or an error code. */
int cli_vectors_close(cli_vectors *v);

#endif
