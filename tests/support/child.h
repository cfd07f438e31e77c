/* child.h: the same process, forked. */
#ifndef LEVIN_TESTS_SUPPORT_CHILD_H
#define LEVIN_TESTS_SUPPORT_CHILD_H

#include "support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_THREAD__
#    define UNDER_TSAN 1
#elif defined __has_feature
#    if __has_feature(thread_sanitizer)
#        define UNDER_TSAN 1
#    endif
#endif
#ifndef UNDER_TSAN
#    define UNDER_TSAN 0
#endif

/* First in a test whose child uses threads: tsan lets the child of a process with threads start
 * none.
 */
static inline void need_threads_after_fork(void)
{
    if (UNDER_TSAN)
        skip();
}

/* Forks; the child works and ends as a program does. It is given some seconds, since what goes
 * wrong here is that somebody waits for ever. */
static inline void assert_child_succeeds(bool (*work)(void *context), void *context)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(30);
        exit(work(context) && !levin_error() ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
