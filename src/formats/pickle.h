/* pickle.h: a Python pickle read as plain values. A pickle is a program for a stack machine that
 * may name any function of the reader's Python and have it called. Here nothing is ever called: a
 * closed list of opcodes (pickle_opcodes.c) builds values, a closed list of names (pickle_names.c)
 * says which classes and functions are known and what they make of their arguments, and whatever is
 * on neither list is refused with its name and byte. docs/formats.md has the limits. */
#ifndef LEVIN_FORMATS_PICKLE_H
#define LEVIN_FORMATS_PICKLE_H

#include "formats/header_scanner.h"

#include <jansson.h>
#include <levin/safetensors.h>

enum {
    LEVIN_PICKLE_MAX_BYTES = 1 << 26,  // of one pickle
    LEVIN_PICKLE_MAX_TEXT = 1 << 24,   // bytes of one text
    LEVIN_PICKLE_MAX_DEPTH = 256,      // containers inside each other
    LEVIN_PICKLE_MAX_VALUES = 1 << 22, // made, on the stack, or remembered
    LEVIN_PICKLE_MAX_MEMORY = 1 << 28, // bytes of all values
    LEVIN_PICKLE_MAX_DIMS = 64,        // of a tensor
};

typedef struct levin_value levin_value;
typedef struct levin_pickle_name levin_pickle_name;

typedef enum levin_value_kind {
    LEVIN_VALUE_NONE,
    LEVIN_VALUE_BOOL,
    LEVIN_VALUE_INT,
    LEVIN_VALUE_LONG, // beyond 64 bits: text holds two's complement, smallest byte first
    LEVIN_VALUE_REAL,
    LEVIN_VALUE_TEXT, // UTF-8
    LEVIN_VALUE_BYTES,
    LEVIN_VALUE_LIST,
    LEVIN_VALUE_TUPLE,
    LEVIN_VALUE_SET,
    LEVIN_VALUE_DICT,
    LEVIN_VALUE_NAME, // a class, a function or a dtype, by its name alone
    LEVIN_VALUE_STORAGE,
    LEVIN_VALUE_TENSOR,
    LEVIN_VALUE_OBJECT, // of a class that is known but means nothing to us
} levin_value_kind;

/* Of a dict: its keys and values in turn, in the order of the file; of equal keys the last counts.
 */
typedef struct levin_values {
    levin_value **at;
    size_t n, room;
} levin_values;

/* Bytes that lie outside the pickle; whoever read it finds them by the key. */
typedef struct levin_pickle_storage {
    levin_text key;
    levin_st_dtype dtype;
    uint64_t numel;
    uint64_t bytes;
    size_t at;  // where the pickle first names it, for messages
    void *data; // NULL until somebody has found it
    struct levin_pickle_storage *next;
} levin_pickle_storage;

/* Lies inside its storage: that has been checked. Offset and strides count elements. */
typedef struct levin_pickle_tensor {
    levin_pickle_storage *storage;
    levin_st_dtype dtype;
    int64_t ndim;
    const uint64_t *shape, *stride;
    uint64_t offset, numel, bytes;
} levin_pickle_tensor;

typedef struct levin_pickle_object {
    const levin_pickle_name *name;
    const levin_value *args;  // a tuple
    const levin_value *state; // NULL: none was given
} levin_pickle_object;

struct levin_value {
    levin_value_kind kind;
    int depth; // of containers inside each other, itself counted
    union {
        bool truth;
        int64_t integer;
        double real;
        levin_text text; // TEXT, BYTES, LONG
        levin_values items;
        const levin_pickle_name *name;
        levin_pickle_storage *storage;
        levin_pickle_tensor *tensor;
        levin_pickle_object *object;
    };
};

typedef struct levin_pickle levin_pickle;

/** Reads the pickle that n bytes begin with; offset is where they lie in the file that where names.
 *  Yours. NULL with LEVIN_EFORMAT for what is damaged or beyond a limit, LEVIN_EUNSUPPORTED for an
 *  opcode or a name that is not read: "where: byte N: OPCODE: what". */
levin_pickle *levin__pickle_read(const void *bytes, size_t n, size_t offset, const char *where);
void levin__pickle_free(levin_pickle *p);
/** The class of torch's storages of a dtype, "FloatStorage"; NULL for those that are never written.
 */
const char *levin__pickle_storage_class(levin_st_dtype dtype);
/** Lent by p, as everything in it. */
const levin_value *levin__pickle_root(const levin_pickle *p);
/** Bytes up to the end of the pickle. */
size_t levin__pickle_size(const levin_pickle *p);
/** The storages that it names, linked in the order of their first mention; NULL if none is. */
levin_pickle_storage *levin__pickle_storages(const levin_pickle *p);

/** The value under a text key of a dict; NULL if d is none or has no such key. */
const levin_value *levin__value_get(const levin_value *d, const char *key);
/** Whether v is this text. */
bool levin__value_is(const levin_value *v, const char *text);
/** True if no two elements of the tensor are apart or out of order in its storage. */
bool levin__tensor_is_contiguous(const levin_pickle_tensor *t);
/** "collections.OrderedDict". */
const char *levin__pickle_name_text(char out[128], const levin_pickle_name *name);

/** The value as JSON: texts, numbers, lists and objects as they are, keys that are no texts as
 *  texts, anything else as a text that says what it is. What lies too deep, or is too much, becomes
 *  "...". json_decref it; NULL after LEVIN_ENOMEM. */
json_t *levin__value_json(const levin_value *v);

#endif
