/* standalone.c: runs a fuzz target over files and folders given on the command line, so that its
 * corpus is a test for every compiler. Last line: "N inputs". */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_LIMIT = 1 << 20, PATH_LIMIT = 4096 };

static int inputs;

static int complain(const char *path)
{
    perror(path);
    return 1;
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return complain(path);
    uint8_t *data = malloc(INPUT_LIMIT);
    size_t n = data ? fread(data, 1, INPUT_LIMIT, file) : 0;
    int failed = data && !ferror(file) ? 0 : complain(path);
    fclose(file);
    if (!failed) {
        LLVMFuzzerTestOneInput(data, n);
        inputs++;
    }
    free(data);
    return failed;
}

static int run_folder(const char *folder)
{
    char path[PATH_LIMIT];
    int failed = 0;
    DIR *entries = opendir(folder);
    if (!entries)
        return complain(folder);
    for (struct dirent *e = readdir(entries); e; e = readdir(entries)) {
        int n = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && n > 0 && n < PATH_LIMIT)
            failed |= run_file(path);
    }
    closedir(entries);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        bool folder = stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode);
        failed |= folder ? run_folder(argv[i]) : run_file(argv[i]);
    }
    printf("%d inputs\n", inputs);
    return failed || !inputs;
}
