/* events.h: reading an event file back. */
#ifndef LEVIN_TESTS_EVENTS_H
#define LEVIN_TESTS_EVENTS_H

#include "formats/event.pb-c.h"

#include <stddef.h>

typedef struct events {
    Levin__Event **at;
    size_t n;
    size_t bytes_left; // of the file, behind the last whole record
} events;

/** The one event file of a folder, its checksums checked; fails the test if there is not exactly
 * one. */
events events_read(const char *folder);
void events_free(events *e);

#endif
