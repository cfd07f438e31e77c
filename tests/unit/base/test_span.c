/* test_span.c: who is told of spans, by whom, and when no more. */
#include "support/child.h"

#include "base/span.h"
#include "base/threads.h"

#include <pthread.h>

enum { MOST = 64 };

typedef struct {
    int n;
    levin_span spans[MOST];
    char threads[MOST][16];
} heard;

static void listen(void *self, const levin_span *span)
{
    heard *h = self;
    if (h->n >= MOST)
        return;
    h->spans[h->n] = *span;
    snprintf(h->threads[h->n++], 16, "%s", span->thread_name);
}

static void tell(const char *name)
{
    double began = levin__span_begin();
    if (levin__span_is_heard(began))
        levin__span_tell(LEVIN_SPAN_FORWARD, name, began, 6);
}

static void nobody_is_told_before_and_after(void **state)
{
    (void)state;
    heard h = { 0 };
    tell("before");
    assert_true(levin__spans_listen(listen, &h));
    assert_false(levin__spans_listen(listen, NULL)); // one at a time
    tell("inside");
    double began = levin__span_begin();
    levin__spans_forget();
    levin__span_tell(LEVIN_SPAN_WORK, "late", began, 0); // its listener has gone
    tell("after");
    assert_int_equal(h.n, 1);
    assert_string_equal(h.spans[0].name, "inside");
    assert_true(h.spans[0].flops == 6 && h.spans[0].ended >= h.spans[0].began);
    assert_true(levin__spans_listen(listen, &h));
    levin__spans_forget();
}

static void *tell_from_a_thread(void *context)
{
    (void)context;
    levin__thread_set_name("guest", 7);
    tell("theirs");
    return NULL;
}

static void threads_have_numbers_and_names(void **state)
{
    (void)state;
    heard h = { 0 };
    pthread_t thread;
    levin__spans_listen(listen, &h);
    tell("ours");
    pthread_create(&thread, NULL, tell_from_a_thread, NULL);
    pthread_join(thread, NULL);
    tell("ours");
    levin__spans_forget();
    assert_int_equal(h.n, 3);
    assert_int_equal(h.spans[0].thread, h.spans[2].thread);
    assert_int_not_equal(h.spans[0].thread, h.spans[1].thread);
    assert_string_equal(h.threads[1], "guest 7");
}

static void work(void *context, int64_t task)
{
    (void)context, (void)task;
    usleep(200);
}

static void workers_tell_of_their_share(void **state)
{
    (void)state;
    heard h = { 0 };
    levin_set_num_threads(3);
    levin__spans_listen(listen, &h);
    levin__parallel_for(60, work, NULL);
    levin__spans_forget();
    levin_set_num_threads(0);
    assert_true(h.n >= 1 && h.n <= 2); // a worker that comes late has nothing to tell
    assert_string_equal(h.spans[0].name, "tasks");
    assert_int_equal(h.spans[0].kind, LEVIN_SPAN_WORK);
    assert_memory_equal(h.threads[0], "worker ", 7);
}

static bool tell_in_child(void *context)
{
    tell("child");
    return ((heard *)context)->n == 0 && levin__spans_listen(listen, context);
}

static void the_child_of_a_fork_is_not_heard(void **state)
{
    (void)state;
    heard h = { 0 };
    levin__spans_listen(listen, &h);
    assert_child_succeeds(tell_in_child, &h);
    levin__spans_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_told_before_and_after),
        cmocka_unit_test(threads_have_numbers_and_names),
        cmocka_unit_test(workers_tell_of_their_share),
        cmocka_unit_test(the_child_of_a_fork_is_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
