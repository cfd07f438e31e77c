/* threads.c: a pool of pthreads that waits by spinning for a moment and then sleeps.
 *
 * One job at a time; its tasks are taken from a shared counter. The caller works too. When no task
 * is left it closes the job and waits for the workers that are inside; one that comes late finds
 * the door shut, so a worker that the system has put aside holds nobody up.
 *
 * The child of a fork begins without workers and starts its own. */
#include "base/threads.h"

#include "base/error.h"
#include "base/span.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 256, SPINS = 4000 };

/* The state of the pool in one word: how many workers are inside the job, whether its door is open,
 * and the number of the job. */
enum { OPEN = 1 << 16, INSIDE = OPEN - 1 };
static const uint64_t ONE_JOB = (uint64_t)1 << 32;

static struct {
    pthread_mutex_t busy;  // held by the thread whose job runs
    pthread_mutex_t mutex; // guards the sleep of workers
    pthread_cond_t wake;
    pthread_t threads[MAX_THREADS];
    int started;       // workers that exist; the caller is one more thread
    atomic_int wanted; // threads to use, the caller included; 0 until first asked
    atomic_uint_least64_t state;
    atomic_int sleeping, quit;
    atomic_int members; // workers that may take part in the present job
    atomic_int_least64_t next;
    int64_t tasks;
    void (*fn)(void *context, int64_t task);
    void *context;
    levin_error_note failure; // the first error of a worker in the present job
} pool = { .busy = PTHREAD_MUTEX_INITIALIZER,
           .mutex = PTHREAD_MUTEX_INITIALIZER,
           .wake = PTHREAD_COND_INITIALIZER };

static _Thread_local bool inside_task;

/* What LEVIN_NUM_THREADS says; 0 if it is unset or empty, -1 after an error. */
static int threads_of_environment(void)
{
    const char *text = getenv("LEVIN_NUM_THREADS");
    if (!text || !*text)
        return 0;
    long n = text[strspn(text, "0123456789")] ? 0 : strtol(text, NULL, 10);
    if (n >= 1 && n <= MAX_THREADS)
        return (int)n;
    levin__error_set(LEVIN_EINVAL, "LEVIN_NUM_THREADS '%.60s' is not a whole number from 1 to %d",
                     text, MAX_THREADS);
    return -1;
}

static int cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > MAX_THREADS ? MAX_THREADS : n;
}

static void run_tasks(void)
{
    inside_task = true;
    for (;;) {
        int64_t task = atomic_fetch_add(&pool.next, 1);
        if (task >= pool.tasks)
            break;
        pool.fn(pool.context, task);
    }
    inside_task = false;
}

/* Nobody would ever read an error that stays on a worker. */
static void hand_error_over(void)
{
    if (!levin_error())
        return;
    levin_error_note note;
    levin__error_take(&note);
    pthread_mutex_lock(&pool.mutex);
    if (!pool.failure.code)
        pool.failure = note;
    pthread_mutex_unlock(&pool.mutex);
}

/* Whether there is something to do since job number seen: another job, or the end. */
static bool news(uint64_t seen)
{
    return atomic_load(&pool.state) / ONE_JOB != seen || atomic_load(&pool.quit);
}

static void wait_for_news(uint64_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (news(seen))
            return;
        __builtin_ia32_pause();
    }
    pthread_mutex_lock(&pool.mutex);
    atomic_fetch_add(&pool.sleeping, 1);
    while (!news(seen))
        pthread_cond_wait(&pool.wake, &pool.mutex);
    atomic_fetch_sub(&pool.sleeping, 1);
    pthread_mutex_unlock(&pool.mutex);
}

/* Steps inside the present job if its door is open; *seen becomes its number either way. */
static bool enter(uint64_t *seen)
{
    uint64_t state = atomic_load(&pool.state);
    do {
        *seen = state / ONE_JOB;
        if (!(state & OPEN))
            return false;
    } while (!atomic_compare_exchange_weak(&pool.state, &state, state + 1));
    return true;
}

static void *worker(void *argument)
{
    int index = (int)(intptr_t)argument;
    uint64_t seen = 0;
    levin__thread_set_name("worker", index + 1);
    for (;;) {
        wait_for_news(seen);
        if (atomic_load(&pool.quit))
            return NULL;
        if (!enter(&seen))
            continue;
        if (index < atomic_load(&pool.members)) {
            double began = levin__span_begin();
            run_tasks();
            if (levin__span_is_heard(began))
                levin__span_tell(LEVIN_SPAN_WORK, "tasks", began, 0);
            hand_error_over();
        }
        atomic_fetch_sub(&pool.state, 1);
    }
}

static void wake_sleepers(void)
{
    if (!atomic_load(&pool.sleeping))
        return;
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.mutex);
}

static void stop_workers(void)
{
    atomic_store(&pool.quit, 1);
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.mutex);
    for (int i = 0; i < pool.started; i++)
        pthread_join(pool.threads[i], NULL);
    pool.started = 0;
    atomic_store(&pool.quit, 0);
}

/* In the child of a fork. Its only thread is the one that forked: no worker came with it, and what
 * another thread held or had half done stays so for ever. */
static void forget_workers(void)
{
    pool.busy = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool.wake = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pool.started = 0;
    atomic_store(&pool.state, 0);
    atomic_store(&pool.sleeping, 0);
    atomic_store(&pool.quit, 0);
    pool.failure.code = LEVIN_OK;
}

static void start_workers(int count)
{
    static bool prepared;
    if (!prepared)
        prepared = pthread_atfork(NULL, NULL, forget_workers) == 0 && atexit(stop_workers) == 0;
    while (pool.started < count && pthread_create(&pool.threads[pool.started], NULL, worker,
                                                  (void *)(intptr_t)pool.started) == 0)
        pool.started++;
}

/* Without a lock, since a task may ask while the pool is busy with it. An error of the environment
 * is one as often as it is met. */
int levin_num_threads(void)
{
    int n = atomic_load(&pool.wanted);
    if (n)
        return n;
    int wanted = threads_of_environment();
    if (wanted < 0)
        return cpus();
    if (wanted == 0)
        wanted = cpus();
    return atomic_compare_exchange_strong(&pool.wanted, &n, wanted) ? wanted : n;
}

void levin_set_num_threads(int n)
{
    atomic_store(&pool.wanted, n < 1 ? 0 : n > MAX_THREADS ? MAX_THREADS : n);
}

static void run_here(int64_t tasks, void (*fn)(void *, int64_t), void *context)
{
    for (int64_t i = 0; i < tasks; i++)
        fn(context, i);
}

void levin__parallel_for(int64_t tasks, void (*fn)(void *context, int64_t task), void *context)
{
    if (tasks <= 1 || inside_task || pthread_mutex_trylock(&pool.busy) != 0) {
        run_here(tasks, fn, context);
        return;
    }
    int wanted = levin_num_threads() - 1;
    if (pool.started < wanted)
        start_workers(wanted);
    pool.fn = fn;
    pool.context = context;
    pool.tasks = tasks;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.members, wanted);
    uint64_t job = atomic_load(&pool.state) / ONE_JOB + 1;
    atomic_store(&pool.state, job * ONE_JOB + OPEN);
    wake_sleepers();
    run_tasks();
    atomic_fetch_and(&pool.state, ~(uint64_t)OPEN);
    for (int spins = 0; atomic_load(&pool.state) & INSIDE; spins++) {
        if (spins < SPINS)
            __builtin_ia32_pause();
        else
            sched_yield();
    }
    levin__error_give(&pool.failure);
    pool.failure.code = LEVIN_OK;
    pthread_mutex_unlock(&pool.busy);
}

int64_t levin__tasks_for(int64_t n, int64_t grain)
{
    int64_t tasks = n / (grain < 1 ? 1 : grain);
    return tasks < 1 ? 1 : tasks > 64 ? 64 : tasks;
}
