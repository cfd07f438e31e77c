/* span.c: see span.h. One lock for everything: whoever listens need not be ready for two threads at
 * once, nor for a span after it has stopped. */
#include "base/span.h"

#include <pthread.h>
#include <stdio.h>

atomic_bool levin__spans_are_heard;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static levin_listener *listener;
static void *listener_self;

static _Thread_local struct {
    bool known;
    int number;
    char name[16];
} thread;

/* The child of a fork is another process: nobody listens to it. */
static void forget_in_child(void)
{
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    listener = NULL;
    atomic_store(&levin__spans_are_heard, false);
}

bool levin__spans_listen(levin_listener *fn, void *self)
{
    static bool prepared;
    pthread_mutex_lock(&mutex);
    if (!prepared)
        prepared = pthread_atfork(NULL, NULL, forget_in_child) == 0;
    bool free = !listener;
    if (free) {
        listener = fn;
        listener_self = self;
    }
    atomic_store(&levin__spans_are_heard, true);
    pthread_mutex_unlock(&mutex);
    return free;
}

void levin__spans_forget(void)
{
    pthread_mutex_lock(&mutex);
    listener = NULL;
    atomic_store(&levin__spans_are_heard, false);
    pthread_mutex_unlock(&mutex);
}

void levin__thread_set_name(const char *name, int number)
{
    if (number < 0)
        snprintf(thread.name, sizeof thread.name, "%s", name);
    else
        snprintf(thread.name, sizeof thread.name, "%s %d", name, number);
}

void levin__span_set_thread(levin_span *span)
{
    static atomic_int threads;
    if (!thread.known)
        thread.number = atomic_fetch_add(&threads, 1);
    thread.known = true;
    span->thread = thread.number;
    span->thread_name = thread.name;
}

void levin__span_tell(levin_span_kind kind, const char *name, double began, double flops)
{
    levin_span span = {
        .kind = kind, .name = name, .began = began, .ended = levin__seconds(), .flops = flops
    };
    levin__span_set_thread(&span);
    pthread_mutex_lock(&mutex);
    if (listener)
        listener(listener_self, &span);
    pthread_mutex_unlock(&mutex);
}
