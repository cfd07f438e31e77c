/* scratch.h: what the tests of formats share: a folder of their own, and safetensors files made
 * from a header's text. */
#ifndef LEVIN_TESTS_FORMATS_SCRATCH_H
#define LEVIN_TESTS_FORMATS_SCRATCH_H

#include "support/scratch.h"

#include "base/file.h"
#include "base/memory.h"

#include <levin/safetensors.h>

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

#endif
