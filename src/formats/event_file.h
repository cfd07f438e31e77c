/* event_file.h: TensorBoard's event files: events.proto's messages, framed by record.h, in a file
 * of the name that TensorBoard looks for. */
#ifndef LEVIN_FORMATS_EVENT_FILE_H
#define LEVIN_FORMATS_EVENT_FILE_H

#include "formats/event.pb-c.h"

typedef struct levin_event_file levin_event_file;

/** Makes dir/events.out.tfevents.<time>.<host>.<pid>.<n>, a new file each time. longest_wait as in
 *  base/append.h. NULL with LEVIN_EIO. */
levin_event_file *levin__event_file_open(const char *dir, double longest_wait);
/** Adds an event, with the time of now; warm, it allocates nothing. 0 or an error code. */
int levin__event_file_add(levin_event_file *f, Levin__Event *event);
/** Brings all events to the file. NULL gives the error that stands. */
int levin__event_file_flush(levin_event_file *f);
/** Flushes, closes and frees; NULL is allowed. */
int levin__event_file_close(levin_event_file *f);

#endif
