/* scratch.h: what the tests of formats share: a folder that is gone afterwards, and safetensors
 * files made from a header's text. */
#ifndef LEVIN_TESTS_FORMATS_SCRATCH_H
#define LEVIN_TESTS_FORMATS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <levin/safetensors.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[64];

static inline int make_scratch(void **state)
{
    (void)state;
    snprintf(scratch, sizeof scratch, "/tmp/levin-formats-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

/* Removes the files of the folder; returns how many there were. */
static inline int empty_scratch(void)
{
    int n = 0;
    DIR *folder = opendir(scratch);
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char *path = levin__path_join(scratch, e->d_name);
        unlink(path);
        levin__free(path);
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

/* A path in the folder; good until the fourth call after this one. */
static inline const char *in_scratch(const char *name)
{
    static char paths[4][160];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

/* A file of that header and so many bytes of data 0 1 2 ...; free() it. */
static inline unsigned char *make_file(const char *header, size_t data_bytes, size_t *n)
{
    uint64_t length = strlen(header);
    *n = 8 + (size_t)length + data_bytes;
    unsigned char *bytes = malloc(*n);
    assert_non_null(bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, (size_t)length);
    for (size_t i = 0; i < data_bytes; i++)
        bytes[8 + length + i] = (unsigned char)i;
    return bytes;
}

/* The error of this thread is code, its message one line that holds part. Clears it. */
static inline void assert_error(int code, const char *part)
{
    if (levin_error() != code || !strstr(levin_error_message(), part))
        fail_msg("error %d \"%s\", expected %d \"%s\"", levin_error(), levin_error_message(), code,
                 part);
    assert_null(strchr(levin_error_message(), '\n'));
    levin_error_clear();
}

#endif
