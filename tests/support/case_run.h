/* case_run.h: one recorded case: its flags, callbacks and calls, made with levin. */
#ifndef LEVIN_TESTS_CASE_RUN_H
#define LEVIN_TESTS_CASE_RUN_H

#include <jansson.h>

/** Why a case cannot run yet; NULL if it can. */
const char *case_needs(const json_t *c);
/** Runs it in a folder of its own; an object with the fields of `expected`, the caller's. */
json_t *case_run(const json_t *c);

#endif
