/* put_file.h: a text as a file of the scratch folder. */
#ifndef LEVIN_TESTS_UNIT_DATA_PUT_FILE_H
#define LEVIN_TESTS_UNIT_DATA_PUT_FILE_H

#include "base/file.h"
#include "support/scratch.h"

/** Writes it; returns its path, good as long as in_scratch says. */
static inline const char *put_file(const char *name, const char *text)
{
    const char *path = in_scratch(name);
    assert_int_equal(levin__file_write(path, text, strlen(text)), LEVIN_OK);
    return path;
}

#endif
