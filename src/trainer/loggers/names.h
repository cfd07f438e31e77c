/* names.h: the names that a logger has met, by number. Rows name the same values in the same order,
 * so a warm look-up compares one text. */
#ifndef LEVIN_TRAINER_LOGGERS_NAMES_H
#define LEVIN_TRAINER_LOGGERS_NAMES_H

#include "base/map.h"

typedef struct levin_name {
    char *full;        // with the prefix; UTF-8, for readers refuse a file with anything else in it
    const char *given; // as it is looked up
} levin_name;

typedef struct levin_names {
    char *prefix; // "run-" or ""
    levin_name *at;
    int n, capacity;
    int next; // the one that is likely looked up next
    levin_map *index;
} levin_names;

/** No names yet. prefix, which may be NULL, is joined to names by a dash. 0 or an error code. */
int levin__names_init(levin_names *names, const char *prefix);
void levin__names_free(levin_names *names);
/** The number of a name, made if it is new; -1 after an error: control characters are refused. */
int levin__names_find(levin_names *names, const char *name);
/** Makes a name that stands in a file already, prefix and all; its number, or -1 after an error. */
int levin__names_add_full(levin_names *names, const char *full);
/** Puts a '?' for every byte of text that does not belong to a character. */
void levin__clean_utf8(char *text);

#endif
