/* threads.c: a pool of pthreads that waits by spinning for a moment and then sleeps.
 *
 * One job at a time. A job is a generation number; workers take tasks from a shared counter. The
 * caller works too, then waits until no worker is inside the job. */
#include "base/threads.h"

#include "base/error.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 256, SPINS = 4000 };

static struct {
    pthread_mutex_t busy;  // held by the thread whose job runs
    pthread_mutex_t mutex; // guards the sleep of workers, and starting them
    pthread_cond_t wake;
    pthread_t threads[MAX_THREADS];
    int started;       // workers that exist; the caller is one more thread
    atomic_int wanted; // threads to use, the caller included; 0 until first asked
    atomic_int generation, inside, quit;
    atomic_int members; // workers that take part in the present job
    atomic_int_least64_t next;
    int64_t tasks;
    void (*fn)(void *context, int64_t task);
    void *context;
    levin_error_note failure; // the first error of a worker in the present job
} pool = { .busy = PTHREAD_MUTEX_INITIALIZER,
           .mutex = PTHREAD_MUTEX_INITIALIZER,
           .wake = PTHREAD_COND_INITIALIZER };

static _Thread_local bool inside_task;

static int default_threads(void)
{
    const char *text = getenv("LEVIN_NUM_THREADS");
    long n = text ? strtol(text, NULL, 10) : 0;
    if (n < 1) {
        cpu_set_t set;
        CPU_ZERO(&set);
        n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    }
    return n > MAX_THREADS ? MAX_THREADS : (int)n;
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

static void wait_for_job(int seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&pool.generation) != seen)
            return;
        __builtin_ia32_pause();
    }
    pthread_mutex_lock(&pool.mutex);
    while (atomic_load(&pool.generation) == seen)
        pthread_cond_wait(&pool.wake, &pool.mutex);
    pthread_mutex_unlock(&pool.mutex);
}

static void *worker(void *argument)
{
    int index = (int)(intptr_t)argument;
    int seen = 0;
    for (;;) {
        wait_for_job(seen);
        seen = atomic_load(&pool.generation);
        if (atomic_load(&pool.quit))
            return NULL;
        if (index < atomic_load(&pool.members)) {
            run_tasks();
            hand_error_over();
        }
        atomic_fetch_sub(&pool.inside, 1);
    }
}

static void stop_workers(void)
{
    if (!pool.started)
        return;
    atomic_store(&pool.quit, 1);
    pthread_mutex_lock(&pool.mutex);
    atomic_fetch_add(&pool.generation, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.mutex);
    for (int i = 0; i < pool.started; i++)
        pthread_join(pool.threads[i], NULL);
    pool.started = 0;
    atomic_store(&pool.quit, 0);
    atomic_store(&pool.generation, 0);
}

static void start_workers(int count)
{
    static bool at_exit_set;
    if (!at_exit_set)
        at_exit_set = atexit(stop_workers) == 0;
    stop_workers();
    while (pool.started < count && pthread_create(&pool.threads[pool.started], NULL, worker,
                                                  (void *)(intptr_t)pool.started) == 0)
        pool.started++;
}

/* Without a lock, since a task may ask while the pool is busy with it. */
int levin_num_threads(void)
{
    int n = atomic_load(&pool.wanted);
    if (n)
        return n;
    int wanted = default_threads();
    return atomic_compare_exchange_strong(&pool.wanted, &n, wanted) ? wanted : n;
}

void levin_set_num_threads(int n)
{
    atomic_store(&pool.wanted, n < 1 ? default_threads() : n > MAX_THREADS ? MAX_THREADS : n);
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
    int members = wanted < pool.started ? wanted : pool.started;
    pool.fn = fn;
    pool.context = context;
    pool.tasks = tasks;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.members, members);
    atomic_store(&pool.inside, pool.started);
    if (pool.started) {
        pthread_mutex_lock(&pool.mutex);
        atomic_fetch_add(&pool.generation, 1);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.mutex);
    }
    run_tasks();
    /* A worker that has not woken yet must still pass through before the job's fields may change.
     */
    for (int spins = 0; atomic_load(&pool.inside) > 0; spins++) {
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
