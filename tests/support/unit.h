/* unit.h: cmocka with the headers that it must be preceded by, and the assertion that most unit
 * tests share. */
#ifndef LEVIN_TESTS_SUPPORT_UNIT_H
#define LEVIN_TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <levin/base.h>
#include <string.h>

/* The error of this thread is code, its message one line that holds part. Clears it. */
static inline void assert_error(int code, const char *part)
{
    if (levin_error() != code || !strstr(levin_error_message(), part))
        fail_msg("error %d \"%s\", expected %d \"%s\"", levin_error(), levin_error_message(), code,
                 part);
    assert_null(strchr(levin_error_message(), '\n'));
    levin_error_clear();
}

#endif
