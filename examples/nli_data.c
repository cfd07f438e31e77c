/* nli_data.c: writes levin's own NLI set, made from a grammar, in the files and columns of MNLI. */
#include <levin/levin.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: nli_data FOLDER TRAIN_ROWS\n"), 2;
    int64_t rows = strtol(argv[2], NULL, 10);
    levin_generate_nli(argv[1], rows, 300, 300, 1); // train, dev_matched, test_matched; the seed
    return levin_perror("nli_data");
}
