/* error.h: recording errors. The public half (reading them) is <levin/base.h>. */
#ifndef LEVIN_BASE_ERROR_H
#define LEVIN_BASE_ERROR_H

#include <levin/base.h>
#include <stdarg.h>

/** Records code and message unless an earlier error stands; returns the code that stands.
 *  Messages: one line, lower case, what and where, both sides of a mismatch, what would be right.
 */
int levin__error_set(int code, const char *fmt, ...) LEVIN_FORMAT(2, 3);

/** The same with strerror(err) at the end: "path: cannot open: No such file or directory". */
int levin__error_system(int err, const char *fmt, ...) LEVIN_FORMAT(2, 3);

/** What a function of the user's gave back: unless that is 0 or an error stands already, records it
 * with a message that says which function it was; a code that is none is LEVIN_EIO. Returns the
 * code that stands. */
int levin__error_returned(int code, const char *fmt, ...) LEVIN_FORMAT(2, 3);

/* An error on its way from one thread to another. */
typedef struct levin_error_note {
    int code;
    char message[1024];
} levin_error_note;

/** Moves this thread's error into note (code LEVIN_OK if there is none) and clears it. */
void levin__error_take(levin_error_note *note);
/** Records a note on this thread, if it holds an error. */
void levin__error_give(const levin_error_note *note);

/* Our own bugs: abort in debug builds, LEVIN_EBUG and a return in release builds. */
#ifdef NDEBUG
#    define LEVIN_ASSERT(condition, result)                                                        \
        do {                                                                                       \
            if (!(condition)) {                                                                    \
                levin__error_set(LEVIN_EBUG, "%s:%d: %s does not hold", __FILE__, __LINE__,        \
                                 #condition);                                                      \
                return result;                                                                     \
            }                                                                                      \
        } while (0)
#else
#    define LEVIN_ASSERT(condition, result)                                                        \
        do {                                                                                       \
            if (!(condition))                                                                      \
                __builtin_trap();                                                                  \
        } while (0)
#endif

#endif
