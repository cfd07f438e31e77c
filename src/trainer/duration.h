/* duration.h: Lightning's ways to write a time, DD:HH:MM:SS and {hours: 1, minutes: 30}. */
#ifndef LEVIN_TRAINER_DURATION_H
#define LEVIN_TRAINER_DURATION_H

#include "trainer/number.h"

/** "00:01:30:00" in seconds: days with any number of digits, then three fields of two; or a mapping
 *  of weeks, days, hours, minutes and seconds. 0, or LEVIN_EINVAL that names the flag. */
int levin__duration_parse(const char *flag, const char *text, double *seconds);
/** The reverse, whole seconds; returns text. */
char *levin__duration_print(char text[LEVIN_NUMBER_SIZE], double seconds);

#endif
