/* threads.h: the library's one pool of threads. */
#ifndef LEVIN_BASE_THREADS_H
#define LEVIN_BASE_THREADS_H

#include <levin/base.h>

/** Runs fn(context, task) for every task in [0, tasks) on the pool and returns when all are done.
 *  Tasks are taken in any order by any thread, so a result must not depend on either. Inside a
 * task, or while another thread's job has the pool, the tasks run on the calling thread alone.
 *  An error that a task meets is the caller's afterwards. The child of a fork may call it too,
 * unless it was forked by a task. */
void levin__parallel_for(int64_t tasks, void (*fn)(void *context, int64_t task), void *context);

/** How many tasks of at least grain items to cut n items into (at least 1). The cut never depends
 * on the number of threads, so that sums over tasks give the same bits on every machine. */
int64_t levin__tasks_for(int64_t n, int64_t grain);

#endif
