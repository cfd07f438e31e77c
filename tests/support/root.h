/* root.h: a folder for a test or for a group of tests, made and removed by cmocka: as in
 * cmocka_run_group_tests(tests, make_root, remove_root). */
#ifndef LEVIN_TESTS_SUPPORT_ROOT_H
#define LEVIN_TESTS_SUPPORT_ROOT_H

#include "base/memory.h"
#include "support/boring.h"

static char *root;

static inline int make_root(void **state)
{
    (void)state;
    root = temporary_folder();
    return 0;
}

/* An error that the last test met on purpose ends with it. */
static inline int remove_root(void **state)
{
    (void)state;
    remove_folder(root);
    levin__free(root);
    levin_error_clear();
    return 0;
}

#endif
