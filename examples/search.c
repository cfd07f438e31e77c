/* search.c: the line of standard input that is nearest to a question, by the vectors of both. */
#include <levin/levin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 10000, LONGEST = 4096 };
static char *lines[MOST];

static int64_t read_lines(void)
{
    static char line[LONGEST];
    int64_t n = 0;
    while (n < MOST && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        lines[n++] = strdup(line);
    }
    return n;
}

/* The line whose vector points most nearly where the question's does. */
static void print_nearest(const float *question, const float *vectors, int64_t n, int64_t size)
{
    int64_t best = 0;
    float top = -2;
    for (int64_t i = 0; i < n; i++) {
        float dot = 0; // of vectors of length 1: the cosine
        for (int64_t k = 0; k < size; k++)
            dot += question[k] * vectors[i * size + k];
        best = dot > top ? i : best;
        top = dot > top ? dot : top;
    }
    if (n)
        printf("%6.3f  %s\n", (double)top, lines[best]);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: search MODEL_FOLDER QUESTION <LINES\n"), 2;
    const char *question = argv[2];
    int64_t n = read_lines();
    levin_embedder *e =
        levin_embedder_from_pretrained(argv[1], &(levin_embedder_opts){ .normalize = LEVIN_ON });
    int64_t size = levin_embedder_size(e);
    float *vectors = calloc((size_t)(n + 1) * (size_t)size, sizeof *vectors); // (n + 1, size)
    levin_embedder_embed(e, &question, NULL, 1, vectors);
    levin_embedder_embed(e, (const char *const *)lines, NULL, n, vectors + size);
    if (!levin_error())
        print_nearest(vectors, vectors + size, n, size);
    levin_embedder_free(e);
    free(vectors);
    for (int64_t i = 0; i < n; i++)
        free(lines[i]);
    return levin_perror("search");
}
