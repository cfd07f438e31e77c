/* complaints.h: several things that are wrong, told at once: whoever configures a run wants to see
 * all of them before he tries again. */
#ifndef LEVIN_TRAINER_COMPLAINTS_H
#define LEVIN_TRAINER_COMPLAINTS_H

#include "base/buffer.h"

typedef struct levin_complaints {
    levin_buffer text;
} levin_complaints;

#define LEVIN_COMPLAINTS ((levin_complaints){ LEVIN_BUFFER(4096) })

/** Adds one: it names the flag, or both flags, and what would be right. */
void levin__complain(levin_complaints *c, const char *fmt, ...) LEVIN_FORMAT(2, 3);
/** Takes the error of this thread, if there is one, into the list. */
void levin__complain_error(levin_complaints *c);
/** Makes them one LEVIN_EINVAL, apart by "; ", and releases the list. 0 if there were none. */
int levin__complaints_end(levin_complaints *c);

#endif
