/* trace.c: spans as events of Chrome's trace format ("Trace Event Format", JSON object with
 * traceEvents).
 *
 * The file ends in what closes the JSON at any moment: a block of events is written over that end,
 * with a new one behind it, in one piece. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/span.h"
#include "formats/header_scanner.h"
#include "trainer/classes.h"
#include "trainer/profilers/file_profiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, MAX_THREADS = 1024, MAX_TRIES = 1000 };
static const int64_t MANY = 1000000;
static const char end_of_file[] = "\n]}\n";

typedef struct {
    levin_file_profiler file;
    int64_t max_events, events, left_out;
    double began;
    char *path;
    int fd;                   // -1: no file, or none any more
    off_t size;               // of the file without its end
    levin_buffer block;       // events that are not in the file yet
    levin_error_note failure; // what went wrong first
    bool named[MAX_THREADS];
    int thread; // the trainer's
} trace_profiler;

/* No more events after a failure: what is in the file stays as it is. */
static void fail(trace_profiler *p, int err)
{
    levin_error_note before;
    levin__error_take(&before);
    levin__error_system(err, "%s: cannot write", p->path);
    levin__error_take(&p->failure);
    levin__error_give(&before);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

/* Writes at the end of the events; errno of what went wrong, or 0. */
static int put(const trace_profiler *p, const char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(p->fd, bytes + done, n - done, p->size + (off_t)done);
        if (put < 0 && errno != EINTR)
            return errno;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* What cannot be written leaves the file as it was, its end and all. */
static void flush(trace_profiler *p)
{
    size_t events = p->block.size, end = strlen(end_of_file);
    if (p->fd < 0 || !events || !levin__buffer_add_text(&p->block, end_of_file))
        return;
    int err = put(p, p->block.data, p->block.size);
    if (!err)
        p->size += (off_t)events;
    else if (put(p, end_of_file, end) != 0 || ftruncate(p->fd, p->size + (off_t)end) != 0)
        err = errno;
    if (err)
        fail(p, err);
    levin__buffer_clear(&p->block);
}

/* key and a JSON string; bytes that are not UTF-8 become '?'. */
static void add_text(levin_buffer *out, const char *key, const char *text)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    levin__buffer_add_text(out, key);
    levin__buffer_add_char(out, '"');
    while (at < end) {
        size_t n = levin__utf8_size(at, end);
        if (n == 0)
            levin__buffer_add_char(out, '?');
        else if (*at < ' ' || *at == '"' || *at == '\\')
            levin__buffer_addf(out, "\\u%04x", *at);
        else
            levin__buffer_add(out, at, n);
        at += n ? n : 1;
    }
    levin__buffer_add_char(out, '"');
}

/* key and microseconds, with a point in every locale. */
static void add_time(levin_buffer *out, const char *key, double seconds)
{
    long long ns = (long long)(seconds * 1e9);
    levin__buffer_addf(out, "%s%lld.%03lld", key, ns / 1000, ns % 1000);
}

static void add_span(trace_profiler *p, const levin_span *span)
{
    static const char *const categories[] = {
        [LEVIN_SPAN_ACTION] = "action",
        [LEVIN_SPAN_FORWARD] = "forward",
        [LEVIN_SPAN_BACKWARD] = "backward",
        [LEVIN_SPAN_WORK] = "work",
    };
    add_text(&p->block, ",\n{\"name\":", span->name);
    add_text(&p->block, ",\"cat\":", categories[span->kind]);
    add_time(&p->block, ",\"ph\":\"X\",\"pid\":1,\"ts\":", span->began - p->began);
    add_time(&p->block, ",\"dur\":", span->ended - span->began);
    levin__buffer_addf(&p->block, ",\"tid\":%d", span->thread);
    if (span->flops > 0)
        levin__buffer_addf(&p->block, ",\"args\":{\"flops\":%.0f}", span->flops);
    levin__buffer_add_char(&p->block, '}');
}

static void name_thread(trace_profiler *p, int thread, const char *name)
{
    if (thread >= MAX_THREADS || p->named[thread])
        return;
    p->named[thread] = true;
    levin__buffer_addf(&p->block, ",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":%d",
                       thread);
    add_text(&p->block, ",\"args\":{\"name\":", *name ? name : "thread");
    levin__buffer_add_text(&p->block, "}}");
}

static void record(levin_profiler *base, const levin_span *span)
{
    trace_profiler *p = (trace_profiler *)base;
    if (p->fd < 0 || p->events >= p->max_events) {
        p->left_out++;
        return;
    }
    p->events++;
    name_thread(p, span->thread, span->thread == p->thread ? "trainer" : span->thread_name);
    add_span(p, span);
    if (p->block.size > BLOCK)
        flush(p);
}

/* A new file: fit-trace.json, fit-trace-1.json and so on. */
static int make_file(trace_profiler *p)
{
    for (int i = 0; i < MAX_TRIES && p->fd < 0; i++) {
        char *name =
            i ? levin__format("%s-%d", p->file.filename, i) : levin__strdup(p->file.filename);
        levin__free(p->path);
        p->path = name ? levin__file_profiler_path(&p->file, name, ".json") : NULL;
        levin__free(name);
        if (!p->path)
            return levin_error();
        p->fd = open(p->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (p->fd < 0 && (errno != EEXIST || i + 1 == MAX_TRIES))
            return levin__error_system(errno, "%s: cannot create", p->path);
    }
    return LEVIN_OK;
}

static int setup(levin_profiler *base, const levin_profiled_call *call)
{
    trace_profiler *p = (trace_profiler *)base;
    levin_span here;
    levin__span_set_thread(&here);
    if (levin__file_profiler_setup(&p->file, call) < 0 || make_file(p) < 0)
        return levin_error();
    memset(p->named, 0, sizeof p->named);
    p->thread = here.thread;
    p->events = p->left_out = 0;
    p->size = 0;
    p->failure = (levin_error_note){ 0 };
    p->began = levin__seconds();
    levin__buffer_clear(&p->block);
    levin__buffer_addf(&p->block,
                       "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
                       "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":"
                       "\"levin %s\"}}",
                       call->stage);
    flush(p);
    return LEVIN_OK;
}

static char *finish(levin_profiler *base)
{
    trace_profiler *p = (trace_profiler *)base;
    flush(p);
    int fd = p->fd;
    p->fd = -1; // also a close that fails ends it: the number may be another file's by now
    if (fd >= 0 && close(fd) != 0)
        fail(p, errno);
    if (p->failure.code)
        return levin__format("trace: %s\n", p->failure.message);
    if (p->left_out)
        return levin__format("trace: the first %lld events lie in %s; max_events left out %lld\n",
                             (long long)p->events, p->path, (long long)p->left_out);
    return levin__format("trace: %lld events lie in %s\n", (long long)p->events, p->path);
}

static void free_profiler(levin_profiler *base)
{
    trace_profiler *p = (trace_profiler *)base;
    if (p->fd >= 0)
        close(p->fd);
    levin__buffer_free(&p->block);
    levin__free(p->path);
    levin__file_profiler_free(base);
}

static const levin_profiler_class trace_class = {
    .name = "TraceProfiler",
    .size = sizeof(trace_profiler),
    .operators = true,
    .setup = setup,
    .record = record,
    .finish = finish,
    .free = free_profiler,
};

levin_profiler *levin_trace_profiler(const levin_trace_profiler_opts *opts)
{
    static const levin_trace_profiler_opts plain;
    const levin_trace_profiler_opts *o = opts ? opts : &plain;
    if (o->max_events < 0)
        levin__error_set(LEVIN_EINVAL, "TraceProfiler: max_events %lld is below 0",
                         (long long)o->max_events);
    trace_profiler *p = (trace_profiler *)levin__file_profiler_new(
        &trace_class, o->dirpath, o->filename ? o->filename : "trace");
    if (!p)
        return NULL;
    p->fd = -1;
    p->block = LEVIN_BUFFER((size_t)1 << 24);
    p->max_events = o->max_events ? o->max_events : MANY;
    return &p->file.base;
}

#define ARGUMENT(field, missing, help)                                                             \
    LEVIN_ARGUMENT(levin_trace_profiler_opts, field, missing, help)

static const levin_flag arguments[] = {
    ARGUMENT(dirpath, "null", "folder of the report; null is that of the run"),
    ARGUMENT(filename, "trace", "the file is <stage>-<filename>.json"),
    ARGUMENT(max_events, "1000000", "what comes later is left out"),
    { 0 },
};

static levin_profiler *make(const void *options) { return levin_trace_profiler(options); }

const levin_class levin__class_trace_profiler = {
    .kind = LEVIN_CLASS_PROFILER,
    .name = "TraceProfiler",
    .paths = (const char *const[]){ "levin.profilers.TraceProfiler", "trace", NULL },
    .help = "hooks, operators and threads on a line of time, as a Chrome trace",
    .arguments = arguments,
    .size = sizeof(levin_trace_profiler_opts),
    .limits = (const levin_class_limit[]){ LEVIN_FROM("max_events", 1), { 0 } },
    .make.profiler = make,
};
