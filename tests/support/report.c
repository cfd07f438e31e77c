/* report.c: see report.h. */
#include "support/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int passed, failed, skipped;

void report_check(bool good, const char *fmt, ...)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    va_list args;
    va_start(args, fmt);
    printf("FAILED ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
}

void report_skip(const char *fmt, ...)
{
    skipped++;
    va_list args;
    va_start(args, fmt);
    printf("skipped ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
}

int report_end(void)
{
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed ? 1 : 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *report_model(void)
{
    const char *folder = getenv("LEVIN_MODEL");
    return is_folder(folder) ? folder : NULL;
}

const char *report_data(const char *name)
{
    static char path[1024];
    const char *root = getenv("LEVIN_DATA");
    snprintf(path, sizeof path, "%s/%s", root ? root : "../shared/data", name);
    return is_folder(path) ? path : NULL;
}
