/* json.h: jansson with limits and messages of ours. */
#ifndef LEVIN_BASE_JSON_H
#define LEVIN_BASE_JSON_H

#include "base/buffer.h"

#include <jansson.h>
#include <levin/base.h>

/** Parses a whole file; the caller's json_t, json_decref it. NULL with LEVIN_EIO or LEVIN_EFORMAT
 *  ("path:line:column: what"). */
json_t *levin__json_load(const char *path, size_t max_bytes);
/** Parses n bytes; where names them in messages. */
json_t *levin__json_parse(const char *text, size_t n, const char *where);
/** Writes the value, indented by two spaces and closed by a newline, as levin__file_write does. */
int levin__json_save(const char *path, const json_t *value);
/** Adds the value without spaces. False after a failure, of which the buffer recorded an error
 * where it was its own. */
bool levin__json_print(levin_buffer *out, const json_t *value);
/** A number that reads back with the same bits; JSON has no NaN and no infinity: they are the texts
 *  "nan", "inf" and "-inf". NULL where there is no memory. */
json_t *levin__json_real(double value);

/* Members with a default; a member of another type is LEVIN_EFORMAT, null counts as absent. */
int64_t levin__json_int(const json_t *object, const char *key, int64_t missing, const char *where);
double levin__json_number(const json_t *object, const char *key, double missing, const char *where);
bool levin__json_bool(const json_t *object, const char *key, bool missing, const char *where);
/** Lent by object. */
const char *levin__json_string(const json_t *object, const char *key, const char *missing,
                               const char *where);

#endif
