/* error.c: the sticky error of each thread, after cairo's and stdio's rule: the first one is the
 * one worth reading. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static _Thread_local levin_error_note current;

static int set_list(int code, const char *fmt, va_list args)
{
    if (current.code)
        return current.code;
    vsnprintf(current.message, sizeof current.message, fmt, args);
    for (char *c = current.message; *c; c++)
        if ((unsigned char)*c < ' ') // a name or a token out of a file may hold anything
            *c = '?';
    return current.code = code;
}

int levin__error_set(int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int stands = set_list(code, fmt, args);
    va_end(args);
    return stands;
}

/* 0 and what is above it are no codes: an errno, say. */
static int as_code(int code) { return code < 0 ? code : LEVIN_EIO; }

int levin_error_set(int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int stands = set_list(as_code(code), fmt, args);
    va_end(args);
    return stands;
}

int levin__error_returned(int code, const char *fmt, ...)
{
    if (code == LEVIN_OK)
        return current.code;
    va_list args;
    va_start(args, fmt);
    int stands = set_list(as_code(code), fmt, args);
    va_end(args);
    return stands;
}

int levin__error_system(int err, const char *fmt, ...)
{
    if (current.code)
        return current.code;
    va_list args;
    va_start(args, fmt);
    int stands = set_list(LEVIN_EIO, fmt, args);
    va_end(args);
    size_t n = strlen(current.message);
    char room[128];
    const char *text = strerror_r(err, room, sizeof room); // glibc's, which returns the text
    snprintf(current.message + n, sizeof current.message - n, ": %s", text);
    return stands;
}

void levin__error_take(levin_error_note *note)
{
    *note = current;
    levin_error_clear();
}

void levin__error_give(const levin_error_note *note)
{
    if (note->code)
        levin__error_set(note->code, "%s", note->message);
}

int levin_error(void) { return current.code; }

const char *levin_error_message(void) { return current.code ? current.message : ""; }

void levin_error_clear(void)
{
    current.code = LEVIN_OK;
    current.message[0] = '\0';
}

int levin_perror(const char *prefix)
{
    if (!current.code)
        return 0;
    if (prefix && *prefix)
        fprintf(stderr, "%s: %s\n", prefix, current.message);
    else
        fprintf(stderr, "%s\n", current.message);
    return 1;
}

const char *levin_version(void) { return LEVIN_VERSION; }
