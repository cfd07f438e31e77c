/* scratch.h: a folder for the files of a test, gone afterwards: make_scratch and remove_scratch are
 * a group's set-up and tear-down. */
#ifndef LEVIN_TESTS_SUPPORT_SCRATCH_H
#define LEVIN_TESTS_SUPPORT_SCRATCH_H

#include "support/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch[64];

static inline int make_scratch(void **state)
{
    (void)state;
    snprintf(scratch, sizeof scratch, "/tmp/levin-unit-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

/* A path in the folder; good until the fourth call after this one. */
static inline const char *in_scratch(const char *name)
{
    static char paths[4][384];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* Writes a file into the folder; its path, good as long as in_scratch's. */
static inline const char *write_scratch(const char *name, const char *text)
{
    const char *path = in_scratch(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* Removes the files of the folder, and folders that are empty; returns how many there were. */
static inline int empty_scratch(void)
{
    int n = 0;
    DIR *folder = opendir(scratch);
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        remove(in_scratch(e->d_name));
        n++;
    }
    closedir(folder);
    return n;
}

static inline int remove_scratch(void **state)
{
    (void)state;
    empty_scratch();
    return rmdir(scratch);
}

#endif
