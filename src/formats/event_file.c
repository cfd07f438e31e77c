/* event_file.c: see event_file.h. */
#include "formats/event_file.h"

#include "base/append.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "formats/record.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MAX_EVENT = 1 << 28, MAX_HOST = 256 };

struct levin_event_file {
    levin_append *out;
    levin_buffer bytes; // of one record
};

static char *make_path(const char *dir)
{
    static atomic_int files; // of this process
    char host[MAX_HOST] = "localhost";
    gethostname(host, sizeof host - 1);
    return levin__format("%s/events.out.tfevents.%010lld.%s.%ld.%d", dir,
                         (long long)levin__unix_time(), host, (long)getpid(),
                         atomic_fetch_add(&files, 1));
}

static int add_version(levin_event_file *f)
{
    Levin__Event first = LEVIN__EVENT__INIT;
    first.what_case = LEVIN__EVENT__WHAT_FILE_VERSION;
    first.file_version = (char *)"brain.Event:2";
    return levin__event_file_add(f, &first);
}

levin_event_file *levin__event_file_open(const char *dir, double longest_wait)
{
    levin_event_file *f = levin__calloc(1, sizeof *f);
    char *path = f ? make_path(dir) : NULL;
    if (path)
        f->out = levin__append_open(path, O_CREAT | O_EXCL, longest_wait);
    levin__free(path);
    if (f)
        f->bytes = LEVIN_BUFFER(MAX_EVENT);
    if (f && f->out && add_version(f) == LEVIN_OK)
        return f;
    levin__event_file_close(f);
    return NULL;
}

int levin__event_file_add(levin_event_file *f, Levin__Event *event)
{
    event->wall_time = levin__unix_time();
    size_t n = levin__event__get_packed_size(event);
    levin__buffer_clear(&f->bytes);
    if (!levin__buffer_reserve(&f->bytes, LEVIN_RECORD_HEAD + n + LEVIN_RECORD_TAIL))
        return levin_error();
    unsigned char *record = (unsigned char *)f->bytes.data;
    levin__event__pack(event, record + LEVIN_RECORD_HEAD);
    return levin__append(f->out, record, levin__record_frame(record, n));
}

int levin__event_file_flush(levin_event_file *f)
{
    return f ? levin__append_flush(f->out) : levin_error();
}

int levin__event_file_close(levin_event_file *f)
{
    if (!f)
        return LEVIN_OK;
    int result = levin__append_close(f->out);
    levin__buffer_free(&f->bytes);
    levin__free(f);
    return result;
}
