/* events.c: see events.h. */
#include "support/events.h"

#include "base/file.h"
#include "base/memory.h"
#include "formats/record.h"
#include "support/unit.h"

#include <dirent.h>
#include <stdlib.h>

enum { FRAME = 16 }; // length, its checksum, and that of the bytes

static char *find_file(const char *folder)
{
    char *path = NULL;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strncmp(e->d_name, "events.out.tfevents.", 20) != 0)
            continue;
        assert_null(path);
        path = levin__path_join(folder, e->d_name);
    }
    closedir(d);
    assert_non_null(path);
    return path;
}

static uint32_t four_bytes(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

size_t event_record_size(const unsigned char *at, size_t bytes_left)
{
    if (bytes_left < FRAME || four_bytes(at) > bytes_left - FRAME)
        return 0;
    uint32_t n = four_bytes(at);
    bool right = four_bytes(at + 8) == levin__crc32c_masked(at, 8) &&
                 four_bytes(at + 12 + n) == levin__crc32c_masked(at + 12, n);
    return right ? FRAME + n : 0;
}

events events_read(const char *folder)
{
    events e = { NULL, 0, 0 };
    size_t size, n;
    char *path = find_file(folder);
    unsigned char *bytes = (unsigned char *)levin__file_read(path, 1 << 28, &size), *at = bytes;
    e.at = calloc(size / FRAME + 1, sizeof *e.at);
    for (e.bytes_left = size; (n = event_record_size(at, e.bytes_left)) > 0; at += n) {
        e.at[e.n] = levin__event__unpack(NULL, n - FRAME, at + 12);
        assert_non_null(e.at[e.n++]);
        e.bytes_left -= n;
    }
    levin__free(bytes);
    levin__free(path);
    return e;
}

void events_free(events *e)
{
    for (size_t i = 0; i < e->n; i++)
        levin__event__free_unpacked(e->at[i], NULL);
    free(e->at);
}
