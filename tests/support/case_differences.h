/* case_differences.h: where levin means to differ from a recorded case of Lightning. Each row says
 * what is expected instead; docs/from-lightning.md says why. */
#ifndef LEVIN_TESTS_CASE_DIFFERENCES_H
#define LEVIN_TESTS_CASE_DIFFERENCES_H

#include <jansson.h>

/** Replaces what differs in a case's expected object. */
void case_differences_apply(const char *name, json_t *expected);

#endif
