/* yaml.h: YAML as configurations are written in: libyaml's events made into a tree, with limits,
 * and every value with the place where it stands. A scalar keeps its text, and what plain text
 * means follows PyYAML, except that 1e-3 is a number, and dates and 1:30 are texts.
 *
 * Refused: two documents in a file, tags, merge keys, a key that is given twice, keys that are no
 * scalars. Aliases are copies of what they name, within the limits. */
#ifndef LEVIN_FORMATS_YAML_H
#define LEVIN_FORMATS_YAML_H

#include "base/buffer.h"

enum { LEVIN_YAML_BYTES = 1 << 20, LEVIN_YAML_NODES = 10000, LEVIN_YAML_DEPTH = 64 };

typedef enum levin_yaml_kind {
    LEVIN_YAML_NULL,
    LEVIN_YAML_BOOL, // also yes, no, on, off
    LEVIN_YAML_INT,
    LEVIN_YAML_REAL,
    LEVIN_YAML_TEXT,
    LEVIN_YAML_LIST,
    LEVIN_YAML_MAP,
} levin_yaml_kind;

typedef struct levin_place {
    const char *where; // a path or an option, lent
    int line, column;  // from 1; 0: all of it
} levin_place;

typedef struct levin_yaml {
    levin_yaml_kind kind;
    levin_place place;
    char *key; // in a map; else NULL
    levin_place key_place;
    char *text; // of a scalar, without its quotes; NULL in a list or a map
    struct levin_yaml **items;
    int n, capacity;
} levin_yaml;

/** The one document of n bytes, null where there is nothing; where names them in messages and is
 *  lent. Yours; NULL with LEVIN_EFORMAT, "where:line:column: what". */
levin_yaml *levin__yaml_parse(const char *text, size_t n, const char *where);
/** The same of a file or a pipe. NULL also with LEVIN_EIO. */
levin_yaml *levin__yaml_load(const char *path);
void levin__yaml_free(levin_yaml *y);

/** "a list", "a number" and so on. */
const char *levin__yaml_kind_name(levin_yaml_kind kind);
/** The kind that a plain scalar of this text has. */
levin_yaml_kind levin__yaml_kind_of(const char *text);
/** Member of a map, lent; NULL if there is none, or if map is no map. */
const levin_yaml *levin__yaml_get(const levin_yaml *map, const char *key);
/** A scalar's value in one spelling: "null", "true", "false", else its text. Lent; NULL of a list
 *  or a map. */
const char *levin__yaml_word(const levin_yaml *scalar);

/** A new list or map, or a text whatever it looks like. Yours. */
levin_yaml *levin__yaml_new(levin_yaml_kind kind);
levin_yaml *levin__yaml_text(const char *text);
/** A scalar of the kind that this plain text has. Yours. */
levin_yaml *levin__yaml_plain(const char *text);
/** Puts child, which it takes, at the end of a list (key NULL) or a map. False after LEVIN_ENOMEM,
 *  and when child is NULL. */
bool levin__yaml_add(levin_yaml *parent, const char *key, levin_yaml *child);

/** Adds the tree in block style, as PyYAML writes it, so that it reads back as it is. False after
 *  an error. */
bool levin__yaml_print(levin_buffer *out, const levin_yaml *y);

#endif
