/* events.h: reading an event file back. */
#ifndef LEVIN_TESTS_EVENTS_H
#define LEVIN_TESTS_EVENTS_H

#include "formats/event.pb-c.h"

#include <stddef.h>

typedef struct events {
    Levin__Event **at;
    size_t n;
    size_t bytes_left; // of the file, behind the last record that is whole and right
} events;

/** The one event file of a folder up to the first record that is wrong; fails the test if there is
 * not exactly one. */
events events_read(const char *folder);
void events_free(events *e);

/** Bytes of the record that begins here; 0 if it is not whole or a checksum is wrong. */
size_t event_record_size(const unsigned char *at, size_t bytes_left);

#endif
