/* case_callbacks.h: the callbacks of a recorded case, made as a configuration makes them: a class
 * by its name, its arguments by theirs. */
#ifndef LEVIN_TESTS_CASE_CALLBACKS_H
#define LEVIN_TESTS_CASE_CALLBACKS_H

#include <jansson.h>
#include <levin/levin.h>

/** The class that levin does not have; NULL if it has them all. */
const char *case_callbacks_need(const json_t *callbacks);
/** One of them; paths are below root. NULL after an error. */
levin_callback *case_callback_new(const json_t *callback, const char *root);
/** A JSON value as a command line would say it, the caller's. */
char *case_text(const json_t *value);

#endif
