/* number.h: numbers as text, in Python's spelling and in no locale's. */
#ifndef LEVIN_TRAINER_NUMBER_H
#define LEVIN_TRAINER_NUMBER_H

#include <levin/base.h>

enum { LEVIN_NUMBER_SIZE = 40 };

/** The shortest text that reads back as x, as Python's repr gives it: "0.1", "1.0", "1e-05", "nan".
 *  Returns text. */
char *levin__number_print(char text[LEVIN_NUMBER_SIZE], double x);
/** The same for those who go on behind it: returns its length. */
size_t levin__number_put(char to[LEVIN_NUMBER_SIZE], double x);
/** A whole text as a number; inf and nan too. */
bool levin__number_parse(const char *text, double *out);

#endif
