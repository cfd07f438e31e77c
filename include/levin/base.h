/* base.h: what every other header of levin needs: visibility, the error contract, the option
 * idioms, threads and scopes.
 *
 * Errors are sticky. The first failure on a thread is recorded and stays until
 * levin_error_clear(). While it stands, calls refuse: those that give a pointer give NULL, those
 * that give a code give the error's, and nothing is computed, read or written; what was handed over
 * to them is freed all the same. Getters and functions called _free work as ever. An operator given
 * NULL returns NULL and records nothing. A whole forward pass, or a whole main(), therefore needs
 * one check at its end; a program that wants to go on after an error clears it first. */
#ifndef LEVIN_BASE_H
#define LEVIN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEVIN_VERSION           "0.1.0"
#define LEVIN_API               __attribute__((visibility("default")))
#define LEVIN_FORMAT(fmt, args) __attribute__((__format__(__printf__, fmt, args)))

/* One row per error: name, value, meaning. */
#define LEVIN_ERROR_MAP(X)                                                                         \
    X(ENOMEM, -1, "out of memory")                                                                 \
    X(EINVAL, -2, "invalid argument")                                                              \
    X(ESHAPE, -3, "shapes do not fit")                                                             \
    X(EDTYPE, -4, "element type not supported here")                                               \
    X(EIO, -5, "input or output")                                                                  \
    X(EFORMAT, -6, "malformed data")                                                               \
    X(ENOTFOUND, -7, "not found")                                                                  \
    X(ESTATE, -8, "called at the wrong time")                                                      \
    X(ENUMERIC, -9, "not a finite number")                                                         \
    X(EVERSION, -10, "newer than this library")                                                    \
    X(EUNSUPPORTED, -11, "not supported by this build")                                            \
    X(EINTERRUPTED, -12, "interrupted")                                                            \
    X(EBUG, -13, "a defect of levin")

enum {
    LEVIN_OK = 0,
#define LEVIN_ERROR_ENUM(name, value, text) LEVIN_##name = value,
    LEVIN_ERROR_MAP(LEVIN_ERROR_ENUM)
#undef LEVIN_ERROR_ENUM
};

/** Code of the first error on this thread since the last clear; LEVIN_OK if there was none. */
LEVIN_API int levin_error(void);
/** Its message: one line, no newline; "" if there is none. Valid until the next clear. */
LEVIN_API const char *levin_error_message(void);
/** Records an error of your own, for functions that levin calls and for your program: one line made
 * as by printf, which says what and where. Only the first one counts; a code that is not below 0 is
 * taken for LEVIN_EIO. Returns the code that stands: return levin_error_set(LEVIN_EIO, "..."). */
LEVIN_API int levin_error_set(int code, const char *fmt, ...) LEVIN_FORMAT(2, 3);
/** Forgets the error of this thread. */
LEVIN_API void levin_error_clear(void);
/** Writes "prefix: message" to stderr if there is an error; returns an exit status, 0 or 1. */
LEVIN_API int levin_perror(const char *prefix);

/** "0.1.0" and so on: the version of the library that runs, not of the header. */
LEVIN_API const char *levin_version(void);

/** Frees memory that a function said to free this way; NULL is allowed. */
LEVIN_API void levin_free(void *memory);

/* A three-valued option: zero means the default. A struct, so that _Generic and the reader can
 * tell it from an int. */
typedef struct levin_switch {
    signed char value;
} levin_switch;
#define LEVIN_ON  ((levin_switch){ 1 })
#define LEVIN_OFF ((levin_switch){ -1 })
/* save_last="link". */
#define LEVIN_LINK ((levin_switch){ 2 })

/* A number of things, a share of them, a time, or a number of optimizer steps: zero-initialised
 * means the default. */
typedef struct levin_amount {
    int kind; // 0 default, 1 count, 2 fraction, 3 seconds, 4 optimizer steps
    double value;
} levin_amount;
#define LEVIN_BATCHES(n)  ((levin_amount){ 1, (double)(n) })
#define LEVIN_FRACTION(f) ((levin_amount){ 2, (double)(f) })
#define LEVIN_SECONDS(s)  ((levin_amount){ 3, (double)(s) })
#define LEVIN_STEPS(n)    ((levin_amount){ 4, (double)(n) })

/* A number that may be left out, where 0 is one like any other. */
typedef struct levin_optional {
    bool is_given;
    double value;
} levin_optional;
#define LEVIN_NUMBER(x) ((levin_optional){ true, (double)(x) })

/* The number 0 for an option whose plain 0 means the default. */
#define LEVIN_ZERO INT64_MIN

/** Threads used by the library's own pool: LEVIN_NUM_THREADS, else the CPUs of this process.
 *  The number never changes a result, only the time it takes. LEVIN_EINVAL if the variable holds no
 *  whole number from 1 to 256. The child of a fork starts threads of its own. */
LEVIN_API int levin_num_threads(void);
/** Sets it; n < 1 restores the default. Not while another thread computes. */
LEVIN_API void levin_set_num_threads(int n);

/* A scope owns what operators return while it is the innermost one of its thread. The trainer opens
 * one for each step; a thread that opened none works in a root scope that lives as long as it. */
typedef struct levin_scope levin_scope;
LEVIN_API levin_scope *levin_scope_begin(void);
/** Ends the scope and every scope opened inside it; all their tensors are gone. */
LEVIN_API void levin_scope_end(levin_scope *scope);

#ifdef __cplusplus
}
#endif
#endif
