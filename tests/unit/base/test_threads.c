/* test_threads.c: the pool: every task once, wherever and whenever it is asked; the number of
 * threads changes nothing but the time. */
#include "support/child.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MOST = 1000 };
static const int counts[] = { 1, 2, 3, 5 };
enum { COUNTS = sizeof counts / sizeof *counts };

typedef struct {
    atomic_int runs[MOST];
} tally;

static void count_run(void *context, int64_t task)
{
    tally *t = context;
    atomic_fetch_add(&t->runs[task], 1);
}

static void assert_each_once(tally *t, int64_t tasks)
{
    for (int64_t i = 0; i < MOST; i++)
        assert_int_equal(atomic_load(&t->runs[i]), i < tasks);
}

static void every_task_runs_exactly_once(void **state)
{
    (void)state;
    const int64_t sizes[] = { 0, 1, 2, 3, 7, 64, MOST };
    for (int c = 0; c < COUNTS; c++) {
        levin_set_num_threads(counts[c]);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            tally t = { 0 };
            levin__parallel_for(sizes[i], count_run, &t);
            assert_each_once(&t, sizes[i]);
        }
    }
}

static void many_small_jobs_follow_one_another(void **state)
{
    (void)state;
    levin_set_num_threads(3);
    tally t = { 0 };
    enum { JOBS = 300 };
    for (int i = 0; i < JOBS; i++)
        levin__parallel_for(5, count_run, &t);
    for (int i = 0; i < 5; i++)
        assert_int_equal(atomic_load(&t.runs[i]), JOBS);
}

typedef struct {
    tally inner;
    pthread_t where;
    atomic_int strangers;
} nest;

static void inner_task(void *context, int64_t task)
{
    nest *n = context;
    count_run(&n->inner, task);
    if (!pthread_equal(pthread_self(), n->where))
        atomic_fetch_add(&n->strangers, 1);
}

static void outer_task(void *context, int64_t task)
{
    nest *n = (nest *)context + task;
    n->where = pthread_self();
    levin__parallel_for(100, inner_task, n);
}

static void a_call_within_a_task_runs_on_its_thread(void **state)
{
    (void)state;
    levin_set_num_threads(3);
    enum { OUTER = 12 };
    nest *n = calloc(OUTER, sizeof *n);
    levin__parallel_for(OUTER, outer_task, n);
    for (int i = 0; i < OUTER; i++) {
        assert_each_once(&n[i].inner, 100);
        assert_int_equal(atomic_load(&n[i].strangers), 0);
    }
    free(n);
}

enum { AT_ONCE = 20 };

static void *call_often(void *tallies)
{
    for (int i = 0; i < AT_ONCE; i++)
        levin__parallel_for(MOST, count_run, (tally *)tallies + i);
    return NULL;
}

static void two_threads_may_call_at_once(void **state)
{
    (void)state;
    levin_set_num_threads(3);
    tally *t = calloc(3 * AT_ONCE, sizeof *t);
    pthread_t a, b;
    assert_int_equal(pthread_create(&a, NULL, call_often, t), 0);
    assert_int_equal(pthread_create(&b, NULL, call_often, t + AT_ONCE), 0);
    call_often(t + 2 * AT_ONCE);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    for (int i = 0; i < 3 * AT_ONCE; i++)
        assert_each_once(&t[i], MOST);
    free(t);
}

static void the_number_of_threads_goes_up_and_down(void **state)
{
    (void)state;
    const int turns[] = { 1, 4, 2, 5, 1, 3 };
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        levin_set_num_threads(turns[i]);
        assert_int_equal(levin_num_threads(), turns[i]);
        tally t = { 0 };
        levin__parallel_for(MOST, count_run, &t);
        assert_each_once(&t, MOST);
    }
    levin_set_num_threads(100000);
    assert_int_equal(levin_num_threads(), 256);
    levin_set_num_threads(2);
}

static void the_default_number_comes_from_the_environment(void **state)
{
    (void)state;
    setenv("LEVIN_NUM_THREADS", "3", 1);
    levin_set_num_threads(0);
    assert_int_equal(levin_num_threads(), 3);
    setenv("LEVIN_NUM_THREADS", "256", 1);
    levin_set_num_threads(-1);
    assert_int_equal(levin_num_threads(), 256);
    unsetenv("LEVIN_NUM_THREADS");
    levin_set_num_threads(0);
    int seen = levin_num_threads(); // one for each CPU
    assert_in_range(seen, 1, 256);
    setenv("LEVIN_NUM_THREADS", "", 1); // as if unset
    levin_set_num_threads(0);
    assert_int_equal(levin_num_threads(), seen);
    assert_int_equal(levin_error(), LEVIN_OK);
    unsetenv("LEVIN_NUM_THREADS");
}

static void a_number_of_threads_that_is_none_is_an_error(void **state)
{
    (void)state;
    static const char *const wrong[] = { "many", "0",  "-1", "257", "99999999999999999999",
                                         "4 ",   " 4", "+4", "4x",  "1e2",
                                         "0x10", "2.0" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char expected[100];
        snprintf(expected, sizeof expected,
                 "LEVIN_NUM_THREADS '%s' is not a whole number from 1 to 256", wrong[i]);
        setenv("LEVIN_NUM_THREADS", wrong[i], 1);
        levin_set_num_threads(0);
        assert_in_range(levin_num_threads(), 1, 256);
        assert_error(LEVIN_EINVAL, expected);
        tally t = { 0 };
        levin__parallel_for(MOST, count_run, &t); // which asks too
        assert_each_once(&t, MOST);
        assert_error(LEVIN_EINVAL, expected);
        levin_set_num_threads(2); // whoever says it in C does not ask the environment
        assert_int_equal(levin_num_threads(), 2);
        assert_int_equal(levin_error(), LEVIN_OK);
    }
    unsetenv("LEVIN_NUM_THREADS");
}

enum { NUMBERS = 100000, GRAIN = 1000 };

typedef struct {
    int64_t tasks;
    double sums[64];
} sum_job;

static void sum_part(void *context, int64_t task)
{
    sum_job *j = context;
    double sum = 0;
    for (int64_t i = NUMBERS * task / j->tasks; i < NUMBERS * (task + 1) / j->tasks; i++)
        sum += 1.0 / (double)(i + 1);
    j->sums[task] = sum;
}

static void sums_over_tasks_have_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    sum_job first = { 0 };
    for (int c = 0; c < COUNTS; c++) {
        levin_set_num_threads(counts[c]);
        sum_job j = { .tasks = levin__tasks_for(NUMBERS, GRAIN) };
        levin__parallel_for(j.tasks, sum_part, &j);
        if (c == 0)
            first = j;
        assert_memory_equal(&first, &j, sizeof j);
    }
}

static void work_is_cut_into_1_to_64_tasks_of_a_grain_or_more(void **state)
{
    (void)state;
    assert_int_equal(levin__tasks_for(0, 10), 1);
    assert_int_equal(levin__tasks_for(19, 10), 1);
    assert_int_equal(levin__tasks_for(20, 10), 2);
    assert_int_equal(levin__tasks_for(640, 10), 64);
    assert_int_equal(levin__tasks_for(INT64_MAX, 10), 64);
    assert_int_equal(levin__tasks_for(5, 0), 5);
}

static void fail_in_one(void *context, int64_t task)
{
    atomic_int *barrier = context;
    /* Each thread of the pool is to have a task: nobody goes on before all have come. */
    atomic_fetch_add(barrier, 1);
    while (atomic_load(barrier) < 3)
        sched_yield();
    if (task == 2) // taken last, so not by the caller alone
        levin__error_set(LEVIN_ENOMEM, "task %d found no memory", (int)task);
}

static void an_error_within_a_task_comes_back_to_the_caller(void **state)
{
    (void)state;
    levin_set_num_threads(3);
    for (int i = 0; i < 20; i++) {
        atomic_int barrier = 0;
        levin__parallel_for(3, fail_in_one, &barrier);
        assert_error(LEVIN_ENOMEM, "task 2 found no memory");
        tally t = { 0 };
        levin__parallel_for(MOST, count_run, &t); // and is gone from the thread that met it
        assert_int_equal(levin_error(), LEVIN_OK);
    }
    atomic_int barrier = 0;
    levin__error_set(LEVIN_EINVAL, "earlier");
    levin__parallel_for(3, fail_in_one, &barrier);
    assert_error(LEVIN_EINVAL, "earlier");
}

static void ask_for_the_number(void *context, int64_t task)
{
    int *answers = context;
    answers[task] = levin_num_threads();
}

static void a_task_may_ask_for_the_number_of_threads(void **state)
{
    (void)state;
    levin_set_num_threads(2);
    int answers[50] = { 0 };
    levin__parallel_for(50, ask_for_the_number, answers);
    for (int i = 0; i < 50; i++)
        assert_int_equal(answers[i], 2);
}

static void a_warm_pool_takes_nothing_from_the_heap(void **state)
{
    (void)state;
    levin_set_num_threads(3);
    tally t = { 0 };
    levin__parallel_for(MOST, count_run, &t);
    int64_t before = levin__alloc_count();
    for (int i = 0; i < 100; i++)
        levin__parallel_for(MOST, count_run, &t);
    assert_int_equal(levin__alloc_count(), before);
}

static void meet(void *context, int64_t task)
{
    (void)task;
    atomic_fetch_add((atomic_int *)context, 1);
    while (atomic_load((atomic_int *)context) < 3)
        sched_yield();
}

/* The sums of the parent, after three threads have met: nobody does that alone. */
static bool three_threads_sum_as_before(void *right)
{
    atomic_int barrier = 0;
    levin__parallel_for(3, meet, &barrier);
    sum_job j = { .tasks = levin__tasks_for(NUMBERS, GRAIN) };
    levin__parallel_for(j.tasks, sum_part, &j);
    return memcmp(&j, right, sizeof j) == 0;
}

static bool a_child_of_mine_succeeds(void *right)
{
    if (!three_threads_sum_as_before(right))
        return false;
    assert_child_succeeds(three_threads_sum_as_before, right);
    return three_threads_sum_as_before(right);
}

static void the_child_of_a_fork_starts_threads_of_its_own(void **state)
{
    (void)state;
    need_threads_after_fork();
    levin_set_num_threads(3);
    sum_job right = { .tasks = levin__tasks_for(NUMBERS, GRAIN) };
    levin__parallel_for(right.tasks, sum_part, &right);
    assert_child_succeeds(three_threads_sum_as_before, &right);
    assert_child_succeeds(a_child_of_mine_succeeds, &right);
    assert_true(three_threads_sum_as_before(&right)); // and this process has kept its own
}

typedef struct {
    atomic_int inside; // tasks that have begun
    atomic_int go_on;
} held;

static void hold(void *context, int64_t task)
{
    (void)task;
    held *h = context;
    atomic_fetch_add(&h->inside, 1);
    while (!atomic_load(&h->go_on))
        sched_yield();
}

static void *hold_the_pool(void *context)
{
    levin__parallel_for(3, hold, context);
    return NULL;
}

static void a_fork_while_another_thread_has_the_pool_leaves_the_child_a_free_one(void **state)
{
    (void)state;
    need_threads_after_fork();
    levin_set_num_threads(3);
    sum_job right = { .tasks = levin__tasks_for(NUMBERS, GRAIN) };
    levin__parallel_for(right.tasks, sum_part, &right);
    held h = { 0 };
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, hold_the_pool, &h), 0);
    while (atomic_load(&h.inside) < 3)
        sched_yield();
    assert_child_succeeds(three_threads_sum_as_before, &right);
    atomic_store(&h.go_on, 1);
    pthread_join(other, NULL);
    assert_true(three_threads_sum_as_before(&right));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_exactly_once),
        cmocka_unit_test(many_small_jobs_follow_one_another),
        cmocka_unit_test(a_call_within_a_task_runs_on_its_thread),
        cmocka_unit_test(two_threads_may_call_at_once),
        cmocka_unit_test(the_number_of_threads_goes_up_and_down),
        cmocka_unit_test(the_default_number_comes_from_the_environment),
        cmocka_unit_test(a_number_of_threads_that_is_none_is_an_error),
        cmocka_unit_test(sums_over_tasks_have_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(work_is_cut_into_1_to_64_tasks_of_a_grain_or_more),
        cmocka_unit_test(an_error_within_a_task_comes_back_to_the_caller),
        cmocka_unit_test(a_task_may_ask_for_the_number_of_threads),
        cmocka_unit_test(a_warm_pool_takes_nothing_from_the_heap),
        cmocka_unit_test(the_child_of_a_fork_starts_threads_of_its_own),
        cmocka_unit_test(a_fork_while_another_thread_has_the_pool_leaves_the_child_a_free_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
